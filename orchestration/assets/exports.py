"""Export assets: what people are sent, made of the published marts only."""

import dagster as dg

from ingestion.settings import Settings, load_settings
from orchestration.assets.published import SNAPSHOT_KEY
from orchestration.home import prepare_home
from orchestration.progress import phase
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.kpi_pack import make_kpi_pack, pack_metadata

KPI_PACK_KEY = dg.AssetKey(["exports", "kpi_pack"])
DASHBOARD_KEY = dg.AssetKey(["exports", "dashboard"])

# Months before it have no partition; no company's payment data are older in practice.
_FIRST_MONTH = "2005-01-01"


def month_partitions(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """The months of the reporting time zone, each named by its first day."""
    return dg.MonthlyPartitionsDefinition(start_date=_FIRST_MONTH, timezone=settings.time_zone)


def export_assets(settings: Settings) -> dg.AssetsDefinition:
    """The KPI pack of each month.

    Args:
        settings: The reporting time zone.

    Returns:
        One definition, partitioned by month.
    """

    @dg.asset(
        key=KPI_PACK_KEY,
        deps=[SNAPSHOT_KEY],
        partitions_def=month_partitions(settings),
        group_name="exports",
        kinds={"excel", "csv"},
        description="The KPIs of a closed month as a workbook and CSV files, from one frozen set "
        "of figures: exports/kpi_pack/<month>/.",
    )
    def kpi_pack(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        current_settings = load_settings()
        prepare_home(current_settings.home)
        month = context.partition_key[:7]
        with phase(f"kpi pack {month}") as current:
            pack = make_kpi_pack(current_settings.home, month)
            current.result = f"{len(pack.files)} files"
        return dg.MaterializeResult(metadata=pack_metadata(pack))

    return kpi_pack


def dashboard_asset() -> dg.AssetsDefinition:
    """The dashboard of what is published now; made by every run that publishes."""

    @dg.asset(
        key=DASHBOARD_KEY,
        deps=[SNAPSHOT_KEY],
        group_name="exports",
        kinds={"html"},
        description="The published marts as one page that opens in a browser and needs no server: "
        "exports/dashboard/index.html.",
    )
    def dashboard() -> dg.MaterializeResult[None]:
        settings = load_settings()
        with phase("dashboard") as current:
            file = make_dashboard(settings.home, settings.language)
            current.result = f"{file.stat().st_size:,} bytes"
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(file))})

    return dashboard
