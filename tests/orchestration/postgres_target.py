"""Publishing the small warehouse to a PostgreSQL database, and reading it there."""

from typing import Any

import psycopg

from ingestion.settings import Settings
from orchestration.publishing.postgres import PostgresPublication, publish_to_postgres
from orchestration.publishing.postgres_target import PostgresTarget
from orchestration.publishing.publish import publish
from tests.orchestration.samples import fill_warehouse

KEYS = {
    "dim_customers": ["customer_id"],
    "dim_plans": ["plan_id"],
    "kpis_monthly": ["metric_month"],
    "kpis_monthly_by_segment": ["segment_kind", "segment_value", "metric_month"],
    "fct_customer_mrr_monthly": ["customer_id", "metric_month"],
}


def publish_both(settings: Settings, target: PostgresTarget, label: str) -> PostgresPublication:
    fill_warehouse(settings.home, label)
    return publish_again(settings, target, label)


def publish_again(settings: Settings, target: PostgresTarget, label: str) -> PostgresPublication:
    publish(settings, label)
    return publish_to_postgres(target, settings.home.published / "perene.duckdb", KEYS)


def rows(target: PostgresTarget, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(target.address) as connection:
        return connection.execute(query).fetchall()


def schemas(target: PostgresTarget) -> list[str]:
    return [
        name
        for (name,) in rows(
            target, "select nspname from pg_namespace where nspname like 'marts%' order by 1"
        )
    ]
