"""The copy in PostgreSQL, for tools that read no DuckDB: the schema ``marts``, changed at once.

A publication is one transaction. Where the tables are as before, it deletes and fills them: every
statement of a reader, and every transaction that asked for repeatable reads, sees one run; nobody
waits; and views that people made on the marts stay. Where a table has changed, a new schema takes
the old one's name. The old one goes when nobody reads it any more, at this run or a later one.

PostgreSQL looks the tables of a statement up one after another, whatever its snapshot. So that none
reads tables of both schemas, the reader's right to the old one ends with its name: PostgreSQL asks
for the rights when all tables are found, and refuses. Asked again, the statement reads the new run.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from orchestration.errors import NothingPublishedError, PostgresPublicationError
from orchestration.publishing.postgres_session import explain, open_session
from orchestration.publishing.postgres_tables import PublishedTable, fingerprint, read_tables
from orchestration.publishing.postgres_target import PostgresTarget
from orchestration.publishing.snapshot import (
    PUBLISHED_TABLE,
    SCHEMA,
    SNAPSHOT,
    identifier,
    literal,
)

_NEW = f"{SCHEMA}__new"
_OLD = f"{SCHEMA}__old_"
# Begins the comment of every schema that was made here: no other is ever renamed or dropped.
_MARK = "Published by Perene; each publication replaces it. Structure "
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class PostgresPublication:
    """What was published to PostgreSQL.

    Attributes:
        version: The snapshot's version.
        build_run_id: The run that built the marts.
        tables: Marts, without ``_published``.
        rows: Rows in all of them.
        remarks: What the operator should know: an old schema that is still used, a role that
            could not be made.
    """

    version: str
    build_run_id: str
    tables: int
    rows: int
    remarks: tuple[str, ...]


def publish_to_postgres(
    target: PostgresTarget, snapshot: Path, keys: Mapping[str, Sequence[str]]
) -> PostgresPublication:
    """Publishes a snapshot to PostgreSQL, whole or not at all.

    Args:
        target: Where to, and who may read there.
        snapshot: The published DuckDB file.
        keys: The columns of each mart's grain.

    Returns:
        What was published.

    Raises:
        NothingPublishedError: There is no snapshot.
        PostgresPublicationError: It could not be published; what was there stays as it was.
    """
    if not snapshot.exists():
        raise NothingPublishedError(f"There is no snapshot at {snapshot}. Run `make run` first.")
    with (
        tempfile.TemporaryDirectory(prefix="perene-") as folder,
        duckdb.connect() as source,
        open_session(target) as connection,
    ):
        source.execute(f"attach {literal(str(snapshot.resolve()))} as {SNAPSHOT} (read_only)")
        source.execute("set timezone = 'UTC'")
        tables = read_tables(source, keys)
        version, run_id = source.execute(
            f"select version, run_id from {SNAPSHOT}.{SCHEMA}.{PUBLISHED_TABLE}"  # noqa: S608
        ).fetchall()[0]
        try:
            remarks = [*_ensure_reader(connection, target.reader)]
            with connection.transaction():
                rows = _replace(connection, source, tables, version, Path(folder), target.reader)
                _grant(connection, SCHEMA, target.reader)
            _vacuum(connection, tables)
            remarks += _drop_old_schemas(connection, target.reader)
        except psycopg.Error as error:
            raise explain(error) from None  # its details may hold customers' data
    return PostgresPublication(version, run_id, len(tables) - 1, rows, tuple(remarks))


def _replace(
    connection: psycopg.Connection[Any],
    source: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    version: str,
    folder: Path,
    reader: str,
) -> int:
    """Puts the snapshot in the place of what is there; returns the number of rows of the marts."""
    mark = _MARK + fingerprint(tables)
    found = _comment(connection, SCHEMA)
    if found is not None and not found.startswith(_MARK):
        raise PostgresPublicationError(
            f"The PostgreSQL database has a schema {SCHEMA} that was not published from here; "
            "it was left as it is. Rename it, or set PERENE_PUBLISH_POSTGRES to another database."
        )
    schema = SCHEMA if found == mark else _NEW
    if schema == _NEW:
        _execute(connection, "create schema {}", _NEW)
        _execute(connection, "comment on schema {} is {}", _NEW, sql.Literal(mark))
    rows = 0
    for table in tables:
        if schema == _NEW:
            for statement in table.declaration(_NEW):
                connection.execute(statement)
        else:
            connection.execute(sql.SQL("delete from {}").format(_name(schema, table)))
        copied = _copy(connection, source, table, schema, folder)
        rows += 0 if table.name == PUBLISHED_TABLE else copied
        for statement in table.comments(schema):
            connection.execute(statement)
    if schema == _NEW:
        if found is not None:
            # First, for PostgreSQL tells the other sessions of changes in their order.
            if _exists(connection, reader):
                _execute(
                    connection, "revoke select on all tables in schema {} from {}", SCHEMA, reader
                )
            _execute(
                connection,
                "alter schema {} rename to {}",
                SCHEMA,
                _OLD + re.sub(r"\W", "_", version.lower()),
            )
        _execute(connection, "alter schema {} rename to {}", _NEW, SCHEMA)
    return rows


def _copy(
    connection: psycopg.Connection[Any],
    source: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    schema: str,
    folder: Path,
) -> int:
    """Copies a table's rows; returns their number."""
    file = folder / "table.csv"
    source.execute(
        f"copy (from {SNAPSHOT}.{SCHEMA}.{identifier(table.name)}) to {literal(str(file))} "
        "(format csv, header false, force_quote *)"
    )
    # A reader with an old view of the data who asks a new table sees its rows, not an empty table.
    options = "format csv, freeze" if schema == _NEW else "format csv"
    statement = sql.SQL("copy {} ({}) from stdin (" + options + ")").format(
        _name(schema, table), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor:
        with file.open("rb") as stream, cursor.copy(statement) as copy:
            while block := stream.read(_BLOCK_BYTES):
                # PostgreSQL's texts hold no NUL; a customer's name may.
                copy.write(block.replace(b"\0", "\N{REPLACEMENT CHARACTER}".encode()))
        return cursor.rowcount


def _ensure_reader(connection: psycopg.Connection[Any], reader: str) -> Iterator[str]:
    """Makes the role that reads, if there is none; says so if that is not allowed."""
    if _exists(connection, reader):
        return
    try:
        with connection.transaction():
            # Without a password nobody can use it until an administrator gives it one.
            _execute(connection, "create role {} login", reader)
            for name, value in (
                ("default_transaction_read_only", "on"),
                ("statement_timeout", "5min"),
                ("idle_in_transaction_session_timeout", "10min"),
            ):
                connection.execute(
                    sql.SQL("alter role {} set {} = {}").format(
                        sql.Identifier(reader), sql.Identifier(name), sql.Literal(value)
                    )
                )
    except psycopg.errors.InsufficientPrivilege:
        yield (
            f"The role {reader} does not exist and may not be created from here; ask an "
            f'administrator for: create role "{reader}" login'
        )


def _grant(connection: psycopg.Connection[Any], schema: str, reader: str) -> None:
    if _exists(connection, reader):
        _execute(connection, "grant usage on schema {} to {}", schema, reader)
        _execute(connection, "grant select on all tables in schema {} to {}", schema, reader)


def _vacuum(connection: psycopg.Connection[Any], tables: Sequence[PublishedTable]) -> None:
    """Gives the deleted rows' room back for the next publication, and counts what is there."""
    names = sql.SQL(", ").join(_name(SCHEMA, table) for table in tables)
    # To give the room back to the disk it would wait for readers.
    connection.execute(sql.SQL("vacuum (analyze, truncate false, skip_locked) {}").format(names))


def _drop_old_schemas(connection: psycopg.Connection[Any], reader: str) -> Iterator[str]:
    """Drops former schemas that nobody reads; says why one stays, and leaves it to the next run.

    A reader that sits idle in its transaction would otherwise be waited for without end.
    """
    found = connection.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s) "
        "and starts_with(obj_description(oid, 'pg_namespace'), %s) order by nspname",
        [_OLD, _MARK],
    ).fetchall()
    for (schema,) in found:
        names = connection.execute(
            "select tablename from pg_tables where schemaname = %s", [schema]
        ).fetchall()
        tables = sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in names)
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '1s'")
                # Not in cascade: a view that someone made on it would go with it.
                if names:
                    connection.execute(sql.SQL("drop table {}").format(tables))
                _execute(connection, "drop schema {}", schema)
        except psycopg.errors.LockNotAvailable:
            yield f"The schema {schema} is still read; a later run drops it."
        except psycopg.errors.DependentObjectsStillExist as error:
            # All tables were locked: no statement is between the schemas any more.
            _grant(connection, schema, reader)
            yield (
                f"The schema {schema} is old but still used: {error.diag.message_detail}. "
                f"Make them again on the schema {SCHEMA}; a later run then drops it."
            )


def _comment(connection: psycopg.Connection[Any], schema: str) -> str | None:
    """A schema's comment; None if there is no such schema."""
    row = connection.execute(
        "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace "
        "where nspname = %s",
        [schema],
    ).fetchone()
    return None if row is None else str(row[0])


def _exists(connection: psycopg.Connection[Any], role: str) -> bool:
    found = connection.execute("select from pg_roles where rolname = %s", [role])
    return found.fetchone() is not None


def _name(schema: str, table: PublishedTable) -> sql.Identifier:
    return sql.Identifier(schema, table.name)


def _execute(
    connection: psycopg.Connection[Any], statement: str, *parts: str | sql.Composable
) -> None:
    """Executes a statement of this module with names in its gaps."""
    connection.execute(
        sql.SQL(statement).format(
            *(sql.Identifier(part) if isinstance(part, str) else part for part in parts)
        )
    )
