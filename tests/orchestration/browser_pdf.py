"""Reads the text of a PDF that Chromium printed, to see what is on each sheet."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
_ONE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n")
_SEVERAL = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]{4})>\n")
_TOKEN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj|\b(ET)\b")


def sheets(pdf: bytes) -> list[str]:
    """The texts of the sheets; a line for each run of text, as it is set."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    found = []
    for body in objects.values():
        if body.startswith(b"<</Type /Page\n"):
            contents = re.search(rb"/Contents (\d+) 0 R", body)
            assert contents is not None
            fonts = {name: _letters(objects, int(number)) for name, number in _FONT.findall(body)}
            found.append(_text(_stream(objects[int(contents[1])]), fonts))
    assert found, "no sheet: is this a PDF of Chromium?"
    return found


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """What each glyph of a font stands for."""
    mapping = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    if mapping is None:
        return {}
    content = _stream(objects[int(mapping[1])])
    letters = {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in _ONE.findall(re.sub(_SEVERAL, b"", content))
    }
    for first, last, letter in _SEVERAL.findall(content):
        for step in range(int(last, 16) - int(first, 16) + 1):
            letters[int(first, 16) + step] = chr(int(letter, 16) + step)
    return letters


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    letters: dict[int, str] = {}
    text: list[str] = []
    for font, glyphs, end in _TOKEN.findall(content):
        if font:
            letters = fonts.get(font, {})
        elif end:
            text.append("\n")
        else:
            codes = (int(glyphs[place : place + 4], 16) for place in range(0, len(glyphs), 4))
            text += [letters.get(code, "") for code in codes]
    return "".join(text)


def _stream(body: bytes) -> bytes:
    compressed = body.partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    return zlib.decompress(compressed) if b"/FlateDecode" in body else compressed
