"""What earlier loads brought: where each resource goes on from, and the current rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.bookkeeping import QUARANTINE
from ingestion.quarantine import OPEN, Fault
from ingestion.rows import instant
from ingestion.tables import LOAD_ID, dataset_name
from ingestion.zendesk.tables import RESOURCES, WINDOWS, Resource

DATASET = dataset_name("zendesk")

EXPORT = "export"
LIST = "list"
SWEEP = "sweep"
# A list that the account's plan does not have.
UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Window:
    """What was last read of a resource.

    Attributes:
        kind: Export, list, sweep or unavailable.
        cursor: Where to go on from: a cursor, a second, or an empty text.
        begin: From when on it was read.
        end: Up to when; the run's instant if it was read to its end.
        observed_at: The instant of the run.
    """

    kind: str
    cursor: str
    begin: datetime
    end: datetime
    observed_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether it was read to its end."""
        return self.end >= self.observed_at


@dataclass(frozen=True)
class Version:
    """What the warehouse holds of an object.

    Attributes:
        is_deleted: Whether it is gone.
        digest: What tells its version from another.
        month: Month of its creation, as in control totals.
    """

    is_deleted: bool
    digest: str
    month: str


class Known:
    """Looks into the warehouse; the connection is open only while this is used."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")

    def window(self, table: str) -> Window | None:
        """Return what was last read of a resource."""
        row = self._connection.execute(
            f"SELECT kind, coalesce(cursor, ''), epoch_us(window_from), epoch_us(window_to), "  # noqa: S608
            f"epoch_us(observed_at) FROM {DATASET}.{WINDOWS.name} WHERE resource = ? "
            f'ORDER BY "{LOAD_ID}" DESC LIMIT 1',
            [table],
        ).fetchone()
        if row is None:
            return None
        kind, cursor, *moments = row
        return Window(kind, cursor, *map(instant, moments))

    def last_sweep(self, table: str) -> datetime | None:
        """Return when an export was last begun anew, the first time included."""
        row = self._connection.execute(
            f"SELECT epoch_us(coalesce(max(observed_at) FILTER (WHERE kind = '{SWEEP}'), "  # noqa: S608
            f"min(observed_at))) FROM {DATASET}.{WINDOWS.name} WHERE resource = ?",
            [table],
        ).fetchone()
        return instant(row[0]) if row and row[0] is not None else None

    def versions(self, resource: Resource, identities: Iterable[str]) -> dict[str, Version]:
        """Return what is held of some objects."""
        asked = pa.table({"id": pa.array(list(identities), pa.string())})
        self._connection.register("asked", asked)
        rows = self._connection.execute(
            f"SELECT id, is_deleted, md5(payload), coalesce(strftime(created_at, '%Y-%m'), '') "  # noqa: S608
            f"FROM ({_current(resource, 'WHERE id IN (SELECT id FROM asked)')})"
        ).fetchall()
        self._connection.unregister("asked")
        return {identity: Version(*version) for identity, *version in rows}

    def present(self, resource: Resource) -> set[str]:
        """Return the ids of objects that are there and not gone."""
        rows = self._connection.execute(
            f"SELECT id FROM ({_current(resource)}) WHERE NOT is_deleted"  # noqa: S608
        ).fetchall()
        return {identity for (identity,) in rows}

    def has(self, resource: Resource) -> bool:
        """Return whether there is any row of a resource."""
        row = self._connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {DATASET}.{resource.table} LIMIT 1)"  # noqa: S608
        ).fetchone()
        return bool(row and row[0])

    def open_quarantine(self) -> list[Fault]:
        """Return what is put aside and was not loaded since."""
        rows = self._connection.execute(
            f"""
            SELECT resource, record_id, stage, reason, payload
            FROM {DATASET}.{QUARANTINE.name}
            QUALIFY row_number() OVER (
                PARTITION BY resource, stage, coalesce(nullif(record_id, ''), payload)
                ORDER BY "{LOAD_ID}" DESC) = 1 AND status = '{OPEN}'
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
    """Delete versions that newer ones replace, where only the newest is kept."""
    for resource in RESOURCES:
        if resource.keeps_versions:
            continue
        connection.execute(
            f"DELETE FROM {DATASET}.{resource.table} AS row USING "  # noqa: S608
            f'(SELECT id, "{LOAD_ID}" AS load_id FROM {DATASET}.{resource.table} '
            f"QUALIFY row_number() OVER (PARTITION BY id {_newest_first(resource)}) > 1) AS old "
            f'WHERE row.id = old.id AND row."{LOAD_ID}" = old.load_id'
        )


def newest_fact(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> datetime | None:
    """Return the newest instant before `as_of` at which something was made or changed."""
    newest = " UNION ALL ".join(
        f"SELECT max({column}) AS newest FROM {DATASET}.{resource.table} WHERE {column} < $as_of"  # noqa: S608
        for resource in RESOURCES
        for column in ("created_at", "updated_at")
    )
    row = connection.execute(
        f"SELECT epoch_us(max(newest)) FROM ({newest})",  # noqa: S608
        {"as_of": as_of},
    ).fetchone()
    return instant(row[0]) if row and row[0] is not None else None


def _current(resource: Resource, condition: str = "") -> str:
    return (
        f"SELECT * FROM {DATASET}.{resource.table} {condition} "  # noqa: S608
        f"QUALIFY row_number() OVER (PARTITION BY id {_newest_first(resource)}) = 1"
    )


def _newest_first(resource: Resource) -> str:
    generated = ", generated_at DESC NULLS LAST" if resource.table == "tickets" else ""
    return f'ORDER BY observed_at DESC{generated}, "{LOAD_ID}" DESC'
