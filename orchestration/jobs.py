"""The jobs and the times at which they run."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.partitions.partitioned_schedule import (
    UnresolvedPartitionedAssetScheduleDefinition,
)
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from ingestion.settings import Settings
from orchestration.assets.deliveries import DELIVERIES_KEY
from orchestration.assets.exports import (
    CUSTOMER_LISTS_KEY,
    DASHBOARD_KEY,
    KPI_PACK_KEY,
    WEEKLY_DIGEST_KEY,
)
from orchestration.raw_sources import RawSource

Schedule = dg.ScheduleDefinition | UnresolvedPartitionedAssetScheduleDefinition


def make_jobs(sources: Sequence[RawSource]) -> list[UnresolvedAssetJobDefinition]:
    """The jobs, in the order in which the data flow.

    Args:
        sources: The sources.

    Returns:
        daily_refresh, ingest_only, kpi_pack, weekly_digest, lists and deliver.
    """
    raw = [f"raw_{source.name}" for source in sources]
    exports = dg.AssetSelection.groups("exports")
    return [
        dg.define_asset_job(
            "daily_refresh",
            selection=dg.AssetSelection.all() - exports | dg.AssetSelection.assets(DASHBOARD_KEY),
            description="Everything from the sources to the published marts and the dashboard.",
        ),
        dg.define_asset_job(
            "ingest_only",
            selection=dg.AssetSelection.groups(*raw),
            description="The sources into the raw tables; nothing is built or published.",
        ),
        dg.define_asset_job(
            "kpi_pack",
            selection=dg.AssetSelection.assets(KPI_PACK_KEY),
            description="The KPI pack of one month, from what is published.",
        ),
        dg.define_asset_job(
            "weekly_digest",
            selection=dg.AssetSelection.assets(WEEKLY_DIGEST_KEY),
            description="The digest of one week, from what is published.",
        ),
        dg.define_asset_job(
            "lists",
            selection=dg.AssetSelection.assets(CUSTOMER_LISTS_KEY),
            description="The customers to call as the newest week ends; no past week has them.",
        ),
        dg.define_asset_job(
            "deliver",
            selection=dg.AssetSelection.assets(DELIVERIES_KEY),
            description="The newest reports to those who have not got them.",
        ),
    ]


def make_schedules(
    settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]
) -> list[Schedule]:
    """The schedules, in the reporting time zone; on only where a source is configured.

    Args:
        settings: The reporting time zone and the sources that are on.
        jobs: The jobs.

    Returns:
        One schedule each for daily_refresh, kpi_pack, weekly_digest, lists and deliver.
    """
    by_name = {job.name: job for job in jobs}
    status = (
        dg.DefaultScheduleStatus.RUNNING if settings.sources else dg.DefaultScheduleStatus.STOPPED
    )
    return [
        dg.ScheduleDefinition(
            name="daily_refresh_schedule",
            job=by_name["daily_refresh"],
            cron_schedule="0 5 * * *",
            execution_timezone=settings.time_zone,
            default_status=status,
            description="Every day at 05:00.",
        ),
        dg.build_schedule_from_partitioned_job(
            by_name["kpi_pack"],
            name="kpi_pack_schedule",
            # A month closes three days after its end; the refresh of the fourth has it whole.
            day_of_month=4,
            hour_of_day=7,
            default_status=status,
            description="On the fourth of each month at 07:00, for the month before.",
        ),
        *(
            dg.build_schedule_from_partitioned_job(
                by_name[name],
                name=f"{name}_schedule",
                # The refresh of Monday has Sunday whole.
                hour_of_day=7,
                default_status=status,
                description="On Mondays at 07:00, for the week before.",
            )
            for name in ("weekly_digest", "lists")
        ),
        dg.ScheduleDefinition(
            name="deliver_schedule",
            job=by_name["deliver"],
            # Daily, so that what failed is tried again; who has a report does not get it again.
            cron_schedule="0 8 * * *",
            execution_timezone=settings.time_zone,
            default_status=status,
            description="Every day at 08:00.",
        ),
    ]
