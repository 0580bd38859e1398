"""Readers of PostgreSQL never see half a publication, whatever happens to the publisher."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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

_CHANGED_EVERY = 5
# What makes a publication swap the schema: a column more, one less, one of another type.
_STRUCTURES = (
    "alter table marts.dim_customers add column segment int",
    "alter table marts.dim_customers drop column country",
    "alter table marts.kpis_monthly alter column new_customers type double",
)

# A statement reads one run, and so does a transaction that wants its reads to repeat, unless the
# schema is swapped in its midst. A statement in whose midst that happens may be refused; asked
# again, it is not.
_READ = """
import json, sys, psycopg
from pathlib import Path
address, stop, isolation = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
query = (
    "select run_id from marts._published union all select 'build-' || label from marts.label "
    "union all select 'build-' || label from marts.dim_customers"
)
schema = "select to_regnamespace('marts')::oid"
reads, seen, refused, spanning, was_refused = 0, set(), 0, 0, False
threshold = 5 if isolation == "prepared" else None
with psycopg.connect(address, autocommit=True, prepare_threshold=threshold) as connection:
    while not stop.exists():
        is_swapped = False
        try:
            if isolation == "transaction":
                with connection.transaction():
                    connection.execute("set transaction isolation level repeatable read")
                    before = connection.execute(schema).fetchone()
                    parts = query.split(" union all ")
                    found = [row for part in parts for row in connection.execute(part)]
                    is_swapped = connection.execute(schema).fetchone() != before
            else:
                found = connection.execute(query).fetchall()
        except psycopg.errors.InsufficientPrivilege as error:
            assert not was_refused, error
            refused, was_refused = refused + 1, True
            continue
        was_refused = False
        spanning += is_swapped
        assert len(found) == 4 and (is_swapped or len(set(found)) == 1), found
        reads += 1
        seen.add(found[0])
print(json.dumps({"reads": reads, "runs": len(seen), "refused": refused, "spanning": spanning}))
"""


@pytest.mark.slow
def test_every_statement_reads_one_run_through_refills_and_changes_of_columns(
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
        for isolation in ("statement", "prepared", "transaction")
    ]
    schemas_seen = set()
    try:
        with psycopg.connect(reader) as idle:
            idle.execute("select label from marts.label").fetchall()  # and stays idle in it
            for number in range(_PUBLICATIONS):
                fill_warehouse(settings.home, f"n{number}")
                structure = _STRUCTURES[number // _CHANGED_EVERY % len(_STRUCTURES)]
                with duckdb.connect(str(settings.home.warehouse)) as connection:
                    connection.execute(structure)
                remarks = publish_again(settings, target, f"n{number}").remarks
                is_idle = number < 2 * _CHANGED_EVERY + 1
                assert all(is_idle and "is still read" in remark for remark in remarks), remarks
                schemas_seen.add(rows(target, "select 'marts'::regnamespace::oid")[0])
                assert [process.poll() for process in readers] == [None] * len(readers)
                if number == 2 * _CHANGED_EVERY:
                    assert len(schemas(target)) == 2, "what the idle one has read"
                    found = idle.execute("select label from marts.label").fetchall()
                    assert found == [(f"n{number}",)]
                    idle.rollback()
    finally:
        stop.touch()
        results = [process.communicate(timeout=60) for process in readers]
    assert [process.returncode for process in readers] == [0] * len(readers), results
    assert schemas(target) == ["marts"]
    assert len(schemas_seen) == _PUBLICATIONS // _CHANGED_EVERY, "as many swaps as changes"
    for output, _ in results:
        counted = json.loads(output)
        assert counted["reads"] >= _PUBLICATIONS
        assert counted["runs"] > 5, "the readers must have lived through changes"


def test_a_statement_caught_between_two_schemas_is_refused_and_asked_again_reads_the_new_run(
    settings: Settings, target: PostgresTarget
) -> None:
    publish_both(settings, target, "first")
    query = (
        "select run_id from marts._published union all select 'build-' || label from marts.label"
    )
    with (
        psycopg.connect(target.address) as holder,
        psycopg.connect(target.address.replace("postgres@", "bi_reader@")) as reader,
        ThreadPoolExecutor() as threads,
    ):
        # The reader has found the first table in the old schema and waits for the second.
        holder.execute("lock table marts.label in access exclusive mode")
        answer = threads.submit(reader.execute, query)
        while not rows(target, "select from pg_locks where not granted"):
            pass
        fill_warehouse(settings.home, "second")
        with duckdb.connect(str(settings.home.warehouse)) as connection:
            connection.execute(_STRUCTURES[0])
        (remark,) = publish_again(settings, target, "second").remarks
        assert "is still read" in remark
        holder.rollback()
        with pytest.raises(
            psycopg.errors.InsufficientPrivilege, match="permission denied for table"
        ):
            answer.result(timeout=30)
        reader.rollback()
        assert set(reader.execute(query).fetchall()) == {("build-second",)}


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
