"""Export assets: what people are sent, made of the published marts only."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from ingestion.settings import Home, Settings, load_settings
from orchestration.assets.published import SNAPSHOT_KEY
from orchestration.home import prepare_home
from orchestration.progress import phase
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.dashboard.reading_back import CHECK, page_faults
from orchestration.reports.headlines import HEADLINES
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.periods import week_name
from orchestration.reports.reading_back import CHECKS, read_back
from orchestration.reports.report import Report, published_snapshot
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest

KPI_PACK_KEY = dg.AssetKey(["exports", "kpi_pack"])
DASHBOARD_KEY = dg.AssetKey(["exports", "dashboard"])
WEEKLY_DIGEST_KEY = dg.AssetKey(["exports", "weekly_digest"])
CUSTOMER_LISTS_KEY = dg.AssetKey(["exports", "lists"])

# What is before has no partition; no company's payment data are older in practice.
_FIRST_MONTH = "2005-01-01"
_FIRST_WEEK = "2005-01-03"  # a Monday
_MONDAY = 1


class PackConfig(dg.Config):
    """How a pack is made."""

    anew: bool = False  # of what is published now, although its figures are stored


def month_partitions(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """The months of the reporting time zone, each named by its first day."""
    return dg.MonthlyPartitionsDefinition(start_date=_FIRST_MONTH, timezone=settings.time_zone)


def week_partitions(settings: Settings) -> dg.WeeklyPartitionsDefinition:
    """The weeks of the reporting time zone, each named by its Monday."""
    return dg.WeeklyPartitionsDefinition(
        start_date=_FIRST_WEEK, timezone=settings.time_zone, day_offset=_MONDAY
    )


def export_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The KPI pack of each month, and the digest and the lists of each week.

    Args:
        settings: The reporting time zone.

    Returns:
        One definition partitioned by month, and two by week.
    """

    @dg.asset(
        key=KPI_PACK_KEY,
        deps=[SNAPSHOT_KEY],
        partitions_def=month_partitions(settings),
        check_specs=_check_specs(KPI_PACK_KEY),
        group_name="exports",
        kinds={"excel", "pdf", "csv"},
        description="The KPIs of a closed month as workbook, PDF, mail and CSV files, from one "
        "frozen set of figures: exports/kpi_pack/<month>/.",
    )
    def kpi_pack(
        context: dg.AssetExecutionContext, config: PackConfig
    ) -> Iterator[dg.MaterializeResult[None]]:
        current_settings = load_settings()
        prepare_home(current_settings.home)
        month = context.partition_key[:7]
        with phase(f"kpi pack {month}") as current:
            pack = make_kpi_pack(
                current_settings.home, month, current_settings.languages, anew=config.anew
            )
            current.result = f"{len(pack.files)} files"
        yield _result(current_settings, pack, KPI_PACK_KEY)

    digest = _weekly_asset(
        settings,
        WEEKLY_DIGEST_KEY,
        make_weekly_digest,
        "What moved in a week, and the lists of customers to call, as mail, workbook, PDF and CSV "
        "files: exports/weekly_digest/<week>/.",
    )
    lists = _weekly_asset(
        settings,
        CUSTOMER_LISTS_KEY,
        make_customer_lists,
        "The customers to call as a week ends, as workbook, PDF, mail and CSV files: "
        "exports/lists/<week>/.",
    )
    return [kpi_pack, digest, lists]


def _weekly_asset(
    settings: Settings,
    key: dg.AssetKey,
    make: Callable[[Home, str, Sequence[str]], Report],
    description: str,
) -> dg.AssetsDefinition:
    @dg.asset(
        key=key,
        deps=[SNAPSHOT_KEY],
        partitions_def=week_partitions(settings),
        check_specs=_check_specs(key),
        group_name="exports",
        kinds={"excel", "pdf", "csv"},
        description=description,
    )
    def weekly(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        current_settings = load_settings()
        prepare_home(current_settings.home)
        week = week_name(date.fromisoformat(context.partition_key))
        with phase(f"{key.path[-1].replace('_', ' ')} {week}") as current:
            report = make(current_settings.home, week, current_settings.languages)
            current.result = f"{len(report.files)} files"
        yield _result(current_settings, report, key)

    return weekly


def dashboard_asset() -> dg.AssetsDefinition:
    """The dashboard of what is published now; made by every run that publishes."""

    @dg.asset(
        key=DASHBOARD_KEY,
        deps=[SNAPSHOT_KEY],
        group_name="exports",
        kinds={"html"},
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=DASHBOARD_KEY,
                description="Every figure of the page, read back, is the marts'.",
            )
        ],
        description="The published marts as one page that opens in a browser and needs no server: "
        "exports/dashboard/index.html.",
    )
    def dashboard() -> Iterator[dg.MaterializeResult[None]]:
        settings = load_settings()
        with phase("dashboard") as current:
            file = make_dashboard(settings.home, settings.languages[0])
            current.result = f"{file.stat().st_size:,} bytes"
        faults = page_faults(file, published_snapshot(settings.home))
        yield dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(str(file))},
            check_results=[_check_result(CHECK, DASHBOARD_KEY, faults)],
        )

    return dashboard


def report_metadata(report: Report) -> dict[str, Any]:
    """What Dagster shows of a report."""
    return {
        "folder": dg.MetadataValue.path(str(report.folder)),
        "figures": "stored before, unchanged" if report.was_stored else "read from the publication",
        "as of": report.figures.foot.as_of.isoformat(),
        "publication": report.figures.foot.version,
        "languages": ", ".join(report.languages),
        **{
            HEADLINES[line.key].title: dg.MetadataValue.float(float(line.value))
            for line in report.figures.headlines
            if line.value is not None
        },
    }


def _check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(name, asset=key, description=description)
        for name, description in CHECKS.items()
    ]


def _result(settings: Settings, report: Report, key: dg.AssetKey) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(
        metadata=report_metadata(report), check_results=list(_check_results(settings, report, key))
    )


def _check_results(
    settings: Settings, report: Report, key: dg.AssetKey
) -> Iterator[dg.AssetCheckResult]:
    for name, faults in read_back(settings.home, report).items():
        yield _check_result(name, key, faults)


def _check_result(name: str, key: dg.AssetKey, faults: Sequence[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"faults": len(faults), "first": "; ".join(faults[:5])},
    )
