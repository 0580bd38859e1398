"""Charts of pages and mails: Vega-Lite specifications drawn as SVG or PNG, without a browser.

Every label is written by the language, so that a chart says a figure as the table beside it does.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from math import ceil, floor, log10
from typing import Any

import vl_convert
from babel.numbers import get_currency_precision

from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.headlines import HEADLINES
from orchestration.reports.kinds import Cell
from orchestration.reports.language import Language
from orchestration.reports.steps import Step, movement_steps
from orchestration.reports.style import ACCENT, FONT, FONTS, INK, LINE, MOVEMENT_COLORS, SOFT, TINT

Spec = dict[str, Any]
_SHOWN_MONTHS = 12
# The whole picture's width: in a mail, across a page, and in the wider column of a page. The last
# two are printed at one scale, so that their letters are of one size.
_MAIL_WIDTH = 480
_PAGE_WIDTH = 580
_COLUMN_WIDTH = 306
_MAIL_HEIGHT = 200
_PAGE_HEIGHT = 158
_STEP_HEIGHT = 23
_FONT_SIZE = 10.5


def draw_charts(figures: Figures, language: Language) -> dict[str, str]:
    """Draws the charts of a report; one without anything to show is left out.

    Args:
        figures: The frozen figures.
        language: The language of their labels.

    Returns:
        SVG by the chart's name: trend and steps for mails; page_trend, page_steps, and for a
        month by_month and retention for pages.
    """
    drawn: dict[str, str] = {}
    currency = figures.foot.currency
    movements = figures.section("movements") or figures.section("week_movements")
    months = figures.section("months")
    if months and _count(months.column("closing_mrr")) > 1:
        names = _month_names(months, language)
        trend = _trend(names, months.column("closing_mrr"), language, currency)
        drawn["trend"] = _svg(trend, _MAIL_WIDTH, _MAIL_HEIGHT)
        drawn["page_trend"] = _svg(trend, _PAGE_WIDTH, _PAGE_HEIGHT)
    if months and any(any(months.column(column)) for _, column in _BY_MONTH):
        by_month = _by_month(months, language, currency)
        drawn["by_month"] = _svg(by_month, _PAGE_WIDTH, _PAGE_HEIGHT)
    if months and max(_count(months.column(key)) for key, _ in _RETENTION) > 1:
        drawn["retention"] = _svg(_retention(months, language), _PAGE_WIDTH, _PAGE_HEIGHT)
    steps = movement_steps(movements) if movements else ()
    if any(step.amount for step in steps):
        height = _STEP_HEIGHT * len(steps)
        drawn["steps"] = _svg(_steps(steps, language), _MAIL_WIDTH, height)
        drawn["page_steps"] = _svg(_steps(steps, language), _COLUMN_WIDTH, height)
    return drawn


def png(svg: str) -> bytes:
    """A chart as a picture with two pixels for each of its own."""
    _register_fonts()
    return bytes(vl_convert.svg_to_png(svg, scale=2))


def sparkline(values: Sequence[Decimal | None], width: int = 120, height: int = 26) -> str:
    """A line without axes, as SVG; a value that is unknown interrupts it."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    step = (width - 8) / (len(values) - 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            y = 4 + (height - 8) * (1 - (float(value) - low) / reach)
            runs[-1].append((4 + place * step, y))
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}"/>'
        for run in runs
        if len(run) > 1
    )
    dot = ""
    if runs[-1]:
        x, y = runs[-1][-1]
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{ACCENT}" stroke="none"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><g fill="none" stroke="{ACCENT}" stroke-width="1.6" '
        f'stroke-linejoin="round" stroke-linecap="round">{lines}{dot}</g></svg>'
    )


def _trend(names: Sequence[str], values: Sequence[Cell], language: Language, currency: str) -> Spec:
    rows: list[Spec] = [
        {"place": place, "name": name, "value": float(value)}
        for place, (name, value) in enumerate(zip(names, values, strict=True))
        if isinstance(value, Decimal)
    ]
    last = [{**row, "label": language.whole_money(_at(values, row), currency)} for row in rows[-1:]]
    x = _x(names)
    y = _amounts([row["value"] for row in rows], language, currency)
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "area", "color": TINT, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "line", "color": ACCENT, "strokeWidth": 2.2},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": last},
                "mark": {"type": "point", "filled": True, "color": ACCENT, "size": 55},
                "encoding": {"x": x, "y": y},
            },
            # First a wide white edge, so that no line runs through the figure.
            *(
                {
                    "data": {"values": last},
                    "mark": {
                        "type": "text",
                        "align": "right",
                        "dx": 6,
                        "dy": -13,
                        "fontWeight": 600,
                        "fontSize": 11.5,
                        "color": INK,
                        **edge,
                    },
                    "encoding": {"x": x, "y": y, "text": {"field": "label"}},
                }
                for edge in ({"stroke": "white", "strokeWidth": 5, "strokeJoin": "round"}, {})
            ),
        ],
    }


