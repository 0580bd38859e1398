"""Reads the lists: short ones whole, ratings as far back as they still change."""

from collections.abc import Iterator
from datetime import timedelta

from ingestion.api import Parameters
from ingestion.errors import SourceError
from ingestion.loading import Progress
from ingestion.rows import EPOCH, micros
from ingestion.zendesk.client import shown_host
from ingestion.zendesk.decoding import Record, UnusableError, value
from ingestion.zendesk.gathering import Gathering
from ingestion.zendesk.known import LIST, UNAVAILABLE, Known
from ingestion.zendesk.paging import Api, FetchError, UnavailableError
from ingestion.zendesk.tables import (
    DELETED_TICKETS_PATH,
    HOLIDAYS_PATH,
    SCHEDULES,
    TICKETS,
    Field,
    Form,
    Reading,
    Resource,
)

# Ratings are given, and changed, as long after they were asked for.
LATE_RATINGS = timedelta(days=35)
CHILD = "child"
DELETED_TICKETS = "deleted_tickets"
_DELETED_ROWS = 100
_DELETED_AT = Field("deleted_at", ("deleted_at",), Form.TIME)


def read(
    api: Api, gathering: Gathering, known: Known, resource: Resource, progress: Progress
) -> None:
    """Read a list to its end.

    Raises:
        SourceError: It is refused or has no end, or Zendesk cannot be reached.
    """
    turn = _read_whole if resource.reading is Reading.WHOLE else _read_recent
    try:
        turn(api, gathering, known, resource)
    except UnavailableError:
        host = shown_host(api.client.account)
        if not resource.is_optional:
            raise SourceError(
                f"{host} refuses {resource.path}; use the credentials of an administrator, and "
                "check ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL. Nothing was loaded."
            ) from None
        if known.has(resource):
            raise SourceError(
                f"{host} refuses {resource.path}, which it gave before; check whether the "
                "account's plan or the administrator's rights were cut. Nothing was loaded."
            ) from None
        end = gathering.observed_at
        gathering.window(resource.table, UNAVAILABLE, "", end, end, 0)
        progress(f"zendesk: {resource.table} is refused; the account's plan may not have it")


def read_deleted_tickets(api: Api, gathering: Gathering, known: Known) -> None:
    """Read which tickets were deleted of late, for those the export did not tell of.

    Raises:
        SourceError: It is refused or has no end, or Zendesk cannot be reached.
    """
    end = micros(gathering.observed_at)
    gone: dict[str, int] = {}
    try:
        for objects in api.pages(
            DELETED_TICKETS_PATH, DELETED_TICKETS, _DELETED_ROWS, is_export=True
        ):
            for identity, deleted_at in _deletions(objects):
                if deleted_at < end:
                    gone[identity] = deleted_at
    except UnavailableError:
        raise SourceError(
            f"{shown_host(api.client.account)} refuses {DELETED_TICKETS_PATH}; use the credentials "
            "of an administrator. Nothing was loaded."
        ) from None
    told = gathering.records.get(TICKETS.table, {})
    held = known.versions(TICKETS, gone.keys() - told.keys())
    gathering.put(
        TICKETS,
        [
            gathering.decoder.tombstone(TICKETS, identity, gone[identity])
            for identity in sorted(held)
            if not held[identity].is_deleted
        ],
    )
    gathering.window(
        DELETED_TICKETS, LIST, "", gathering.observed_at, gathering.observed_at, len(gone)
    )


def _read_whole(api: Api, gathering: Gathering, known: Known, resource: Resource) -> None:
    end = micros(gathering.observed_at)
    listed: set[str] = set()
    for objects in api.pages(resource.path, resource.key, resource.page_rows):
        listed.update(str(one.get("id")) for one in objects if isinstance(one, dict))
        whole = _with_holidays(api, gathering, objects) if resource is SCHEDULES else objects
        decoded = gathering.decoder.objects(resource, whole)
        decoded.records = [one for one in decoded.records if _is_before(end, one.row[1])]
        gathering.add(decoded)
    for identity in sorted(known.present(resource) - listed):
        gathering.put(resource, [gathering.decoder.tombstone(resource, identity)])
    gathering.window(resource.table, LIST, "", EPOCH, gathering.observed_at, len(listed))


def _read_recent(api: Api, gathering: Gathering, known: Known, resource: Resource) -> None:
    end = micros(gathering.observed_at)
    window = known.window(resource.table)
    begin = EPOCH
    if window and window.kind == LIST:
        begin = max(EPOCH, window.end - LATE_RATINGS)
    name, units = resource.since
    asked: Parameters = [(name, str(int(begin.timestamp()) * units))] if begin > EPOCH else []
    rows = 0
    for objects in api.pages(resource.path, resource.key, resource.page_rows, asked):
        decoded = gathering.decoder.objects(resource, objects)
        decoded.records = [one for one in decoded.records if _has_happened(end, one)]
        gathering.add(decoded)
        rows += len(decoded.records)
    gathering.window(resource.table, LIST, "", begin, gathering.observed_at, rows)


def _with_holidays(api: Api, gathering: Gathering, schedules: list[object]) -> Iterator[object]:
    """Yield the schedules with their holidays; one whose holidays cannot be had is put aside.

    Without them it would count holidays as work. What the warehouse holds of it stays.
    """
    for schedule in schedules:
        if isinstance(schedule, dict) and isinstance(schedule.get("id"), int):
            try:
                holidays = api.child(HOLIDAYS_PATH.format(id=schedule["id"])).get("holidays")
                if not isinstance(holidays, list):
                    raise FetchError("Zendesk's answer has no list of holidays")
            except FetchError as error:
                gathering.faults.append(
                    gathering.decoder.fault(SCHEDULES, schedule, CHILD, f"its holidays: {error}")
                )
                continue
            schedule["holidays"] = holidays
        yield schedule


def _deletions(objects: list[object]) -> Iterator[tuple[str, int]]:
    for item in objects:
        if not isinstance(item, dict) or not isinstance(item.get("id"), int):
            continue
        try:
            deleted_at = value(item, _DELETED_AT)
        except UnusableError:
            continue
        if deleted_at is not None:
            yield str(item["id"]), deleted_at


def _has_happened(end: int, record: Record) -> bool:
    return _is_before(end, record.row[1]) and _is_before(end, record.row[2])


def _is_before(end: int, moment: object) -> bool:
    return not isinstance(moment, int) or moment < end
