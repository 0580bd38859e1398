"""Kills the loads of a source with an API at random moments, again and again."""

import random
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

PROJECT = Path(__file__).resolve().parents[2]


class Clock(Protocol):
    """A sandbox, as far as a story of kills needs it."""

    @property
    def clock(self) -> datetime: ...

    def advance(self, by: timedelta, /) -> object: ...


def load_until(source: str, as_of: datetime, last: int) -> tuple[int, str]:
    """Load in a process that dies before its last-th operation; return its end and its words."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.ingestion.killed_load", source),
            *(as_of.isoformat(), str(last)),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def kill_loads(source: str, sandbox: Clock, home: Path, seed: int, kills: int) -> None:
    """Kill as many loads, the first one or increments, and those that heal them.

    The sandbox's clock moves on after each load that ends by itself, and after some that do not.
    """
    rng = random.Random(seed)  # noqa: S311 - a moment, not a secret
    code, said = load_until(source, sandbox.clock, 0)
    assert code == 0, said
    operations = int(said)
    assert operations > 50
    if seed % 2 == 0:
        # An even one begins anew: its first load is the one that is killed.
        (home / "warehouse.duckdb").unlink()
    killed = 0
    for _ in range(3 * kills):
        code, said = load_until(source, sandbox.clock, rng.randrange(1, operations))
        assert code in (0, -signal.SIGKILL), said
        killed += code == -signal.SIGKILL
        if code == 0 or rng.random() < 0.3:
            sandbox.advance(timedelta(days=1, hours=1))
        if killed == kills:
            break
    assert killed == kills
