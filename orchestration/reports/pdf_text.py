"""Reads the text of a PDF that Typst wrote (PDF 1.4, as ``pdf.py`` asks for), to check it."""

import re
import zlib
from pathlib import Path

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_FONT = re.compile(rb"/(\w+) (\d+) 0 R")
_CHARACTERS = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
# A string may hold parentheses of its own, so only its beginning is looked for.
_TOKEN = re.compile(rb"/(\w+) [\d.]+ Tf|/ActualText(<|\()|(\()|<((?:[0-9A-F]{2})+)>|(\bTJ|\bTj)")
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_text(file: Path) -> list[str]:
    """The texts of a PDF's pages, one for each, in the order in which they were set."""
    objects = {int(number): body for number, body in _OBJECT.findall(file.read_bytes())}
    pages = []
    for body in objects.values():
        contents = re.search(rb"/Contents (\d+) 0 R", body)
        resources = re.search(rb"/Resources (\d+) 0 R", body)
        if b"/Type/Page" in body and contents and resources:
            fonts = _fonts(objects, objects[int(resources[1])])
            pages.append(_page_text(_stream(objects[int(contents[1])]), fonts))
    return pages


def _fonts(objects: dict[int, bytes], resources: bytes) -> dict[bytes, dict[bytes, str]]:
    listed = re.search(rb"/Font<<(.*?)>>", resources)
    fonts = {}
    for name, number in _FONT.findall(listed[1] if listed else b""):
        mapping = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        characters = _CHARACTERS.findall(_stream(objects[int(mapping[1])])) if mapping else []
        fonts[name] = {
            bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in characters
        }
    return fonts


def _page_text(content: bytes, fonts: dict[bytes, dict[bytes, str]]) -> str:
    font: dict[bytes, str] = {}
    text: list[str] = []
    place = 0
    while token := _TOKEN.search(content, place):
        place = token.end()
        if token[1]:
            font = fonts.get(token[1], {})
        elif token[2]:
            # What the glyphs until the end of the mark stand for, where they do not say it.
            text.append(_actual_text(content, token))
            place = content.index(b"EMC", place)
        elif token[3]:
            place = _string_end(content, place)
            text += _letters(_ESCAPE.sub(_unescaped, content[token.end() : place - 1]), font)
        elif token[4]:
            text += _letters(bytes.fromhex(token[4].decode()), font)
        else:
            text.append("\n")
    return "".join(text)


def _actual_text(content: bytes, token: re.Match[bytes]) -> str:
    if token[2] == b"<":
        said = bytes.fromhex(content[token.end() : content.index(b">", token.end())].decode())
    else:
        end = _string_end(content, token.end()) - 1
        said = _ESCAPE.sub(_unescaped, content[token.end() : end])
    return said[2:].decode("utf-16-be") if said.startswith(b"\xfe\xff") else said.decode("latin-1")


def _letters(glyphs: bytes, font: dict[bytes, str]) -> list[str]:
    return [font.get(glyphs[two : two + 2], "") for two in range(0, len(glyphs), 2)]


def _string_end(content: bytes, place: int) -> int:
    """The place after a string's closing parenthesis."""
    depth = 1
    while depth and (mark := _IN_STRING.search(content, place)):
        place = mark.end()
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
    return place


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code.isdigit() else _ESCAPED.get(code, code)


def _stream(body: bytes) -> bytes:
    compressed = body.partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    return zlib.decompress(compressed)
