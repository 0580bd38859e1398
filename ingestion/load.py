"""Loads a source into its raw tables: heal, look, check, load, prune, checkpoint."""

import importlib
import itertools
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ingestion import warehouse
from ingestion.errors import SettingsError, WarehouseError
from ingestion.loading import (
    WORKSHOP_PREFIX,
    Extraction,
    Progress,
    Request,
    SourceModule,
)
from ingestion.settings import Settings, known_sources
from ingestion.tables import RawTable, dataset_name

# What the loader is told; it reads these from the environment.
LOADER_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    # Loaded rows would stay on disk for ever otherwise.
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    # A local file fails for reasons that waiting does not mend.
    "LOAD__RAISE_ON_MAX_RETRIES": "1",
    # Arrow tables get no load id otherwise, and rows of half a load could not be told.
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
}
# What DuckDB is told while rows are added: several threads would wait for each other in order to
# keep the rows' order, at twice the processor time, and it would keep in memory what it wrote.
DUCKDB_SETTINGS = {"threads": 1, "memory_limit": "1GB"}
# Columns are held to the declaration below, batch by batch. The loader's own freeze holds them to
# what earlier loads knew, so that a newer version of the project could never declare a column.
CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadReport:
    """What one load of a source did.

    Attributes:
        source: The source's name.
        rows: Rows added, by raw table.
        load_ids: The loader's ids of what was added; empty when nothing was new.
        seconds: How long it took.
        healed: What was put right of an earlier load that was cut off; None when there was none.
        details: More, by name; `newest_fact` is the last instant the raw tables know of.
    """

    source: str
    rows: dict[str, int]
    load_ids: list[str]
    seconds: float
    healed: str | None
    details: dict[str, str | int] = field(default_factory=dict)


def load_source(name: str, settings: Settings, as_of: datetime, progress: Progress) -> LoadReport:
    """Load what is new in a source.

    Args:
        name: Name of the source.
        settings: The run's settings.
        as_of: The run's instant; it is recorded as the time the rows were seen.
        progress: Takes lines for people.

    Returns:
        What was done. Rows are visible to readers that follow complete loads only.

    Raises:
        PereneError: The source or the warehouse cannot be used; the message says what to do.
            What earlier loads brought is as it was.
    """
    started = time.monotonic()
    source, tables = _source(name)
    home = settings.home
    warehouse.prepare(home)
    warehouse.require_free_space(home)
    with warehouse.explained(home):
        healed = _heal(name, settings, tables, progress)
        request = Request(
            settings, as_of.astimezone(UTC), lambda: warehouse.connect(home), progress
        )
        rows: Counter[str] = Counter()
        load_ids: list[str] = []
        has_more = True
        while has_more:
            with source.extract(request) as extraction:
                added, ids = _run(name, settings, tables, extraction, progress)
            rows.update(added)
            load_ids += ids
            has_more = extraction.has_more
            newest = _finish(name, settings, source, tables, request.as_of, is_last=not has_more)
    details = {**extraction.details, "newest_fact": newest.isoformat() if newest else ""}
    return LoadReport(name, dict(rows), load_ids, time.monotonic() - started, healed, details)


def ensure_raw_tables(settings: Settings) -> None:
    """Create every declared raw table of every source that is not there yet, empty."""
    warehouse.prepare(settings.home)
    for name in known_sources():
        warehouse.ensure_tables(settings.home, name, _source(name)[1])
    warehouse.checkpoint(settings.home)


def _source(name: str) -> tuple[SourceModule, tuple[RawTable, ...]]:
    if name not in known_sources():
        raise SettingsError(
            f"There is no source {name!r}; the sources are: {', '.join(known_sources())}."
        )
    module = cast(SourceModule, importlib.import_module(f"ingestion.{name}.source"))
    return module, module.TABLES


def _run(
    name: str,
    settings: Settings,
    tables: tuple[RawTable, ...],
    extraction: Extraction,
    progress: Progress,
) -> tuple[dict[str, int], list[str]]:
    """Hand an extraction to the loader, and return rows by table and the ids of the loads."""
    drawn = iter(extraction.batches)
    first = next(drawn, None)
    if first is None:
        progress(f"{name}: nothing new")
        return {}, []
    dlt = _loader()
    by_name = {table.name: table for table in tables}
    rows: dict[str, int] = {}
    is_drawn = False

    def batches() -> Iterator[Any]:
        nonlocal is_drawn
        for table_name, batch in itertools.chain([first], drawn):
            table = by_name[table_name]
            if not batch.schema.equals(table.arrow_schema):
                raise TypeError(f"{name} gave {table_name} other columns than it declares")
            if table_name in rows:
                yield dlt.mark.with_table_name(batch, table_name)
            else:
                hints = dlt.mark.make_hints(
                    table_name=table_name, columns=table.hints, write_disposition="append"
                )
                yield dlt.mark.with_hints(batch, hints, create_table_variant=True)
            rows[table_name] = rows.get(table_name, 0) + batch.num_rows
        for table_name, count in rows.items():
            progress(f"{name}: {table_name}, {count:,} rows")
        is_drawn = True

    source = dlt.source(
        lambda: dlt.resource(batches(), name=name), name=name, schema_contract=CONTRACT
    )()
    _require_later_clock(name, settings)
    try:
        information = _pipeline(name, settings).run(source, loader_file_format="parquet")
    except Exception:
        if not is_drawn:
            # What the source could not bring whole is no load that was cut off.
            _remove(settings.home.pipelines / name)
        raise
    information.raise_on_failed_jobs()
    # Neither rows nor anything else of a finished load stays behind.
    _remove(settings.home.pipelines / name)
    return rows, list(information.loads_ids)


