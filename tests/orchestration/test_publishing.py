"""What is published is whole, checked, and swapped in at once; else the last good one stays."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.settings import Home, Settings
from orchestration.errors import DiskFullError, HomeNotWritableError, PublicationBlockedError
from orchestration.publishing.publish import publish
from tests.orchestration.samples import AS_OF, ROOT, fill_warehouse

Spoil = Callable[[duckdb.DuckDBPyConnection], object]


def _query(file: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _spoil(home: Home, statement: str) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(statement)
        connection.execute("checkpoint")


def test_the_marts_come_out_as_ordered_tables_with_their_descriptions(
    warehouse: Home, settings: Settings
) -> None:
    publication = publish(settings, "run-1")
    snapshot = warehouse.published / "perene.duckdb"
    assert _query(snapshot, "select customer_id from marts.dim_customers") == [("c1",), ("c2",)]
    assert _query(
        snapshot,
        "select table_name, table_type from information_schema.tables order by table_name",
    ) == [
        (name, "BASE TABLE")
        for name in (
            "_published",
            "customer_360",
            "dim_customers",
            "dim_plans",
            "fct_customer_mrr_monthly",
            "fct_mrr_movement_items",
            "fct_mrr_movements",
            "fct_tickets",
            "kpis_monthly",
            "kpis_monthly_by_segment",
            "label",
        )
    ]
    assert _query(
        snapshot, "select comment from duckdb_tables() where table_name = 'dim_customers'"
    ) == [("One row per customer's id.",)]
    assert _query(
        snapshot,
        "select comment from duckdb_columns() "
        "where table_name = 'dim_customers' and column_name = 'customer_id'",
    ) == [("The customer.",)]
    assert (publication.tables, publication.build_run_id) == (10, "build-first")


def test_the_copy_says_whose_it_is_and_of_when(warehouse: Home, settings: Settings) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    publication = publish(settings, "run-1")
    rows = _query(
        warehouse.published / "perene.duckdb",
        "select run_id, as_of, version, currency, time_zone, policy, published_at "
        "from marts._published",
    )
    assert rows[0][:6] == (
        "build-first",
        AS_OF.replace(tzinfo=None),  # the column holds UTC without a zone
        publication.version,
        "USD",
        "UTC",
        "default",
    )
    published_at = rows[0][6]
    assert isinstance(published_at, datetime)
    assert before <= published_at <= datetime.now(UTC).replace(tzinfo=None)


def test_parquet_files_hold_what_the_snapshot_holds(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    for file in (warehouse.published / "parquet").glob("*.parquet"):
        difference = duckdb.execute(
            f"attach '{warehouse.published}/perene.duckdb' as s (read_only); "
            f"select count(*) from (from s.marts.\"{file.stem}\" except all from '{file}')"
        ).fetchall()
        duckdb.execute("detach s")
        assert difference == [(0,)], file.stem
    assert len(list((warehouse.published / "parquet").iterdir())) == 11


def test_the_files_are_read_only_alone_and_readable_by_older_clients(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    version = (warehouse.published / "current").resolve()
    files = [path for path in version.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
    assert not list(version.rglob("*.wal"))
    assert _query(
        version / "perene.duckdb",
        "select tags['storage_version'] from duckdb_databases() where database_name = 'perene'",
    ) == [("v1.2.0+",)]


def test_nothing_but_the_marts_is_published(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    assert _query(
        warehouse.published / "perene.duckdb",
        "select distinct table_schema from information_schema.tables",
    ) == [("marts",)]


def test_old_versions_are_kept_for_their_readers_and_then_deleted(
    warehouse: Home, settings: Settings
) -> None:
    names = [publish(settings, f"run-{number}").version for number in range(8)]
    versions = warehouse.published / "versions"
    assert sorted(path.name for path in versions.iterdir()) == names[-5:]
    assert (warehouse.published / "current").resolve().name == names[-1]
    assert {path.name for path in warehouse.published.iterdir()} == {
        "current",
        "versions",
        "perene.duckdb",
        "parquet",
    }


def test_a_log_a_careless_client_left_beside_a_version_does_not_reach_the_next(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    link = warehouse.published / "perene.duckdb"
    link.resolve().chmod(0o644)
    write_and_die = (
        "import duckdb, os, signal, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute('create table marts.junk as select 1 as a'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", write_and_die, str(link)], check=False)
    publish(settings, "run-2")
    assert (
        _query(link, "select table_name from information_schema.tables where table_name = 'junk'")
        == []
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("update operations.check_results set status = 'fail', failures = 3", "unique_customers"),
        ("update operations.check_results set status = 'error'", "unique_customers"),
        ("update operations.check_results set status = 'skipped'", "unique_customers"),
        ("drop table operations.check_results", "no check result was ever recorded"),
        ("delete from operations.check_results", "no check result is recorded"),
        ("update operations.check_results set severity = 'warn'", "no check result is recorded"),
        ("update operations.last_build set is_finished = false", "did not end"),
        ("drop table operations.last_build", "never built by a run"),
        ("insert into raw_files.customers values ('c9', '2.0')", "2.0"),
        ("update raw_files._dlt_loads set status = 1", "never loaded completely"),
        ("drop table raw_files._dlt_loads", "never loaded completely"),
    ],
)
def test_a_publication_that_is_not_known_to_be_right_is_blocked_and_the_last_one_stays(
    warehouse: Home, settings: Settings, statement: str, reason: str
) -> None:
    good = publish(settings, "run-1")
    fill_warehouse(warehouse, "bad")
    _spoil(warehouse, statement)
    with pytest.raises(PublicationBlockedError, match=reason):
        publish(settings, "run-2")
    assert (warehouse.published / "current").resolve().name == good.version
    assert _query(warehouse.published / "perene.duckdb", "from marts.label") == [("first",)]


def test_a_warning_does_not_block(warehouse: Home, settings: Settings) -> None:
    _spoil(
        warehouse,
        "insert into operations.check_results values ('odd', 'x', 'warn', 'warn', 4, 'Odd.')",
    )
    publish(settings, "run-1")


@pytest.mark.usefixtures("warehouse")
def test_a_source_that_was_never_loaded_blocks(settings: Settings) -> None:
    with pytest.raises(PublicationBlockedError, match="exchange_rates was never loaded"):
        publish(replace(settings, sources=("files", "exchange_rates")), "run-1")


def test_without_a_warehouse_the_message_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(PublicationBlockedError, match="make run"):
        publish(settings, "run-1")


def test_names_that_try_to_be_sql_stay_names(warehouse: Home, settings: Settings) -> None:
    hostile = 'x"; drop table marts.label; --'
    quoted = hostile.replace('"', '""')
    _spoil(
        warehouse,
        f'create table marts."{quoted}" as select 1 as "a\'""b"; '
        f'comment on column marts."{quoted}"."a\'""b" is \'it\'\'s; "fine"\'',
    )
    publish(settings, "run-1")
    snapshot = warehouse.published / "perene.duckdb"
    assert _query(snapshot, f'select * from marts."{quoted}"') == [(1,)]
    assert (warehouse.published / "parquet" / f"{hostile}.parquet").exists()
    assert _query(snapshot, "from marts.label") == [("first",)]


def test_a_home_whose_name_holds_quotes_publishes(tmp_path: Path, settings: Settings) -> None:
    home = Home(tmp_path / 'it\'s a "home"')
    home.path.mkdir()
    fill_warehouse(home)
    publish(replace(settings, home=home), "run-1")
    assert (home.published / "perene.duckdb").exists()


def test_a_folder_that_cannot_be_written_is_named(warehouse: Home, settings: Settings) -> None:
    warehouse.published.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(HomeNotWritableError, match=str(warehouse.published)):
        publish(settings, "run-1")


_PUBLISH_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from dataclasses import replace
from ingestion.settings import Home, load_settings
from orchestration.errors import PereneError
from orchestration.publishing.publish import publish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
settings = replace(load_settings(), home=Home(Path(sys.argv[1])), sources=("files",))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    publish(settings, "run-2")
except PereneError as error:
    print(type(error).__name__, error)
    raise SystemExit(3)
"""


@pytest.mark.parametrize("size", [1_000, 20_000, 270_000])
def test_a_full_disk_is_told_and_leaves_the_last_publication(
    warehouse: Home, settings: Settings, size: int
) -> None:
    good = publish(settings, "run-1")
    fill_warehouse(warehouse, "second")
    result = subprocess.run(
        [sys.executable, "-c", _PUBLISH_WITH_LITTLE_ROOM, str(warehouse.path), str(size)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 3, result.stderr
    assert result.stdout.startswith(DiskFullError.__name__)
    assert str(warehouse.published) in result.stdout
    assert (warehouse.published / "current").resolve().name == good.version
    publish(settings, "run-3")  # with room again
    assert _query(warehouse.published / "perene.duckdb", "from marts.label") == [("second",)]
    assert not [path for path in warehouse.published.iterdir() if path.name.startswith(".")]
