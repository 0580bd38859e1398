"""The native charts of a workbook, drawn from its own tables."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.language import Language
from orchestration.reports.steps import Step, movement_steps
from orchestration.reports.style import ACCENT, INK, LINE, MOVEMENT_COLORS, SOFT, TINT

FIRST_ROW = 3  # of a section's table on its tab
STEPS_ROW = FIRST_ROW + 4  # of the steps on the tab of data, were there no KPIs above them
_MONTHS_AXIS = {"num_format": "mmm yy", "text_axis": True, "interval_unit": 3}


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
        """The chart under a section's table, if it has one and there is anything to draw."""
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
    ) -> Any | None:
        if not any(any(section.column(key)) for key in colors):
            return None
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
        series = {
            "name": [tab, FIRST_ROW, place],
            "categories": [tab, first, 0, last, 0],
            "values": [tab, first, place, last, place],
        }
        chart = self._book.add_chart({"type": "area"})
        chart.add_series({**series, "fill": {"color": TINT}, "border": {"none": True}})
        line = self._book.add_chart({"type": "line"})
        line.add_series({**series, "line": {"color": ACCENT, "width": 2}})
        chart.combine(line)
        chart.set_legend({"none": True})
        self._dress(chart, "MRR", is_dated=True)
        return chart

    def steps(self, data: Any) -> Any | None:
        """What changed MRR: each step floats where the one before it ended; last the whole.

        Args:
            data: The sheet that takes the chart's own figures.

        Returns:
            The chart; None where nothing moved.
        """
        section = self._figures.section("movements") or self._figures.section("week_movements")
        steps = movement_steps(section) if section else ()
        if not any(step.amount for step in steps):
            return None
        translate = self._language.translate
        first = STEPS_ROW + len(self._figures.headlines)
        amount = self._book.add_format({"num_format": "#,##0.00", "align": "right"})
        title = self._book.add_format({"bold": True, "font_color": SOFT})
        data.write_string(first - 1, 0, translate("What changed MRR"), title)
        for row, step in enumerate(steps, start=first):
            data.write_string(row, 0, translate(step.term))
            self._float(data, row, step, amount)
            data.write_number(row, 5, float(max(step.start, step.end)), amount)
        tab, last = data.get_name(), first + len(steps) - 1
        categories = [tab, first, 0, last, 0]
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        colors = [step.color for step in steps]
        for column in range(1, 5):
            look: dict[str, object] = {"points": [{"fill": {"color": color}} for color in colors]}
            if column in (1, 3):
                look = {"fill": {"none": True}, "border": {"none": True}}
            chart.add_series(
                {
                    "categories": categories,
                    "values": [tab, first, column, last, column],
                    "gap": 45,
                    **look,
                }
            )
        labels = self._book.add_chart({"type": "line"})
        labels.add_series(
            {
                "categories": categories,
                "values": [tab, first, 5, last, 5],
                "line": {"none": True},
                "marker": {"type": "none"},
                "data_labels": {
                    "value": True,
                    "position": "above",
                    "font": {"size": 9, "color": INK},
                    "custom": [{"value": step.label(self._language)} for step in steps],
                },
            }
        )
        chart.combine(labels)
        chart.set_legend({"none": True})
        self._dress(chart, "What changed MRR", is_dated=False)
        return chart

    def _float(self, sheet: Any, row: int, step: Step, look: Any) -> None:
        """A bar from one level to another, in its part above 0 and its part below."""
        low, high = min(step.start, step.end), max(step.start, step.end)
        above = (max(low, Decimal(0)), max(high, Decimal(0)))
        below = (min(high, Decimal(0)), min(low, Decimal(0)))
        for column, value in enumerate(
            (above[0], above[1] - above[0], below[0], below[1] - below[0]), start=1
        ):
            sheet.write_number(row, column, float(value), look)

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
