"""Publishing: the gate, a new version built aside from the marts, and the swap."""

import errno
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion.settings import Settings
from orchestration.build_state import BuildState
from orchestration.errors import DiskFullError, HomeNotWritableError, PublicationBlockedError
from orchestration.publishing.gate import WAREHOUSE, open_gate
from orchestration.publishing.parquet import PARQUET_FOLDER, write_parquet
from orchestration.publishing.snapshot import (
    PUBLISHED_TABLE,
    SNAPSHOT,
    SNAPSHOT_NAME,
    WITHOUT_EXTENSIONS,
    attach_snapshot,
    copy_mart,
    literal,
    mart_names,
    write_published_table,
)
from orchestration.publishing.versions import (
    begin_version,
    commit_version,
    discard,
    prune_versions,
    version_name,
)

_DISK_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_DISK_FULL_TEXTS = ("No space left", "File too large", "Disk quota", "Could not write all bytes")


@dataclass(frozen=True)
class Publication:
    """A version that was published.

    Attributes:
        version: Its name.
        build_run_id: The run that built its marts.
        as_of: The instant before which its facts count.
        tables: Marts in it.
        rows: Rows in all of them.
        file: The link that leads to its snapshot.
    """

    version: str
    build_run_id: str
    as_of: datetime
    tables: int
    rows: int
    file: Path


def publish(settings: Settings, run_id: str) -> Publication:
    """Publishes the marts of the last build, if they may be published.

    The caller holds the warehouse's lock. The warehouse is read through DuckDB only.

    Args:
        settings: The data folder and the sources that are on.
        run_id: The run that publishes; part of the version's name.

    Returns:
        The new version.

    Raises:
        PublicationBlockedError: The gate stays shut; what was published stays.
        DiskFullError: There is no room; what was published stays.
        HomeNotWritableError: The publication's folder cannot be written.
    """
    published = settings.home.published
    # Readers want to know when a copy was made; no figure in it depends on this clock.
    published_at = datetime.now(UTC)
    version = version_name(run_id, published_at)
    try:
        with _connection(settings) as connection:
            state = open_gate(connection, settings)
            building = begin_version(published, version)
            try:
                tables, rows = _build(connection, building, state, published_at, version)
                commit_version(published, building, version)
            finally:
                discard(building)
        prune_versions(published)
    except (OSError, duckdb.IOException) as error:
        raise _explained(error, published) from error
    return Publication(version, state.run_id, state.as_of, tables, rows, published / SNAPSHOT_NAME)


def _connection(settings: Settings) -> duckdb.DuckDBPyConnection:
    warehouse = settings.home.warehouse
    if not warehouse.exists():
        raise PublicationBlockedError(
            f"Nothing was published: there is no warehouse at {warehouse}. Run `make run` first."
        )
    connection = duckdb.connect(config=WITHOUT_EXTENSIONS)
    try:
        connection.execute(f"attach {literal(str(warehouse))} as {WAREHOUSE} (read_only)")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def _build(
    connection: duckdb.DuckDBPyConnection,
    building: Path,
    state: BuildState,
    published_at: datetime,
    version: str,
) -> tuple[int, int]:
    """Fills the folder of a version; returns the number of marts and of their rows."""
    file = building / SNAPSHOT_NAME
    names = mart_names(connection)
    if not names:
        raise PublicationBlockedError(
            "Nothing was published: the warehouse has no marts. Run `make run` first."
        )
    attach_snapshot(connection, file)
    rows = sum(copy_mart(connection, name) for name in names)
    write_published_table(connection, state, published_at.replace(tzinfo=None), version)
    connection.execute(f"checkpoint {SNAPSHOT}")
    for name in [*names, PUBLISHED_TABLE]:
        write_parquet(connection, name, building / PARQUET_FOLDER)
    connection.execute(f"detach {SNAPSHOT}")
    log = file.with_name(file.name + ".wal")
    if log.exists():
        raise OSError(errno.EIO, f"the snapshot kept a write-ahead log: {log}")
    return len(names), rows


def _explained(error: OSError | duckdb.IOException, published: Path) -> Exception:
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in _DISK_FULL or any(part in text for part in _DISK_FULL_TEXTS):
        return DiskFullError(
            f"There is no room to publish in {published}: {text.splitlines()[0]}. "
            "Free some space there and run again. What was published before stays as it was."
        )
    if isinstance(error, OSError):
        return HomeNotWritableError(
            f"The publication's folder {published} cannot be written: {text}. "
            "Make it writable for this user and run again. What was published before stays."
        )
    return error
