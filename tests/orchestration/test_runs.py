"""A run from the source's files to the publication, over a small project of models."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.reconstruct import build_reconstructable_job

from ingestion.settings import Settings
from orchestration.errors import WarehouseInvalidatedError
from orchestration.run_failures import explain_run_failure, write_failure_notice
from orchestration.sensors import failure_notice
from orchestration.warehouse_lock import hold_warehouse_lock
from orchestration.warehouse_session import WarehouseSession
from tests.orchestration.samples import (
    AS_OF,
    ROOT,
    fill_warehouse,
    run_daily_refresh,
    small_definitions,
    small_job,
    write_checks,
)

CustomersFile = Callable[..., None]


def _published(settings: Settings, query: str) -> list[tuple[object, ...]]:
    link = settings.home.published / "perene.duckdb"
    with duckdb.connect(str(link), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_run_loads_builds_checks_and_publishes(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana", "Bo")
    result = run_daily_refresh(settings, small_project, instance)
    assert result.success, explain_run_failure(settings.home, instance, result.run_id)
    assert _published(settings, "select customer_id, name, as_of from marts.dim_customers") == [
        ("c1", "Ana", "2026-02-09 23:59:59.750000"),
        ("c2", "Bo", "2026-02-09 23:59:59.750000"),
    ]
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert {
        dg.AssetKey(key)
        for key in (
            ["raw_files", "customers"],
            ["seeds", "plans"],
            ["staging", "stg_files__customers"],
            ["marts", "dim_customers"],
            ["published", "snapshot"],
            ["published", "parquet"],
        )
    } <= made
    checks = {
        (check.asset_key.path[-1], check.check_name): check.passed
        for check in result.get_asset_check_evaluations()
    }
    assert checks["dim_customers", "names_are_known"]
    assert checks["customers", "source_not_null_raw_files_customers_record_id"], (
        "a test of a source is a check of the raw asset"
    )
    assert checks["customers", "keeps_its_volume"]
    assert all(checks.values())


def test_a_raw_asset_tells_what_its_load_did(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana", "Bo")
    result = run_daily_refresh(settings, small_project, instance)
    [metadata] = [
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(["raw_files", "customers"])
    ]
    assert metadata["dagster/row_count"].value == 2
    assert metadata["rows loaded"].value == 2
    assert metadata["quarantined rows"].value == 0
    assert metadata["healed"].value == "nothing"
    assert metadata["load ids"].value
    assert float(str(metadata["seconds"].value)) >= 0


def test_a_table_that_lost_most_of_its_rows_is_warned_of_and_still_published(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana", "Bo", "Cy")
    run_daily_refresh(settings, small_project, instance)
    customers_file("Ana")
    result = run_daily_refresh(settings, small_project, instance)
    [check] = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "keeps_its_volume" and not check.passed
    ]
    assert check.asset_key == dg.AssetKey(["raw_files", "customers"])
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert result.success


def test_a_failing_blocking_check_leaves_the_last_publication_and_says_what_to_do(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana")
    assert run_daily_refresh(settings, small_project, instance).success
    customers_file("Ana", "Secret Name")
    result = run_daily_refresh(settings, small_project, instance)
    assert not result.success
    assert _published(settings, "select name from marts.dim_customers") == [("Ana",)]

    notice = write_failure_notice(settings.home, instance, result.dagster_run)
    text = notice.read_text(encoding="utf-8")
    assert notice == settings.home.notices / f"{result.run_id}.md"
    assert "names_are_known on dim_customers: fail, 1 row" in text
    assert "Names come from the list." in text
    assert "What to do: Add the name to the list." in text
    assert "Secret Name" not in text, "a notice holds no personal data beyond ids"

    notice.write_text("read", encoding="utf-8")
    write_failure_notice(settings.home, instance, result.dagster_run)
    assert notice.read_text(encoding="utf-8") == "read", "a person is told once"


def test_a_warning_check_does_not_stop_the_run(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    write_checks(small_project, allowed_names=("Nobody",), severity="warn")
    customers_file("Ana")
    result = run_daily_refresh(settings, small_project, instance)
    assert result.success
    [check] = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "names_are_known"
    ]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_model_that_cannot_be_built_is_named(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana")
    (small_project / "models" / "marts" / "dim_customers.sql").write_text(
        "select no_such_column from {{ ref('stg_files__customers') }}", encoding="utf-8"
    )
    result = run_daily_refresh(settings, small_project, instance)
    message = explain_run_failure(settings.home, instance, result.run_id)
    assert "dim_customers was not built" in message
    assert "no_such_column" in message
    assert not settings.home.published.exists()


def test_without_as_of_a_run_takes_the_instant_it_was_created(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PERENE_AS_OF")
    customers_file("Ana")
    result = run_daily_refresh(settings, small_project, instance)
    record = instance.get_run_record_by_id(result.run_id)
    assert record is not None
    created = record.create_timestamp.astimezone(UTC).replace(tzinfo=None)
    assert _published(settings, "select as_of from marts._published") == [(created,)]
    assert _published(settings, "select as_of::timestamp from marts.dim_customers") == [(created,)]


def test_a_run_is_refused_at_once_while_another_holds_the_warehouse(
    settings: Settings, small_project: Path, instance: dg.DagsterInstance
) -> None:
    with hold_warehouse_lock(settings.home.warehouse_lock, "the-other-run"):
        result = run_daily_refresh(settings, small_project, instance)
    assert not result.success
    message = explain_run_failure(settings.home, instance, result.run_id)
    assert f"process {os.getpid()} (run the-other-run" in message
    assert "Traceback" not in message


@pytest.mark.usefixtures("settings")
def test_the_executor_takes_the_lock_once_for_all_steps(
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMALL_PROJECT", str(small_project))
    customers_file("Ana")
    job = build_reconstructable_job("tests.orchestration.samples", small_job.__name__)
    with dg.execute_job(job, instance=instance) as result:
        assert result.success
        started = [
            event
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.RESOURCE_INIT_STARTED
            and "warehouse" in str(event.message)
        ]
        steps = [event for event in result.all_events if event.is_step_success]
    assert len(steps) == 3
    assert len(started) == 1


_RUN_AND_DIE = """
import os, signal, sys, threading, time
from ingestion.settings import load_settings
from orchestration.instance import open_instance
from orchestration.warehouse_lock import read_holder
from tests.orchestration.samples import small_job
settings = load_settings()
job = small_job()
import orchestration.assets.warehouse as building
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
building.mark_build_finished = die
with open_instance(settings.home) as instance:
    job.execute_in_process(instance=instance)
