"""A load that is killed at any point, again and again, loses nothing and doubles nothing."""

import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.zendesk.tables import RESOURCES
from tests.ingestion.zendesk.served import Served

PROJECT = Path(__file__).resolve().parents[3]
KILLS_EACH = 5


def load_until(served: Served, last: int) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.ingestion.killed_load", "zendesk"),
            *(served.sandbox.clock.isoformat(), str(last)),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_five_kills_in_a_row_leave_the_helpdesk_as_it_is(served: Served, seed: int) -> None:
    """The first load and increments are killed, and so is the load that heals them."""
    rng = random.Random(seed)  # noqa: S311 - a moment, not a secret
    code, said = load_until(served, 0)
    assert code == 0, said
    operations = int(said)
    assert operations > 50
    if seed % 2 == 0:
        # An even one begins anew: its first load is the one that is killed.
        (served.connected.home / "warehouse.duckdb").unlink()
    killed = 0
    for _ in range(3 * KILLS_EACH):
        code, said = load_until(served, rng.randrange(1, operations))
        assert code in (0, -signal.SIGKILL), said
        killed += code == -signal.SIGKILL
        if code == 0 or rng.random() < 0.3:
            served.sandbox.advance(timedelta(days=1, hours=1))
        if killed == KILLS_EACH:
            break
    assert killed == KILLS_EACH

    # The last may have been killed after all was there, and nothing is new then.
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