def _steps(steps: Sequence[Step], language: Language) -> Spec:
    """The steps of the period below one another, from nothing to the whole change of MRR."""
    rows: list[Spec] = [
        {
            "name": language.translate(step.term),
            "from": float(step.start),
            "to": float(step.end),
            "end": float(max(step.start, step.end)),
            "label": step.label(language),
            "color": step.color,
        }
        for step in steps
    ]
    reach = [0.0, *(row[end] for row in rows for end in ("from", "to"))]
    y = {
        "field": "name",
        "type": "nominal",
        "sort": [row["name"] for row in rows],
        "axis": {**_PLAIN_AXIS, "labelColor": INK, "labelLimit": 130, "domain": False},
        "scale": {"paddingInner": 0.35, "paddingOuter": 0.15},
    }
    x = {
        "type": "quantitative",
        "axis": None,
        # With room on the right for the figures, which stand behind the bars.
        "scale": {
            "domain": [min(reach), max(reach) + 0.3 * (max(reach) - min(reach))],
            "nice": False,
        },
    }
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadius": 1.5},
                "encoding": {
                    "y": y,
                    "x": {**x, "field": "from"},
                    "x2": {"field": "to"},
                    "color": {"field": "color", "type": "nominal", "scale": None},
                },
            },
            {
                "mark": {"type": "rule", "color": SOFT, "strokeWidth": 0.8},
                "encoding": {"x": {**x, "datum": 0}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "color": INK},
                "encoding": {
                    "y": y,
                    "x": {**x, "field": "end"},
                    "text": {"field": "label"},
                },
            },
        ],
    }


_BY_MONTH = (
    ("New", "new_mrr"),
    ("Expansion", "expansion_mrr"),
    ("Reactivation", "reactivation_mrr"),
    ("Contraction", "contraction_mrr"),
    ("Churned", "churned_mrr"),
)
_RETENTION = (("nrr", ACCENT), ("grr", "#7A8A99"))


def _by_month(months: SectionFigures, language: Language, currency: str) -> Spec:
    names = _month_names(months, language)[-_SHOWN_MONTHS:]
    rows: list[Spec] = [
        {
            "place": place,
            "value": float(value),
            "movement": language.translate(term),
            "order": order,
        }
        for order, (term, column) in enumerate(_BY_MONTH)
        for place, value in enumerate(months.column(column)[-_SHOWN_MONTHS:])
        if isinstance(value, Decimal)
    ]
    rises = [0.0] * len(names)
    falls = [0.0] * len(names)
    for row in rows:
        value = float(row["value"])
        stack = rises if value > 0 else falls
        stack[int(row["place"])] += value
    terms = [language.translate(term) for term, _ in _BY_MONTH]
    return {
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadius": 1},
        "encoding": {
            "x": {
                **_x(names, every=1),
                # A few months are no walls.
                "scale": {"paddingInner": 0.35 if len(names) > 5 else 0.8, "paddingOuter": 0.2},
            },
            "y": _amounts([0.0, *rises, *falls], language, currency),
            "order": {"field": "order"},
            "color": {
                "field": "movement",
                "type": "nominal",
                "sort": terms,
                "scale": {
                    "domain": terms,
                    "range": [MOVEMENT_COLORS[term] for term, _ in _BY_MONTH],
                },
                "legend": _LEGEND,
            },
        },
    }


def _retention(months: SectionFigures, language: Language) -> Spec:
    names = _month_names(months, language)[-_SHOWN_MONTHS:]
    rows: list[Spec] = [
        {
            "place": place,
            "value": float(value),
            "rate": language.translate(HEADLINES[key].title),
        }
        for key, _ in _RETENTION
        for place, value in enumerate(months.column(key)[-_SHOWN_MONTHS:])
        if isinstance(value, Decimal)
    ]
    values = [float(row["value"]) for row in rows] or [1.0]
    high = ceil(max(*values, 1.0) * 20) / 20
    low = min(floor(min(values) * 20) / 20, high - 0.1)
    ticks = [low + 0.05 * step for step in range(round((high - low) / 0.05) + 1)]
    labels = {round(tick * 100): language.whole_rate(Decimal(f"{tick:.2f}")) for tick in ticks}
    titles = [language.translate(HEADLINES[key].title) for key, _ in _RETENTION]
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 22}},
        "encoding": {
            "x": {**_x(names, every=1), "scale": {"padding": 0.3}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [low, high], "zero": False},
                "axis": {
                    **_AMOUNT_AXIS,
                    "values": ticks,
                    "labelExpr": f"({json.dumps(labels)})[round(datum.value * 100)]",
                },
            },
            "color": {
                "field": "rate",
                "type": "nominal",
                "scale": {"domain": titles, "range": [color for _, color in _RETENTION]},
                "legend": _LEGEND,
            },
        },
    }


