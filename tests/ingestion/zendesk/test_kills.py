"""A load that is killed at any point, again and again, loses nothing and doubles nothing."""

import pytest

from ingestion.zendesk.tables import RESOURCES
from tests.ingestion.many_kills import kill_loads
from tests.ingestion.zendesk.served import Served


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_five_kills_in_a_row_leave_the_helpdesk_as_it_is(served: Served, seed: int) -> None:
    kill_loads("zendesk", served.sandbox, served.connected.home, seed, kills=5)

    # The last may have been killed after all was there, and nothing is new then.
    served.rest()
    served.load()

    assert served.differences() == {}
    for table in ("windows", "control_totals", *(one.table for one in RESOURCES)):
        rows = served.connected.query(
            f"SELECT count(*), count(DISTINCT {table}) FROM raw_zendesk.{table}"
        )
        assert rows[0][0] == rows[0][1], table
        counted = served.connected.query(
            "SELECT coalesce(sum(row_count), 0) FROM raw_zendesk.control_totals "
            f"WHERE resource = '{table}'"
        )
        if table not in ("windows", "control_totals"):
            there = next(one for one in RESOURCES if one.table == table)
            assert counted == [(len(served.connected.loaded(there)),)], table
