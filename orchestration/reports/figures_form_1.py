"""Reads figures that version 0.1 stored, so that its packs are made again with the same figures."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.reports.figures import Figures, Foot, Headline, SectionFigures, decimal
from orchestration.reports.kinds import Cell, Kind

_TABLES = (
    ("movements", (("label", "movement", Kind.TERM), ("amount", "mrr", Kind.MONEY))),
    (
        "plans",
        (
            ("plan", "plan", Kind.TEXT),
            ("customers", "customers", Kind.COUNT),
            ("closing_mrr", "closing_mrr", Kind.MONEY),
            ("net_new_mrr", "net_new_mrr", Kind.MONEY),
            ("share", "share", Kind.RATE),
        ),
    ),
    (
        "customers",
        (
            ("name", "customer", Kind.TEXT),
            ("customer_id", "customer_id", Kind.TEXT),
            ("mrr", "mrr", Kind.MONEY),
            ("share", "share", Kind.RATE),
        ),
    ),
)
_MOVEMENT_CUSTOMERS = ("customers", "customers", Kind.COUNT)


def figures_of_form_1(stored: Mapping[str, Any]) -> Figures:
    """The figures of a KPI pack of form 1: KPIs, movements, plans and customers."""
    start = date.fromisoformat(f"{stored['month']}-01")
    foot = stored["foot"]
    as_of = datetime.fromisoformat(foot["as_of"].removesuffix(" UTC"))
    return Figures(
        report="kpi_pack",
        period=stored["month"],
        start=start,
        end=(start + timedelta(days=31)).replace(day=1),
        headlines=tuple(_headline(item) for item in stored["headlines"]),
        sections=tuple(
            _section(key, stored[key], (*columns, _MOVEMENT_CUSTOMERS))
            if key == "movements"
            else _section(key, stored[key], columns)
            for key, columns in _TABLES
        ),
        foot=Foot(**{**foot, "as_of": as_of}),
    )


def _headline(item: Mapping[str, Any]) -> Headline:
    value, previous = decimal(item["value"]), decimal(item["previous"])
    return Headline(
        key=item["key"],
        kind=Kind(item["kind"]),
        value=value,
        previous=previous,
        change=decimal(item["change"]),
        relative_change=decimal(item["relative_change"]),
        trend=(previous, value),
    )


def _section(
    key: str,
    rows: list[Mapping[str, Any]],
    columns: tuple[tuple[str, str, Kind], ...],
) -> SectionFigures:
    def cell(row: Mapping[str, Any], name: str, kind: Kind) -> Cell:
        return decimal(row[name]) if kind.is_number else str(row[name])

    return SectionFigures(
        key,
        tuple((name, kind) for _, name, kind in columns),
        tuple(tuple(cell(row, name, kind) for name, _, kind in columns) for row in rows),
    )
