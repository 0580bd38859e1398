"""The worked examples of the metrics page hold for the plain second computation."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.example import WorkedExample
from tests.oracle.numbers import Numbers, compute_numbers
from tests.oracle.random_history import write_random_history
from tests.oracle.worked_examples import WORKED_EXAMPLES


@pytest.mark.parametrize("example", WORKED_EXAMPLES, ids=lambda example: example.id)
def test_the_oracle_agrees_with_a_worked_example(example: WorkedExample, tmp_path: Path) -> None:
    example.write(tmp_path)
    numbers = compute_numbers(
        tmp_path, example.as_of, example.currency, example.time_zone, example.policy
    )
    kpis = {f"{row.metric_month:%Y-%m}": row for row in numbers.kpis}
    for month, columns in example.kpis.items():
        for column, expected in columns.items():
            assert _equal(getattr(kpis[month], column), expected), (month, column)
    customers = {
        (row.customer_id, f"{row.metric_month:%Y-%m}"): row for row in numbers.customer_months
    }
    for key, columns in example.customers.items():
        for column, expected in columns.items():
            assert _equal(getattr(customers[key], column), expected), (key, column)
    cohorts = {(f"{row.cohort_month:%Y-%m}", row.age_months): row for row in numbers.cohorts}
    for cell, columns in example.cohorts.items():
        for column, expected in columns.items():
            assert _equal(getattr(cohorts[cell], column), expected), (cell, column)
    cash = {(f"{row.metric_month:%Y-%m}", row.currency): row for row in numbers.cash}
    for key, columns in example.cash.items():
        for column, expected in columns.items():
            assert _equal(getattr(cash[key], column), expected), (key, column)
    if example.movements is not None:
        _assert_movements(numbers, example.movements)


@pytest.mark.parametrize("example", WORKED_EXAMPLES, ids=lambda example: example.id)
def test_the_oracle_closes_its_own_bridge(example: WorkedExample, tmp_path: Path) -> None:
    example.write(tmp_path)
    numbers = compute_numbers(
        tmp_path, example.as_of, example.currency, example.time_zone, example.policy
    )
    assert_bridges_close(numbers)


def assert_bridges_close(numbers: Numbers) -> None:
    """Amounts and counts of each month lead from its opening to its closing, and on."""
    closing, customers = Decimal(0), 0
    for row in numbers.kpis:
        moved = row.new_mrr + row.expansion_mrr + row.contraction_mrr + row.churned_mrr
        moved += row.reactivation_mrr + row.fx_mrr
        assert row.opening_mrr == closing
        assert row.opening_mrr + moved == row.closing_mrr
        assert row.net_new_mrr == moved - row.fx_mrr
        assert row.voluntary_churned_mrr + row.involuntary_churned_mrr == row.churned_mrr
        gained = row.new_customers + row.reactivated_customers + row.resumed_customers
        lost = row.paused_customers + row.churned_customers
        assert row.opening_customers == customers
        assert row.opening_customers + gained - lost == row.closing_customers
        closing, customers = row.closing_mrr, row.closing_customers
        of_customers = [
            one for one in numbers.customer_months if one.metric_month == row.metric_month
        ]
        assert sum((one.mrr for one in of_customers), Decimal(0)) == closing
        assert sum(one.is_paying for one in of_customers) == customers


def _assert_movements(numbers: Numbers, expected: list[tuple[str, str, str, str, str]]) -> None:
    reasons = {(row[0], row[1], row[2]): row[3] for row in expected}
    actual = [
        (
            move.customer_id,
            move.occurred_on,
            move.movement_type,
            _known(reasons, move.customer_id, move.occurred_on, move.movement_type, move.reason),
            move.mrr_delta,
        )
        for move in numbers.movements
    ]
    assert sorted(actual) == [
        (customer, date.fromisoformat(day), kind, reason, Decimal(delta))
        for customer, day, kind, reason, delta in expected
    ]


def _known(
    reasons: dict[tuple[str, str, str], str], customer: str, day: date, kind: str, reason: str
) -> str:
    """The reason, unless the example leaves it open."""
    return reason if reasons.get((customer, day.isoformat(), kind), reason) else ""


def _equal(actual: object, expected: str | None) -> bool:
    if isinstance(actual, bool):
        return str(actual).lower() == expected
    if isinstance(actual, int | Decimal) and expected is not None:
        return Decimal(actual) == Decimal(expected)
    return actual is None and expected is None


@pytest.mark.parametrize("seed", range(40))
def test_bridges_close_over_hostile_histories(seed: int, tmp_path: Path) -> None:
    settings = write_random_history(tmp_path, seed)
    numbers = compute_numbers(tmp_path, settings.as_of, settings.currency, settings.time_zone)
    assert_bridges_close(numbers)
