"""Packs, digests and lists as Dagster makes them: by job, partition, range and configuration."""

from collections.abc import Mapping
from decimal import Decimal

import dagster as dg
import duckdb
import pytest

from ingestion.settings import Home, Settings
from orchestration.assets.exports import CUSTOMER_LISTS_KEY, KPI_PACK_KEY, WEEKLY_DIGEST_KEY
from orchestration.definitions import defs
from orchestration.publishing.publish import publish
from orchestration.reports.figures import Figures
from orchestration.reports.reading_back import CHECKS
from tests.orchestration.samples import fill_warehouse

_ANEW = {"ops": {"exports__kpi_pack": {"config": {"anew": True}}}}


@pytest.fixture
def published(home: Home, settings: Settings) -> Home:
    """A publication with six closed months, the last of them January 2026."""
    fill_warehouse(home, months=6)
    publish(settings, "run-1")
    return home


def run(
    instance: dg.DagsterInstance,
    job: str,
    partition: str,
    config: Mapping[str, object] | None = None,
) -> dg.ExecuteInProcessResult:
    """Runs a job of the real definitions; a failure is in the result, not raised."""
    return defs.resolve_job_def(job).execute_in_process(
        instance=instance, partition_key=partition, run_config=config, raise_on_error=False
    )


def figures(home: Home, month: str) -> Figures:
    file = home.exports / "kpi_pack" / month / "figures.json"
    return Figures.from_json(file.read_text(encoding="utf-8"))


def mrr(home: Home, month: str) -> Decimal | None:
    return figures(home, month).headline("closing_mrr").value


def restate(home: Home, settings: Settings, instance: dg.DagsterInstance) -> None:
    """Publishes another MRR of December once its pack is made."""
    assert run(instance, "kpi_pack", "2025-12-01").success
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            "update marts.kpis_monthly set closing_mrr = 510 where metric_month = '2025-12-01'; "
            "checkpoint"
        )
    publish(settings, "run-2")


def test_the_job_makes_a_months_pack_and_its_checks_pass(
    published: Home, instance: dg.DagsterInstance
) -> None:
    result = run(instance, "kpi_pack", "2026-01-01")
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks} == set(CHECKS)
    assert all(check.passed for check in checks)
    files = {file.name for file in (published.exports / "kpi_pack" / "2026-01" / "en").iterdir()}
    assert files == {f"kpi-pack-2026-01.{kind}" for kind in ("xlsx", "pdf", "html", "txt")}
    (made,) = result.get_asset_materialization_events()
    assert made.partition == "2026-01-01"
    assert made.materialization.metadata["MRR"].value == 600.0


def test_a_backfill_of_past_months_makes_each_pack_and_a_month_that_is_open_none(
    published: Home, instance: dg.DagsterInstance
) -> None:
    partitions = defs.resolve_assets_def(KPI_PACK_KEY).partitions_def
    assert partitions is not None
    months = partitions.get_partition_keys_in_range(
        dg.PartitionKeyRange("2025-10-01", "2025-12-01")
    )
    assert months == ["2025-10-01", "2025-11-01", "2025-12-01"]
    assert all(run(instance, "kpi_pack", month).success for month in months)
    assert instance.get_materialized_partitions(KPI_PACK_KEY) == set(months)
    assert [mrr(published, month[:7]) for month in months] == [300, 400, 500]

    failed = run(instance, "kpi_pack", "2026-02-01")
    assert not failed.success
    (event,) = [one for one in failed.all_events if one.is_step_failure]
    assert "2026-02 is not closed" in str(event.step_failure_data.error)
    assert instance.get_materialized_partitions(KPI_PACK_KEY) == set(months)


def test_a_stored_pack_is_made_as_it_was_and_anew_only_by_run_configuration(
    published: Home, settings: Settings, instance: dg.DagsterInstance
) -> None:
    restate(published, settings, instance)
    assert run(instance, "kpi_pack", "2025-12-01").success
    assert mrr(published, "2025-12") == 500
    result = run(instance, "kpi_pack", "2025-12-01", _ANEW)
    assert result.success
    assert mrr(published, "2025-12") == 510
    remake = figures(published, "2025-12").remake
    assert remake is not None
    (line,) = [one for one in remake.differences if one.row == "closing_mrr"]
    assert (line.was, line.now) == (Decimal(500), Decimal(510))
    assert len(list((published.exports / "kpi_pack" / "2025-12").glob("figures-*.json"))) == 1


def test_the_checks_of_a_pack_that_is_made_anew_pass(
    published: Home, settings: Settings, instance: dg.DagsterInstance
) -> None:
    restate(published, settings, instance)
    checks = run(instance, "kpi_pack", "2025-12-01", _ANEW).get_asset_check_evaluations()
    assert [check.check_name for check in checks if not check.passed] == []


@pytest.mark.parametrize(
    ("job", "key"), [("weekly_digest", WEEKLY_DIGEST_KEY), ("lists", CUSTOMER_LISTS_KEY)]
)
def test_a_weekly_job_makes_its_report_and_the_checks_pass(
    published: Home, instance: dg.DagsterInstance, job: str, key: dg.AssetKey
) -> None:
    result = run(instance, job, "2026-02-02")
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert all(check.passed for check in checks)
    assert {check.check_name for check in checks} == set(CHECKS)
    assert instance.get_materialized_partitions(key) == {"2026-02-02"}
    folder = published.exports / job / "2026-W06"
    assert {file.suffix for file in (folder / "en").iterdir()} == {".xlsx", ".pdf", ".html", ".txt"}
    assert (folder / "csv" / "past_due.csv").exists()
