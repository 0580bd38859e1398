"""Everything Dagster knows of Perene, from top to bottom in the order in which the data flow."""

import dagster as dg

from ingestion.settings import load_settings
from orchestration.assets.deliveries import delivery_assets, no_delivery_is_of_unknown_fate
from orchestration.assets.exports import dashboard_asset, export_assets
from orchestration.assets.published import postgres_assets, published_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.warehouse import check_results, mart_keys, warehouse_assets
from orchestration.jobs import make_jobs, make_schedules
from orchestration.models_project import load_manifest
from orchestration.raw_sources import raw_sources
from orchestration.sensors import delayed_notice, failure_notice
from orchestration.warehouse_session import warehouse_session

settings = load_settings()
sources = raw_sources()
manifest = load_manifest(settings)

raw = raw_assets(sources, manifest)  # what the sources said
warehouse = warehouse_assets(manifest)  # seeds, staging, intermediate, marts
published = published_assets(mart_keys(warehouse))  # read-only copies of the marts
postgres = postgres_assets(manifest)  # the same in PostgreSQL, where one is configured
exports = export_assets(settings)  # what people read
dashboard = dashboard_asset()  # what people open
deliveries = delivery_assets()  # what they were sent

jobs = make_jobs(sources)

defs = dg.Definitions(
    assets=[*raw, check_results, warehouse, published, *postgres, *exports, dashboard, deliveries],
    asset_checks=[no_delivery_is_of_unknown_fate],
    jobs=jobs,
    schedules=make_schedules(settings, jobs),
    sensors=[failure_notice, delayed_notice],
    resources={"warehouse": warehouse_session},
    executor=dg.in_process_executor,  # one process: one writer, and no start-up for each step
)
