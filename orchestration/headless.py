"""Jobs run in this process, with Dagster's history kept and its chatter in a file."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.utils import make_new_run_id

from ingestion.settings import Home, Settings
from orchestration.assets.exports import KPI_PACK_KEY, WEEKLY_DIGEST_KEY, report_metadata
from orchestration.delivery.deliver import tell_delays
from orchestration.errors import RunFailedError
from orchestration.home import prepare_home
from orchestration.instance import open_instance
from orchestration.progress import phase
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.periods import week_start
from orchestration.reports.report import Report
from orchestration.reports.weekly import make_weekly_digest
from orchestration.run_failures import explain_run_failure, keep_tracebacks, write_failure_notice

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def refresh(settings: Settings) -> str:
    """Runs daily_refresh: the sources into the warehouse, the models, the publication.

    Args:
        settings: Names the data folder.

    Returns:
        The run's id.

    Raises:
        RunFailedError: It did not publish; the message says why, and a notice was written.
    """
    prepare_home(settings.home)
    from orchestration.definitions import defs

    run_id = make_new_run_id()
    job = defs.resolve_job_def("daily_refresh")
    with open_instance(settings.home) as instance:
        result = job.execute_in_process(
            instance=instance, run_id=run_id, run_config=_QUIET, raise_on_error=False
        )
        if not result.success:
            keep_tracebacks(settings.home, instance, run_id)
            write_failure_notice(settings.home, instance, result.dagster_run)
            tell_delays(settings)
            raise RunFailedError(explain_run_failure(settings.home, instance, run_id))
    return run_id


def make_pack(home: Home, month: str, languages: Sequence[str], *, anew: bool = False) -> Report:
    """Makes the KPI pack of a month and records it in Dagster's history.

    Args:
        home: The data folder's paths.
        month: ``YYYY-MM``.
        languages: The languages of its files.
        anew: Read the month's figures again, although they are stored.

    Returns:
        The pack.

    Raises:
        PereneError: It cannot be made; see ``make_kpi_pack``.
    """
    with phase(f"kpi pack {month}") as current:
        pack = make_kpi_pack(home, month, languages, anew=anew)
        current.result = f"{len(pack.files)} files"
    with open_instance(home) as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                KPI_PACK_KEY, partition=f"{month}-01", metadata=report_metadata(pack)
            )
        )
    return pack


def make_digest(home: Home, week: str, languages: Sequence[str]) -> Report:
    """Makes the digest of a week and records it in Dagster's history.

    Args:
        home: The data folder's paths.
        week: ``YYYY-Www``.
        languages: The languages of its files.

    Returns:
        The digest.

    Raises:
        PereneError: It cannot be made; see ``make_weekly_digest``.
    """
    with phase(f"digest {week}") as current:
        digest = make_weekly_digest(home, week, languages)
        current.result = f"{len(digest.files)} files"
    with open_instance(home) as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                WEEKLY_DIGEST_KEY,
                partition=week_start(week).isoformat(),
                metadata=report_metadata(digest),
            )
        )
    return digest
