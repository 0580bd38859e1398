"""The incremental exports: by cursor where nothing is lost, by time where seconds are all."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from urllib.parse import urlencode

from ingestion.sandbox.zendesk.errors import invalid, too_recent
from ingestion.sandbox.zendesk.fold import WITHHELD, Fold, Row
from ingestion.sandbox.zendesk.log import Json

MOST = 1000
Query = dict[str, list[str]]


@dataclass(frozen=True)
class Page:
    """Some rows of an export, and how to go on."""

    rows: list[Row]
    more: Json


def by_cursor(fold: Fold, kind: str, query: Query, address: str) -> Page:
    """Return the page after a cursor, or from a start on.

    Args:
        fold: The helpdesk.
        kind: What is exported.
        query: The request's parameters.
        address: Its absolute path, for the links.

    Raises:
        ApiError: A parameter is missing or wrong.
    """
    rows, limit = fold.rows(kind), _limit(query)
    given = _one(query, "cursor")
    if given is not None:
        key = _position(given)
        first = bisect_right(rows, key, key=lambda row: row[:2])
    else:
        key = (_start(query, fold.clock), 0)
        first = bisect_left(rows, key, key=lambda row: row[:2])
    shown = rows[first : first + limit]
    after = _cursor(shown[-1]) if shown else given
    before = _cursor(shown[0]) if shown and given else None
    kept = {name: query[name][-1] for name in ("include", "per_page") if name in query}

    def link(cursor: str | None) -> str | None:
        return None if cursor is None else f"{address}?{urlencode({'cursor': cursor, **kept})}"

    more = {
        "after_cursor": after,
        "after_url": link(after),
        "before_cursor": before,
        "before_url": link(before),
        "end_of_stream": first + limit >= len(rows),
    }
    return Page(shown, more)


def by_time(fold: Fold, kind: str, query: Query, address: str, *, splits_seconds: bool) -> Page:
    """Return the page from a start on.

    Pages end with a whole second: while more follows, the next start is the second after it. At
    the end the next start is the last row's second, so that its rows come again.

    Args:
        fold: The helpdesk.
        kind: What is exported.
        query: The request's parameters.
        address: Its absolute path, for the links.
        splits_seconds: The older way: a page ends when it is full, and the next one begins with
            its last second, for ever if that second fills a page.

    Raises:
        ApiError: A parameter is missing or wrong.
    """
    rows, limit = fold.rows(kind), _limit(query)
    first = bisect_left(rows, (_start(query, fold.clock), 0), key=lambda row: row[:2])
    last = min(first + limit, len(rows))
    if not splits_seconds and last < len(rows) and last > first:
        last = bisect_left(rows, (rows[last - 1][0] + 1, 0), key=lambda row: row[:2])
    shown, is_end = rows[first:last], last >= len(rows)
    end = shown[-1][0] if shown else None
    if end is not None and not is_end and not splits_seconds:
        end += 1
    kept = {name: query[name][-1] for name in ("include", "per_page") if name in query}
    following = None if end is None else f"{address}?{urlencode({**kept, 'start_time': end})}"
    more = {
        "count": len(shown),
        "end_time": end,
        "next_page": following,
        "end_of_stream": is_end,
    }
    return Page(shown, more)


def _cursor(row: Row) -> str:
    return base64.b64encode(f"{row[0]}.0||{row[1]}|".encode()).decode()


def _position(cursor: str) -> tuple[int, int]:
    try:
        moment, _, rest = base64.b64decode(cursor, validate=True).decode().partition(".0||")
        return int(moment), int(rest.rstrip("|"))
    except (binascii.Error, ValueError):
        raise invalid("cursor", "Invalid parameter: cursor is not valid") from None


def _start(query: Query, clock: int) -> int:
    text = _one(query, "start_time")
    if text is None or not text.isdigit():
        raise invalid("start_time", "Invalid parameter: start_time must be an integer")
    if int(text) > clock - WITHHELD:
        raise too_recent()
    return int(text)


def _limit(query: Query) -> int:
    text = _one(query, "per_page")
    if text is None:
        return MOST
    if not text.isdigit() or int(text) < 1:
        raise invalid("per_page", "Invalid parameter: per_page must be an integer above 0")
    return min(int(text), MOST)


def _one(query: Query, key: str) -> str | None:
    values = query.get(key)
    return values[-1] if values else None
