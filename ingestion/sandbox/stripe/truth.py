"""What really happened, in the files form: the yardstick for what is read back from the API."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ingestion.sandbox.billing import PAYMENT_COLUMNS, Payment
from ingestion.sandbox.company import CUSTOMER_COLUMNS
from ingestion.sandbox.people import Customer
from ingestion.sandbox.rates import euro_rates
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.shop import EXPONENTS, Price
from ingestion.sandbox.subscriptions import PERIOD_COLUMNS, Period, known_at
from ingestion.sandbox.tables import attributes, write_table

# The euro's walk against the dollar, taken to other levels.
QUOTES = {"USD": Decimal(1), "GBP": Decimal("0.77"), "JPY": Decimal("143")}
COLUMNS = [*PERIOD_COLUMNS, "interval_count"]


@dataclass(frozen=True)
class StripePeriod(Period):
    """A period of an item whose price may be for several months."""

    interval_count: int = 1


def major(amount: int, currency: str) -> Decimal:
    """Minor units as an amount of the currency."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


def moment(at: int) -> datetime:
    """Unix seconds as a moment."""
    return datetime.fromtimestamp(at, UTC)


class PeriodBook:
    """Writes a row for each stretch in which nothing changed, by looking at every change."""

    def __init__(self, customer_id: str) -> None:
        self._customer_id = customer_id
        self._open: dict[str, StripePeriod] = {}
        self._closed: list[StripePeriod] = []

    def look(self, at: int, subscription_id: str, items: Iterable[StripePeriod]) -> None:
        """Take the items as they are from this moment on; those not named have ended."""
        now, seen = moment(at), set()
        for item in items:
            seen.add(item.item_id)
            row = replace(item, started_at=now)
            before = self._open.get(item.item_id)
            if before and before.started_at < now:
                same = replace(
                    before,
                    cancel_requested_at=row.cancel_requested_at,
                    cancel_scheduled_for=row.cancel_scheduled_for,
                )
                is_withdrawn = before.cancel_requested_at and not row.cancel_requested_at
                if replace(row, started_at=before.started_at) == same and not is_withdrawn:
                    row = same
                else:
                    self._closed.append(replace(before, ended_at=now))
            self._open[item.item_id] = row
        for item_id, before in list(self._open.items()):
            if before.subscription_id == subscription_id and item_id not in seen:
                self._closed.append(replace(before, ended_at=now))
                del self._open[item_id]

    def end(self, subscription_id: str, at: int, reason: str) -> None:
        """End every item of a subscription."""
        for item_id, row in list(self._open.items()):
            if row.subscription_id == subscription_id:
                self._closed.append(replace(row, ended_at=moment(at), end_reason=reason))
                del self._open[item_id]

    def rows(self) -> list[StripePeriod]:
        """Every row, running ones last."""
        return [*self._closed, *self._open.values()]

    def period(self, body: Json, item: Json, price: Price, discount: Json | None) -> StripePeriod:
        """An item as it is now."""
        currency, quantity = price.currency, item["quantity"] or 1
        amount = price.unit_amount
        if amount is None:
            amount, quantity = price.total(quantity), 1
        recurring = price.body["recurring"]
        coupon = discount and discount["source"]["coupon"]
        off = coupon and coupon["amount_off"]
        is_ending = body["cancel_at"] is not None
        return StripePeriod(
            subscription_id=body["id"],
            item_id=item["id"],
            customer_id=self._customer_id,
            plan=price.product,
            started_at=moment(item["created"]),
            interval=recurring["interval"],
            interval_count=recurring["interval_count"],
            unit_amount=major(amount, currency),
            currency=currency.upper(),
            quantity=quantity,
            status="paused" if body["pause_collection"] else body["status"],
            discount_percent=Decimal(str(coupon["percent_off"]))
            if coupon and coupon["percent_off"]
            else None,
            discount_amount=major(off, currency) if off else None,
            discount_duration=coupon["duration"] if coupon else "",
            is_metered=price.is_metered,
            cancel_requested_at=moment(body["canceled_at"]) if is_ending else None,
            cancel_scheduled_for=moment(body["cancel_at"]) if is_ending else None,
        )


@dataclass(frozen=True)
class TrueCustomer:
    """A person of the made-up company under the id Stripe gave it."""

    customer_id: str
    person: Customer

    def row(self) -> tuple[object, ...]:
        """The columns of the files form."""
        person = self.person
        return (
            self.customer_id,
            person.name,
            person.email,
            person.company,
            person.country.code,
            person.created_at,
            person.external_id,
            person.segment.name,
            person.channel,
        )


@dataclass
class Truth:
    """All customers' true periods and payments, to the end of the simulated time.

    `support_effect` is how strongly their support moved them.
    """

    first_day: date
    seed: int
    support_effect: float = 0.0
    customers: list[TrueCustomer] = field(default_factory=list)
    periods: list[StripePeriod] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    def write(self, folder: Path, as_of: datetime) -> None:
        """Write the files form as it is known at `as_of`."""
        folder.mkdir(parents=True, exist_ok=True)
        customers = [one.row() for one in self.customers if one.person.created_at < as_of]
        periods = sorted(
            known_at(list(self.periods), as_of),
            key=lambda row: (row.started_at, row.subscription_id, row.item_id),
        )
        payments = sorted(
            (one for one in self.payments if one.occurred_at < as_of),
            key=lambda one: (one.occurred_at, one.payment_id),
        )
        write_table(folder / "customers.csv", CUSTOMER_COLUMNS, customers)
        write_table(folder / "subscription_periods.csv", COLUMNS, attributes(COLUMNS, periods))
        write_table(folder / "payments.csv", PAYMENT_COLUMNS, attributes(PAYMENT_COLUMNS, payments))
        self.write_rates(folder, as_of)

    def write_rates(self, folder: Path, as_of: datetime) -> None:
        """Write the exchange rates published before `as_of`."""
        write_table(
            folder / "exchange_rates.csv",
            ("rate_date", "base", "quote", "rate"),
            self._rates(as_of.date() - timedelta(days=1)),
        )

    def _rates(self, last: date) -> Iterable[tuple[object, ...]]:
        for quote, level in QUOTES.items():
            rng = random.Random(f"{self.seed} rates {quote}")  # noqa: S311 - a story, not a secret
            for day, rate in euro_rates(self.first_day - timedelta(days=10), last, rng):
                yield day, "EUR", quote, (rate * level).quantize(Decimal("0.0001"))
