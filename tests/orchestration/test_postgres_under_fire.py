"""Readers of PostgreSQL never see half a publication, whatever happens to the publisher."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from ingestion.settings import Settings
from orchestration.publishing.postgres import publish_to_postgres
from orchestration.publishing.postgres_target import PostgresTarget
from orchestration.publishing.publish import publish
from tests.orchestration.postgres_target import KEYS, publish_again, publish_both, rows, schemas
from tests.orchestration.samples import ROOT, fill_warehouse

_PUBLICATIONS = 50

# A statement reads one run, and so does a transaction that wants its reads to repeat.
_READ = """
import sys, psycopg
from pathlib import Path
address, stop, isolation = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
query = (
    "select run_id from marts._published union all select 'build-' || label from marts.label "
    "union all select 'build-' || label from marts.dim_customers"
)
reads, seen = 0, set()
with psycopg.connect(address, autocommit=True) as connection:
    while not stop.exists():
        if isolation == "statement":
            found = connection.execute(query).fetchall()
        else:
            connection.execute("begin isolation level repeatable read")
            found = [row for part in query.split(" union all ") for row in connection.execute(part)]
            connection.execute("commit")
        assert len(found) == 4 and len(set(found)) == 1, found
        reads += 1
        seen.add(found[0])
print(reads, len(seen))
"""


@pytest.mark.slow
def test_every_statement_reads_one_run_through_fifty_publications(
    settings: Settings, target: PostgresTarget, tmp_path: Path
) -> None:
    publish_both(settings, target, "n-first")
    reader = target.address.replace("postgres@", "bi_reader@")
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _READ, reader, str(stop), isolation],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for isolation in ("statement", "statement", "transaction")
    ]
    try:
        with psycopg.connect(reader) as idle:
            idle.execute("select label from marts.label").fetchall()  # and stays idle in it
            for number in range(_PUBLICATIONS):
                assert publish_both(settings, target, f"n{number}").remarks == ()
                assert [process.poll() for process in readers] == [None] * len(readers)
            last = idle.execute("select label from marts.label").fetchall()
    finally:
        stop.touch()
        results = [process.communicate(timeout=60) for process in readers]
    assert [process.returncode for process in readers] == [0] * len(readers), results
    assert last == [(f"n{_PUBLICATIONS - 1}",)]
    assert schemas(target) == ["marts"]
    for output, _ in results:
        reads, runs_seen = map(int, output.split())
        assert reads >= _PUBLICATIONS
        assert runs_seen > 5, "the readers must have lived through changes"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
@pytest.mark.parametrize("is_changed", [False, True], ids=["refilled", "new tables"])
def test_a_publisher_killed_at_any_statement_leaves_the_old_or_the_new_run_whole(
    settings: Settings, target: PostgresTarget, is_changed: bool
) -> None:
    publish_both(settings, target, "first")
    fill_warehouse(settings.home, "second")
    if is_changed:
        with duckdb.connect(str(settings.home.warehouse)) as connection:
            connection.execute("create table marts.more as select 1 as a")
    publish(settings, "second")
    stop_at, was_killed = 0, True
    seen: list[str] = []
    while was_killed:
        stop_at += 1
        was_killed = _publish_killed_at(settings, target, stop_at)
        found = rows(
            target,
            "select 'build-' || label from marts.label union "
            "select 'build-' || label from marts.dim_customers union "
            "select run_id from marts._published",
        )
        assert len(found) == 1, f"killed at statement {stop_at}: {found}"
        seen.append(found[0][0])
    assert set(seen) == {"build-first", "build-second"}
    assert seen == sorted(seen)  # old, old, ..., new, new
    assert stop_at > 20
    assert publish_again(settings, target, "after").remarks == ()
    assert schemas(target) == ["marts"]


def _publish_killed_at(settings: Settings, target: PostgresTarget, stop_at: int) -> bool:
    """Publishes in a child that is killed before its n-th statement; says whether it was."""
    child = os.fork()
    if child == 0:
        count = 0
        execute = psycopg.Cursor.execute

        def execute_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == stop_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*arguments, **options)

        psycopg.Cursor.execute = execute_or_die  # type: ignore[method-assign]
        try:
            publish_to_postgres(target, settings.home.published / "perene.duckdb", KEYS)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
