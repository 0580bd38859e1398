"""Reads a folder in the files form into plain records, as they are known at `as_of`."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, str]


@dataclass(frozen=True, eq=False)
class Period:
    """One stretch of one subscription item in which nothing changed; days are local."""

    subscription_id: str
    item_id: str
    customer_id: str
    plan: str
    first_day: date
    end_day: date | None  # the first day no longer covered; None = still running
    started_at: datetime
    interval: str
    interval_count: int
    quantity: Decimal
    unit_amount: Decimal
    currency: str
    status: str
    discount_percent: Decimal
    discount_amount: Decimal
    discount_duration: str
    is_metered: bool
    is_recurring: bool
    cancel_requested_at: datetime | None
    cancel_scheduled_for: datetime | None
    end_reason: str

    @property
    def item(self) -> tuple[str, str]:
        return (self.subscription_id, self.item_id)

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.end_day is None or day < self.end_day)


@dataclass(frozen=True)
class Payment:
    """One payment event; amounts are positive and include tax, `kind` gives the direction."""

    payment_id: str
    customer_id: str
    subscription_id: str  # empty if it names none
    occurred_at: datetime
    day: date
    amount: Decimal
    currency: str
    kind: str
    status: str
    tax: Decimal
    fee: Decimal
    is_recurring: bool


@dataclass(frozen=True)
class PublishedRate:
    """One unit of `base` costs `rate` units of `quote`, as published on `day`."""

    day: date
    base: str
    quote: str
    rate: Decimal


@dataclass(frozen=True)
class History:
    """Everything that had happened before `as_of`."""

    as_of: datetime
    zone: ZoneInfo
    last_day: date
    periods: list[Period]
    payments: list[Payment]
    published_rates: list[PublishedRate]
    knows_cancel_requests: bool  # the file has a column cancel_requested_at


def read_history(folder: Path, as_of: datetime, time_zone: str) -> History:
    """Read the folder; facts at or after `as_of` do not exist yet."""
    zone = ZoneInfo(time_zone)
    period_rows = read_rows(folder / "subscription_periods.csv")
    periods = [_period(row, as_of, zone) for row in period_rows]
    payments = [
        _payment(row, zone)
        for row in read_rows(folder / "payments.csv")
        if instant(row["occurred_at"], zone) < as_of
    ]
    rates = [
        PublishedRate(
            date.fromisoformat(row["rate_date"]), row["base"], row["quote"], Decimal(row["rate"])
        )
        for row in read_rows(folder / "exchange_rates.csv")
    ]
    return History(
        as_of=as_of,
        zone=zone,
        last_day=last_day_before(as_of, zone),
        periods=[period for period in periods if period.started_at < as_of],
        payments=payments,
        published_rates=rates,
        knows_cancel_requests=bool(period_rows) and "cancel_requested_at" in period_rows[0],
    )


def read_rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A bare date is its midnight, a date-time without offset its wall clock, in the zone."""
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(), zone)
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def last_day_before(as_of: datetime, zone: ZoneInfo) -> date:
    """The local day of the last instant before `as_of`."""
    day = local_date(as_of, zone)
    if midnight(day, zone) < as_of:
        return day
    return date.fromordinal(day.toordinal() - 1)


def _period(row: Row, as_of: datetime, zone: ZoneInfo) -> Period:
    started_at = instant(row["started_at"], zone)
    ended_at = _optional_instant(row, "ended_at", zone)
    if ended_at is not None and ended_at >= as_of:
        ended_at = None
    requested_at = _optional_instant(row, "cancel_requested_at", zone)
    scheduled_for = _optional_instant(row, "cancel_scheduled_for", zone)
    if requested_at is not None and requested_at >= as_of:
        # The request is not known yet, and so neither is the date it asked for.
        requested_at = scheduled_for = None
    return Period(
        subscription_id=row["subscription_id"],
        item_id=row.get("item_id") or "",
        customer_id=row["customer_id"],
        plan=row["plan"],
        first_day=local_date(started_at, zone),
        end_day=local_date(ended_at, zone) if ended_at else None,
        started_at=started_at,
        interval=row["interval"],
        interval_count=int(row.get("interval_count") or 1),
        quantity=Decimal(row.get("quantity") or 1),
        unit_amount=Decimal(row["unit_amount"]),
        currency=row["currency"],
        status=row.get("status") or "active",
        discount_percent=Decimal(row.get("discount_percent") or 0),
        discount_amount=Decimal(row.get("discount_amount") or 0),
        discount_duration=row.get("discount_duration") or "forever",
        is_metered=_boolean(row.get("is_metered"), default=False),
        is_recurring=_boolean(row.get("is_recurring"), default=True),
        cancel_requested_at=requested_at,
        cancel_scheduled_for=scheduled_for,
        end_reason=row.get("end_reason") or "",
    )


def _payment(row: Row, zone: ZoneInfo) -> Payment:
    occurred_at = instant(row["occurred_at"], zone)
    return Payment(
        payment_id=row["payment_id"],
        customer_id=row["customer_id"],
        subscription_id=row.get("subscription_id") or "",
        occurred_at=occurred_at,
        day=local_date(occurred_at, zone),
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        kind=row.get("kind") or "charge",
        status=row.get("status") or "succeeded",
        tax=Decimal(row.get("tax") or 0),
        fee=Decimal(row.get("fee") or 0),
        is_recurring=_boolean(row.get("is_recurring"), default=True),
    )


def _optional_instant(row: Row, column: str, zone: ZoneInfo) -> datetime | None:
    text = row.get(column)
    return instant(text, zone) if text else None


def _boolean(text: str | None, *, default: bool) -> bool:
    return text.strip().lower() in ("true", "1") if text else default
