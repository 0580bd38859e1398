"""Tries out the credentials and the connection, and says how much there is to read."""

from contextlib import closing
from datetime import datetime, timedelta

from ingestion.errors import SourceError
from ingestion.loading import Progress
from ingestion.rows import instant, micros
from ingestion.zendesk.client import Client, account_from_settings, shown_host
from ingestion.zendesk.decoding import Decoder
from ingestion.zendesk.paging import LARGEST_EXPORT_PAGE, Api, UnavailableError
from ingestion.zendesk.source import LARGEST_SKEW, require_administrator
from ingestion.zendesk.tables import RESOURCES, TICKETS, Reading, Resource


def check(now: datetime, progress: Progress) -> None:
    """Report what the credentials open and how long the first load takes.

    Args:
        now: This machine's time.
        progress: Takes the report's lines.

    Raises:
        SettingsError: A setting of this source cannot be used.
        SourceError: Something lacks; the message lists everything.
    """
    account = account_from_settings()
    with closing(Client(account)) as client:
        api = Api(client)
        email = require_administrator(api)
        progress(f"zendesk: {shown_host(account)}, as {email}, an administrator")
        skew = abs((client.clock or now) - now)
        if skew > LARGEST_SKEW:
            raise SourceError(
                f"This machine's clock and Zendesk's are {skew / timedelta(minutes=1):,.0f} "
                "minutes apart; set this machine's clock right."
            )
        _check_lists(api, progress)
        exports = [one for one in RESOURCES if one.reading in (Reading.CURSOR, Reading.TIME)]
        rows = {one.table: _estimate(api, one, now, progress) for one in exports}
        pages = sum(count // LARGEST_EXPORT_PAGE + 1 for count in rows.values())
        counted = ", ".join(f"{count:,} {table}" for table, count in rows.items())
        progress(f"zendesk: roughly {counted}")
        progress(
            f"zendesk: the first load is about {pages:,} requests for exports, which take "
            f"{max(1, round(pages / account.requests_per_minute)):,} min at "
            f"{account.requests_per_minute:g} requests a minute, and the ratings"
        )


def _check_lists(api: Api, progress: Progress) -> None:
    lacking: list[str] = []
    plan: list[str] = []
    for resource in RESOURCES:
        if resource.reading not in (Reading.WHOLE, Reading.RECENT):
            continue
        try:
            next(api.pages(resource.path, resource.key, resource.page_rows))
        except UnavailableError:
            (plan if resource.is_optional else lacking).append(resource.table)
    if lacking:
        raise SourceError(
            f"{shown_host(api.client.account)} refuses {', '.join(lacking)}; use the credentials "
            "of an administrator."
        )
    if plan:
        progress(f"zendesk: the account's plan does not have {', '.join(plan)}")


def _estimate(api: Api, resource: Resource, now: datetime, progress: Progress) -> int:
    """Return about how many rows an export has: how dense it is at its begin and in its middle."""
    begin, is_all = _moments(api, resource, now, "0")
    if resource is TICKETS and begin:
        progress(f"zendesk: tickets since {min(begin):%Y-%m}")
    if is_all or not begin:
        return len(begin)
    half = (now - min(begin)) / 2
    middle = now - half
    later, is_rest = _moments(api, resource, now, str(int(middle.timestamp())))
    second = len(later) if is_rest or not later else _rows_in(half, later, middle)
    return _rows_in(half, begin, min(begin)) + second


def _rows_in(span: timedelta, moments: list[datetime], begin: datetime) -> int:
    """Return how many rows a span has that is as dense as a page."""
    return round(len(moments) * (span / max(max(moments) - begin, timedelta(seconds=1))))


def _moments(
    api: Api, resource: Resource, now: datetime, start: str
) -> tuple[list[datetime], bool]:
    """Return when the rows of one page are from, and whether it is the last page."""
    page = api.export(resource, [("start_time", start)])
    decoded = Decoder(now, keeps_text=False).objects(resource, page[resource.key])
    moments = [
        instant(one.moved)
        for one in decoded.records
        if one.moved is not None and one.moved < micros(now)
    ]
    return moments, page.get("end_of_stream") is True
