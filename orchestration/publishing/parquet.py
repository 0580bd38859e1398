"""The Parquet files: one for each table of the snapshot, written from the snapshot itself."""

from pathlib import Path

import duckdb

from orchestration.publishing.snapshot import SCHEMA, SNAPSHOT, identifier, literal

PARQUET_FOLDER = "parquet"


def write_parquet(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Path:
    """Writes one table of the snapshot as ``<table>.parquet``, rows in the snapshot's order.

    Args:
        connection: A connection with the snapshot attached.
        table: The table's name; becomes the file's.
        folder: An existing folder.

    Returns:
        The file.
    """
    file = folder / f"{table}.parquet"
    connection.execute(
        f"copy (from {SNAPSHOT}.{SCHEMA}.{identifier(table)}) to {literal(str(file))} "
        "(format parquet, compression zstd)"
    )
    return file
