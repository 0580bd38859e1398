"""Tries out the key and the connection, and says how much there is to read."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

from ingestion.errors import SourceError
from ingestion.loading import Progress
from ingestion.stripe.backfill import OLDEST
from ingestion.stripe.client import THREADS, Account, Client, account_from_settings, shown_host
from ingestion.stripe.listing import LARGEST_PAGE, Api
from ingestion.stripe.tables import API_VERSION, RESOURCES, Resource

LARGEST_SKEW = timedelta(minutes=5)
# Of how many days the newest objects are counted, to estimate all.
SAMPLED_DAYS = 30
MOST_SAMPLED_PAGES = 5


def check(now: datetime, progress: Progress) -> None:
    """Report what the key opens.

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
        progress(f"stripe: {shown_host(account)}, a {_kind(account)} key of {account.mode} mode")
        progress(f"stripe: API version {API_VERSION}")
        with ThreadPoolExecutor(THREADS) as threads:
            lacking = [one for one in threads.map(lambda one: _lacks(api, one), RESOURCES) if one]
        if lacking:
            raise SourceError("\n".join(dict.fromkeys(lacking)))
        progress(f"stripe: the key reads all {len(RESOURCES)} resources")
        skew = abs((client.clock or now) - now)
        if skew > LARGEST_SKEW:
            raise SourceError(
                f"This machine's clock and Stripe's are {skew / timedelta(minutes=1):,.0f} minutes "
                "apart; set this machine's clock right."
            )
        first = _first(api, now)
        if first is None:
            progress("stripe: the account has no object yet")
            return
        days = max(1, (now - first) / timedelta(days=1))
        objects = sum(_estimate(api, resource, now, days) for resource in RESOURCES)
        seconds = objects / LARGEST_PAGE / account.requests_per_second
        progress(
            f"stripe: objects since {first:%Y-%m}, roughly {objects:,.0f}; the first load takes at "
            f"least {max(1, seconds / 60):,.0f} min at {account.requests_per_second:g} requests "
            "a second"
        )


def _kind(account: Account) -> str:
    return "restricted" if account.key.startswith("rk_") else "secret"


def _lacks(api: Api, resource: Resource) -> str:
    try:
        api.first(resource)
    except SourceError as error:
        return str(error)
    return ""


def _first(api: Api, now: datetime) -> datetime | None:
    """Return about when the account's first object was made: at most a month before."""
    low, high = OLDEST, now
    with ThreadPoolExecutor(THREADS) as threads:

        def is_empty(before: datetime) -> bool:
            second = int(before.timestamp())
            return not any(threads.map(lambda one: api.exists(one, second), RESOURCES))

        if is_empty(now):
            return None
        while high - low > timedelta(days=30):
            middle = (low + (high - low) / 2).replace(microsecond=0)
            low, high = (middle, high) if is_empty(middle) else (low, middle)
    return low.astimezone(UTC)


def _estimate(api: Api, resource: Resource, now: datetime, days: float) -> float:
    """Return about how many objects there are, as if they had always come as they do now."""
    count = 0
    oldest = newest = int(now.timestamp())
    begin = newest - SAMPLED_DAYS * 86_400
    for pages, page in enumerate(api.pages(resource, [("created[gte]", str(begin))]), start=1):
        count += len(page.objects)
        last = page.objects[-1] if page.objects else None
        if isinstance(last, dict):
            oldest = int(last.get("created") or last.get("date") or oldest)
        if pages == MOST_SAMPLED_PAGES:
            return count / max(1, newest - oldest) * 86_400 * days
    return count / SAMPLED_DAYS * days
