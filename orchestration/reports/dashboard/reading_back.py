"""Reads the dashboard's page back and compares every figure of a month with the marts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.reports.publication import rows_of
from orchestration.reports.segment_marts import open_marts

CHECK: Final = "page_says_what_the_marts_say"
_FIGURES = re.compile(r'<script type="application/json" id="figures">(.*?)</script>', re.DOTALL)
_MONTHLY: Final = {"dunning": "dunning_monthly", "support": "support_kpis_monthly"}

Values = Mapping[str, Sequence[str | None]]


def page_faults(page: Path, snapshot: Path) -> list[str]:
    """Compares the figures that a page holds with the marts of a publication.

    Args:
        page: The dashboard's file.
        snapshot: The publication's file.

    Returns:
        The faults, each one sentence; empty where all is well.
    """
    embedded = _FIGURES.search(page.read_text(encoding="utf-8"))
    if embedded is None:
        return ["The page holds no figures."]
    with open_marts(snapshot) as marts:
        return list(_faults(json.loads(embedded[1]), marts))


def _faults(said: Mapping[str, Any], marts: duckdb.DuckDBPyConnection) -> Iterator[str]:
    months: list[str] = said["months"]
    company = _by_month(marts, "from marts.kpis_monthly")
    yield from _column_faults("the company", said["company"]["months"], months, company)
    for segment in said["segments"]:
        rows = _by_month(
            marts,
            "from marts.kpis_monthly_by_segment "
            "where segment_kind = $kind and segment_value = $value",
            {"kind": segment["kind"], "value": segment["value"]},
        )
        name = f"{segment['kind']}={segment['value']}"
        yield from _column_faults(name, segment["months"], months, rows)
    for key, mart in _MONTHLY.items():
        if said[key] is not None:
            rows = _by_month(marts, f"from marts.{mart}")
            yield from _column_faults(mart, said[key], months, rows)
    if said["cohorts"]:
        yield from _cohort_faults(said["cohorts"], marts)


def _column_faults(
    name: str, columns: Values, months: Sequence[str], rows: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for column, values in columns.items():
        for month, value in zip(months, values, strict=True):
            expected = rows.get(month, {}).get(column)
            if not _is_same(value, expected):
                yield f"{column} of {name} in {month} is {value}, the marts say {expected}"


def _cohort_faults(
    cohorts: Sequence[Mapping[str, Any]], marts: duckdb.DuckDBPyConnection
) -> Iterator[str]:
    ages = {
        (f"{month:%Y-%m}", age): values
        for month, age, *values in marts.execute(
            "select cohort_month, age_months, customer_retention, mrr_retention "
            "from marts.retention_cohorts"
        ).fetchall()
    }
    for cohort in cohorts:
        pairs = zip(cohort["customer_retention"], cohort["mrr_retention"], strict=True)
        for age, pair in enumerate(pairs):
            expected = ages.get((cohort["month"], age), (None, None))
            if not all(map(_is_same, pair, expected)):
                yield f"The cohort {cohort['month']} has {pair} at age {age}, not {expected}"


def _by_month(
    marts: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    return {f"{row['metric_month']:%Y-%m}": row for row in rows_of(marts, query, values)}


def _is_same(said: str | None, expected: object) -> bool:
    if said is None or expected is None:
        return said is None and expected is None
    return Decimal(said) == Decimal(str(expected))
