"""A load that is killed at any point, again and again, loses nothing and doubles nothing."""

import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ingestion.stripe.connected import Connected

PROJECT = Path(__file__).resolve().parents[3]
KILLS_EACH = 10


def load_until(connected: Connected, last: int) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.ingestion.killed_load", "stripe"),
            *(connected.sandbox.clock.isoformat(), str(last)),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_ten_kills_in_a_row_leave_the_account_as_it_is(connected: Connected, seed: int) -> None:
    """The first load and increments are killed, and so is the load that heals them."""
    rng = random.Random(seed)  # noqa: S311 - a moment, not a secret
    code, said = load_until(connected, 0)
    assert code == 0, said
    operations = int(said)
    assert operations > 50
    if seed % 2 == 0:
        # An even one begins anew: its first load is the one that is killed.
        (connected.home / "warehouse.duckdb").unlink()
    killed = 0
    for _ in range(3 * KILLS_EACH):
        code, said = load_until(connected, rng.randrange(1, operations))
        assert code in (0, -signal.SIGKILL), said
        killed += code == -signal.SIGKILL
        if code == 0 or rng.random() < 0.3:
            connected.sandbox.advance(timedelta(days=1, hours=1))
        if killed == KILLS_EACH:
            break
    assert killed == KILLS_EACH

    connected.load()

    assert connected.differences() == {}
    for table in ("events", "windows", "control_totals"):
        rows = connected.query(f"SELECT count(*), count(DISTINCT {table}) FROM raw_stripe.{table}")
        assert rows[0][0] == rows[0][1]