_PLAIN_AXIS: Mapping[str, Any] = {
    "labelAngle": 0,
    "grid": False,
    "ticks": False,
    "domainColor": LINE,
    "labelColor": SOFT,
    "labelPadding": 6,
    "title": None,
}
_AMOUNT_AXIS: Mapping[str, Any] = {
    "domain": False,
    "ticks": False,
    "gridColor": LINE,
    "gridWidth": 0.7,
    "labelColor": SOFT,
    "labelPadding": 6,
}
_LEGEND: Mapping[str, Any] = {
    "orient": "top",
    "direction": "horizontal",
    "title": None,
    "labelColor": SOFT,
    "symbolType": "square",
    "labelLimit": 200,
}


def _x(names: Sequence[str], every: int = 3) -> Spec:
    """Places in order, named: every third name, counted from the newest, where there are many."""
    step = every if len(names) > _SHOWN_MONTHS else 1
    shown = {
        str(place): name for place, name in enumerate(names) if (len(names) - 1 - place) % step == 0
    }
    return {
        "field": "place",
        "type": "ordinal",
        "axis": {
            **_PLAIN_AXIS,
            "values": [int(place) for place in shown],
            "labelExpr": f"({json.dumps(shown)})[datum.value]",
        },
        "scale": {"type": "point", "padding": 0.4} if step > 1 else {},
    }


def _amounts(values: Sequence[float], language: Language, currency: str) -> Spec:
    """An axis of amounts from 0, with a few round ticks that the language names."""
    low, high = min([0.0, *values]), max([0.0, *values])
    reach = (high - low) or 1.0
    # No label may say two ticks alike, so none is finer than the currency's smallest coin.
    step = max(_round_step(reach / 4), 10.0 ** -get_currency_precision(currency))
    # Below 0 it ends with the values, above at a tick.
    lowest, highest = low * 1.04, step * ceil(high / step)
    ticks = [step * number for number in range(ceil(lowest / step), round(highest / step) + 1)]
    labels = {round(tick * 100): _tick(tick, step, highest, language, currency) for tick in ticks}
    return {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [lowest, highest or step], "nice": False},
        "axis": {
            **_AMOUNT_AXIS,
            "values": ticks,
            "labelExpr": f"({json.dumps(labels)})[round(datum.value * 100)]",
        },
    }


def _tick(tick: float, step: float, highest: float, language: Language, currency: str) -> str:
    """An amount on an axis: short where it is large, whole where that says all of it."""
    amount = Decimal(f"{tick:.2f}")
    if highest >= 10_000:
        return language.axis_amount(amount, currency)
    return (
        language.whole_money(amount, currency)
        if step.is_integer()
        else language.money(amount, currency)
    )


def _round_step(least: float) -> float:
    """The least of 1, 2, 2.5, 5 and their tenfolds that is not below ``least``."""
    size = 10.0 ** floor(log10(least))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= least)


def _month_names(months: SectionFigures, language: Language) -> list[str]:
    return [
        language.axis_month(month)
        for month in months.column("metric_month")
        if isinstance(month, date)
    ]


def _count(values: Sequence[Cell]) -> int:
    """How many of the values are known."""
    return sum(value is not None for value in values)


def _at(values: Sequence[Cell], row: Spec) -> Decimal | None:
    value = values[int(row["place"])]
    return value if isinstance(value, Decimal) else None


def _svg(spec: Spec, width: int, height: int) -> str:
    _register_fonts()
    size = {"labelFontSize": _FONT_SIZE}
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 2,
        "background": None,
        "config": {
            "view": {"stroke": None},
            "font": FONT,
            "axis": size,
            "legend": size,
            "text": {"fontSize": _FONT_SIZE},
        },
        **spec,
    }
    return str(vl_convert.vegalite_to_svg(whole))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))
