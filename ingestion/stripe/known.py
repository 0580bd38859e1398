"""What earlier loads brought: the cursor, what was read whole, and the current rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.bookkeeping import QUARANTINE
from ingestion.quarantine import Fault
from ingestion.rows import instant
from ingestion.stripe.tables import OBJECTS, RESOURCES, WINDOWS, Resource
from ingestion.tables import LOAD_ID, dataset_name

DATASET = dataset_name("stripe")
ACCOUNT = "account"


@dataclass(frozen=True)
class Backfill:
    """A reading of the whole account.

    Attributes:
        start: No object is older; None for an empty account.
        end: Only what was created before is read.
        load_id: The load that began it.
        done: Table and begin of each window that was read whole.
        is_first: Whether there was none before.
    """

    start: datetime
    end: datetime
    load_id: str
    done: frozenset[tuple[str, datetime]]
    is_first: bool


@dataclass(frozen=True)
class Version:
    """What the warehouse holds of an object.

    Attributes:
        is_deleted: Whether it is gone.
        digest: What tells its version from another.
        month: Month of its creation, as in control totals.
        currency: Its currency, or an empty text.
        amount: What control totals sum up.
    """

    is_deleted: bool
    digest: str
    month: str
    currency: str
    amount: int | None


class Known:
    """Looks into the warehouse; the connection is open only while this is used."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")

    def cursor(self) -> datetime | None:
        """Return up to when the events were read."""
        row = self._connection.execute(
            f"SELECT epoch_us(max(window_to)) FROM {DATASET}.{WINDOWS.name} "  # noqa: S608
            "WHERE kind = 'events'"
        ).fetchone()
        return instant(row[0]) if row and row[0] is not None else None

    def backfill(self) -> Backfill | None:
        """Return the latest reading of the whole account."""
        marks = self._connection.execute(
            f'SELECT epoch_us(window_from), epoch_us(window_to), "{LOAD_ID}" '  # noqa: S608
            f"FROM {DATASET}.{WINDOWS.name} WHERE kind = 'backfill' AND resource = '{ACCOUNT}' "
            f'ORDER BY "{LOAD_ID}" DESC'
        ).fetchall()
        if not marks:
            return None
        start, end, load_id = marks[0]
        done = self._connection.execute(
            f"SELECT resource, epoch_us(window_from) FROM {DATASET}.{WINDOWS.name} "  # noqa: S608
            f"WHERE kind = 'backfill' AND resource <> '{ACCOUNT}' AND \"{LOAD_ID}\" >= ?",
            [load_id],
        ).fetchall()
        return Backfill(
            instant(start),
            instant(end),
            load_id,
            frozenset((table, instant(begin)) for table, begin in done),
            len(marks) == 1,
        )

    def so_far(self, backfill: Backfill) -> tuple[list[Fault], dict[str, int]]:
        """Return what a reading has put aside until now, and per table how much it brought."""
        aside = self._connection.execute(
            "SELECT resource, record_id, stage, reason, payload "  # noqa: S608
            f"FROM {DATASET}.{QUARANTINE.name} WHERE status = 'open' AND \"{LOAD_ID}\" >= ?",
            [backfill.load_id],
        ).fetchall()
        counts = self._connection.execute(
            f"SELECT resource, sum(rows)::BIGINT FROM {DATASET}.{WINDOWS.name} "  # noqa: S608
            f"WHERE kind = 'backfill' AND \"{LOAD_ID}\" >= ? GROUP BY resource",
            [backfill.load_id],
        ).fetchall()
        return [Fault(*row) for row in aside], dict(counts)

    def last_sweep(self) -> datetime | None:
        """Return when lists were last compared whole."""
        row = self._connection.execute(
            f"SELECT epoch_us(max(window_to)) FROM {DATASET}.{WINDOWS.name} "  # noqa: S608
            "WHERE kind = 'sweep'"
        ).fetchone()
        return instant(row[0]) if row and row[0] is not None else None

    def modes(self) -> set[bool]:
        """Return of which modes there are objects."""
        queries = [f"SELECT DISTINCT livemode FROM {DATASET}.{one.table}" for one in RESOURCES]  # noqa: S608
        rows = self._connection.execute(" UNION ".join(queries)).fetchall()
        return {bool(mode) for (mode,) in rows if mode is not None}

    def event_ids(self, since: datetime) -> set[str]:
        """Return the ids of the events that are there, from an instant on."""
        rows = self._connection.execute(
            f"SELECT id FROM {DATASET}.events WHERE created_at >= ?",  # noqa: S608
            [since],
        ).fetchall()
        return {identity for (identity,) in rows}

    def count(self, resources: Iterable[Resource]) -> int:
        """Return how many current and former rows some tables hold together."""
        queries = [f"SELECT count(*) AS n FROM {DATASET}.{one.table}" for one in resources]  # noqa: S608
        row = self._connection.execute(
            f"SELECT sum(n) FROM ({' UNION ALL '.join(queries)})"  # noqa: S608
        ).fetchone()
        return int(row[0]) if row else 0

    def versions(self, resource: Resource, identities: Iterable[str]) -> dict[str, Version]:
        """Return what is held of some objects."""
        asked = pa.table({"id": pa.array(list(identities), pa.string())})
        self._connection.register("asked", asked)
        amount = (
            f"try_cast(json_extract_string(payload, '$.{resource.amounts[0]}') AS BIGINT)"
            if resource.amounts
            else "NULL::BIGINT"
        )
        nested = "''"
        if resource.child:
            nested = (
                "coalesce((SELECT string_agg(child.payload, '' ORDER BY child.position) "  # noqa: S608
                f"FROM {DATASET}.{resource.child.table} AS child "
                f"WHERE child.{resource.child.parent_column} = current.id "
                f'AND child."{LOAD_ID}" = current."{LOAD_ID}"), \'\')'
            )
        rows = self._connection.execute(
            f"""
            WITH current AS (
                SELECT * FROM {DATASET}.{resource.table}
                WHERE id IN (SELECT id FROM asked)
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY "{LOAD_ID}" DESC) = 1
            )
            SELECT
                id, is_deleted, md5(payload || {nested}),
                coalesce(strftime(created_at, '%Y-%m'), ''),
                coalesce(json_extract_string(payload, '$.currency'), ''),
                {amount}
            FROM current
            """  # noqa: S608
        ).fetchall()
        self._connection.unregister("asked")
        return {identity: Version(*version) for identity, *version in rows}

    def present(self, resource: Resource, condition: str = "true") -> set[str]:
        """Return the ids of objects that are not deleted and whose current row is so."""
        rows = self._connection.execute(
            f"""
            SELECT id FROM (
                SELECT * FROM {DATASET}.{resource.table}
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY "{LOAD_ID}" DESC) = 1
            ) WHERE NOT is_deleted AND {condition}
            """  # noqa: S608
        ).fetchall()
        return {identity for (identity,) in rows}

    def open_quarantine(self) -> list[Fault]:
        """Return what is put aside and was not loaded since."""
        rows = self._connection.execute(
            f"""
            SELECT resource, record_id, stage, reason, payload
            FROM {DATASET}.{QUARANTINE.name}
            QUALIFY row_number() OVER (
                PARTITION BY resource, coalesce(nullif(record_id, ''), payload)
                ORDER BY "{LOAD_ID}" DESC) = 1 AND status = 'open'
            """  # noqa: S608
        ).fetchall()
        return [Fault(*row) for row in rows]

    def drift(self) -> set[tuple[str, str, str]]:
        """Return which drift is on record: table, key and kind."""
        rows = self._connection.execute(
            f"SELECT DISTINCT resource, key_path, kind FROM {DATASET}.schema_drift"  # noqa: S608
        ).fetchall()
        return {(table, key, kind) for table, key, kind in rows}


