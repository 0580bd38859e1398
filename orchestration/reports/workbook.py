"""The workbook of a KPI pack: a summary that prints on one page, plans, and top customers."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from orchestration.reports.figures import Headline, Kind, KpiFigures
from orchestration.reports.wording import DASH, change_text

_INK = "#1F2A37"
_SOFT = "#6B7280"
_LINE = "#D6DAE1"
_BAND = "#F3F5F8"
_ACCENT = "#1F6F5C"
_RISE = "#2E8B6F"
_FALL = "#C2554D"
_LEVEL = "#34495E"

_LONGEST_TEXT = 32_000
_NUMBER_FORMATS = {
    Kind.MONEY: "#,##0.00;[Color16]-#,##0.00",
    Kind.COUNT: "#,##0",
    Kind.RATE: "0.0%",
    Kind.RATIO: "0.00",
}


def write_workbook(figures: KpiFigures, file: Path) -> Path:
    """Writes the workbook; the same figures give the same bytes.

    Text is written as text, whatever it looks like: nothing from a customer can become a formula
    or a link.

    Args:
        figures: The frozen figures.
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
                "font_color": _INK,
            },
        },
    )
    try:
        book.set_properties(
            {
                "title": f"KPI pack {figures.month}",
                "author": "Perene",
                "comments": _foot_text(figures),
                "created": datetime.strptime(figures.foot.as_of, "%Y-%m-%d %H:%M:%S UTC"),  # noqa: DTZ007 - the format has no zones
            }
        )
        page = _Pages(book, figures)
        page.summary()
        page.plans()
        page.customers()
    finally:
        book.close()
    return file


