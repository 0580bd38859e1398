"""Reads a whole account in windows of `created`, restartable, in parts that are loaded by turns."""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingestion.loading import Batch, Progress
from ingestion.rows import BATCH_ROWS
from ingestion.stripe.client import THREADS
from ingestion.stripe.decoding import Decoded
from ingestion.stripe.gathering import BACKFILL_WINDOW, Gathering
from ingestion.stripe.known import ACCOUNT, Backfill, Known
from ingestion.stripe.listing import Api
from ingestion.stripe.tables import OBJECTS, Resource

# No object of Stripe is older.
OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)
MOST_WINDOWS = 60
# Objects a load brings before the next begins: what a kill can cost. DuckDB writes 122,880 rows at
# once and writes again what is less, so that many small loads would cost several times as much.
LOAD_ROWS = 500_000
AHEAD = 2 * THREADS


@dataclass(frozen=True)
class Window:
    """A part of a resource: what was created from `begin` on and before `end`."""

    resource: Resource
    begin: datetime
    end: datetime


def begin(api: Api, gathering: Gathering, end: datetime) -> Backfill:
    """Find out how far back the account reaches, and note that it is being read."""
    start = _start(api, end)
    gathering.window(ACCOUNT, BACKFILL_WINDOW, start, end, 0)
    return Backfill(start, end, "", frozenset(), True)


def missing(backfill: Backfill) -> list[Window]:
    """Return the windows that were not read yet."""
    width = max(WINDOW, (backfill.end - backfill.start) / MOST_WINDOWS)
    width = timedelta(seconds=int(width.total_seconds()) + 1)
    windows = []
    for resource in OBJECTS:
        begin_at = backfill.start
        while begin_at < backfill.end:
            end = min(begin_at + width, backfill.end)
            if (resource.table, begin_at) not in backfill.done:
                windows.append(Window(resource, begin_at, end))
            begin_at = end
    return windows


def read(
    api: Api, gathering: Gathering, known: Known, windows: list[Window], progress: Progress
) -> Generator[Batch, None, int]:
    """Read windows until there is enough for one load, and return how many were read.

    Yields:
        What was read, as it comes.
    """
    started = time.monotonic()
    done = objects = 0
    with ThreadPoolExecutor(THREADS) as threads:
        reading: list[Future[tuple[list[Decoded], int]]] = []
        following = iter(windows)

        def fill() -> None:
            while len(reading) < AHEAD and (window := next(following, None)):
                reading.append(threads.submit(_read, api, gathering, window))

        fill()
        try:
            while reading and objects < LOAD_ROWS:
                parts, count = reading.pop(0).result()
                window = windows[done]
                for part in parts:
                    gathering.add(part)
                gathering.window(
                    window.resource.table, BACKFILL_WINDOW, window.begin, window.end, count
                )
                done += 1
                objects += count
                # Windows have no object in common.
                if gathering.waiting() >= BATCH_ROWS:
                    yield from gathering.hand_on(known)
                if done == len(windows) or windows[done].resource is not window.resource:
                    left = (time.monotonic() - started) / done * (len(windows) - done)
                    progress(
                        f"stripe: {window.resource.table} read; {done / len(windows):.0%} of what "
                        f"is left, {objects:,} objects, about {left / 60:.0f} min to go"
                    )
                fill()
        finally:
            for future in reading:
                future.cancel()
    return done


def created(begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """Return the query for what was created in a window; `end` itself is not in it."""
    # Stripe counts whole seconds, and an object of a begun second is before its end.
    return [("created[gte]", str(_ceiling(begin))), ("created[lt]", str(_ceiling(end)))]


def _ceiling(moment: datetime) -> int:
    whole = int(moment.timestamp())
    return whole + (moment.microsecond > 0)


def _read(api: Api, gathering: Gathering, window: Window) -> tuple[list[Decoded], int]:
    parts = []
    ids: set[str] = set()
    for page in api.pages(window.resource, created(window.begin, window.end)):
        decoded = gathering.decoder.objects(window.resource, page.texts or page.objects)
        decoded.faults.extend(page.faults)
        ids.update(record.id for record in decoded.records)
        parts.append(decoded)
    return parts, len(ids)


def _start(api: Api, end: datetime) -> datetime:
    """Return an instant before which nothing was created, at most a month too early."""
    low, high = OLDEST, end
    with ThreadPoolExecutor(THREADS) as threads:

        def is_empty(before: datetime) -> bool:
            second = _ceiling(before)
            return not any(_results(threads, api, second))

        if is_empty(end):
            return end
        while high - low > WINDOW:
            middle = (low + (high - low) / 2).replace(microsecond=0)
            if is_empty(middle):
                low = middle
            else:
                high = middle
    return low


def _results(threads: ThreadPoolExecutor, api: Api, second: int) -> Iterator[bool]:
    yield from threads.map(lambda resource: api.exists(resource, second), OBJECTS)