def prune(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete versions that newer ones replace.

    Events stay for ever. Of subscriptions every version stays that differs from the one before:
    Stripe does not tell later what they were.
    """
    for resource in OBJECTS:
        table = f"{DATASET}.{resource.table}"
        superseded = (
            f'SELECT id, "{LOAD_ID}" AS load_id FROM {table} '  # noqa: S608
            f'QUALIFY row_number() OVER (PARTITION BY id ORDER BY "{LOAD_ID}" DESC) > 1'
        )
        if resource.kind == "subscription":
            superseded = _repeated(resource)
        connection.execute(
            f"DELETE FROM {table} AS row USING ({superseded}) AS old "  # noqa: S608
            f'WHERE row.id = old.id AND row."{LOAD_ID}" = old.load_id'
        )
        if resource.child:
            connection.execute(
                f"DELETE FROM {DATASET}.{resource.child.table} AS child WHERE NOT EXISTS ("  # noqa: S608
                f"SELECT 1 FROM {table} AS parent "
                f"WHERE parent.id = child.{resource.child.parent_column} "
                f'AND parent."{LOAD_ID}" = child."{LOAD_ID}")'
            )


def newest_fact(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> datetime | None:
    """Return the newest instant before `as_of` at which an object was made."""
    newest = " UNION ALL ".join(
        f"SELECT max(created_at) AS newest FROM {DATASET}.{one.table} WHERE created_at < $as_of"  # noqa: S608
        for one in RESOURCES
    )
    row = connection.execute(
        f"SELECT epoch_us(max(newest)) FROM ({newest})",  # noqa: S608
        {"as_of": as_of},
    ).fetchone()
    return instant(row[0]) if row and row[0] is not None else None


def _repeated(resource: Resource) -> str:
    """Return a query for versions that are neither the newest nor unlike the one before."""
    child = resource.child
    assert child is not None  # noqa: S101
    return f"""
        WITH versions AS (
            SELECT parent.id, parent."{LOAD_ID}" AS load_id, parent.payload || coalesce((
                SELECT string_agg(child.payload, '' ORDER BY child.position)
                FROM {DATASET}.{child.table} AS child
                WHERE child.{child.parent_column} = parent.id
                AND child."{LOAD_ID}" = parent."{LOAD_ID}"), '') AS text
            FROM {DATASET}.{resource.table} AS parent
        )
        SELECT id, load_id FROM versions
        QUALIFY text = lag(text) OVER (PARTITION BY id ORDER BY load_id)
        AND row_number() OVER (PARTITION BY id ORDER BY load_id DESC) > 1
    """  # noqa: S608
