"""The workbook of a report: a summary that prints on one page, and a tab for each section.

Figures that follow from others on the page are live formulas, stored with their values, so that a
program that does not compute shows them too.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from orchestration.reports.figures import Figures, Headline, SectionFigures
from orchestration.reports.headlines import is_better
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.language import DASH, Language
from orchestration.reports.naming import KPI_PACK
from orchestration.reports.presentation import (
    Page,
    difference_name,
    heading,
    headline_title,
    page,
)
from orchestration.reports.sections import BY_KEY, LEVELS, Column
from orchestration.reports.style import (
    ACCENT,
    BAND,
    INK,
    LINE,
    SOFT,
    outcome_color,
)
from orchestration.reports.workbook_charts import FIRST_ROW, Charts

LONGEST_TEXT = 32_000
_LONGEST_TAB = 31
_MOST_UPRIGHT = 6  # columns that a page has room for
_MOST_ON_A_PAGE = 40  # rows
_NUMBER_FORMATS = {
    Kind.MONEY: "#,##0.00;-#,##0.00",
    Kind.COUNT: "#,##0",
    Kind.RATE: "0.0%",
    Kind.RATIO: "0.00",
    Kind.DAY: 14,  # as the reader's own system writes days
    Kind.MONTH: "mmm yyyy",
}
_WIDTHS = {Kind.TEXT: 34, Kind.TERM: 20, Kind.COUNTRY: 20, Kind.MONEY: 17, Kind.MONTH: 13}
_CHART_SIZE = {"width": 620, "height": 300}


def write_workbook(figures: Figures, language: Language, file: Path) -> Path:
    """Writes the workbook; the same figures give the same bytes.

    Text is written as text, whatever it looks like: nothing from a customer can become a formula
    or a link.

    Args:
        figures: The frozen figures.
        language: The language of its headings.
        file: Where to write.

    Returns:
        The file.
    """
    book = xlsxwriter.Workbook(
        str(file),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": {
                "font_name": "Calibri",
                "font_size": 11,
                "font_color": INK,
            },
        },
    )
    try:
        texts = page(figures, language)
        book.set_properties(
            {
                "title": f"{texts.title}, {texts.period}",
                "author": "Perene",
                "comments": " ".join(texts.foot),
                "created": figures.foot.as_of,
            }
        )
        _Book(book, figures, language, texts).write()
    finally:
        book.close()
    return file


class _Book:
    """The sheets of one workbook."""

    def __init__(self, book: Any, figures: Figures, language: Language, texts: Page) -> None:
        self._book = book
        self._figures = figures
        self._language = language
        self._texts = texts
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self._tabs: dict[str, str] = {}
        self._charts = Charts(book, figures, language, self._tabs)

    def write(self) -> None:
        """Writes the summary and every section."""
        summary = self._sheet(self._language.translate("Summary"), is_landscape=True)
        for section in self._figures.sections:
            self._section(section)
        if self._figures.remake is not None:
            self._differences()
        self._summary(summary)

    def _summary(self, sheet: Any) -> None:
        """The KPIs with their change, and the charts."""
        translate = self._language.translate
        for column, width in enumerate((30, 17, 17, 17, 12, 22)):
            sheet.set_column(column, column, width)
        self._title(sheet, self._texts.period, self._texts.title, self._texts.summary)
        is_month = self._figures.report == KPI_PACK
        headings = (
            "KPI",
            "This month" if is_month else "This week",
            "Month before" if is_month else "Week before",
            "Change",
            "Change, %",
            "Trend",
        )
        header = FIRST_ROW + 1
        self._headings(
            sheet,
            header,
            [translate(text) for text in headings],
            [Kind.TEXT, *[Kind.MONEY] * 4, Kind.TEXT],
        )
        row = header
        for row, line in enumerate(self._figures.headlines, start=header + 1):
            self._headline(sheet, row, line)
        row += 2
        if self._figures.remake is not None:
            self._text(sheet, row, 0, self._texts.remake.note if self._texts.remake else "")
            row += 2
        charts = [chart for chart in (self._charts.steps(), self._charts.trend()) if chart]
        for place, chart in enumerate(charts):
            chart.set_size({"width": 620, "height": 320})
            sheet.insert_chart(row, 0, chart, {"x_offset": place * 640, "object_position": 3})
        self._foot(sheet, row + 17)
        sheet.activate()

    def _headline(self, sheet: Any, row: int, line: Headline) -> None:
        self._text(
            sheet,
            row,
            0,
            headline_title(line, self._language),
            bold=line.key == "closing_mrr",
            bottom=4,
            bottom_color=LINE,
        )
        rule = {"bottom": 4, "bottom_color": LINE}
        self._linked(sheet, row, 1, line, line.value, 0, {"bold": True, **rule})
        self._linked(sheet, row, 2, line, line.previous, 1, {"font_color": SOFT, **rule})
        color = {"font_color": outcome_color(is_better(line)), "align": "right", **rule}
        now, then = xl_rowcol_to_cell(row, 1), xl_rowcol_to_cell(row, 2)
        if line.change is None:
            self._text(sheet, row, 3, DASH, **color)
        elif line.kind is Kind.RATE:
            points = self._language.translate("{number} points", number="").strip()
            sheet.write_formula(
                row,
                3,
                f"=ROUND(({now}-{then})*100,1)",
                self._format(num_format=f'+0.0" {points}";-0.0" {points}";0.0" {points}"', **color),
                float(round(line.change * 100, 1)),
            )
        else:
            pattern = str(_NUMBER_FORMATS[line.kind]).partition(";")[0]
            sheet.write_formula(
                row,
                3,
                f"={now}-{then}",
                self._format(num_format=f"+{pattern};-{pattern};{pattern}", **color),
                float(line.change),
            )
        if line.relative_change is None:
            self._text(sheet, row, 4, DASH, **color)
        else:
            sheet.write_formula(
                row,
                4,
                f"=({now}-{then})/{then}",
                self._format(num_format="+0.0%;-0.0%;0.0%", **color),
                float(line.relative_change),
            )
        self._sparkline(sheet, row, line)

    def _linked(
        self,
        sheet: Any,
        row: int,
        column: int,
        line: Headline,
        value: Decimal | None,
        back: int,
        style: dict[str, object],
    ) -> None:
        """A KPI's value: a link to the table of months where that has it."""
        months = self._figures.section("months")
        keys = [key for key, _ in months.columns] if months else []
        place = len(months.rows) - 1 - back if months else -1
        if value is None or months is None or line.key not in keys or place < 0:
            self._figure(sheet, row, column, value, line.kind, **style)
            return
        cell = xl_rowcol_to_cell(FIRST_ROW + 1 + place, keys.index(line.key))
        sheet.write_formula(
            row,
            column,
            f"={_quoted(self._tabs['months'])}!{cell}",
            self._format(num_format=_NUMBER_FORMATS[line.kind], align="right", **style),
            float(value),
        )

    def _sparkline(self, sheet: Any, row: int, line: Headline) -> None:
        """A line in a cell; its figures stand to the right, outside what is printed."""
        if sum(value is not None for value in line.trend) < 2:
            return
        first = 30
        for place, value in enumerate(line.trend):
            if value is not None:
                sheet.write_number(row, first + place, float(value))
        last = first + len(line.trend) - 1
        sheet.set_column(first, last, None, None, {"hidden": True})
        sheet.add_sparkline(
            row,
            5,
            {
                "range": f"{_quoted(sheet.get_name())}!{xl_range_abs(row, first, row, last)}",
                "series_color": ACCENT,
                "last_point": True,
                "last_color": ACCENT,
                "show_hidden": True,
                "weight": 1.5,
            },
        )

    def _section(self, section: SectionFigures) -> None:
        definition = BY_KEY[section.key]
        translate = self._language.translate
        sheet = self._sheet(
            translate(definition.tab or definition.title),
            is_landscape=len(section.columns) > _MOST_UPRIGHT,
            is_long=len(section.rows) > _MOST_ON_A_PAGE,
        )
        self._tabs[section.key] = sheet.get_name()
        self._title(sheet, translate(definition.title), translate(definition.note))
        known = {column.key: column for column in definition.columns}
        columns = [known.get(key, Column(key, key, kind)) for key, kind in section.columns]
        for place, column in enumerate(columns):
            longest = max(len(word) for word in heading(column, self._language).split())
            sheet.set_column(place, place, max(_WIDTHS.get(column.kind, 14), longest + 4))
        if not section.rows:
            self._text(sheet, FIRST_ROW, 0, translate(definition.empty), font_color=SOFT)
            self._foot(sheet, FIRST_ROW + 2)
            return
        last = self._table(sheet, section, columns)
        self._shading(sheet, section, columns, last)
        chart = self._charts.of_section(section)
        if chart is not None:
            chart.set_size(_CHART_SIZE)
            sheet.insert_chart(last + 3, 0, chart, {"object_position": 3})
            last += 17
        self._foot(sheet, last + 3)

    def _table(self, sheet: Any, section: SectionFigures, columns: Sequence[Column]) -> int:
        """An Excel table with its totals; returns its last row."""
        first = FIRST_ROW + 1
        last = first + len(section.rows) - 1
        for row, cells in enumerate(section.rows, start=first):
            is_level = any(cell in LEVELS for cell in cells)
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                self._cell(sheet, row, place, cell, column.kind, bold=is_level)
        self._live_formulas(sheet, section, columns)
        has_total = any(column.is_summed for column in columns)
        labelled = next(place for place, column in enumerate(columns) if not column.kind.is_number)
        described: list[dict[str, object]] = []
        for place, column in enumerate(columns):
            # Excel takes no two headings of one name, nor an empty one.
            entry: dict[str, object] = {
                "header": heading(column, self._language),
                "header_format": self._heading_format(column.kind),
            }
            if has_total and place == labelled:
                entry["total_string"] = self._language.translate("Total")
                entry["format"] = self._format(bold=True)
            elif column.is_summed:
                entry["total_function"] = "sum"
                entry["total_value"] = float(_sum(section, place))
                entry["format"] = self._format(
                    num_format=_NUMBER_FORMATS[column.kind], align="right", bold=True
                )
            described.append(entry)
        if has_total:
            last += 1
        sheet.add_table(
            FIRST_ROW,
            0,
            last,
            len(columns) - 1,
            {
                "name": section.key,
                "columns": described,
                "style": "Table Style Light 1",
                "banded_rows": False,
                "total_row": has_total,
            },
        )
        if has_total:
            self._totals(sheet, section, columns, last)
        sheet.set_row(FIRST_ROW, 32)
        sheet.freeze_panes(FIRST_ROW + 1, 0)
        sheet.repeat_rows(FIRST_ROW)
        return last

    def _totals(
        self, sheet: Any, section: SectionFigures, columns: Sequence[Column], row: int
    ) -> None:
        """Totals by ranges: LibreOffice does not read a heading of several words in a formula."""
        for place, column in enumerate(columns):
            if column.is_summed:
                cells = f"{xl_rowcol_to_cell(FIRST_ROW + 1, place)}:" + xl_rowcol_to_cell(
                    row - 1, place
                )
                sheet.write_formula(
                    row,
                    place,
                    f"=SUBTOTAL(109,{cells})",
                    self._format(num_format=_NUMBER_FORMATS[column.kind], align="right", bold=True),
                    float(_sum(section, place)),
                )

    def _live_formulas(
        self, sheet: Any, section: SectionFigures, columns: Sequence[Column]
    ) -> None:
        """What follows from the rest of its table: the closing level, and shares of a total."""
        keys = [column.key for column in columns]
        first = FIRST_ROW + 1
        last = first + len(section.rows) - 1
        if "movement" in keys and section.rows[-1][keys.index("movement")] == LEVELS[1]:
            place = keys.index("mrr")
            value = section.rows[-1][place]
            if isinstance(value, Decimal):
                steps = f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last - 1, place)}"
                sheet.write_formula(
                    last,
                    place,
                    f"=SUM({steps})",
                    self._format(num_format=_NUMBER_FORMATS[Kind.MONEY], align="right", bold=True),
                    float(value),
                )
        if "share" in keys and "closing_mrr" in keys:
            whole = xl_range_abs(first, keys.index("closing_mrr"), last, keys.index("closing_mrr"))
            place = keys.index("share")
            for row, cells in enumerate(section.rows, start=first):
                if isinstance(cells[place], Decimal):
                    part = xl_rowcol_to_cell(row, keys.index("closing_mrr"))
                    sheet.write_formula(
                        row,
                        place,
                        f"={part}/SUM({whole})",
                        self._format(num_format=_NUMBER_FORMATS[Kind.RATE], align="right"),
                        float(str(cells[place])),
                    )

    def _shading(
        self, sheet: Any, section: SectionFigures, columns: Sequence[Column], last: int
    ) -> None:
        first = FIRST_ROW + 1
        last = first + len(section.rows) - 1
        if section.key == "cohorts":
            sheet.conditional_format(
                first,
                2,
                last,
                len(columns) - 1,
                {
                    "type": "2_color_scale",
                    "min_type": "num",
                    "max_type": "num",
                    "min_value": 0,
                    "max_value": 1,
                    "min_color": "#FFFFFF",
                    "max_color": "#62AE96",
                },
            )
            sheet.set_column(2, len(columns) - 1, 8)
        for place, column in enumerate(columns):
            if column.key == "share":
                sheet.conditional_format(
                    first,
                    place,
                    last,
                    place,
                    {"type": "data_bar", "bar_color": "#B4D8CB", "bar_solid": True},
                )

    def _differences(self) -> None:
        """Where a pack that was made anew differs from the one it replaces."""
        remake = self._texts.remake
        if remake is None or self._figures.remake is None:
            return
        sheet = self._sheet(remake.title)
        for column, width in enumerate((60, 17, 17)):
            sheet.set_column(column, column, width)
        self._title(sheet, remake.title, remake.note)
        self._headings(sheet, FIRST_ROW, remake.headings, [Kind.TEXT, Kind.MONEY, Kind.MONEY])
        row = FIRST_ROW
        for row, line in enumerate(self._figures.remake.differences, start=FIRST_ROW + 1):
            self._text(sheet, row, 0, difference_name(line, self._language))
            self._figure(sheet, row, 1, line.was, line.kind)
            self._figure(sheet, row, 2, line.now, line.kind)
        if not remake.rows:
            row += 1
            self._text(sheet, row, 0, remake.empty, font_color=SOFT)
        self._foot(sheet, row + 2)

    def _sheet(self, name: str, *, is_landscape: bool = False, is_long: bool = False) -> Any:
        sheet = self._book.add_worksheet(name[:_LONGEST_TAB])
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4
        if is_landscape:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0 if is_long else 1)
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        sheet.set_footer("&L&8Perene&R&8&A, &P / &N")
        return sheet

    def _title(self, sheet: Any, title: str, *lines: str) -> None:
        sheet.set_row(0, 28)
        sheet.write_string(0, 0, title, self._format(bold=True, font_size=18, font_color=ACCENT))
        for row, line in enumerate(lines, start=1):
            sheet.write_string(row, 0, line, self._format(font_color=SOFT))

    def _headings(self, sheet: Any, row: int, texts: Sequence[str], kinds: Sequence[Kind]) -> None:
        sheet.set_row(row, 22)
        for column, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
            sheet.write_string(row, column, text, self._heading_format(kind))

    def _heading_format(self, kind: Kind) -> Any:
        return self._format(
            bold=True,
            font_color=SOFT,
            bg_color=BAND,
            bottom=1,
            bottom_color=LINE,
            align="right" if kind.is_number else "left",
            valign="vcenter",
            text_wrap=True,
        )

    def _cell(
        self, sheet: Any, row: int, column: int, value: Cell, kind: Kind, **style: object
    ) -> None:
        if column and not kind.is_number:
            style["indent"] = 1  # away from the figures on its left
        if kind.is_number:
            number = value if isinstance(value, Decimal) else None
            self._figure(sheet, row, column, number, kind, **style)
        elif isinstance(value, date):
            look = self._format(num_format=_NUMBER_FORMATS[kind], align="left", **style)
            sheet.write_datetime(row, column, datetime.combine(value, time()), look)
        elif kind is Kind.TEXT and value is not None:
            self._text(sheet, row, column, str(value), **style)
        else:
            self._text(sheet, row, column, self._language.cell(value, kind, ""), **style)

    def _text(self, sheet: Any, row: int, column: int, text: str, **style: object) -> None:
        sheet.write_string(row, column, text[:LONGEST_TEXT], self._format(**style))

    def _figure(
        self, sheet: Any, row: int, column: int, value: Decimal | None, kind: Kind, **style: object
    ) -> None:
        if value is None:
            self._text(sheet, row, column, DASH, align="right", **style)
            return
        look = self._format(num_format=_NUMBER_FORMATS[kind], align="right", **style)
        sheet.write_number(row, column, float(value), look)

    def _foot(self, sheet: Any, row: int) -> None:
        for offset, line in enumerate(self._texts.foot):
            sheet.write_string(
                row + offset, 0, line, self._format(font_size=9, italic=True, font_color=SOFT)
            )

    def _format(self, **properties: object) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(properties))
        return self._formats[key]


def _sum(section: SectionFigures, place: int) -> Decimal:
    cells = (row[place] for row in section.rows)
    return sum((cell for cell in cells if isinstance(cell, Decimal)), Decimal(0))


def _quoted(tab: str) -> str:
    return "'" + tab.replace("'", "''") + "'"
