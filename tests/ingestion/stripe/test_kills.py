"""A load that is killed at any point, again and again, loses nothing and doubles nothing."""

import pytest

from tests.ingestion.many_kills import kill_loads
from tests.ingestion.stripe.connected import Connected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_ten_kills_in_a_row_leave_the_account_as_it_is(connected: Connected, seed: int) -> None:
    kill_loads("stripe", connected.sandbox, connected.home, seed, kills=10)

    connected.load()

    assert connected.differences() == {}
    for table in ("events", "windows", "control_totals"):
        rows = connected.query(f"SELECT count(*), count(DISTINCT {table}) FROM raw_stripe.{table}")
        assert rows[0][0] == rows[0][1]
