"""Published assets: the snapshot and the Parquet files, swapped in together; and PostgreSQL."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from ingestion.settings import load_settings
from orchestration.errors import NothingConfiguredError
from orchestration.models_project import Manifest
from orchestration.progress import phase, say
from orchestration.publishing.postgres_target import postgres_target
from orchestration.publishing.publish import publish
from orchestration.publishing.snapshot import SNAPSHOT_NAME
from orchestration.warehouse_session import WarehouseSession

SNAPSHOT_KEY = dg.AssetKey(["published", "snapshot"])
PARQUET_KEY = dg.AssetKey(["published", "parquet"])
POSTGRES_KEY = dg.AssetKey(["published", "postgres"])


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


def postgres_assets(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """The copy in PostgreSQL, where one is configured.

    Args:
        manifest: The dbt project's manifest, for the marts' keys.

    Returns:
        One definition; none where nothing is configured.
    """
    if postgres_target() is None:
        return []

    @dg.asset(
        key=POSTGRES_KEY,
        deps=[SNAPSHOT_KEY],
        group_name="published",
        kinds={"postgres"},
        description="The published marts in the schema marts of a PostgreSQL database.",
    )
    def publish_to_database() -> dg.MaterializeResult[None]:
        # Only who publishes there needs the driver.
        from orchestration.publishing.postgres import publish_to_postgres
        from orchestration.publishing.postgres_tables import grains

        target = postgres_target()
        if target is None:
            raise NothingConfiguredError(
                "PERENE_PUBLISH_POSTGRES was set when this process started and is not any more. "
                "Set it, or reload the definitions."
            )
        snapshot = load_settings().home.published / SNAPSHOT_NAME
        with phase("publish to postgresql") as current:
            publication = publish_to_postgres(target, snapshot, grains(manifest))
            current.result = f"{publication.tables:,} marts, {publication.rows:,} rows"
        for remark in publication.remarks:
            say(f"  {remark}")
        return dg.MaterializeResult(
            metadata={
                "version": publication.version,
                "build run": publication.build_run_id,
                "marts": publication.tables,
                "rows": publication.rows,
                "remarks": "\n".join(publication.remarks) or "none",
            }
        )

    return [publish_to_database]
