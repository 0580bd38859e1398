"""Puts a sandbox account into Stripe's raw tables as one first load would have read it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from ingestion import warehouse
from ingestion.bookkeeping import CONTROL_TOTALS
from ingestion.sandbox.stripe.log import Mutation
from ingestion.sandbox.stripe.rendering import as_of_acacia
from ingestion.sandbox.stripe.world import Account
from ingestion.settings import Settings
from ingestion.stripe.tables import BY_KIND, EVENTS, RESOURCES, WINDOWS, Resource
from ingestion.tables import LOAD_ID, RawTable

DATASET = "raw_stripe"
EVENTS_KEPT = timedelta(days=30)
Row = dict[str, Any]


def load_account(
    settings: Settings,
    account: Account,
    as_of: datetime,
    load_id: str = "1",
    *,
    events: bool = True,
) -> None:
    """Write every object as it is at `as_of`, and the events of the last 30 days alone."""
    current: dict[tuple[str, str], Mutation] = {}
    log = [mutation for mutation in account.log if mutation.at < as_of.timestamp()]
    for mutation in log:
        if mutation.id:
            current[mutation.kind, mutation.id] = mutation
    rows: dict[RawTable, list[Row]] = {}
    for (kind, _), mutation in current.items():
        if kind in BY_KIND:
            for table, row in _object_rows(BY_KIND[kind], mutation, as_of):
                rows.setdefault(table, []).append(row)
    if events:
        since = as_of - EVENTS_KEPT
        rows[EVENTS.raw_table] = list(_event_rows(log, since, as_of))
        rows[WINDOWS] = [_window(since, as_of)]
    rows[CONTROL_TOTALS] = list(_totals(rows))
    with warehouse.connect(settings.home) as connection:
        for table, records in rows.items():
            _insert(connection, table, records, load_id)
        connection.execute(
            f"INSERT INTO {DATASET}._dlt_loads (load_id, schema_name, status, inserted_at) "
            "VALUES (?, 'stripe', 0, ?)",
            [load_id, as_of],
        )


def _object_rows(
    resource: Resource, mutation: Mutation, as_of: datetime
) -> Iterator[tuple[RawTable, Row]]:
    body = orjson.loads(mutation.body)
    if not body["livemode"] if "livemode" in body else False:
        return
    child = resource.child
    nested = body.pop(child.key)["data"] if child else []
    yield resource.raw_table, _row(resource, body, as_of, is_deleted=mutation.is_deleted)
    if child is None or resource.child_table is None:
        return
    for position, entry in enumerate(nested):
        typed = {field.column: _at(entry, field.path) for field in child.fields}
        yield (
            resource.child_table,
            {
                **_first(entry, as_of),
                child.parent_column: body["id"],
                **typed,
                "position": position,
            },
        )


def _event_rows(log: list[Mutation], since: datetime, as_of: datetime) -> Iterator[Row]:
    for number, mutation in enumerate(log):
        if mutation.event_type is None or mutation.at < since.timestamp():
            continue
        # The account's own version is an older one, and events are told in it.
        data: Row = {"object": as_of_acacia(mutation.kind, orjson.loads(mutation.body))}
        if mutation.previous is not None:
            data["previous_attributes"] = orjson.loads(mutation.previous)
        event = {
            "id": f"evt_{number:08}",
            "object": "event",
            "type": mutation.event_type,
            "created": mutation.at,
            "livemode": True,
            "data": data,
        }
        yield _row(EVENTS, event, as_of)


def _totals(rows: dict[RawTable, list[Row]]) -> Iterator[Row]:
    for resource in RESOURCES:
        counts: Counter[tuple[str, str]] = Counter()
        sums: Counter[tuple[str, str]] = Counter()
        for row in rows.get(resource.raw_table, []):
            if not row["is_deleted"]:
                body = orjson.loads(row["payload"])
                key = (f"{row['created_at']:%Y-%m}", body.get("currency") or "")
                counts[key] += 1
                sums[key] += body[resource.amounts[0]] if resource.amounts else 0
        for month, currency in counts:
            yield {
                "resource": resource.table,
                "month": month,
                "currency": currency,
                "row_count": counts[month, currency],
                "amount_sum": Decimal(sums[month, currency]),
            }


def _window(since: datetime, as_of: datetime) -> Row:
    return {
        "resource": "events",
        "kind": "events",
        "window_from": since,
        "window_to": as_of,
        "observed_at": as_of,
        "rows": 0,
    }


def _row(resource: Resource, body: Row, as_of: datetime, *, is_deleted: bool = False) -> Row:
    typed = {field.column: _at(body, field.path) for field in resource.fields}
    return {**_first(body, as_of), **typed, "is_deleted": is_deleted}


def _first(body: Row, as_of: datetime) -> Row:
    created = body.get("created", body.get("date"))
    return {
        "id": body["id"],
        "created_at": datetime.fromtimestamp(created, UTC) if created else None,
        "observed_at": as_of,
        "is_deleted": False,
        "livemode": True,
        "api_version": "2026-06-24.dahlia",
        "payload": orjson.dumps(body).decode(),
    }


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body["id"] if isinstance(body, dict) else body


def _insert(
    connection: duckdb.DuckDBPyConnection, table: RawTable, records: list[Row], load_id: str
) -> None:
    rows = pa.Table.from_pylist(records, schema=table.arrow_schema)
    rows = rows.append_column(LOAD_ID, pa.array([load_id] * len(records)))
    connection.register("rows_of_account", rows)
    connection.execute(f"INSERT INTO {DATASET}.{table.name} BY NAME SELECT * FROM rows_of_account")
    connection.unregister("rows_of_account")
