"""Small hostile histories from a seed: valid by the files form, and full of corners."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.oracle.example import Row, write_table

ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Lisbon",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
)
CURRENCIES = ("USD", "EUR", "GBP")
# Lengths of stretches in days; the fractions begin and end on one day or at odd hours.
STRETCHES = (0.1, 0.4, 1, 2.3, 7, 14, 28, 29, 30, 31, 32, 45, 60, 89, 90, 91, 100, 130, 200)
GAPS = (0.1, 0.5, 1, 3, 20, 40, 95)
STATUSES = {"active": 0.5, "trialing": 0.14, "past_due": 0.17, "paused": 0.13, "unpaid": 0.06}
PRICES = ("0", "9", "10.01", "33.33", "49", "99.99", "100", "1000", "1234.56")
QUANTITIES = ("1", "1", "1", "2", "3", "7", "0", "2.5")
INTERVALS = (("month", 1), ("month", 1), ("month", 3), ("year", 1), ("week", 1), ("day", 10))
DURATIONS = ("once", "repeating", "forever")
END_REASONS = (
    "",
    "",
    "customer_cancelled",
    "Payment failed",
    "no_card",
    "fraud-review",
    "TAX_NOT_SUPPORTED",
    "too expensive",
)
PLANS = ("Starter", "Team", "Business")


@dataclass(frozen=True)
class HistorySettings:
    """What the history is to be read with."""

    as_of: datetime
    currency: str
    time_zone: str


@dataclass(frozen=True)
class Stretch:
    """A subscription's status over some time; `end` None: until further notice."""

    start: datetime
    end: datetime | None
    status: str


def write_random_history(folder: Path, seed: int, customers: int | None = None) -> HistorySettings:
    """Write one history in the files form; the same seed gives the same files.

    Args:
        folder: An existing folder.
        seed: Which history.
        customers: How many customers; by default one to six.
    """
    return _Writer(random.Random(seed), customers).write(folder)  # noqa: S311 - a story


