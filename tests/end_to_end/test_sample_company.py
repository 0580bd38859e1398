"""The sample company's numbers, computed twice, and the same again on a second run."""

import random
from pathlib import Path

import pytest

from ingestion.sandbox.company import write_sample
from tests.comparison import differences
from tests.end_to_end.commands import environment, published_marts, run
from tests.oracle.numbers import compute_numbers
from tests.warehouse import build_warehouse


def test_every_number_agrees_with_a_plain_second_computation(tmp_path: Path) -> None:
    files = tmp_path / "files"
    as_of = write_sample(files)
    warehouse = build_warehouse(tmp_path / "home", files, as_of)
    numbers = compute_numbers(files, as_of, "USD", "UTC")
    assert len(numbers.kpis) == 25
    assert differences(warehouse, numbers) == []


@pytest.mark.slow
def test_the_same_facts_give_the_same_marts_to_the_last_value(tmp_path: Path) -> None:
    """A second run, and a run elsewhere on the same rows in another order."""
    files, home = tmp_path / "files", tmp_path / "home"
    as_of = write_sample(files, customers=60, months=14)
    variables = environment(home, files, as_of)
    assert run(variables)[0] == 0
    first = published_marts(home)
    assert run(variables)[0] == 0
    assert published_marts(home) == first

    for file in files.iterdir():
        header, *rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
        random.Random(1).shuffle(rows)  # noqa: S311 - an order, not a secret
        file.write_text(header + "".join(rows), encoding="utf-8")
    elsewhere = environment(tmp_path / "other", files, as_of, TZ="Pacific/Auckland")
    assert run(elsewhere)[0] == 0
    assert published_marts(tmp_path / "other") == first
