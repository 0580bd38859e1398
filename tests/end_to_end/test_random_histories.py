"""Random hostile histories: the models agree with the plain computation, and every sum closes.

Every build runs all checks, so that each history also has to close per customer, currency, day,
month and segment, and in its counts.
"""

from pathlib import Path

import pytest

from tests.comparison import differences
from tests.oracle.numbers import compute_numbers
from tests.oracle.random_history import write_random_history
from tests.warehouse import build_warehouse


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_random_history_closes_and_agrees(seed: int, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    history = write_random_history(files, seed, customers=60)
    warehouse = build_warehouse(
        tmp_path / "home",
        files,
        history.as_of,
        currency=history.currency,
        time_zone=history.time_zone,
    )
    numbers = compute_numbers(files, history.as_of, history.currency, history.time_zone)
    assert differences(warehouse, numbers) == []