class _Writer:
    def __init__(self, rng: random.Random, customers: int | None) -> None:
        self._rng = rng
        self._customers = customers or rng.randint(1, 6)
        self._zone_name = rng.choice(ZONES)
        self._zone = ZoneInfo(self._zone_name)
        self._first = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(700))
        self._as_of = self._choose_as_of()
        self._currency = rng.choice(("USD", "USD", "USD", "EUR"))
        self._knows_requests = rng.random() < 0.8
        self._periods: list[Row] = []

    def write(self, folder: Path) -> HistorySettings:
        names = [f"c{number:03}" for number in range(self._customers)]
        for name in names:
            self._live(name)
        if not self._periods:
            self._live(names[0])
        self._rng.shuffle(self._periods)
        known = [{"customer_id": name, "name": name.upper()} for name in names]
        write_table(folder / "customers.csv", known[:1] + known[2:])  # one is named elsewhere only
        write_table(folder / "subscription_periods.csv", self._periods)
        payments = [row for name in names for row in self._pay(name)]
        if payments:
            write_table(folder / "payments.csv", payments)
        write_table(folder / "exchange_rates.csv", list(self._publish_rates()))
        return HistorySettings(self._as_of, self._currency, self._zone_name)

    def _choose_as_of(self) -> datetime:
        rng = self._rng
        day = (self._first + timedelta(days=rng.randint(60, 560))).date()
        hours = timedelta(0)
        kind = rng.randrange(4)
        if kind == 0:  # the very end of a month
            day = day.replace(day=1)
        elif kind == 1:  # the moment a month is closed
            day = day.replace(day=4)
        elif kind == 2:  # some odd moment
            hours = timedelta(seconds=rng.randrange(86_400))
        return datetime.combine(day, time(), self._zone).astimezone(UTC) + hours

    # --- subscriptions ------------------------------------------------------------------------

    def _live(self, customer: str) -> None:
        rng = self._rng
        currencies = rng.sample(CURRENCIES, rng.choice((1, 1, 2)))
        items_left = rng.randint(1, 3)
        number = 0
        switch_at: datetime | None = None
        while items_left > 0:
            number += 1
            stretches = self._stretches(switch_at)
            in_this_one = min(items_left, rng.choice((1, 1, 2)))
            items_left -= in_this_one
            for item in range(in_this_one):
                base = {
                    "subscription_id": f"{customer}-s{number}",
                    "item_id": f"i{item}" if in_this_one > 1 else "",
                    "customer_id": customer,
                    "currency": rng.choice(currencies),
                }
                self._write_item(base, stretches if item == 0 else self._some_of(stretches))
            last_end = stretches[-1].end
            # At times the next subscription begins on the day this one ends: a plan switch.
            switch_at = last_end if last_end and rng.random() < 0.5 else None

    def _stretches(self, start: datetime | None) -> list[Stretch]:
        rng = self._rng
        span = (self._as_of - self._first).days
        at = start or self._first + timedelta(days=rng.randrange(max(span - 5, 1)))
        if start is None and rng.random() < 0.7:
            at += timedelta(seconds=rng.randrange(86_400))
        elif start is None:
            at = datetime.combine(at.date(), time(), self._zone).astimezone(UTC)
        stretches = []
        status = rng.choice(("active", "active", "trialing", self._status()))
        for _ in range(rng.randint(1, 9)):
            is_last = rng.random() < 0.12
            end = None if is_last else at + timedelta(days=rng.choice(STRETCHES))
            stretches.append(Stretch(at, end, status))
            if end is None or at >= self._as_of:
                break
            at = end
            if rng.random() < 0.15:
                at += timedelta(days=rng.choice(GAPS))
            status = self._status()
        return stretches

    def _status(self) -> str:
        return self._rng.choices(list(STATUSES), list(STATUSES.values()))[0]

    def _some_of(self, stretches: list[Stretch]) -> list[Stretch]:
        """A later or shorter part of the subscription's time: an item added or taken out."""
        first = self._rng.randrange(len(stretches))
        last = self._rng.randrange(first, len(stretches))
        return stretches[first : last + 1]

    def _write_item(self, base: Row, stretches: list[Stretch]) -> None:
        rng = self._rng
        terms = self._terms()
        kind = rng.random()
        if kind < 0.08:
            base = {**base, "is_metered": "true"}
        elif kind < 0.16:
            base = {**base, "is_recurring": "false"}
        for position, stretch in enumerate(stretches):
            following = stretches[position + 1] if position + 1 < len(stretches) else None
            is_end = following is None or following.start != stretch.end
            pieces = self._pieces(stretch)
            for number, piece in enumerate(pieces):
                if rng.random() < 0.35:
                    terms = self._edited(terms)
                ends_here = is_end and number == len(pieces) - 1
                self._periods.append(self._row(base, terms, piece, ends_here=ends_here))

    def _pieces(self, stretch: Stretch) -> list[Stretch]:
        """The stretch, at times cut in two by an edit of the item."""
        if self._rng.random() > 0.35:
            return [stretch]
        end = stretch.end or max(self._as_of, stretch.start) + timedelta(days=20)
        cut = stretch.start + timedelta(
            seconds=int((end - stretch.start).total_seconds() * self._rng.random())
        )
        if cut == stretch.start:
            return [stretch]
        return [
            Stretch(stretch.start, cut, stretch.status),
            Stretch(cut, stretch.end, stretch.status),
        ]

    def _terms(self) -> Row:
        rng = self._rng
        interval, count = rng.choice(INTERVALS)
        terms = {
            "plan": rng.choice(PLANS),
            "interval": interval,
            "interval_count": str(count),
            "quantity": rng.choice(QUANTITIES),
            "unit_amount": rng.choice(PRICES[1:]),
        }
        return {**terms, **self._discount()}

    def _discount(self) -> Row:
        rng = self._rng
        kind = rng.random()
        nothing = {"discount_percent": "", "discount_amount": "", "discount_duration": ""}
        if kind < 0.55:
            return nothing
        duration = {"discount_duration": rng.choice(DURATIONS)}
        if kind < 0.68:
            return {**nothing, **duration, "discount_percent": "100"}
        if kind < 0.88:
            percent = rng.choice(("10", "12.5", "50", "33.33"))
            return {**nothing, **duration, "discount_percent": percent}
        return {**nothing, **duration, "discount_amount": rng.choice(("5", "20", "75.5"))}

    def _edited(self, terms: Row) -> Row:
        rng = self._rng
        kind = rng.randrange(5)
        if kind == 0:
            return {**terms, "quantity": rng.choice(QUANTITIES)}
        if kind == 1:
            return {**terms, "unit_amount": rng.choice(PRICES)}
        if kind == 2:
            return {**terms, "plan": rng.choice(PLANS), "unit_amount": rng.choice(PRICES)}
        if kind == 3:
            return {**terms, **self._discount()}
        return self._terms()

    def _row(self, base: Row, terms: Row, piece: Stretch, *, ends_here: bool) -> Row:
        rng = self._rng
        row = {
            **base,
            **terms,
            "status": "" if piece.status == "active" and rng.random() < 0.3 else piece.status,
            "started_at": self._text(piece.start),
            "ended_at": self._text(piece.end) if piece.end else "",
            "cancel_scheduled_for": "",
            "end_reason": rng.choice(END_REASONS) if ends_here and piece.end else "",
        }
        requested_at = ""
        planned_end = piece.end or self._as_of + timedelta(days=rng.randint(1, 60))
        if ends_here and planned_end > piece.start and rng.random() < 0.5:
            share = rng.random()
            requested_at = self._text(
                piece.start
                + timedelta(seconds=int((planned_end - piece.start).total_seconds() * share))
            )
            row["cancel_scheduled_for"] = self._text(planned_end)
            if rng.random() < 0.1:
                requested_at = ""
        if self._knows_requests:
            row["cancel_requested_at"] = requested_at
        else:
            row["cancel_scheduled_for"] = ""
        return row

    def _text(self, moment: datetime) -> str:
        """The instant in one of the ways the form allows."""
        local = moment.astimezone(self._zone)
        wall_clock = local.replace(tzinfo=None)
        # Without an offset an instant must not be one of a doubled hour.
        is_plain = all(  # an hour that occurs twice needs its offset
            wall_clock.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) == moment
            for fold in (0, 1)
        )
        if is_plain and local.time() == time():
            return local.date().isoformat()
        kind = self._rng.randrange(3)
        if is_plain and kind == 0:
            return wall_clock.isoformat()
        if kind == 1:
            return local.isoformat()
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    # --- payments and rates -------------------------------------------------------------------

    def _pay(self, customer: str) -> Iterable[Row]:
        rng = self._rng
        kinds = ("charge", "charge", "charge", "", "refund", "dispute", "dispute_reversal")
        currency = rng.choice(CURRENCIES)
        for number in range(rng.randint(0, 12)):
            at = self._first + (self._as_of - self._first) * rng.uniform(0, 1.05)
            amount = Decimal(rng.randrange(1, 50_000)) / 100
            yield {
                "payment_id": f"{customer}-p{number}",
                "customer_id": customer,
                "occurred_at": self._text(at.replace(microsecond=0)),
                "amount": str(amount),
                "currency": currency if rng.random() < 0.9 else rng.choice(CURRENCIES),
                "kind": rng.choice(kinds),
                "status": "failed" if rng.random() < 0.15 else rng.choice(("", "succeeded")),
                "tax": rng.choice(("", "0", str((amount / 6).quantize(Decimal("0.01"))))),
                "fee": rng.choice(("", str((amount / 30).quantize(Decimal("0.01"))))),
                "is_recurring": rng.choice(("", "true", "true", "false")),
            }

    def _publish_rates(self) -> Iterable[Row]:
        """Rates with gaps: straight, the other way round, or through a third currency."""
        rng = self._rng
        others = [currency for currency in CURRENCIES if currency != self._currency]
        base = rng.choice(CURRENCIES)
        through_base = rng.random() < 0.4
        levels = {currency: rng.uniform(0.6, 1.7) for currency in CURRENCIES}
        is_inverse = {currency: rng.random() < 0.4 for currency in CURRENCIES}
        day = self._first.date() - timedelta(days=20)
        while day <= self._as_of.date() + timedelta(days=2):
            for currency in levels:
                levels[currency] *= rng.uniform(0.97, 1.03)
            if through_base:
                for quote in CURRENCIES:
                    if quote != base:
                        yield _rate(day, base, quote, levels[quote])
            else:
                for other in others:
                    pair = (other, self._currency)
                    yield _rate(day, *(pair[::-1] if is_inverse[other] else pair), levels[other])
            day += timedelta(days=rng.choice((1, 1, 1, 2, 3, 6)))


def _rate(day: date, base: str, quote: str, level: float) -> Row:
    return {"rate_date": day.isoformat(), "base": base, "quote": quote, "rate": f"{level:.6f}"}
