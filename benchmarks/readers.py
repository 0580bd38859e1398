"""Readers of a publication that never rest: ``python -m benchmarks.readers KIND PLACE STOP``.

Each reads every watched mart again and again until the file STOP is there, and prints what it saw.
A reading in which two marts are of two runs is counted as mixed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from benchmarks.growing import run_queries
from benchmarks.measuring import ROOT

_REST = 0.1  # between two readings, so that readers leave the machine to the run
_LAST = 2  # readings after the end: who keeps a connection sees the newest run with the second
_KEPT_ERRORS = 5
_TIMEOUT = 120

Reader = Callable[[], list[int]]


@dataclass
class Readings:
    """What a reader saw.

    Attributes:
        kind: How it reads.
        answers: Readings that were answered.
        mixed: Answers that were of more than one run.
        runs: Every run that an answer was of.
        failures: Readings that were not answered.
        errors: What was said to the first of them.
        slowest_seconds: The slowest answer.
    """

    kind: str
    answers: int = 0
    mixed: int = 0
    runs: list[int] = field(default_factory=list)
    failures: int = 0
    errors: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0

    def take(self, read: Reader) -> None:
        """Reads once, and counts."""
        started = time.monotonic()
        try:
            found = read()
        except Exception as error:  # noqa: BLE001 - whatever it is, a reader was disturbed
            self.failures += 1
            self.errors = [*self.errors, f"{type(error).__name__}: {error}"][:_KEPT_ERRORS]
            return
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
        self.answers += 1
        self.mixed += len(set(found)) != 1
        self.runs = sorted({*self.runs, *found})

    @property
    def faults(self) -> int:
        """Readings that were not answered, or not by one run."""
        return self.failures + self.mixed


def snapshot(place: str) -> Reader:
    """Opens the published file anew for each reading."""

    def read() -> list[int]:
        with duckdb.connect(place, read_only=True) as connection:
            return _each(connection)

    return read


class Held:
    """Keeps its connection until a newer version is published, and reads once more in it then.

    Whatever another reading than the first of a connection shows differently is a mixture.
    """

    def __init__(self, place: str) -> None:
        self._place = Path(place)
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __call__(self) -> list[int]:
        """What the connection showed first, and what it shows now."""
        if self._connection is None:
            self._opened = self._place.resolve()
            self._connection = duckdb.connect(str(self._place), read_only=True)
            self._first = _each(self._connection)
        found = self._first + _each(self._connection)
        if self._place.resolve() != self._opened:
            self._connection.close()
            self._connection = None
        return found


def parquet(place: str) -> Reader:
    """Finds out where the link leads, and reads the files there one after the other."""

    def read() -> list[int]:
        folder = Path(place).resolve()
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            for name in run_queries():
                connection.execute(f"create view marts.{name} as from '{folder / name}.parquet'")
            return _each(connection)

    return read


def statement(place: str) -> Reader:
    """Asks PostgreSQL for all marts in one statement."""
    import psycopg

    connection = psycopg.connect(place, autocommit=True)
    query = " union all ".join(run_queries().values())
    return lambda: [int(run) for (run,) in connection.execute(query)]


def transaction(place: str) -> Reader:
    """Asks PostgreSQL for each mart in a statement of its own, in a transaction that repeats."""
    import psycopg

    connection = psycopg.connect(place)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def read() -> list[int]:
        with connection.transaction():
            return [
                int(run) for query in run_queries().values() for (run,) in connection.execute(query)
            ]

    return read


KINDS: dict[str, Callable[[str], Reader]] = {
    "snapshot": snapshot,
    "held": Held,
    "parquet": parquet,
    "statement": statement,
    "transaction": transaction,
}


@contextmanager
def undisturbed(folder: Path, places: dict[str, str]) -> Iterator[dict[str, Readings]]:
    """Lets readers read while the block does its work.

    Args:
        folder: Where the file lies that ends them.
        places: What each kind of reader reads: the published file, the folder of Parquet files, or
            the address of a database.

    Yields:
        What they saw, by kind; empty until the block has ended.
    """
    stop = folder / "stop-reading"
    stop.unlink(missing_ok=True)
    seen: dict[str, Readings] = {}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.readers", kind, place, str(stop)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind, place in places.items()
    ]
    try:
        for process in processes:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError("A reader ended before it read; its message is above.")
        yield seen
    finally:
        stop.touch()
        for process in processes:
            output, _ = process.communicate(timeout=_TIMEOUT)
            if output:
                readings = Readings(**json.loads(output))
                seen[readings.kind] = readings


def _each(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [int(connection.execute(query).fetchall()[0][0]) for query in run_queries().values()]


def _main(kind: str, place: str, stop: str) -> None:
    readings, read = Readings(kind), KINDS[kind](place)
    readings.take(read)
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while not Path(stop).exists():
        readings.take(read)
        time.sleep(_REST)
    for _ in range(_LAST):
        readings.take(read)
    sys.stdout.write(json.dumps(asdict(readings)) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
