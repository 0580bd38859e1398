"""Small real parts for the stories: a warehouse made by hand, checks of a small project."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from ingestion.settings import Home, Settings, load_settings
from orchestration.assets.published import postgres_assets, published_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.warehouse import mart_keys, warehouse_assets
from orchestration.models_project import load_manifest
from orchestration.raw_sources import raw_sources
from orchestration.warehouse_session import warehouse_session

ROOT = Path(__file__).resolve().parents[2]
# A run's own start has a fraction of a second.
AS_OF = datetime(2026, 2, 9, 23, 59, 59, 750_000, tzinfo=UTC)


def fill_warehouse(home: Home, label: str = "first", months: int = 3) -> None:
    """Makes a small warehouse as a whole, good run leaves it.

    Args:
        home: Where it lies.
        label: Stands in every mart, to tell one publication from another.
        months: Closed months in kpis_monthly, the last of them January 2026.
    """
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            f"""
            create schema if not exists raw_files;
            create or replace table raw_files._dlt_loads as
                select '1.0' as load_id, 0::bigint as status;
            create or replace table raw_files.customers as
                select 'c1' as customer_id, '1.0' as _dlt_load_id;
            create schema if not exists operations;
            create or replace table operations.check_results as
                select 'unique_customers' as check_name, 'dim_customers' as checked_table,
                    'error' as severity, 'pass' as status, 0::bigint as failures,
                    'Each customer once.' as description;
            create or replace table operations.last_build as
                select 'build-{label}' as run_id, timestamp '2026-02-09 23:59:59.75' as as_of,
                    'USD' as currency, 'UTC' as time_zone, 'default' as policy,
                    true as is_finished;
            create schema if not exists marts;
            create or replace table marts.dim_customers as
                select *, null::varchar as company, 'PT' as country
                from (values ('c2', '=HYPERLINK("http://x","y")', '{label}', 'web'),
                    ('c1', 'Ana', '{label}', 'fair'))
                    as v(customer_id, name, label, acquisition_channel);
            comment on table marts.dim_customers is 'One row per customer''s id.';
            comment on column marts.dim_customers.customer_id is 'The customer.';
            create or replace view marts.label as select '{label}' as label;
            create or replace table marts.kpis_monthly as
                select
                    (date '2026-01-01' - to_months(({months} - 1 - n)::int))::date
                        as metric_month,
                    'USD' as currency,
                    (100 * n)::decimal(28, 6) as opening_mrr,
                    150::decimal(28, 6) as new_mrr, 0::decimal(28, 6) as expansion_mrr,
                    (-20)::decimal(28, 6) as contraction_mrr,
                    (-30)::decimal(28, 6) as churned_mrr, 0::decimal(28, 6) as reactivation_mrr,
                    0::decimal(28, 6) as fx_mrr, 0::decimal(28, 6) as restated_mrr,
                    (100 * (n + 1))::decimal(28, 6) as closing_mrr,
                    (1200 * (n + 1))::decimal(28, 6) as arr,
                    100::decimal(28, 6) as net_new_mrr,
                    n as opening_customers, 2 as new_customers, 0 as reactivated_customers,
                    1 as churned_customers, n + 1 as closing_customers,
                    100::decimal(28, 6) as arpu,
                    case when n = 0 then null else (0.05 + n / 1000)::decimal(28, 6) end
                        as customer_churn_rate,
                    case when n = 0 then null else 1.01::decimal(28, 6) end as nrr,
                    case when n = 0 then null else 0.97::decimal(28, 6) end as grr,
                    3::decimal(28, 6) as quick_ratio, null::decimal(28, 6) as cltv_formula,
                    true as is_closed, 'default' as policy, '3' as policy_version
                from range({months}) as r(n)
                union all by name
                select date '2026-02-01' as metric_month, 'USD' as currency, false as is_closed,
                    'default' as policy, '3' as policy_version;
            create or replace table marts.kpis_monthly_by_segment as
                select *, 0::decimal(28, 6) as transferred_in_mrr,
                    0::decimal(28, 6) as transferred_out_mrr, 0 as transferred_in_customers,
                    0 as transferred_out_customers
                from marts.kpis_monthly, (values ('plan', 'prod_1'), ('channel', 'fair'))
                    as v(segment_kind, segment_value);
            create or replace table marts.dim_plans as
                select 'prod_1' as plan_id, '@SUM(A1)' as name;
            create or replace table marts.fct_customer_mrr_monthly as
                select customer_id, metric_month, closing_mrr / 2 as mrr
                from marts.kpis_monthly, marts.dim_customers where closing_mrr is not null;
            create or replace table marts.fct_mrr_movements as
                select customer_id || n as movement_id, customer_id, 'new' as movement_type,
                    'started' as reason, (50 * (1 + n))::decimal(28, 6) as mrr_delta,
                    date '2026-01-20' + n::int as occurred_on
                from marts.dim_customers, range(16) as r(n);
            create or replace table marts.customer_360 as
                select customer_id, name, company, 'PT' as country, 150::decimal(28, 6) as mrr,
                    case when customer_id = 'c2' then 150 else 0 end::decimal(28, 6)
                        as past_due_mrr,
                    2 as failed_charges_90_days, timestamp '2026-01-05 23:30:00' as last_paid_at,
                    'past_due' as payment_health, 'happy' as support_health,
                    'good' as last_rating, 1 as open_tickets
                from marts.dim_customers;
            create or replace table marts.fct_mrr_movement_items as
                select customer_id, customer_id || 's' as subscription_id,
                    'prod_1' as plan_id, '1 year' as billing_interval, 'new' as movement_type,
                    'started' as reason, date '2025-02-20' as occurred_on,
                    150::decimal(28, 6) as mrr_delta, 150::decimal(28, 6) as native_mrr_delta
                from marts.dim_customers;
            create or replace table marts.fct_tickets as
                select customer_id, timestamp '2026-01-02 12:00:00' as created_at,
                    null::timestamp as solved_at, 1 as reopens, 'good' as rating_latest,
                    30::decimal(28, 6) as first_reply_calendar_minutes,
                    null::decimal(28, 6) as first_resolution_calendar_minutes,
                    true as is_counted
                from marts.dim_customers;
            checkpoint
            """
        )


def write_checks(
    project: Path, allowed_names: tuple[str, ...] = ("Ana", "Bo", "Cy"), severity: str = "error"
) -> None:
    """Writes the small project's sources and checks; names other than these fail one of them."""
    (project / "models" / "models.yml").write_text(
        json.dumps(
            {
                "sources": [
                    {
                        "name": "raw_files",
                        "tables": [
                            {
                                "name": "customers",
                                "columns": [{"name": "record_id", "data_tests": ["not_null"]}],
                            }
                        ],
                    }
                ],
                "models": [
                    {
                        "name": "dim_customers",
                        "columns": [
                            {"name": "customer_id", "data_tests": ["unique"]},
                            {
                                "name": "name",
                                "data_tests": [
                                    {
                                        "accepted_values": {
                                            "name": "names_are_known",
                                            "description": "Names come from the list.",
                                            "arguments": {"values": list(allowed_names)},
                                            "config": {
                                                "severity": severity,
                                                "meta": {"remedy": "Add the name to the list."},
                                            },
                                        }
                                    }
                                ],
                            },
                        ],
                    }
                ],
            }
        ),
        encoding="utf-8",
    )


def small_definitions(settings: Settings, project: Path) -> dg.Definitions:
    """The flow as the real definitions have it, over a small project of models."""
    manifest = load_manifest(settings, project)
    sources = [source for source in raw_sources() if source.name == "files"]
    models = warehouse_assets(manifest, project)
    return dg.Definitions(
        assets=[
            *raw_assets(sources, manifest),
            models,
            published_assets(mart_keys(models)),
            *postgres_assets(manifest),
        ],
        jobs=[dg.define_asset_job("daily_refresh")],
        resources={"warehouse": warehouse_session},
        executor=dg.in_process_executor,
    )


def run_daily_refresh(
    settings: Settings, project: Path, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """Runs the small flow in this process; a failure is in the result, not raised."""
    job = small_definitions(settings, project).resolve_job_def("daily_refresh")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def small_job() -> dg.JobDefinition:
    """The small flow's job, made of the environment: what an executor builds anew by name."""
    return small_definitions(load_settings(), Path(os.environ["SMALL_PROJECT"])).resolve_job_def(
        "daily_refresh"
    )
