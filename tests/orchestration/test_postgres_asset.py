"""PostgreSQL in Dagster: there when configured, after the snapshot, and loud when it fails."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from ingestion.settings import Settings
from orchestration.assets.published import postgres_assets
from orchestration.models_project import load_manifest
from orchestration.publishing.postgres_tables import grains
from orchestration.publishing.postgres_target import PostgresTarget
from orchestration.run_failures import explain_run_failure
from tests.orchestration.postgres_target import rows
from tests.orchestration.samples import run_daily_refresh

POSTGRES = dg.AssetKey(["published", "postgres"])


def test_without_an_address_there_is_no_asset() -> None:
    assert postgres_assets({"nodes": {}}) == []


def test_a_run_publishes_to_the_configured_database(
    settings: Settings,
    small_project: Path,
    customers_file: Callable[..., None],
    instance: dg.DagsterInstance,
    target: PostgresTarget,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENE_PUBLISH_POSTGRES", target.address)
    customers_file("Ana", "Bo")

    result = run_daily_refresh(settings, small_project, instance)

    assert result.success
    (event,) = result.asset_materializations_for_node("published__postgres")
    assert event.metadata["rows"].value == 2
    assert rows(target, "select name from marts.dim_customers order by 1") == [("Ana",), ("Bo",)]
    assert rows(target, "select run_id from marts._published") == [(result.run_id,)]


def test_a_database_that_is_away_fails_the_run_and_keeps_the_snapshot_and_the_secret(
    settings: Settings,
    small_project: Path,
    customers_file: Callable[..., None],
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENE_PUBLISH_POSTGRES", "postgresql://u:s3cret@127.0.0.1:1/perene")
    customers_file("Ana")

    result = run_daily_refresh(settings, small_project, instance)

    assert not result.success
    assert (settings.home.published / "perene.duckdb").exists()
    message = explain_run_failure(settings.home, instance, result.run_id)
    assert message.startswith("PostgreSQL cannot be reached")
    history = "\n".join(str(record) for record in instance.all_logs(result.run_id))
    assert "127.0.0.1" in history
    assert "s3cret" not in history


def test_the_marts_keys_are_the_columns_of_their_grain_tests(settings: Settings) -> None:
    keys = grains(load_manifest(settings))
    assert keys["kpis_monthly"] == ["metric_month"]
    assert keys["kpis_monthly_by_segment"] == ["segment_kind", "segment_value", "metric_month"]
    assert keys["dim_customers"] == ["customer_id"]
