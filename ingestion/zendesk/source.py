"""The source `zendesk`: reads a helpdesk once whole, then what changed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import duckdb

from ingestion.errors import SourceError
from ingestion.loading import Extraction, Request
from ingestion.quarantine import require_few
from ingestion.zendesk import exports, known, lists, replay
from ingestion.zendesk.client import Client, account_from_settings, shown_host
from ingestion.zendesk.decoding import Decoder
from ingestion.zendesk.gathering import Gathering
from ingestion.zendesk.known import Known
from ingestion.zendesk.paging import Api
from ingestion.zendesk.tables import RESOURCES, TABLES, TICKETS, Reading

__all__ = ["TABLES", "extract", "newest_fact", "prune"]

ADMINISTRATOR = "admin"
LARGEST_SKEW = timedelta(minutes=5)
# Faults that say nothing of the form of the other objects.
_ALONE = (exports.GAP, lists.CHILD)
_EXPORTS = (Reading.CURSOR, Reading.TIME)


@contextmanager
def extract(request: Request) -> Iterator[Extraction]:
    """Read the next part of the helpdesk, or what changed since the last load.

    Raises:
        SettingsError: A setting of this source cannot be used.
        SourceError: Zendesk cannot be reached, refuses the user or gives what cannot be used.
    """
    account = account_from_settings()
    with closing(Client(account)) as client:
        api = Api(client)
        require_administrator(api)
        _require_clock(client, request.as_of)
        gathering = Gathering(Decoder(request.as_of, account.keeps_text), request.as_of)
        with request.connect() as connection:
            seen = Known(connection)
            has_more = _gather(api, gathering, seen, request)
            counts = {table: len(records) for table, records in gathering.records.items()}
            faults = [one for one in gathering.faults if one.stage not in _ALONE]
            require_few("Zendesk", faults, counts)
            details: dict[str, str | int] = {
                "requests": client.requests,
                "retries": client.retries,
                "replayed": len(gathering.closed),
            }
            extraction = gathering.extraction(seen, details, has_more=has_more)
    yield extraction


def prune(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:  # noqa: ARG001
    """Delete versions that newer ones replace."""
    known.prune(connection)


def newest_fact(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,  # noqa: ARG001
    as_of: datetime,
) -> datetime | None:
    """Return the newest instant before `as_of` at which something was made or changed."""
    return known.newest_fact(connection, as_of)


def require_administrator(api: Api) -> str:
    """Return the e-mail of the user, whom exports are allowed.

    Raises:
        SourceError: The credentials are refused, or are not an administrator's.
    """
    user = api.account()
    email, role = str(user.get("email")), str(user.get("role"))
    if role != ADMINISTRATOR:
        raise SourceError(
            f"{email} is {role} at {shown_host(api.client.account)}, and only an administrator may "
            "read exports; use an administrator's e-mail and token. Nothing was loaded."
        )
    return email


def _gather(api: Api, gathering: Gathering, seen: Known, request: Request) -> bool:
    """Gather one load, and return whether more is to be read at once."""
    is_new = False
    for resource in RESOURCES:
        if resource.reading is Reading.SIDE or exports.is_read(seen, resource, request.as_of):
            continue
        is_new = True
        if resource.reading not in _EXPORTS:
            lists.read(api, gathering, seen, resource, request.progress)
        elif not exports.read(api, gathering, seen, resource, request.progress):
            return True
        if resource is TICKETS:
            lists.read_deleted_tickets(api, gathering, seen)
    if is_new:
        replay.replay(api, gathering, seen, request.progress)
    return False


def _require_clock(client: Client, as_of: datetime) -> None:
    """Refuse a run that would note as read what has not happened yet at Zendesk."""
    if client.clock and as_of - client.clock > LARGEST_SKEW:
        minutes = (as_of - client.clock) / timedelta(minutes=1)
        raise SourceError(
            f"This run's instant is {minutes:,.0f} minutes ahead of Zendesk's clock; set this "
            "machine's clock right, or PERENE_AS_OF to an instant that has passed."
        )
