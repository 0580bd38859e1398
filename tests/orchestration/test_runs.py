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
from orchestration.run_failures import explain_run_failure, write_failure_notice
from orchestration.warehouse_lock import hold_warehouse_lock
from tests.orchestration.samples import (
    ROOT,
    fill_warehouse,
    run_daily_refresh,
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
        ("c1", "Ana", "2026-02-10 00:00:00.000000"),
        ("c2", "Bo", "2026-02-10 00:00:00.000000"),
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


def test_the_executor_takes_the_lock_once_for_all_steps(
    settings: Settings,
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
        pids = {event.logging_tags.get("pid") for event in result.all_events}
        started = [
            event
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.RESOURCE_INIT_STARTED
            and "warehouse" in str(event.message)
        ]
        steps = [event for event in result.all_events if event.is_step_success]
    assert len(steps) == 3
    assert len(started) == 1
    assert len(pids - {None}) <= 1


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
    from tests.orchestration.samples import small_definitions

    result = (
        small_definitions(settings, small_project)
        .resolve_job_def("daily_refresh")
        .get_subset(asset_selection={dg.AssetKey(["published", "snapshot"])} | {
            dg.AssetKey(["published", "parquet"])
        })
        .execute_in_process(instance=instance, raise_on_error=False)
    )
    assert not result.success
    assert "did not end" in explain_run_failure(settings.home, instance, result.run_id)
