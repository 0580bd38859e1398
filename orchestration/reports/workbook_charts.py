"""The native charts of a workbook, drawn from its own tables."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.language import Language
from orchestration.reports.sections import LEVELS
from orchestration.reports.style import ACCENT, INK, LINE, MOVEMENT_COLORS, SOFT

FIRST_ROW = 3  # of a section's table on its tab
_MONTHS_AXIS = {"num_format": "mmm yy", "text_axis": True, "interval_unit": 2}


class Charts:
    """Makes the charts of one workbook.

    Args:
        book: The workbook.
        figures: What it says.
        language: The language of titles.
        tabs: By section the name of its tab; complete when a chart is made.
    """

    def __init__(
        self, book: Any, figures: Figures, language: Language, tabs: Mapping[str, str]
    ) -> None:
        self._book = book
        self._figures = figures
        self._language = language
        self._tabs = tabs

    def of_section(self, section: SectionFigures) -> Any | None:
        """The chart beside a section's table, if it has one."""
        match section.key:
            case "months":
                return self._columns(
                    section,
                    "MRR movements by month",
                    {
                        "new_mrr": MOVEMENT_COLORS["New"],
                        "expansion_mrr": MOVEMENT_COLORS["Expansion"],
                        "reactivation_mrr": MOVEMENT_COLORS["Reactivation"],
                        "contraction_mrr": MOVEMENT_COLORS["Contraction"],
                        "churned_mrr": MOVEMENT_COLORS["Churned"],
                    },
                    is_stacked=True,
                )
            case "dunning":
                return self._columns(
                    section,
                    "Failed payments",
                    {
                        "entered_mrr": SOFT,
                        "recovered_mrr": MOVEMENT_COLORS["Expansion"],
                        "lost_mrr": MOVEMENT_COLORS["Churned"],
                    },
                )
            case "support":
                return self._columns(
                    section, "Support", {"tickets": SOFT, "solved": MOVEMENT_COLORS["Expansion"]}
                )
            case "support_months":
                return self._columns(
                    section,
                    "Support",
                    {
                        "created_tickets": SOFT,
                        "solved_tickets": MOVEMENT_COLORS["Expansion"],
                    },
                )
        return None

    def _columns(
        self,
        section: SectionFigures,
        title: str,
        colors: dict[str, str],
        *,
        is_stacked: bool = False,
    ) -> Any:
        kind = {"type": "column", **({"subtype": "stacked"} if is_stacked else {})}
        chart = self._book.add_chart(kind)
        keys = [key for key, _ in section.columns]
        tab, first = self._tabs[section.key], FIRST_ROW + 1
        last = first + len(section.rows) - 1
        for key, color in colors.items():
            place = keys.index(key)
            chart.add_series(
                {
                    "name": [tab, FIRST_ROW, place],
                    "categories": [tab, first, 0, last, 0],
                    "values": [tab, first, place, last, place],
                    "fill": {"color": color},
                    "gap": 60,
                }
            )
        chart.set_legend({"position": "top", "font": {"size": 9, "color": SOFT}})
        self._dress(chart, title, is_dated=True)
        return chart

    def trend(self) -> Any | None:
        """MRR at each month's close, if there are two of them."""
        months = self._figures.section("months")
        if months is None or len(months.rows) < 2:
            return None
        tab, first = self._tabs["months"], FIRST_ROW + 1
        last = first + len(months.rows) - 1
        place = [key for key, _ in months.columns].index("closing_mrr")
        chart = self._book.add_chart({"type": "area"})
        chart.add_series(
            {
                "name": [tab, FIRST_ROW, place],
                "categories": [tab, first, 0, last, 0],
                "values": [tab, first, place, last, place],
                "fill": {"color": ACCENT, "transparency": 80},
                "line": {"color": ACCENT, "width": 2},
            }
        )
        chart.set_legend({"none": True})
        self._dress(chart, "MRR", is_dated=True)
        return chart

    def steps(self) -> Any | None:
        """What changed MRR: each step floats where the one before it ended."""
        section = self._figures.section("movements") or self._figures.section("week_movements")
        if section is None or set(section.column("movement")) <= set(LEVELS):
            return None
        sheet = self._book.get_worksheet_by_name(self._tabs[section.key])
        keys = [key for key, _ in section.columns]
        terms, amounts = section.column("movement"), section.column("mrr")
        level = Decimal(0)
        # The chart's own numbers stand in hidden columns beside the table.
        first, aside = FIRST_ROW + 1, 30
        colors: list[str] = []
        row = first
        for place, (term, amount) in enumerate(zip(terms, amounts, strict=True)):
            if term in LEVELS:
                continue
            step = amount if isinstance(amount, Decimal) else Decimal(0)
            self._float(sheet, first + place, aside, level, level + step)
            level += step
            colors.append(MOVEMENT_COLORS.get(str(term), SOFT))
            row = first + place
        start = first + next(place for place, term in enumerate(terms) if term not in LEVELS)
        sheet.set_column(aside, aside + 3, None, None, {"hidden": True})
        tab, names = sheet.get_name(), keys.index("movement")
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        chart.show_hidden_data()
        for offset in range(4):
            look: dict[str, object] = {"points": [{"fill": {"color": color}} for color in colors]}
            if offset in (0, 2):
                look = {"fill": {"none": True}, "border": {"none": True}}
            chart.add_series(
                {
                    "categories": [tab, start, names, row, names],
                    "values": [tab, start, aside + offset, row, aside + offset],
                    "gap": 45,
                    **look,
                }
            )
        chart.set_legend({"none": True})
        self._dress(chart, "What changed MRR", is_dated=False)
        return chart

    def _float(self, sheet: Any, row: int, column: int, start: Decimal, end: Decimal) -> None:
        """A bar from one level to another, in its part above 0 and its part below."""
        low, high = min(start, end), max(start, end)
        above = (max(low, Decimal(0)), max(high, Decimal(0)))
        below = (min(high, Decimal(0)), min(low, Decimal(0)))
        for offset, value in enumerate(
            (above[0], above[1] - above[0], below[0], below[1] - below[0])
        ):
            sheet.write_number(row, column + offset, float(value))

    def _dress(self, chart: Any, title: str, *, is_dated: bool) -> None:
        chart.set_title(
            {
                "name": self._language.translate(title),
                "name_font": {"size": 12, "color": INK},
                "overlay": False,
            }
        )
        chart.set_x_axis(
            {
                "num_font": {"size": 9, "color": SOFT},
                "line": {"color": LINE},
                "label_position": "low",
                **(_MONTHS_AXIS if is_dated else {}),
            }
        )
        chart.set_y_axis(
            {
                "num_format": "#,##0",
                "num_font": {"size": 9, "color": SOFT},
                "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
                "line": {"none": True},
            }
        )
        chart.set_chartarea({"border": {"none": True}})
