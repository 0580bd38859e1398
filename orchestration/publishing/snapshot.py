"""The snapshot: one DuckDB file with the marts as tables, readable by older clients."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Final

import duckdb

from orchestration.build_state import BuildState
from orchestration.publishing.gate import WAREHOUSE

SNAPSHOT_NAME = "perene.duckdb"
SNAPSHOT = "snapshot"
SCHEMA = "marts"
PUBLISHED_TABLE = "_published"

# For connections beside a snapshot or the warehouse: no extension is fetched or loaded.
WITHOUT_EXTENSIONS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
# Named, so that a newer DuckDB still writes files that clients from 1.2 on can open.
_STORAGE_VERSION = "v1.2.0"

_PUBLISHED_COMMENTS = {
    "run_id": "The run that built the marts.",
    "as_of": "Facts before this instant (UTC) are in; nothing after.",
    "published_at": "When this copy was made (UTC).",
    "version": "The name of this copy; its folder under published/versions/.",
    "currency": "What every reporting amount is in.",
    "time_zone": "Where days and months begin and end.",
    "policy": "The metric policy.",
}


def attach_snapshot(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Attaches a new, empty snapshot under the name ``snapshot``."""
    connection.execute(
        f"attach {literal(str(file))} as {SNAPSHOT} (storage_version '{_STORAGE_VERSION}')"
    )
    connection.execute(f"create schema {SNAPSHOT}.{SCHEMA}")


def mart_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables and views of the warehouse's marts, by name."""
    rows = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = ? and table_schema = ? order by table_name",
        [WAREHOUSE, SCHEMA],
    ).fetchall()
    return [row[0] for row in rows]


def copy_mart(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Copies one mart, its rows in order and its descriptions with it; a view becomes a table.

    Args:
        connection: A connection with the warehouse and the snapshot attached.
        name: The mart.

    Returns:
        Its number of rows.
    """
    target = f"{SNAPSHOT}.{SCHEMA}.{identifier(name)}"
    connection.execute(
        f"create table {target} as from {WAREHOUSE}.{SCHEMA}.{identifier(name)} order by all"
    )
    comments: Mapping[str | None, str] = dict(
        connection.execute(
            "select null, comment from duckdb_tables() where comment is not null "
            "and database_name = $catalog and schema_name = $schema and table_name = $name "
            "union all select null, comment from duckdb_views() where comment is not null "
            "and database_name = $catalog and schema_name = $schema and view_name = $name "
            "union all select column_name, comment from duckdb_columns() "
            "where comment is not null "
            "and database_name = $catalog and schema_name = $schema and table_name = $name",
            {"catalog": WAREHOUSE, "schema": SCHEMA, "name": name},
        ).fetchall()
    )
    for column, comment in comments.items():
        place = f"table {target}" if column is None else f"column {target}.{identifier(column)}"
        connection.execute(f"comment on {place} is {literal(comment)}")
    counted = connection.execute(f"select count(*) from {target}").fetchone()  # noqa: S608 - quoted
    return int(counted[0]) if counted else 0


def write_published_table(
    connection: duckdb.DuckDBPyConnection, state: BuildState, published_at: object, version: str
) -> None:
    """Writes the one row that says what this copy is."""
    target = f"{SNAPSHOT}.{SCHEMA}.{PUBLISHED_TABLE}"
    connection.execute(
        f"create table {target} as select ? as run_id, ?::timestamp as as_of, "
        "?::timestamp as published_at, ? as version, ? as currency, ? as time_zone, ? as policy",
        [
            state.run_id,
            state.as_of.astimezone(UTC).replace(tzinfo=None),
            published_at,
            version,
            state.currency,
            state.time_zone,
            state.policy,
        ],
    )
    for column, comment in _PUBLISHED_COMMENTS.items():
        connection.execute(f"comment on column {target}.{column} is {literal(comment)}")


def identifier(name: str) -> str:
    """A name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text quoted for SQL, where parameters are not taken."""
    return "'" + text.replace("'", "''") + "'"
