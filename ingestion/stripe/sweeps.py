"""Compares whole lists with the warehouse, for changes that no event told of."""

from datetime import datetime, timedelta

from ingestion.loading import Progress
from ingestion.stripe.backfill import OLDEST, created
from ingestion.stripe.changes import refetch
from ingestion.stripe.gathering import SWEEP_WINDOW, Gathering
from ingestion.stripe.known import Known
from ingestion.stripe.listing import Api
from ingestion.stripe.tables import (
    COUPONS,
    CUSTOMERS,
    INVOICES,
    OBJECTS,
    PRICES,
    PRODUCTS,
    SUBSCRIPTIONS,
    Resource,
)

EVERY = timedelta(days=7)
SMALL_ROWS = 1_000
# A list, what it is asked for, and which rows of the warehouse must be in it.
LISTS: tuple[tuple[Resource, tuple[tuple[str, str], ...], str], ...] = (
    (PRODUCTS, (), "true"),
    (PRICES, (), "true"),
    (COUPONS, (), "true"),
    (CUSTOMERS, (), "true"),
    (SUBSCRIPTIONS, (), "true"),
    (INVOICES, (("status", "open"),), "status = 'open'"),
    (INVOICES, (("status", "draft"),), "status = 'draft'"),
)


def is_due(known: Known, as_of: datetime, since: datetime) -> bool:
    """Return whether the last sweep is a week old, or the account is small."""
    last = known.last_sweep() or since
    if as_of - last >= EVERY:
        return True
    return known.count(resource for resource, _, _ in LISTS) <= SMALL_ROWS


def sweep(api: Api, gathering: Gathering, known: Known, as_of: datetime, progress: Progress) -> int:
    """List everything again that can change unseen, and fetch what is missing there by its id."""
    seen = 0
    for resource, parameters, condition in LISTS:
        listed: set[str] = set()
        # What was made after this run's instant is the next run's.
        for page in api.pages(resource, [*parameters, *created(OLDEST, as_of)]):
            decoded = gathering.decoder.objects(resource, page.objects)
            decoded.faults.extend(page.faults)
            gathering.add(decoded)
            listed.update(record.id for record in decoded.records)
            listed.update(one.record_id for one in decoded.faults)
        fetched = gathering.ids(resource.table)
        missing = known.present(resource, condition) - listed - fetched
        refetch(api, gathering, [(resource.kind, identity) for identity in sorted(missing)])
        gathering.window(resource.table, SWEEP_WINDOW, OLDEST, as_of, len(listed))
        seen += len(listed)
    progress(f"stripe: {seen:,} objects listed again and compared")
    return seen


def fetch_unseen(api: Api, gathering: Gathering, known: Known, since: datetime) -> None:
    """Fetch by its id what a new reading of the whole account did not find."""
    condition = f"epoch_us(observed_at) < {int(since.timestamp() * 1_000_000)}"
    for resource in OBJECTS:
        unseen = known.present(resource, condition)
        unseen -= gathering.ids(resource.table)
        refetch(api, gathering, [(resource.kind, identity) for identity in sorted(unseen)])
