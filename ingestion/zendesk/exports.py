"""Reads the incremental exports: by cursor, or by second where Zendesk has no cursor.

A cursor is kept as it was given and never made from a time: the export is ordered by when Zendesk
generated a row, which no other time of the row tells.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingestion.api import Parameters
from ingestion.errors import SourceError
from ingestion.loading import Progress
from ingestion.quarantine import Fault
from ingestion.rows import EPOCH, instant, micros
from ingestion.zendesk.decoding import Decoded, Record, UnusableError, value
from ingestion.zendesk.gathering import Gathering
from ingestion.zendesk.known import EXPORT, SWEEP, Known, Window
from ingestion.zendesk.paging import REPEATS, Api, objects_of
from ingestion.zendesk.tables import TICKET_METRICS, TICKETS, Reading, Resource

# Objects a load brings before the next begins: what a kill can cost, and what is held in memory.
LOAD_ROWS = 40_000
# How far back a time export begins again: rows can become visible after later ones.
LOOKBACK = timedelta(seconds=300)
# Every so often an export begins again from before the last time it did.
SWEEP_EVERY = timedelta(days=30)
SWEEP_LOOKBACK = timedelta(days=1)
# Exports hold back what changed within the last minute, and refuse to begin within it.
HELD_BACK = timedelta(seconds=60)
GAP = "gap"


@dataclass
class _Reading:
    """An export on its way: what kind it is, where it is, and how far it has come."""

    kind: str
    cursor: str
    begin: datetime
    start: datetime
    reached: datetime
    rows: int = 0
    repeats: int = 0
    is_whole: bool = False

    def repeat(self, resource: Resource) -> None:
        """Note that a page was one from before.

        Raises:
            SourceError: It comes again and again.
        """
        self.repeats += 1
        if self.repeats > REPEATS:
            raise SourceError(
                f"Zendesk's export {resource.path} does not come to an end (what follows "
                f"{self.cursor or 'the first page'} is what was before); run again later. Nothing "
                "was loaded."
            )


def read(
    api: Api, gathering: Gathering, known: Known, resource: Resource, progress: Progress
) -> bool:
    """Read on where the last load ended, and return whether the end is reached.

    Raises:
        SourceError: The export is refused or has no end, or Zendesk cannot be reached.
    """
    reading = _begin(known, resource, gathering.observed_at)
    turn = _read_cursor if resource.reading is Reading.CURSOR else _read_second
    pages = 0
    while not reading.is_whole and gathering.count() < LOAD_ROWS:
        turn(api, gathering, resource, reading)
        pages += 1
        if pages % 10 == 0 or (pages > 1 and reading.is_whole):
            progress(
                f"zendesk: {resource.table}, {reading.rows:,} read, up to "
                f"{reading.reached:%Y-%m-%d %H:%M}"
            )
    if not pages:
        return False
    end = gathering.observed_at if reading.is_whole else reading.reached
    gathering.window(resource.table, reading.kind, reading.cursor, reading.begin, end, reading.rows)
    if resource is TICKETS:
        count = len(gathering.records.get(TICKET_METRICS.table, ()))
        gathering.window(TICKET_METRICS.table, reading.kind, "", reading.begin, end, count)
    return reading.is_whole


def is_read(known: Known, resource: Resource, as_of: datetime) -> bool:
    """Return whether a resource was read to its end as of an instant or a later one."""
    window = known.window(resource.table)
    return window is not None and window.is_whole and window.observed_at >= as_of


def _begin(known: Known, resource: Resource, as_of: datetime) -> _Reading:
    window = known.window(resource.table)
    if window is None:
        return _Reading(EXPORT, "", EPOCH, EPOCH, EPOCH)
    last = known.last_sweep(resource.table)
    if window.is_whole and last is not None and as_of - last >= SWEEP_EVERY:
        start = max(EPOCH, last - SWEEP_LOOKBACK)
        return _Reading(SWEEP, "", start, start, start)
    return _go_on(resource, window)


def _go_on(resource: Resource, window: Window) -> _Reading:
    if resource.reading is Reading.CURSOR:
        if window.cursor:
            return _Reading(EXPORT, window.cursor, window.end, window.end, window.end)
        # There was nothing yet that a cursor could stand for.
        return _Reading(EXPORT, "", window.begin, window.begin, window.begin)
    start = EPOCH + timedelta(seconds=int(window.cursor or 0))
    if window.is_whole:
        start = max(EPOCH, start - LOOKBACK)
    return _Reading(EXPORT, window.cursor, start, start, start)


def _read_cursor(api: Api, gathering: Gathering, resource: Resource, reading: _Reading) -> None:
    asked: Parameters = [("cursor", reading.cursor)]
    if not reading.cursor:
        asked = [("start_time", str(_second(reading.start)))]
    page = api.export(resource, asked)
    is_cut = _take(gathering, resource, page, reading)
    if is_cut:
        # The same page is asked for again, once the rest of it has happened.
        reading.is_whole = True
        return
    after = page.get("after_cursor")
    if page.get("end_of_stream") is True:
        reading.cursor = after if isinstance(after, str) and after else reading.cursor
        reading.is_whole = True
        return
    if not isinstance(after, str) or not after or after == reading.cursor:
        reading.repeat(resource)
        return
    reading.cursor = after


def _read_second(api: Api, gathering: Gathering, resource: Resource, reading: _Reading) -> None:
    second = _second(reading.start)
    page = api.export(resource, [("start_time", str(second))])
    if _is_from_before(resource, page, reading.start):
        reading.repeat(resource)
        return
    is_cut = _take(gathering, resource, page, reading)
    end = page.get("end_time")
    following = end if type(end) is int else second
    if is_cut or page.get("end_of_stream") is True or not page[resource.key]:
        reading.is_whole = True
        last = _second(gathering.observed_at)
        reading.cursor = str(min(max(following, second), last))
        return
    if following <= second:
        # More rows share this second than a page holds: asking again would give them again.
        gathering.faults.append(_gap(resource, second, len(page[resource.key])))
        following = second + 1
    reading.start = EPOCH + timedelta(seconds=following)
    reading.reached = max(reading.reached, reading.start)
    reading.cursor = str(following)
    if reading.start > gathering.observed_at - HELD_BACK:
        reading.is_whole = True


def _is_from_before(resource: Resource, page: dict[str, Any], start: datetime) -> bool:
    """Return whether a page is of an earlier time than the one that was asked for."""
    moments = [_moment(resource, item) for item in page[resource.key]]
    return any(moment is not None and moment < micros(start) for moment in moments)


def _moment(resource: Resource, item: object) -> int | None:
    try:
        moved: int | None = value(item, resource.moved) if isinstance(item, dict) else None
    except UnusableError:
        return None
    return moved


def _take(
    gathering: Gathering, resource: Resource, page: dict[str, Any], reading: _Reading
) -> bool:
    """Gather a page, and return whether something in it has not happened yet."""
    decoded = gathering.decoder.objects(resource, objects_of(page, resource.key, resource.path))
    end = micros(gathering.observed_at)
    later = {record.id for record in decoded.records if _moved(record) >= end}
    decoded.records = [record for record in decoded.records if record.id not in later]
    gathering.add(decoded)
    reading.rows += len(decoded.records)
    if decoded.records:
        reading.reached = instant(max(map(_moved, decoded.records)))
    if resource is TICKETS:
        gathering.add(_metrics(gathering, page, later))
    return bool(later)


def _metrics(gathering: Gathering, page: dict[str, Any], later: set[str]) -> Decoded:
    """Decode what comes beside the tickets, without that of tickets that are left for later."""
    sets = objects_of(page, TICKET_METRICS.key, TICKETS.path)
    wanted = [
        one for one in sets if not isinstance(one, dict) or str(one.get("ticket_id")) not in later
    ]
    return gathering.decoder.objects(TICKET_METRICS, wanted)


def _gap(resource: Resource, second: int, rows: int) -> Fault:
    moment = EPOCH + timedelta(seconds=second)
    return Fault(
        resource.table,
        f"second {second}",
        GAP,
        f"more than the {rows:,} rows Zendesk shows are of the second {moment:%Y-%m-%d %H:%M:%S} "
        "UTC; those beyond cannot be asked for",
        "",
    )


def _moved(record: Record) -> int:
    return record.moved if record.moved is not None else 0


def _second(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())
