"""Everything Dagster knows of Perene, from top to bottom in the order in which the data flow."""

import dagster as dg

from ingestion.settings import load_settings
from orchestration.assets.exports import export_assets
from orchestration.assets.published import postgres_assets, published_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.warehouse import check_results, mart_keys, warehouse_assets
from orchestration.jobs import make_jobs, make_schedules
from orchestration.models_project import load_manifest
from orchestration.raw_sources import raw_sources
from orchestration.sensors import failure_notice
from orchestration.warehouse_session import warehouse_session

settings = load_settings()
sources = raw_sources()
manifest = load_manifest(settings)

raw = raw_assets(sources, manifest)  # what the sources said
warehouse = warehouse_assets(manifest)  # seeds, staging, intermediate, marts
published = published_assets(mart_keys(warehouse))  # read-only copies of the marts
postgres = postgres_assets(manifest)  # the same in PostgreSQL, where one is configured
exports = export_assets(settings)  # what people are sent

jobs = make_jobs(sources)

defs = dg.Definitions(
    assets=[*raw, check_results, warehouse, published, *postgres, exports],
    jobs=jobs,
    schedules=make_schedules(settings, jobs),
    sensors=[failure_notice],
    resources={"warehouse": warehouse_session},
    executor=dg.in_process_executor,  # one process: one writer, and no start-up for each step
)