class _Pages:
    """The sheets of one workbook."""

    def __init__(self, book: Any, figures: KpiFigures) -> None:
        self._book = book
        self._figures = figures
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def summary(self) -> None:
        """Headline KPIs, the movements as a table and as a chart."""
        sheet = self._sheet("Summary", (30, 17, 17, 26, 3))
        figures, currency = self._figures, self._figures.foot.currency
        self._title(sheet, f"KPIs of {_month_name(figures.month)}", f"Amounts in {currency}")
        row = self._header(sheet, 3, ("", "This month", "Month before", "Change"))
        for line in figures.headlines:
            self._text(sheet, row, 0, line.label, bold=line.key == "closing_mrr")
            self._figure(sheet, row, 1, line.value, line.kind, bold=True)
            self._figure(sheet, row, 2, line.previous, line.kind, font_color=_SOFT)
            self._text(
                sheet, row, 3, change_text(line), align="right", font_color=_change_color(line)
            )
            row += 1
        row = self._header(sheet, row + 1, ("MRR movements", "MRR", "Customers", ""))
        first = row
        for step in figures.movements:
            style = {"bold": step.is_level, **({"top": 1} if step.is_level else {})}
            self._text(sheet, row, 0, step.label, **style)
            self._figure(sheet, row, 1, step.amount, Kind.MONEY, **style)
            self._figure(sheet, row, 2, step.customers, Kind.COUNT, **style)
            self._text(sheet, row, 3, "", **style)
            row += 1
        self._chart(sheet, first, row - 1)
        self._foot(sheet, row + 1)

    def plans(self) -> None:
        """MRR by plan."""
        sheet = self._sheet("Plans", (42, 14, 17, 17, 12))
        self._title(sheet, "By plan", f"At the close of {_month_name(self._figures.month)}")
        row = self._header(sheet, 3, ("Plan", "Customers", "MRR", "Net new MRR", "Share"))
        for line in self._figures.plans:
            self._text(sheet, row, 0, line.plan)
            self._figure(sheet, row, 1, line.customers, Kind.COUNT)
            self._figure(sheet, row, 2, line.closing_mrr, Kind.MONEY)
            self._figure(sheet, row, 3, line.net_new_mrr, Kind.MONEY)
            self._figure(sheet, row, 4, line.share, Kind.RATE)
            row += 1
        if not self._figures.plans:
            self._text(sheet, row, 0, "There are no figures by plan.", font_color=_SOFT)
            row += 1
        self._foot(sheet, row + 1)

    def customers(self) -> None:
        """The customers with the most MRR."""
        sheet = self._sheet("Customers", (26, 42, 17, 12))
        self._title(
            sheet,
            "Customers with the most MRR",
            f"At the close of {_month_name(self._figures.month)}",
        )
        row = first = self._header(sheet, 3, ("Customer", "Name", "MRR", "Share"))
        for line in self._figures.customers:
            self._text(sheet, row, 0, line.customer_id)
            self._text(sheet, row, 1, line.name)
            self._figure(sheet, row, 2, line.mrr, Kind.MONEY)
            self._figure(sheet, row, 3, line.share, Kind.RATE)
            row += 1
        if row > first:
            sheet.conditional_format(
                first,
                3,
                row - 1,
                3,
                {"type": "data_bar", "bar_color": "#A9D3C6", "bar_solid": True},
            )
        self._foot(sheet, row + 1)

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        if name == "Summary":
            sheet.set_landscape()
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        sheet.set_footer("&L&8Perene&R&8&A, page &P of &N")
        return sheet

    def _title(self, sheet: Any, title: str, subtitle: str) -> None:
        sheet.set_row(0, 28)
        sheet.write_string(0, 0, title, self._format(bold=True, font_size=18, font_color=_ACCENT))
        sheet.write_string(1, 0, subtitle, self._format(font_color=_SOFT))

    def _header(self, sheet: Any, row: int, labels: Sequence[str]) -> int:
        for column, label in enumerate(labels):
            style = self._format(
                bold=True,
                font_color=_SOFT,
                bg_color=_BAND,
                bottom=1,
                bottom_color=_LINE,
                align="left" if column == 0 or label in ("Name",) else "right",
            )
            sheet.write_string(row, column, label, style)
        return row + 1

    def _text(self, sheet: Any, row: int, column: int, text: str, **style: object) -> None:
        sheet.write_string(row, column, text[:_LONGEST_TEXT], self._format(**style))

    def _figure(
        self, sheet: Any, row: int, column: int, value: Decimal | None, kind: Kind, **style: object
    ) -> None:
        if value is None:
            self._text(sheet, row, column, DASH, align="right", **style)
            return
        look = self._format(num_format=_NUMBER_FORMATS[kind], align="right", **style)
        sheet.write_number(row, column, float(value), look)

    def _chart(self, sheet: Any, first: int, last: int) -> None:
        """A waterfall: each step floats where the one before it ended."""
        steps = self._figures.movements
        bases: list[float] = []
        tops: list[float] = []
        level = Decimal(0)
        for step in steps:
            amount = step.amount or Decimal(0)
            if step.is_level:
                bases.append(0.0)
                tops.append(float(amount))
                level = amount
            else:
                bases.append(float(min(level, level + amount)))
                tops.append(float(abs(amount)))
                level += amount
        # The chart's own numbers stand in hidden columns beside it.
        for offset, (base, top) in enumerate(zip(bases, tops, strict=True)):
            sheet.write_number(first + offset, 20, base)
            sheet.write_number(first + offset, 21, top)
        sheet.set_column(20, 21, None, None, {"hidden": True})
        name = sheet.get_name()
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        chart.show_hidden_data()
        chart.add_series(
            {
                "categories": [name, first, 0, last, 0],
                "values": [name, first, 20, last, 20],
                "fill": {"none": True},
                "border": {"none": True},
            }
        )
        chart.add_series(
            {
                "categories": [name, first, 0, last, 0],
                "values": [name, first, 21, last, 21],
                "gap": 45,
                "points": [
                    {
                        "fill": {
                            "color": _LEVEL
                            if step.is_level
                            else _FALL
                            if (step.amount or 0) < 0
                            else _RISE
                        }
                    }
                    for step in steps
                ],
            }
        )
        chart.set_legend({"none": True})
        chart.set_title(
            {"name": "From opening to closing MRR", "name_font": {"size": 12, "color": _INK}}
        )
        chart.set_x_axis({"num_font": {"size": 9, "color": _SOFT}, "line": {"color": _LINE}})
        chart.set_y_axis(
            {
                "num_format": "#,##0",
                "num_font": {"size": 9, "color": _SOFT},
                "major_gridlines": {"visible": True, "line": {"color": _LINE, "width": 0.5}},
                "line": {"none": True},
            }
        )
        chart.set_chartarea({"border": {"none": True}})
        chart.set_size({"width": 640, "height": 400})
        sheet.insert_chart(3, 5, chart, {"object_position": 3})

    def _foot(self, sheet: Any, row: int) -> None:
        for offset, line in enumerate(_foot_lines(self._figures)):
            sheet.write_string(
                row + offset, 0, line, self._format(font_size=9, italic=True, font_color=_SOFT)
            )

    def _format(self, **properties: object) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(properties))
        return self._formats[key]


def _change_color(line: Headline) -> str:
    """Better is green, worse is red; a rise of churn is worse."""
    if not line.change:
        return _SOFT
    rises_well = line.key != "customer_churn_rate"
    return _RISE if (line.change > 0) == rises_well else _FALL


def _month_name(month: str) -> str:
    return f"{datetime.fromisoformat(f'{month}-01'):%B %Y}"


def _foot_lines(figures: KpiFigures) -> tuple[str, ...]:
    foot = figures.foot
    return (
        f"Data as of {foot.as_of}. Days and months of {foot.time_zone}. Amounts in "
        f"{foot.currency}.",
        f"Policy {foot.policy}, version {foot.policy_version}. Run {foot.run_id}, "
        f"publication {foot.version}.",
        f"{DASH} means unknown or not defined; it is not 0. Changes of rates are in points.",
    )


def _foot_text(figures: KpiFigures) -> str:
    return " ".join(_foot_lines(figures))
