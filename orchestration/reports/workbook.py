"""The workbook of a report: a summary that prints on one page, and a tab for each section.

The last tab holds what the summary's charts and lines are drawn from; not every program draws
what is hidden.

Figures that follow from others on the page are live formulas, stored with their values, so that a
program that does not compute shows them too.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from orchestration.reports.figures import Figures, Headline, SectionFigures
from orchestration.reports.headlines import is_better
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.language import DASH, Language
from orchestration.reports.naming import CUSTOMER_LISTS, KPI_PACK
from orchestration.reports.presentation import (
    Page,
    difference_name,
    heading,
    headline_title,
    months_to_come,
    page,
)
from orchestration.reports.section import Column
from orchestration.reports.sections import BY_KEY, LEVELS
from orchestration.reports.style import (
    ACCENT,
    BAND,
    INK,
    LINE,
    MOVEMENT_COLORS,
    SOFT,
    outcome_color,
)
from orchestration.reports.workbook_charts import FIRST_ROW, STEPS_ROW, Charts

LONGEST_TEXT = 32_000
_LONGEST_TAB = 31
_ACROSS = 190  # the width that every sheet prints, so that all print at one scale
_MOST_ON_A_PAGE = 40  # rows
_NUMBER_FORMATS = {
    Kind.MONEY: "#,##0.00;-#,##0.00",
    Kind.COUNT: "#,##0",
    Kind.RATE: "0.0%",
    Kind.RATIO: "0.00",
    Kind.DAY: 14,  # as the reader's own system writes days
    Kind.MONTH: "mmm yyyy",
}
_WIDTHS = {
    Kind.TEXT: 28,
    Kind.TERM: 17,
    Kind.COUNTRY: 18,
    Kind.MONEY: 15,
    Kind.MONTH: 12,
    Kind.RATE: 11,
}
_OTHER_WIDTH = 13
_CHART_SIZE = {"width": 800, "height": 240}
_SUMMARY_CHART_SIZE = {"width": 570, "height": 320}
_CHART_ROWS = 13  # that a section's chart covers
_SUMMARY_CHART_ROWS = 17
_KPI_HEIGHT = 21  # room for the small columns of its trend
_MOST_STEPS = 12
_TREND_COLUMN = 6


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
        self._widths: dict[str, Sequence[float]] = {}
        self._charts = Charts(book, figures, language, self._tabs)

    def write(self) -> None:
        """Writes the summary, every section, and what the summary is drawn from."""
        summary = self._sheet(self._language.translate("Summary"))
        for section in self._figures.sections:
            self._section(section)
        if self._figures.remake is not None:
            self._differences()
        self._summary(summary, self._data())

    def _summary(self, sheet: Any, data: Any) -> None:
        """The KPIs with their change, and the charts."""
        translate = self._language.translate
        self._columns(sheet, (40, 22, 22, 22, 18, 2, 34))
        self._title(sheet, self._texts.period, self._texts.title, self._texts.summary)
        is_month = self._figures.report == KPI_PACK
        headings = (
            "KPI",
            "This month" if is_month else "This week",
            "Month before" if is_month else "Week before",
            "Change",
            "Change, %",
            "",
            "Trend",
        )
        header = FIRST_ROW + 1
        self._headings(
            sheet,
            header,
            [translate(text) for text in headings],
            [Kind.TEXT, *[Kind.MONEY] * 4, Kind.TEXT, Kind.TEXT],
        )
        row = header
        for row, line in enumerate(self._figures.headlines, start=header + 1):
            sheet.set_row(row, _KPI_HEIGHT)
            self._headline(sheet, row, line, data)
        row += 2
        if self._figures.remake is not None:
            self._text(sheet, row, 0, self._texts.remake.note if self._texts.remake else "")
            row += 2
        charts = [chart for chart in (self._charts.steps(data), self._charts.trend()) if chart]
        for place, chart in enumerate(charts):
            chart.set_size(_SUMMARY_CHART_SIZE)
            sheet.insert_chart(
                row,
                0,
                chart,
                {"x_offset": place * (_SUMMARY_CHART_SIZE["width"] + 8), "object_position": 3},
            )
        self._foot(sheet, row + (_SUMMARY_CHART_ROWS if charts else 0))
        lists = self._figures.sections if self._figures.report == CUSTOMER_LISTS else ()
        opened = self._tabs[lists[0].key] if lists else sheet.get_name()
        self._book.get_worksheet_by_name(opened).activate()

    def _data(self) -> Any:
        """The last tab: the KPIs of the last periods, the oldest first."""
        translate = self._language.translate
        sheet = self._sheet(translate("Data"))
        note = translate("What the summary's trends and chart are drawn from.")
        self._title(sheet, translate("Data"), note)
        periods = self._periods()
        self._columns(sheet, (_WIDTHS[Kind.TEXT], *[_OTHER_WIDTH] * max(5, len(periods))))
        self._headings(sheet, FIRST_ROW, [translate("KPI")], [Kind.TEXT])
        kind = Kind.MONTH if self._figures.report == KPI_PACK else Kind.DAY
        for place, start in enumerate(periods, start=1):
            look = self._format(
                bold=True,
                font_color=SOFT,
                bg_color=BAND,
                align="right",
                num_format=_NUMBER_FORMATS[kind],
            )
            sheet.write_datetime(FIRST_ROW, place, datetime.combine(start, time()), look)
        for row, line in enumerate(self._figures.headlines, start=FIRST_ROW + 1):
            self._text(sheet, row, 0, headline_title(line, self._language))
            for place, value in enumerate(line.trend, start=1):
                # What is unknown stays empty, so that the line is interrupted.
                if value is not None:
                    self._figure(sheet, row, place, value, line.kind)
        self._foot(sheet, STEPS_ROW + len(self._figures.headlines) + _MOST_STEPS)
        return sheet

    def _periods(self) -> list[date]:
        """The first days of the periods of which there are figures, the oldest first."""
        starts = [self._figures.start]
        is_month = self._figures.report == KPI_PACK
        longest = max((len(line.trend) for line in self._figures.headlines), default=1)
        while len(starts) < longest:
            before = starts[0] - timedelta(days=1 if is_month else 7)
            starts.insert(0, before.replace(day=1) if is_month else before)
        return starts

    def _headline(self, sheet: Any, row: int, line: Headline, data: Any) -> None:
        rule: dict[str, object] = {"bottom": 4, "bottom_color": LINE, "valign": "vcenter"}
        self._text(
            sheet,
            row,
            0,
            headline_title(line, self._language),
            bold=line.key == "closing_mrr",
            **rule,
        )
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
        self._sparkline(sheet, row, line, data)

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

    def _sparkline(self, sheet: Any, row: int, line: Headline, data: Any) -> None:
        """Small columns in a cell: LibreOffice draws no line there."""
        known = [value for value in line.trend if value is not None]
        if len(known) < 2:
            return
        low, high = min(known), max(known)
        # From a little below the least, so that differences are seen and no column is missing, to
        # a little above the most, so that the columns of two rows do not touch.
        room = (high - low) / 4
        reach = {"min": float(low - room), "max": float(high + room)} if low < high else {}
        if low < 0:
            reach["min"] = float(low)
        of = FIRST_ROW + 1 + self._figures.headlines.index(line)
        sheet.add_sparkline(
            row,
            _TREND_COLUMN,
            {
                "range": f"{_quoted(data.get_name())}!{xl_range_abs(of, 1, of, len(line.trend))}",
                "type": "column",
                "series_color": MOVEMENT_COLORS["Reactivation"],
                "negative_points": True,
                "negative_color": MOVEMENT_COLORS["Contraction"],
                "last_point": True,
                "last_color": ACCENT,
                **reach,
            },
        )

    def _section(self, section: SectionFigures) -> None:
        definition = BY_KEY[section.key]
        translate = self._language.translate
        is_long = len(section.rows) > _MOST_ON_A_PAGE
        sheet = self._sheet(translate(definition.tab or definition.title), is_long=is_long)
        self._tabs[section.key] = sheet.get_name()
        self._title(sheet, translate(definition.title), translate(definition.note))
        known = {column.key: column for column in definition.columns}
        columns = [known.get(key, Column(key, key, kind)) for key, kind in section.columns]
        self._columns(sheet, [self._width(column) for column in columns])
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
            last += _CHART_ROWS
        self._foot(sheet, last + 3)

    def _table(self, sheet: Any, section: SectionFigures, columns: Sequence[Column]) -> int:
        """An Excel table with its totals; returns its last row."""
        first = FIRST_ROW + 1
        last = first + len(section.rows) - 1
        for row, cells in enumerate(section.rows, start=first):
            is_level = any(cell in LEVELS for cell in cells)
            to_come = months_to_come(section.key, cells, self._figures)
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                is_to_come = place in to_come
                self._cell(
                    sheet, row, place, cell, column.kind, bold=is_level, is_to_come=is_to_come
                )
        self._live_formulas(sheet, section, columns)
        has_total = any(column.is_summed for column in columns)
        labelled = next(place for place, column in enumerate(columns) if not column.kind.is_number)
        described: list[dict[str, object]] = []
        for place, column in enumerate(columns):
            # Excel takes no two headings of one name, nor an empty one.
            entry: dict[str, object] = {
                "header": heading(column, self._language),
                "header_format": self._heading_format(column.kind, is_first=place == 0),
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
        self._columns(sheet, (70, 20, 20))
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

    def _width(self, column: Column) -> float:
        """Wide enough for a heading of two lines, with the arrow of its filter."""
        text = heading(column, self._language)
        if text.isdigit():
            return 9
        least = max(*(len(word) for word in text.split()), len(text) // 2 + 1) + 4
        return max(_WIDTHS.get(column.kind, _OTHER_WIDTH), least)

    def _columns(self, sheet: Any, widths: Sequence[float]) -> None:
        """Sets the columns' widths, and one more that fills the page."""
        filled = (*widths, max(2, _ACROSS - sum(widths)))
        for column, width in enumerate(filled):
            sheet.set_column(column, column, width)
        self._widths[sheet.get_name()] = filled

    def _sheet(self, name: str, *, is_long: bool = False) -> Any:
        sheet = self._book.add_worksheet(name[:_LONGEST_TAB])
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4
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
            look = self._heading_format(kind, is_first=column == 0)
            sheet.write_string(row, column, text, look)

    def _heading_format(self, kind: Kind, *, is_first: bool) -> Any:
        return self._format(
            indent=0 if kind.is_number or is_first else 1,  # away from the figures on its left
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
        self,
        sheet: Any,
        row: int,
        column: int,
        value: Cell,
        kind: Kind,
        *,
        is_to_come: bool = False,
        **style: object,
    ) -> None:
        if column and not kind.is_number:
            style["indent"] = 1  # away from the figures on its left
        if is_to_come:
            style["num_format"] = ";;;"  # stands there, but is not shown
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
        last = len(self._widths[sheet.get_name()]) - 1
        sheet.print_area(0, 0, row + len(self._texts.foot) - 1, last)
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
