"""The worked examples of the metrics page hold twice: for the models and for the plain oracle."""

from pathlib import Path

import pytest

from tests.oracle.checking import as_marts, assert_example_holds
from tests.oracle.example import WorkedExample
from tests.oracle.numbers import compute_numbers
from tests.oracle.worked_examples import WORKED_EXAMPLES
from tests.warehouse import build_warehouse

MARTS = [
    "fct_mrr_movements",
    "fct_customer_mrr_monthly",
    "kpis_monthly",
    "retention_cohorts",
    "cash_bridge_monthly",
    "dunning_monthly",
    "trials_monthly",
]


@pytest.mark.slow
@pytest.mark.parametrize("example", WORKED_EXAMPLES, ids=lambda example: example.id)
def test_a_worked_example_holds_in_the_warehouse(example: WorkedExample, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    example.write(files)
    warehouse = build_warehouse(
        tmp_path / "home",
        files,
        example.as_of,
        currency=example.currency,
        time_zone=example.time_zone,
        policy=example.policy,
        with_checks=False,
    )
    assert_example_holds(
        example, {mart: warehouse.records(f"select * from marts.{mart}") for mart in MARTS}
    )


@pytest.mark.parametrize("example", WORKED_EXAMPLES, ids=lambda example: example.id)
def test_a_worked_example_holds_for_the_oracle(example: WorkedExample, tmp_path: Path) -> None:
    example.write(tmp_path)
    numbers = compute_numbers(
        tmp_path, example.as_of, example.currency, example.time_zone, example.policy
    )
    assert_example_holds(example, as_marts(numbers))
