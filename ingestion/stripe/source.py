"""The source `stripe`: reads an account once whole, then what changed."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import duckdb

from ingestion.errors import SourceError
from ingestion.loading import Batch, Extraction, Request
from ingestion.quarantine import Fault, require_few
from ingestion.stripe import backfill, changes, known, sweeps
from ingestion.stripe.client import Account, Client, account_from_settings
from ingestion.stripe.decoding import Decoder, ForeignError, without_collector
from ingestion.stripe.gathering import EVENTS_WINDOW, Gathering
from ingestion.stripe.known import Known
from ingestion.stripe.listing import Api
from ingestion.stripe.tables import EVENTS, SWITCH, TABLES

__all__ = ["TABLES", "extract", "newest_fact", "prune"]

# After as long without a run events may be lost, and the account is read whole again.
LONGEST_GAP = timedelta(days=28)
LARGEST_SKEW = timedelta(minutes=5)

Gathered = Generator[Batch, None, bool]


@contextmanager
def extract(request: Request) -> Iterator[Extraction]:
    """Read the next part of the account, or what changed since the last load.

    Raises:
        SettingsError: A setting of this source cannot be used.
        SourceError: Stripe cannot be reached, refuses the key or gives what cannot be used.
    """
    account = account_from_settings()
    with closing(Client(account)) as client:
        api = Api(client)
        api.first(EVENTS)
        _require_clock(client, request.as_of)
        gathering = Gathering(Decoder(request.as_of, account.is_live), request.as_of)
        extraction = Extraction(())
        with closing(_batches(api, gathering, request, extraction)) as batches:
            extraction.batches = batches
            yield extraction


def _batches(
    api: Api, gathering: Gathering, request: Request, extraction: Extraction
) -> Generator[Batch, None, None]:
    client = api.client
    try:
        with without_collector(), request.connect() as connection:
            seen = Known(connection)
            _require_same_mode(seen.modes(), client.account)
            before = _so_far(seen)
            has_more = yield from _gather(api, gathering, seen, request)
            require_few("Stripe", gathering.faults, gathering.counts(), *before)
            yield from gathering.rest(seen)
            extraction.has_more = has_more
            extraction.details = {
                "requests": client.requests,
                "retries": client.retries,
                "replayed": len(gathering.replayed),
                "quarantined": gathering.quarantined,
            }
    except ForeignError as error:
        raise SourceError(
            f"Stripe gave an object of the other mode among {error} to a {client.account.mode} "
            f"key; check {SWITCH}. Nothing was loaded."
        ) from None


def prune(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:  # noqa: ARG001
    """Delete versions that newer ones replace."""
    known.prune(connection)


def newest_fact(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,  # noqa: ARG001
    as_of: datetime,
) -> datetime | None:
    """Return the newest instant before `as_of` at which an object was made."""
    return known.newest_fact(connection, as_of)


def _gather(api: Api, gathering: Gathering, seen: Known, request: Request) -> Gathered:
    """Gather one load, and return whether more is to be read at once."""
    end = request.as_of - changes.LAG
    cursor = seen.cursor()
    current = seen.backfill()
    if cursor and end <= cursor and current and not backfill.missing(current):
        return False
    if current is None or cursor is None or request.as_of - cursor > LONGEST_GAP:
        is_first = current is None
        oldest = request.as_of - changes.RETENTION
        begin = max(oldest, cursor) if cursor else oldest
        # First of all: what changes while the account is read is found from here on.
        ids = seen.event_ids(oldest)
        found = changes.read_events(api, gathering, ids, begin - changes.LOOKBACK, end)
        gathering.window(EVENTS.table, EVENTS_WINDOW, begin, end, len(found))
        current = backfill.begin(api, gathering, request.as_of)
        request.progress(
            f"stripe: reading the whole account, which reaches back to {current.start:%Y-%m-%d}"
        )
        cursor = end
    else:
        is_first = current.is_first
    windows = backfill.missing(current)
    if windows:
        gathering.keeps_same, gathering.is_first = not is_first, is_first
        read = yield from backfill.read(api, gathering, seen, windows, request.progress)
        if read < len(windows):
            return True
        if not is_first:
            sweeps.fetch_unseen(api, gathering, seen, current.end)
        return end > cursor
    if end <= cursor:
        return False
    changes.follow(api, gathering, seen, (cursor, end), request.progress)
    changes.read_settlements(api, gathering, cursor, request.as_of)
    if sweeps.is_due(seen, request.as_of, current.end):
        sweeps.sweep(api, gathering, seen, request.as_of, request.progress)
    changes.replay(api, gathering, seen)
    return False


def _so_far(seen: Known) -> tuple[list[Fault], dict[str, int]]:
    """Return what earlier loads of a reading that is not at its end put aside and brought."""
    current = seen.backfill()
    if current is None or not backfill.missing(current):
        return [], {}
    return seen.so_far(current)


def _require_same_mode(modes: set[bool], account: Account) -> None:
    if modes - {account.is_live}:
        other = "test" if account.is_live else "live"
        raise SourceError(
            f"The warehouse holds Stripe's {other} objects and {SWITCH} is a {account.mode} key; "
            f"set {SWITCH} to a {other} key, or PERENE_HOME to another folder."
        )


def _require_clock(client: Client, as_of: datetime) -> None:
    """Refuse a run that would note as read what has not happened yet at Stripe."""
    if client.clock and as_of - client.clock > LARGEST_SKEW:
        minutes = (as_of - client.clock) / timedelta(minutes=1)
        raise SourceError(
            f"This run's instant is {minutes:,.0f} minutes ahead of Stripe's clock; set this "
            "machine's clock right, or PERENE_AS_OF to an instant that has passed."
        )
