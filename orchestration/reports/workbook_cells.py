"""Reads the cells of a workbook that ``workbook.py`` wrote, to check it."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# How workbooks write a control character.
_ESCAPED = re.compile("_x([0-9A-F]{4})_")

Sheet = dict[tuple[int, int], float | str]


def workbook_cells(file: Path) -> list[Sheet]:
    """The sheets in order: the stored value of each cell by its row and column, from 0.

    A formula gives the value that is stored with it.
    """
    with zipfile.ZipFile(file) as parts:
        names = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        names.sort(key=lambda name: int(re.sub(r"\D", "", name)))
        texts: list[str] = []
        if "xl/sharedStrings.xml" in parts.namelist():
            shared = _parsed(parts.read("xl/sharedStrings.xml"))
            texts = [
                _ESCAPED.sub(lambda code: chr(int(code[1], 16)), "".join(item.itertext()))
                for item in shared.findall(f"{_MAIN}si")
            ]
        return [_sheet(_parsed(parts.read(name)), texts) for name in names]


def _sheet(root: ElementTree.Element, texts: list[str]) -> Sheet:
    cells: Sheet = {}
    for cell in root.iter(f"{_MAIN}c"):
        value = cell.find(f"{_MAIN}v")
        if value is None or value.text is None:
            continue
        kind = cell.get("t", "n")
        place = _place(cell.get("r", "A1"))
        if kind == "s":
            cells[place] = texts[int(value.text)]
        else:
            cells[place] = float(value.text) if kind == "n" else value.text
    return cells


def _place(reference: str) -> tuple[int, int]:
    letters, number = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(number) - 1, column - 1


def _parsed(content: bytes) -> ElementTree.Element:
    # The file is the project's own, written a moment before.
    return ElementTree.fromstring(content)  # noqa: S314
