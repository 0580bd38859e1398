"""The published tables as PostgreSQL declares them: types, keys, indexes and descriptions."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from psycopg import sql

from orchestration.errors import PostgresPublicationError
from orchestration.publishing.snapshot import SCHEMA, SNAPSHOT

_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "HUGEINT": "numeric(38, 0)",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR": "text",
}


@dataclass(frozen=True)
class PublishedTable:
    """One table of the snapshot.

    Attributes:
        name: Its name.
        columns: Names and PostgreSQL's types of its columns, in order.
        key: The columns of its grain; empty where it has none.
        indexed: Columns by which it is joined and that its key does not begin with.
        descriptions: By column; the table's own under None.
    """

    name: str
    columns: Mapping[str, str]
    key: Sequence[str]
    indexed: Sequence[str]
    descriptions: Mapping[str | None, str]

    def declaration(self, schema: str) -> Iterator[sql.Composed]:
        """The statements that make the empty table with its key."""
        table = sql.Identifier(schema, self.name)
        parts: list[sql.Composable] = [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in self.columns.items()
        ]
        if self.key:
            parts.append(
                sql.SQL("primary key ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, self.key))
                )
            )
        yield sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(parts))
        for column in self.indexed:
            yield sql.SQL("create index on {} ({})").format(table, sql.Identifier(column))

    def comments(self, schema: str) -> Iterator[sql.Composed]:
        """The statements that describe the table and its columns."""
        for column, text in self.descriptions.items():
            if column is None:
                place = sql.SQL("table {}").format(sql.Identifier(schema, self.name))
            else:
                place = sql.SQL("column {}").format(sql.Identifier(schema, self.name, column))
            yield sql.SQL("comment on {} is {}").format(place, sql.Literal(text))


def grains(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The columns of which each model has one row, as its test ``unique_grain`` says."""
    nodes = manifest["nodes"]
    return {
        nodes[node["attached_node"]]["name"]: list(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "unique_grain"
    }


def read_tables(
    connection: duckdb.DuckDBPyConnection, keys: Mapping[str, Sequence[str]]
) -> list[PublishedTable]:
    """Reads what the snapshot holds.

    Args:
        connection: A connection with the snapshot attached.
        keys: The grain of each mart; see ``grains``.

    Returns:
        Its tables, by name.

    Raises:
        PostgresPublicationError: A column has a type that is not known here.
    """
    columns: dict[str, dict[str, str]] = {}
    descriptions: dict[str, dict[str | None, str]] = {}
    for table, column, kind, comment in connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? order by table_name, column_index",
        [SNAPSHOT, SCHEMA],
    ).fetchall():
        columns.setdefault(table, {})[column] = _type(table, column, kind)
        if comment is not None:
            descriptions.setdefault(table, {})[column] = comment
    for table, comment in connection.execute(
        "select table_name, comment from duckdb_tables() "
        "where database_name = ? and schema_name = ? and comment is not null",
        [SNAPSHOT, SCHEMA],
    ).fetchall():
        descriptions.setdefault(table, {})[None] = comment
    # What is the whole key of one table is what others are joined by.
    joined_by = {key[0] for key in keys.values() if len(key) == 1}
    tables = []
    for table, kinds in columns.items():
        key = keys.get(table, ()) if set(keys.get(table, ())) <= set(kinds) else ()
        indexed = [name for name in kinds if name in joined_by and name not in key[:1]]
        tables.append(PublishedTable(table, kinds, key, indexed, descriptions.get(table, {})))
    return tables


def fingerprint(tables: Sequence[PublishedTable]) -> str:
    """Stands for everything that is declared: equal only if a refill is enough."""
    statements = [
        statement.as_string() for table in tables for statement in table.declaration(SCHEMA)
    ]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16]


def _type(table: str, column: str, kind: str) -> str:
    known = kind.lower() if kind.startswith("DECIMAL(") else _TYPES.get(kind)
    if known is None:
        raise PostgresPublicationError(
            f"The column {column} of {table} is of the type {kind}, which has no counterpart in "
            "PostgreSQL here. Give it one of the types of the other marts."
        )
    return known
