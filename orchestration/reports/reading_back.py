"""Reads a report's files back and compares every figure with the marts they are of."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from ingestion.settings import Home
from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.headlines import CARDS
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.language import DASH, Language, language
from orchestration.reports.mail import mail_page
from orchestration.reports.naming import KPI_PACK
from orchestration.reports.pdf_text import pdf_text
from orchestration.reports.presentation import headline_title, page
from orchestration.reports.reading import read_month, read_week
from orchestration.reports.report import CSV_FOLDER, Report, published_snapshot
from orchestration.reports.workbook import LONGEST_TEXT
from orchestration.reports.workbook_cells import Sheet, workbook_cells

CHECKS: Final = {
    "workbook_says_what_the_marts_say": "Every figure of the workbook, read back, is the marts'.",
    "pdf_says_what_the_marts_say": "Every figure of the PDF, read back, is the marts'.",
    "mail_says_what_the_marts_say": "Every figure of the mail, read back, is the marts'.",
    "csv_files_say_what_the_marts_say": "Every figure of the CSV files, read back, is the marts'.",
}
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - workbooks have no zones
_FIRST_ROW = 4


def read_back(home: Home, report: Report) -> dict[str, list[str]]:
    """Compares a report's files with the marts of the publication that it is of.

    A report whose figures were stored before another publication is compared with its stored
    figures, which are all that is left of that publication's marts.

    Args:
        home: The data folder's paths.
        report: The report.

    Returns:
        The faults by the name of the check, each one sentence; empty where all is well.
    """
    figures = _marts_figures(home, report) or report.figures
    workbook, pdf, mail, csv_files = CHECKS
    faults: dict[str, list[str]] = {name: [] for name in CHECKS}
    for code in report.languages:
        words = language(code)
        found = {
            workbook: _workbook_faults(figures, words, workbook_cells(report.file(code, "xlsx"))),
            pdf: _pdf_faults(figures, words, pdf_text(report.file(code, "pdf"))),
            mail: _mail_faults(
                figures, words, report.file(code, "html").read_text(encoding="utf-8")
            ),
        }
        for name, lines in found.items():
            faults[name] += [f"{code}: {line}" for line in lines]
    faults[csv_files] += _csv_faults(figures, report.folder / CSV_FOLDER)
    return faults


def _marts_figures(home: Home, report: Report) -> Figures | None:
    snapshot = published_snapshot(home)
    if snapshot.parent.name != report.figures.foot.version:
        return None
    if report.figures.report == KPI_PACK:
        return read_month(snapshot, report.period, report.figures.segment)
    return read_week(snapshot, report.period, report.figures.report, report.figures.segment)


def _workbook_faults(figures: Figures, words: Language, sheets: list[Sheet]) -> Iterator[str]:
    summary = sheets[0]
    labels = {str(text): row for (row, column), text in summary.items() if column == 0}
    for line in figures.headlines:
        row = labels.get(headline_title(line, words), -1)
        for column, value in enumerate((line.value, line.previous), start=1):
            expected = DASH if value is None else float(value)
            if summary.get((row, column)) != expected:
                yield f"{line.key} is {summary.get((row, column))!r}, the marts say {expected!r}"
    if len(sheets) <= len(figures.sections):
        yield f"there are {len(sheets)} sheets for a summary and {len(figures.sections)} tables"
    for section, sheet in zip(figures.sections, sheets[1:], strict=False):
        yield from _sheet_faults(section, sheet, words)


def _sheet_faults(section: SectionFigures, sheet: Sheet, words: Language) -> Iterator[str]:
    for row, cells in enumerate(section.rows):
        for column, (cell, (key, kind)) in enumerate(zip(cells, section.columns, strict=True)):
            found = sheet.get((row + _FIRST_ROW, column))
            expected = _in_a_cell(cell, kind, words)
            if found != expected:
                yield f"{section.key}, row {row + 1}, {key} is {found!r}, not {expected!r}"


def _in_a_cell(cell: Cell, kind: Kind, words: Language) -> float | str | None:
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, date):
        return float((datetime.combine(cell, datetime.min.time()) - _EXCEL_EPOCH).days)
    # A cell holds so much text and no more; an empty one is not there.
    return words.cell(cell, kind, "")[:LONGEST_TEXT] or None


def _pdf_faults(figures: Figures, words: Language, pages: list[str]) -> Iterator[str]:
    text = _dense("".join(pages))
    shown = page(figures, words)
    for card in shown.cards:
        if _dense(card.title + card.value) not in text:
            yield f"{card.title} is not {card.value}"
    for part in shown.tables:
        for row in part.rows:
            figures_of_row = _dense("".join(_figures_only(row.cells, part.is_number)))
            # Texts of others may be set from right to left, or lack a glyph; figures may not.
            texts = [cell for cell in row.cells if cell.isascii()]
            if figures_of_row not in text or any(_dense(cell) not in text for cell in texts):
                yield f"{part.title} lacks the row {row.cells}"


def _figures_only(cells: tuple[str, ...], is_number: tuple[bool, ...]) -> list[str]:
    first = next((place for place, number in enumerate(is_number) if number), len(cells))
    run: list[str] = []
    for cell, number in zip(cells[first:], is_number[first:], strict=True):
        if not number:
            break
        run.append(cell)
    return run


def _mail_faults(figures: Figures, words: Language, html: str) -> Iterator[str]:
    reader = _Rows()
    reader.feed(html)
    shown = page(figures, words)
    texts = set(reader.texts)
    for key, card in zip(CARDS[figures.report], shown.cards, strict=True):
        if card.value not in texts or card.change not in texts:
            yield f"{key} is not {card.value}, {card.change}"
    tables = mail_page(figures, words).tables
    # What a pack made anew replaces is known to the pack alone.
    known = [row.cells for part in tables for row in part.rows]
    written = reader.rows[len(reader.rows) - len(known) :]
    if written != known:
        strange = [row for row in written if row not in known]
        lacking = [row for row in known if row not in written]
        yield f"the rows {strange} are not the marts', and it lacks {lacking}"


def _csv_faults(figures: Figures, folder: Path) -> Iterator[str]:
    kpis = {row[1]: row[3] for row in _csv_rows(folder / "kpis.csv")}
    for line in figures.headlines:
        if not _is_in_csv(line.value, kpis.get(line.key, "nothing")):
            yield f"kpis.csv says {kpis.get(line.key)!r} of {line.key}, not {line.value}"
    for section in figures.sections:
        rows = _csv_rows(folder / f"{section.key}.csv")
        if len(rows) != len(section.rows):
            yield f"{section.key}.csv has {len(rows)} rows, not {len(section.rows)}"
        for number, (row, cells) in enumerate(zip(rows, section.rows, strict=False), start=1):
            # The period comes first, the currency of amounts last.
            if not all(map(_is_in_csv, cells, row[1:])):
                yield f"{section.key}.csv, row {number} is {row}, not {cells}"


def _csv_rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))[1:]


def _is_in_csv(cell: Cell, text: str) -> bool:
    if cell is None or not text:
        return (cell is None and not text) or cell == ""
    if isinstance(cell, Decimal):
        return Decimal(text) == cell
    return text in (str(cell), f"'{cell}")  # an apostrophe keeps a text from being a formula


class _Rows(HTMLParser):
    """The rows of a page's tables of figures, and all its texts."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.rows: list[tuple[str, ...]] = []
        self._row: list[str] | None = None
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins a row of a table of figures, or a cell of one."""
        is_layout = dict(attrs).get("role") == "presentation"
        if tag == "table":
            self._depth = 0 if is_layout else 1
        elif tag == "tr" and self._depth:
            self._row = []
        elif tag == "td" and self._row is not None:
            self._row.append("")

    def handle_endtag(self, tag: str) -> None:
        """Ends a row; the row of headings has no cells."""
        if tag == "table":
            self._depth = 0
        elif tag == "tr" and self._row is not None:
            if self._row:
                self.rows.append(tuple(cell.strip() for cell in self._row))
            self._row = None

    def handle_data(self, data: str) -> None:
        """Takes a text."""
        if data.strip():
            self.texts.append(data.strip())
        if self._row:
            self._row[-1] += data


def _dense(text: str) -> str:
    return re.sub(r"\s", "", text)
