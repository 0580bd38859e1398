"""Follows the event feed: what an event is about is fetched again, as it is now."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import orjson

from ingestion.loading import Progress
from ingestion.quarantine import Fault
from ingestion.stripe.backfill import created
from ingestion.stripe.client import THREADS
from ingestion.stripe.decoding import Decoded, Object, UnusableError, fault
from ingestion.stripe.gathering import EVENTS_WINDOW, Gathering
from ingestion.stripe.known import Known
from ingestion.stripe.listing import Api, FetchError, NestedError
from ingestion.stripe.records import Record
from ingestion.stripe.tables import (
    BALANCE_TRANSACTIONS,
    BY_KIND,
    BY_TABLE,
    EVENTS,
    INVOICE_ITEMS,
    INVOICE_PAYMENTS,
    INVOICES,
    Resource,
)

# Events can become visible after later ones.
LOOKBACK = timedelta(minutes=10)
LAG = timedelta(seconds=30)
# Stripe keeps events for thirty days.
RETENTION = timedelta(days=30)
# Balance transactions become available without an event, within two weeks.
SETTLEMENT = timedelta(days=14)

Target = tuple[str, str]

# What changes along with an object although no event of its own need say so.
RELATED: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "refund": ((("charge",), "charge"),),
    "dispute": ((("charge",), "charge"),),
    "invoice_payment": ((("invoice",), "invoice"),),
    "payment_intent": ((("latest_charge",), "charge"),),
    "credit_note": ((("invoice",), "invoice"),),
    "discount": ((("customer",), "customer"), (("subscription",), "subscription")),
    "invoiceitem": ((("invoice",), "invoice"),),
}


def read_events(
    api: Api, gathering: Gathering, known: set[str], begin: datetime, end: datetime
) -> list[Object]:
    """Add the events of a window that are not known yet, and return all of it."""
    found: list[Object] = []
    new = 0
    for page in api.pages(EVENTS, created(begin, end)):
        events = [event for event in page.objects if isinstance(event, dict)]
        found.extend(_about(event) for event in events)
        decoded = gathering.decoder.objects(
            EVENTS, [event for event in page.objects if not _is_known(event, known)]
        )
        new += len(decoded.records)
        gathering.add(decoded)
    return found


def follow(
    api: Api,
    gathering: Gathering,
    known: Known,
    window: tuple[datetime, datetime],
    progress: Progress,
) -> int:
    """Read the events since the cursor, and fetch again everything they are about."""
    cursor, end = window
    begin = cursor - LOOKBACK
    abouts = read_events(api, gathering, known.event_ids(begin - LAG), begin, end)
    gathering.window(EVENTS.table, EVENTS_WINDOW, cursor, end, len(abouts))
    targets = targets_of(abouts)
    progress(f"stripe: {len(abouts):,} events, {len(targets):,} objects to fetch again")
    refetch(api, gathering, targets)
    _follow_invoices(api, gathering, known)
    return len(abouts)


def read_settlements(api: Api, gathering: Gathering, cursor: datetime, end: datetime) -> None:
    """List again the balance transactions that may have become available."""
    for page in api.pages(BALANCE_TRANSACTIONS, created(cursor - SETTLEMENT, end)):
        decoded = gathering.decoder.objects(BALANCE_TRANSACTIONS, page.objects)
        decoded.faults.extend(page.faults)
        gathering.add(decoded)


def targets_of(abouts: Iterable[Object]) -> list[Target]:
    """Return the distinct objects that events are about, as kind and id."""
    targets: dict[Target, None] = {}
    for about in abouts:
        kind = str(about.get("object"))
        if kind in BY_KIND and isinstance(about.get("id"), str):
            targets[kind, about["id"]] = None
        for path, related in RELATED.get(kind, ()):
            identity = _at(about, path)
            if identity:
                targets[related, identity] = None
    return list(targets)


def refetch(api: Api, gathering: Gathering, targets: Iterable[Target]) -> None:
    """Fetch objects again and add them; those that are gone become tombstones."""

    def fetch(target: Target) -> tuple[Resource, Record | None, Fault | None]:
        kind, identity = target
        resource = BY_KIND[kind]
        record, failed = fetch_one(api, gathering, resource, identity)
        return resource, record, failed

    with ThreadPoolExecutor(THREADS) as threads:
        for resource, record, failed in threads.map(fetch, targets):
            if record:
                gathering.put(resource, [record])
            if failed:
                gathering.faults.append(failed)


def fetch_one(
    api: Api, gathering: Gathering, resource: Resource, identity: str
) -> tuple[Record | None, Fault | None]:
    """Fetch one object: its record or its tombstone, or why there is neither."""
    item: Object | None = None
    try:
        item = api.get(resource, identity)
        if item is None:
            stub = {"id": identity, "object": resource.kind, "deleted": True}
            return gathering.decoder.tombstone(identity, orjson.dumps(stub), resource), None
        record = gathering.decoder.record(resource, item)
    except FetchError as error:
        # A key that may not read any of them fails the run with a clear sentence here.
        api.first(resource)
        return None, Fault(resource.table, identity, "fetch", str(error), "")
    except NestedError as error:
        return None, Fault(resource.table, identity, "nested", str(error), "")
    except UnusableError as error:
        one = fault(resource, item, "decode", str(error))
        return None, Fault(resource.table, identity, one.stage, one.reason, one.payload)
    return record, None


def replay(api: Api, gathering: Gathering, known: Known) -> int:
    """Fetch again what is put aside, and return how much of it is right now."""
    replayed = 0
    for one in known.open_quarantine():
        if not one.record_id or one.table not in BY_TABLE:
            continue
        resource = BY_TABLE[one.table]
        record = gathering.records.get(one.table, {}).get(one.record_id)
        if record is None:
            record, failed = fetch_one(api, gathering, resource, one.record_id)
            if failed:
                continue
        if record:
            gathering.put(resource, [record])
            gathering.replayed.append(one)
            replayed += 1
    return replayed


def _follow_invoices(api: Api, gathering: Gathering, known: Known) -> None:
    """Bring what changed with the invoices: their payments, and the items they took up."""
    invoices = list(gathering.records.get(INVOICES.table, {}).values())
    if not invoices:
        return
    asked = [record.id for record in invoices if not record.is_deleted]
    gone = [record.id for record in invoices if record.is_deleted]

    def list_of(invoice: str) -> list[Decoded]:
        return [
            gathering.decoder.objects(INVOICE_PAYMENTS, page.objects)
            for page in api.pages(INVOICE_PAYMENTS, [("invoice", invoice)])
        ]

    with ThreadPoolExecutor(THREADS) as threads:
        for parts in threads.map(list_of, asked):
            for part in parts:
                gathering.add(part)
    taken_up = {item for record in invoices for item in _items_of(record)}
    condition = _condition("invoice_id", asked)
    there = known.present(INVOICE_ITEMS, condition) if asked else set()
    wanted = taken_up - there - set(gathering.records.get(INVOICE_ITEMS.table, {}))
    # A draft that was deleted gives its items back; items can also be taken off an invoice.
    wanted |= there - taken_up
    if gone:
        wanted |= known.present(INVOICE_ITEMS, _condition("invoice_id", gone))
    refetch(api, gathering, [(INVOICE_ITEMS.kind, identity) for identity in sorted(wanted)])


def _condition(column: str, identities: Iterable[str]) -> str:
    listed = ", ".join("'" + identity.replace("'", "''") + "'" for identity in identities)
    return f"{column} IN ({listed})"


def _items_of(record: Record) -> Iterator[str]:
    for child in record.children:
        payload = child[-1]
        if not isinstance(payload, bytes) or b"invoice_item" not in payload:
            continue
        parent = orjson.loads(payload).get("parent")
        for details in parent.values() if isinstance(parent, dict) else ():
            identity = details.get("invoice_item") if isinstance(details, dict) else None
            if isinstance(identity, str):
                yield identity


def _is_known(event: object, known: set[str]) -> bool:
    return isinstance(event, dict) and event.get("id") in known


def _about(event: Object) -> Object:
    """Return what an event is about, as far as its fetching needs it."""
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return {}
    keys = {"id", "object"} | {path[0] for path, _ in RELATED.get(str(about.get("object")), ())}
    return {key: about.get(key) for key in keys}


def _at(about: Object, path: tuple[str, ...]) -> str:
    value: Any = about
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else ""
