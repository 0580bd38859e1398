"""Holds a set of marts, from wherever they come, against a worked example."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from tests.oracle.example import WorkedExample
from tests.oracle.numbers import Numbers

Row = Mapping[str, Any]
Marts = Mapping[str, Iterable[Row]]


def as_marts(numbers: Numbers) -> Marts:
    """What the oracle computed, by the names of the marts."""
    return {
        "fct_mrr_movements": [asdict(row) for row in numbers.movements],
        "fct_customer_mrr_monthly": [asdict(row) for row in numbers.customer_months],
        "kpis_monthly": [asdict(row) for row in numbers.kpis],
        "retention_cohorts": [asdict(row) for row in numbers.cohorts],
        "cash_bridge_monthly": [asdict(row) for row in numbers.cash],
        "dunning_monthly": [asdict(row) for row in numbers.dunning],
        "trials_monthly": [asdict(row) for row in numbers.trials],
    }


def assert_example_holds(example: WorkedExample, marts: Marts) -> None:
    """Fail with the first value that differs from what the example expects."""
    kpis, dunning, trials = (
        {f"{row['metric_month']:%Y-%m}": row for row in marts[mart]}
        for mart in ("kpis_monthly", "dunning_monthly", "trials_monthly")
    )
    customers = {
        (row["customer_id"], f"{row['metric_month']:%Y-%m}"): row
        for row in marts["fct_customer_mrr_monthly"]
    }
    cohorts = {
        (f"{row['cohort_month']:%Y-%m}", row["age_months"]): row
        for row in marts["retention_cohorts"]
    }
    cash = {
        (f"{row['metric_month']:%Y-%m}", row["currency"]): row
        for row in marts["cash_bridge_monthly"]
    }
    _assert_cells(example.kpis, kpis)
    _assert_cells(example.customers, customers)
    _assert_cells(example.cohorts, cohorts)
    _assert_cells(example.cash, cash)
    _assert_cells(example.dunning, dunning)
    _assert_cells(example.trials, trials)
    if example.movements is not None:
        _assert_movements(example, marts["fct_mrr_movements"])


def _assert_cells(
    expected: Mapping[Any, Mapping[str, str | None]], found: Mapping[Any, Row]
) -> None:
    for key, columns in expected.items():
        for column, value in columns.items():
            assert _is_equal(found[key][column], value), (key, column, found[key][column], value)


def _assert_movements(example: WorkedExample, found: Iterable[Row]) -> None:
    expected = sorted(example.movements or [])
    open_reasons = {row[:3] for row in expected if not row[3]}
    actual = []
    for row in found:
        key = (row["customer_id"], row["occurred_on"].isoformat(), row["movement_type"])
        reason = "" if key in open_reasons else row["reason"]
        actual.append((*key, reason, row["mrr_delta"]))
    assert sorted(actual) == [(*row[:4], Decimal(row[4])) for row in expected]


def _is_equal(found: Any, expected: str | None) -> bool:
    if expected is None or found is None:
        return expected is None and found is None
    if isinstance(found, bool):
        return str(found).lower() == expected
    return bool(found == Decimal(expected))
