"""Raw assets: one per raw table, loaded source by source, with what the load said of itself."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import duckdb

from ingestion.load import LoadReport, ensure_raw_tables, load_source
from ingestion.settings import Home
from ingestion.tables import dataset_name
from orchestration.models_project import Manifest
from orchestration.progress import phase, say
from orchestration.raw_sources import RawSource
from orchestration.warehouse_session import WarehouseSession

_LARGEST_FALL = 0.3
_ROW_COUNT = "dagster/row_count"


def raw_assets(sources: Sequence[RawSource], manifest: Manifest) -> list[dg.AssetsDefinition]:
    """The raw tables of every source, each source loaded by one step.

    Args:
        sources: The sources and their tables.
        manifest: The models' manifest, for the tables' descriptions.

    Returns:
        One definition a source.
    """
    descriptions = {
        (source["schema"], source["name"]): source["description"]
        for source in manifest["sources"].values()
    }
    return [_source_assets(source, descriptions) for source in sources]


def _source_assets(
    source: RawSource, descriptions: Mapping[tuple[str, str], str]
) -> dg.AssetsDefinition:
    dataset = dataset_name(source.name)
    keys = {table: dg.AssetKey([dataset, table]) for table in source.tables}

    @dg.multi_asset(
        name=f"load_{source.name}",
        specs=[
            dg.AssetSpec(
                key=key,
                group_name=dataset,
                kinds={"dlt", "duckdb"},
                description=descriptions.get((dataset, table))
                or f"What the source {source.name} said of {table.replace('_', ' ')}.",
            )
            for table, key in keys.items()
        ],
        check_specs=[
            *(
                dg.AssetCheckSpec(
                    "keeps_its_volume",
                    asset=key,
                    description=f"Rows have not fallen by more than {_LARGEST_FALL:.0%} since the "
                    "load before.",
                )
                for key in keys.values()
            ),
            dg.AssetCheckSpec(
                "is_fresh",
                asset=keys[source.newest_fact_table],
                description=f"The newest fact is at most {source.expected_every * 1.5} old.",
            ),
        ],
    )
    def load(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[WarehouseSession]
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        settings = warehouse.settings
        is_on = source.name in settings.sources
        report: LoadReport | None = None
        with warehouse.writing(), phase(f"ingest {source.name}") as current:
            if is_on:
                report = load_source(source.name, settings, warehouse.as_of, _say_detail)
                current.result = f"{sum(report.rows.values()):,} rows"
            else:
                ensure_raw_tables(settings)
                current.result = "off"
            counts = _count_rows(settings.home, dataset, source.tables)
        for table, key in keys.items():
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    _ROW_COUNT: counts[table],
                    "rows loaded": report.rows.get(table, 0) if report else 0,
                    "quarantined rows": 0,
                    "source is on": is_on,
                    **_load_metadata(report),
                },
                check_results=[
                    _volume_check(key, counts[table], _former_count(context.instance, key))
                ],
            )
        yield _freshness_check(source, keys, report, warehouse.as_of)

    return load


def _say_detail(line: str) -> None:
    say(f"  {line}")


def _load_metadata(report: LoadReport | None) -> dict[str, Any]:
    """What the load said of itself, the same for every table of the source."""
    if report is None:
        return {}
    return {
        "load ids": ", ".join(report.load_ids) or "none",
        "seconds": round(report.seconds, 3),
        "healed": report.healed or "nothing",
        **{name.replace("_", " "): value for name, value in report.details.items()},
    }


def _count_rows(home: Home, dataset: str, tables: Sequence[str]) -> dict[str, int]:
    with duckdb.connect(str(home.warehouse)) as connection:
        return {
            table: connection.table(f'"{dataset}"."{table}"').count("*").fetchall()[0][0]
            for table in tables
        }


def _former_count(instance: dg.DagsterInstance, key: dg.AssetKey) -> int | None:
    event = instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    value = materialization.metadata.get(_ROW_COUNT) if materialization else None
    return int(value.value) if value is not None else None  # type: ignore[arg-type]


def _volume_check(key: dg.AssetKey, count: int, former: int | None) -> dg.AssetCheckResult:
    fell = former is not None and count < former * (1 - _LARGEST_FALL)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="keeps_its_volume",
        passed=not fell,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rows": count, "rows before": former if former is not None else "unknown"},
        description=f"{former:,} rows became {count:,}; see whether the source is whole."
        if fell
        else None,
    )


def _freshness_check(
    source: RawSource,
    keys: Mapping[str, dg.AssetKey],
    report: LoadReport | None,
    as_of: datetime,
) -> dg.AssetCheckResult:
    newest = source.newest_fact(report.details) if report else None
    allowed = source.expected_every * 1.5
    stale = newest is not None and as_of - newest > allowed
    return dg.AssetCheckResult(
        check_name="is_fresh",
        asset_key=keys[source.newest_fact_table],
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "newest fact": newest.isoformat() if newest else "unknown",
            "lag in hours": round((as_of - newest) / timedelta(hours=1), 1)
            if newest
            else "unknown",
        },
        description=f"The newest fact of {source.name} is of {newest:%Y-%m-%d %H:%M} UTC; see "
        "whether its export still runs."
        if stale and newest
        else None,
    )
