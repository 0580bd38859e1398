"""Published assets: the snapshot and the Parquet files, swapped in together."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration.progress import phase
from orchestration.publishing.publish import publish
from orchestration.warehouse_session import WarehouseSession

SNAPSHOT_KEY = dg.AssetKey(["published", "snapshot"])
PARQUET_KEY = dg.AssetKey(["published", "parquet"])


def published_assets(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The read-only copies for business intelligence; one rename makes both current.

    Args:
        marts: The marts they hold.

    Returns:
        One definition with both copies.
    """

    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                SNAPSHOT_KEY,
                deps=marts,
                group_name="published",
                kinds={"duckdb"},
                description="A read-only DuckDB file with the marts: published/perene.duckdb.",
            ),
            dg.AssetSpec(
                PARQUET_KEY,
                deps=marts,
                group_name="published",
                kinds={"parquet"},
                description="One Parquet file for each mart: published/parquet/<mart>.parquet.",
            ),
        ],
    )
    def publish_marts(
        warehouse: dg.ResourceParam[WarehouseSession],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        settings = warehouse.settings
        with warehouse.writing(), phase("publish") as current:
            publication = publish(settings, warehouse.run_id)
            current.result = f"{publication.tables:,} marts, {publication.rows:,} rows"
        for key in (SNAPSHOT_KEY, PARQUET_KEY):
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "version": publication.version,
                    "as of": publication.as_of.isoformat(),
                    "build run": publication.build_run_id,
                    "marts": publication.tables,
                    "rows": publication.rows,
                    "path": dg.MetadataValue.path(str(settings.home.published)),
                },
            )

    return publish_marts