"""


def test_after_a_kill_the_next_run_starts_by_itself_and_the_dead_one_is_closed(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana")
    killed = subprocess.run(
        [sys.executable, "-c", _RUN_AND_DIE],
        cwd=ROOT,
        env={**os.environ, "SMALL_PROJECT": str(small_project)},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    [dead] = instance.get_runs()
    assert dead.status == dg.DagsterRunStatus.STARTED
    assert not settings.home.published.exists()

    result = run_daily_refresh(settings, small_project, instance)

    assert result.success
    closed = instance.get_run_by_id(dead.run_id)
    assert closed is not None
    assert closed.status == dg.DagsterRunStatus.FAILURE
    assert "is gone" in explain_run_failure(settings.home, instance, dead.run_id)
    assert _published(settings, "select name from marts.dim_customers") == [("Ana",)]


def test_a_build_that_was_cut_off_is_not_published_by_a_later_publication(
    settings: Settings, small_project: Path, instance: dg.DagsterInstance
) -> None:
    fill_warehouse(settings.home)
    with duckdb.connect(str(settings.home.warehouse)) as connection:
        connection.execute("update operations.last_build set is_finished = false")
    result = (
        small_definitions(settings, small_project)
        .resolve_job_def("daily_refresh")
        .get_subset(
            asset_selection={dg.AssetKey(["published", "snapshot"])}
            | {dg.AssetKey(["published", "parquet"])}
        )
        .execute_in_process(instance=instance, raise_on_error=False)
    )
    assert not result.success
    assert "did not end" in explain_run_failure(settings.home, instance, result.run_id)


def test_models_that_change_under_a_running_process_are_told_before_anything_is_built(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana")
    job = small_definitions(settings, small_project).resolve_job_def("daily_refresh")
    (small_project / "models" / "marts" / "dim_plans.sql").write_text(
        "select * from {{ ref('plans') }}", encoding="utf-8"
    )
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    message = explain_run_failure(settings.home, instance, result.run_id)
    assert "have changed since this process read them" in message


def test_a_test_of_several_models_is_a_check_of_the_first(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
) -> None:
    customers_file("Ana")
    (small_project / "tests").mkdir()
    (small_project / "tests" / "no_customer_is_lost.sql").write_text(
        "select customer_id from {{ ref('stg_files__customers') }} "
        "except select customer_id from {{ ref('dim_customers') }}",
        encoding="utf-8",
    )
    result = run_daily_refresh(settings, small_project, instance)
    [check] = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "no_customer_is_lost"
    ]
    assert check.passed
    assert check.asset_key.path[-1] in ("stg_files__customers", "dim_customers")


def test_the_sensor_tells_a_failed_run_once(
    settings: Settings, small_project: Path, instance: dg.DagsterInstance
) -> None:
    result = run_daily_refresh(settings, small_project, instance)  # there is no file to load
    assert not result.success
    context = dg.build_run_status_sensor_context(
        "failure_notice",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()
    failure_notice(context)
    failure_notice(context)
    [notice] = settings.home.notices.glob("*.md")
    assert str(settings.files_path) in notice.read_text(encoding="utf-8")


def test_a_source_without_news_is_warned_of(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customers_file("Ana")
    assert settings.files_path is not None
    (settings.files_path / "payments.csv").write_text(
        "payment_id,customer_id,occurred_at,amount,currency\np1,c1,2026-02-09T12:00:00Z,10,USD\n",
        encoding="utf-8",
    )

    def freshness() -> bool:
        result = run_daily_refresh(settings, small_project, instance)
        assert result.success, "a warning stops nothing"
        [check] = [
            check
            for check in result.get_asset_check_evaluations()
            if check.check_name == "is_fresh"
        ]
        assert check.asset_key == dg.AssetKey(["raw_files", "payments"])
        return check.passed

    assert freshness()
    monkeypatch.setenv("PERENE_AS_OF", "2026-02-20")
    assert not freshness()


_RUN_WITH_LITTLE_ROOM = """
import resource, signal, sys
from ingestion.settings import load_settings
from orchestration.instance import open_instance
from orchestration.errors import WarehouseInvalidatedError
from orchestration.run_failures import explain_run_failure
from tests.orchestration.samples import small_job
settings, job = load_settings(), small_job()
with open_instance(settings.home) as instance:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(explain_run_failure(settings.home, instance, result.run_id))
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [1_500_000, 3_200_000, 4_500_000])
def test_a_disk_that_fills_during_a_run_is_told_and_the_next_run_is_right(
    settings: Settings,
    small_project: Path,
    customers_file: CustomersFile,
    instance: dg.DagsterInstance,
    size: int,
) -> None:
    customers_file("Ana")
    assert run_daily_refresh(settings, small_project, instance).success
    (small_project / "models" / "marts" / "wide.sql").write_text(
        "select range as id, md5(range::text) || md5((range + 1)::text) as noise "
        "from range(120000)",
        encoding="utf-8",
    )
    customers_file("Ana", "Bo")
    failed = subprocess.run(
        [sys.executable, "-c", _RUN_WITH_LITTLE_ROOM, str(size)],
        cwd=ROOT,
        env={**os.environ, "SMALL_PROJECT": str(small_project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 0, failed.stderr
    assert "Traceback" not in failed.stdout
    assert "full" in failed.stdout or "room" in failed.stdout or "File too large" in failed.stdout
    assert _published(settings, "select name from marts.dim_customers") == [("Ana",)]

    assert run_daily_refresh(settings, small_project, instance).success
    assert _published(settings, "select name from marts.dim_customers order by 1") == [
        ("Ana",),
        ("Bo",),
    ]


def test_after_a_fatal_database_error_no_other_step_writes(settings: Settings) -> None:
    session = WarehouseSession(settings, "run", AS_OF)
    with (
        pytest.raises(WarehouseInvalidatedError, match=r"warehouse\.duckdb"),
        session.writing(),
    ):
        raise RuntimeError("load failed") from duckdb.FatalException("FATAL Error: no space")
    with pytest.raises(WarehouseInvalidatedError, match="does not go on"), session.writing():
        pytest.fail("the step must not begin")


def test_an_ordinary_error_lets_independent_steps_go_on(settings: Settings) -> None:
    session = WarehouseSession(settings, "run", AS_OF)
    with pytest.raises(duckdb.CatalogException), session.writing():
        raise duckdb.CatalogException("no such table")
    with session.writing():
        pass