def _finish(
    name: str,
    settings: Settings,
    source: SourceModule,
    tables: tuple[RawTable, ...],
    as_of: datetime,
    *,
    is_last: bool,
) -> datetime | None:
    """Write everything into the file; after the last load at once, also delete what is superseded.

    Returns:
        After the last load, the newest fact.
    """
    newest = None
    with warehouse.connect(settings.home) as connection:
        warehouse.delete_incomplete_loads(connection, name, tables)
        if is_last:
            source.prune(connection, dataset_name(name))
            newest = source.newest_fact(connection, dataset_name(name), as_of)
        connection.execute("CHECKPOINT")
    return newest


def _heal(
    name: str, settings: Settings, tables: tuple[RawTable, ...], progress: Progress
) -> str | None:
    """Put right what a load that was cut off left behind, and say what that was.

    A finished load leaves no working folder, so one that is there belongs to a load that was cut
    off. When it is whole and nothing of it has reached the warehouse, it is finished, once. Any
    other is dropped: rows may be in the warehouse of which the loader does not know yet, and it
    would append them again. So is one that cannot be finished or even looked at. Sources tell
    from the warehouse what they have to bring, so what is dropped is fetched again.
    """
    pipelines = settings.home.pipelines
    for leftover in pipelines.glob(f"{WORKSHOP_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    healed = None
    if (pipelines / name).exists():
        progress(f"{name}: an earlier load was cut off; putting that right")
        healed = _finish_once(name, settings)
        _remove(pipelines / name)
        healed = healed or "cleared away a load that was cut off; what it lacked was fetched again"
    warehouse.ensure_tables(settings.home, name, tables)
    with warehouse.connect(settings.home) as connection:
        deleted = warehouse.delete_incomplete_loads(connection, name, tables)
    if deleted and not healed:
        healed = f"deleted {deleted:,} rows of a load that was cut off"
    return healed


def _finish_once(name: str, settings: Settings) -> str | None:
    try:
        pipeline = _pipeline(name, settings)
        extracted = pipeline.list_extracted_load_packages()
        normalized = pipeline.list_normalized_load_packages()
        jobs = [pipeline.get_load_package_info(load_id).jobs for load_id in normalized]
        is_untouched = all(
            state == "new_jobs" or not found for states in jobs for state, found in states.items()
        )
        if not is_untouched or len(extracted) + len(normalized) != 1:
            return None
        pipeline.normalize()
        pipeline.load().raise_on_failed_jobs()
    # A kill can leave the loader's folder in states that make any of its calls fail in any way;
    # one that is really the disk's or the warehouse's fault comes again with the load itself.
    except Exception as error:  # noqa: BLE001
        logger.info("A load that was cut off cannot be finished: %s", type(error).__name__)
        return None
    return "finished a load that was cut off"


def _pipeline(name: str, settings: Settings) -> Any:
    dlt = _loader()
    credentials = dlt.destinations.impl.duckdb.configuration.DuckDbCredentials(
        str(settings.home.warehouse), global_config=dict(DUCKDB_SETTINGS)
    )
    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(settings.home.pipelines),
        destination=dlt.destinations.duckdb(credentials),
        dataset_name=dataset_name(name),
    )


def _loader() -> Any:
    """Return dlt, told what it must know before it is first used."""
    os.environ.update(LOADER_SETTINGS)
    return importlib.import_module("dlt")


def _require_later_clock(name: str, settings: Settings) -> None:
    """Refuse a load whose id would sort before those of earlier loads."""
    with warehouse.connect(settings.home) as connection:
        row = connection.execute(
            f'SELECT max(load_id) FROM "{dataset_name(name)}"._dlt_loads'  # noqa: S608
        ).fetchone()
    if row and row[0] and float(row[0]) >= time.time():
        raise WarehouseError(
            "The clock of this machine is behind the last load's "
            f"({datetime.fromtimestamp(float(row[0]), UTC):%Y-%m-%d %H:%M:%S} UTC); set the clock "
            "right, then run again."
        )


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WarehouseError(
            f"The folder {folder} cannot be deleted ({error.strerror}); delete it, it holds "
            "nothing that is needed, and run again."
        ) from error
