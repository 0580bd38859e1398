"""The warehouse file: opened only through DuckDB, by one process, for as short as possible.

Any other open and close of the file by the process that owns it would silently drop DuckDB's
lock, so that a second writer could destroy what this one writes. Sizes come from `stat`.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.errors import PereneError, WarehouseError
from ingestion.settings import Home
from ingestion.tables import LOAD_ID, PAYLOAD, RawTable, dataset_name

MINIMUM_FREE_BYTES = 200_000_000
FREE_TO_WAREHOUSE = 2.5
# The first that knows zstd. Named, so that a newer DuckDB still makes files that this one opens.
STORAGE_VERSION = "v1.2.0"
# Files of these know no zstd: they would hold payloads as they are.
VERSIONS_BEFORE = ("v1.0.0+", "v1.1.0+")
# What DuckDB would choose for payloads takes twice the processor time and far more of the disk.
PAYLOAD_COMPRESSION = "USING COMPRESSION zstd"
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_UNUSABLE = (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException)
_FULL_WORDS = ("no space left", "file too large", "disk quota", "disk full", "out of disk")

# The loader's own table of finished loads, as the loader itself would make it.
LOADS = """
    CREATE TABLE IF NOT EXISTS "{dataset}"._dlt_loads (
        load_id VARCHAR NOT NULL,
        schema_name VARCHAR,
        status BIGINT NOT NULL,
        inserted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        schema_version_hash VARCHAR
    )
"""


@contextmanager
def connect(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading and writing, and close it again.

    The connection is made without any configuration: within one process DuckDB refuses a second
    one that is configured differently.

    Raises:
        WarehouseError: Another process has it open, the disk is full, or it cannot be opened.
    """
    with explained(home):
        if not home.warehouse.exists():
            _create(home)
        connection = duckdb.connect(str(home.warehouse))
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def explained(home: Home) -> Iterator[None]:
    """Turn the failures of disk and warehouse into errors that say what to do."""
    try:
        yield
    except Exception as error:
        # The loader wraps what a source raises while its rows are drawn.
        for cause in _causes(error):
            if isinstance(cause, PereneError):
                raise cause from None
        explanation = _explanation(error, home)
        if explanation is None:
            raise
        raise WarehouseError(explanation) from error


@contextmanager
def writer_lock(home: Home) -> Iterator[None]:
    """Make this process the one writer of the warehouse, or refuse at once.

    The lock is the operating system's (flock) on a file beside the warehouse; a process that dies
    gives it back by itself.

    Raises:
        WarehouseError: Another process is the writer.
    """
    prepare(home)
    descriptor = os.open(home.warehouse_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseError(
                f"Another run is writing to {home.warehouse}; wait until it has ended, then start "
                "this one again."
            ) from error
        yield
    finally:
        os.close(descriptor)


def prepare(home: Home) -> None:
    """Create the home's folders for the warehouse and the loader.

    Raises:
        WarehouseError: They cannot be created or written to.
    """
    try:
        for folder in (home.path, home.pipelines):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"The folder {home.path} cannot be created ({error.strerror}); make it writable for "
            "this user or set PERENE_HOME to a folder that is."
        ) from error
    for folder in (home.path, home.pipelines):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise WarehouseError(
                f"The folder {folder} cannot be written to; make it writable for this user or set "
                "PERENE_HOME to a folder that is."
            )


def require_free_space(home: Home) -> None:
    """Refuse to begin a load that the disk may not hold.

    Raises:
        WarehouseError: Less is free than 200 MB or 2.5 times the warehouse, whichever is more.
    """
    size = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    needed = max(MINIMUM_FREE_BYTES, int(size * FREE_TO_WAREHOUSE))
    free = shutil.disk_usage(home.path).free
    if free < needed:
        raise WarehouseError(
            f"{home.path} has {_megabytes(free)} free and a load may need {_megabytes(needed)}; "
            "free space or set PERENE_HOME to a larger disk, then run again."
        )


def ensure_tables(home: Home, source: str, tables: Iterable[RawTable]) -> None:
    """Create every declared table of a source that is not there yet, empty.

    A column that a newer version of the project declares is added to a table that lacks it.
    """
    dataset = dataset_name(source)
    with connect(home) as connection:
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{dataset}"')
        connection.execute(LOADS.format(dataset=dataset))
        found = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = ?", [dataset]
        ).fetchall()
        present = set(found)
        knows_zstd = _storage_version(connection) not in VERSIONS_BEFORE
        for table in tables:
            target = f'"{dataset}"."{table.name}"'
            columns = {name: f'"{name}" {kind}' for name, kind in table.duckdb_columns.items()}
            if PAYLOAD in columns and knows_zstd:
                columns[PAYLOAD] += f" {PAYLOAD_COMPRESSION}"
            if (table.name, LOAD_ID) not in present:
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {target} ({', '.join(columns.values())})"
                )
                continue
            for name, declaration in columns.items():
                if (table.name, name) not in present:
                    connection.execute(f"ALTER TABLE {target} ADD COLUMN {declaration}")


def delete_incomplete_loads(
    connection: duckdb.DuckDBPyConnection, source: str, tables: Iterable[RawTable]
) -> int:
    """Delete the rows of loads that never finished, and return how many there were."""
    dataset = dataset_name(source)
    deleted = 0
    for table in tables:
        row = connection.execute(
            f'DELETE FROM "{dataset}"."{table.name}" WHERE "{LOAD_ID}" NOT IN '  # noqa: S608
            f'(SELECT load_id FROM "{dataset}"._dlt_loads WHERE status = 0)'
        ).fetchone()
        deleted += int(row[0]) if row else 0
    return deleted


def checkpoint(home: Home) -> None:
    """Write everything into the warehouse file, so that its log holds no finished step."""
    with connect(home) as connection:
        connection.execute("CHECKPOINT")


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error says that no more can be written."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    text = str(error).lower()
    return isinstance(error, duckdb.Error | OSError) and any(word in text for word in _FULL_WORDS)


def _create(home: Home) -> None:
    """Make the file; only ATTACH says of which storage version without configuring a connection."""
    with duckdb.connect() as connection:
        file = str(home.warehouse).replace("'", "''")
        connection.execute(f"ATTACH '{file}' (STORAGE_VERSION '{STORAGE_VERSION}')")


def _storage_version(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute(
        "SELECT tags['storage_version'] FROM duckdb_databases() "
        "WHERE database_name = current_database()"
    ).fetchone()
    return str(row[0]) if row else ""


def _explanation(error: BaseException, home: Home) -> str | None:
    for cause in _causes(error):
        if is_disk_full(cause):
            return (
                f"The disk under {home.path} is full, or a limit of this user is reached "
                f"({_free(home.path)} free); nothing of this load is used. Free space or set "
                "PERENE_HOME to a larger disk, then run again."
            )
        if isinstance(cause, duckdb.IOException) and "lock on file" in str(cause):
            return (
                f"Another process has {home.warehouse} open; close it (a second run, or a tool "
                "that opened the warehouse instead of a published copy), then run again."
            )
        if isinstance(cause, _UNUSABLE):
            first_line = str(cause).splitlines()[0]
            return f"The warehouse {home.warehouse} cannot be used: {first_line}"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _free(path: Path) -> str:
    try:
        return _megabytes(shutil.disk_usage(path).free)
    except OSError:
        return "an unknown amount"


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"
