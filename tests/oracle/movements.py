"""One customer's movements, day by day, in the reporting currency."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.oracle.history import Period
from tests.oracle.money import ZERO, times
from tests.oracle.policy import Policy
from tests.oracle.positions import Day, days_of_customer
from tests.oracle.rates import Rates
from tests.oracle.reasons import Leg, LegReader, end_reason_is_involuntary, largest

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Movement:
    """One row of fct_mrr_movements; `crosses_pause` marks the whole customer's pause or return."""

    customer_id: str
    occurred_on: date
    movement_type: str
    reason: str
    mrr_delta: Decimal
    crosses_pause: bool = False


@dataclass(frozen=True)
class Close:
    """A customer at the end of a month's last day, or of the last day there is.

    `standing` is none (never paid), paying, paused or churned; `mrr` is in the reporting currency.
    """

    day: date
    items: Day
    native: dict[str, Decimal]
    mrr: Decimal
    standing: str


@dataclass
class CustomerHistory:
    """What became of one customer."""

    customer_id: str
    movements: list[Movement] = field(default_factory=list)
    closes: dict[date, Close] = field(default_factory=dict)  # by first day of the month
    first_days: dict[str, date] = field(default_factory=dict)  # first day with MRR by currency
    standings: dict[date, str] = field(default_factory=dict)  # at the end of each day


def month_of(day: date) -> date:
    return day.replace(day=1)


def history_of_customer(
    customer_id: str, periods: list[Period], rates: Rates, policy: Policy, last_day: date
) -> CustomerHistory:
    """Walk through the customer's days and write down movements and month ends."""
    history = CustomerHistory(customer_id)
    walk = _Walk(history, rates, policy)
    for day, items in days_of_customer(periods, last_day, policy):
        is_close = day == last_day or (day + ONE_DAY).day == 1
        walk.live_through(day, items, is_close)
    return history


class _Walk:
    """The state carried from one day to the next."""

    def __init__(self, history: CustomerHistory, rates: Rates, policy: Policy) -> None:
        self._history = history
        self._rates = rates
        self._policy = policy
        self._items: Day = {}
        self._native: dict[str, Decimal] = {}
        self._value: dict[str, Decimal] = {}  # reporting value by currency, as last revalued
        self._legs = LegReader()
        self._standing = "none"
        self._pause_reason = ""

    def live_through(self, day: date, items: Day, is_close: bool) -> None:
        native = native_mrr(items)
        currencies = sorted(self._native.keys() | native.keys())
        changed = [k for k in currencies if self._native.get(k, ZERO) != native.get(k, ZERO)]
        legs = self._legs.legs(self._items, items)

        fx = delta = ZERO
        for currency in currencies if is_close else changed:
            rate = self._rates.on(currency, day)
            before = times(self._native.get(currency, ZERO), rate)
            after = times(native.get(currency, ZERO), rate)
            fx += before - self._value.get(currency, ZERO)
            delta += after - before
            self._value[currency] = after
        if fx:
            self._write(day, "fx", "fx", fx)
        self._move(day, items, native, legs, delta)

        self._history.standings[day] = self._standing
        for currency in native:
            self._history.first_days.setdefault(currency, day)
        if is_close:
            self._history.closes[month_of(day)] = Close(
                day, items, native, sum(self._value.values(), ZERO), self._standing
            )
        self._items, self._native = items, native

    def _move(
        self, day: date, items: Day, native: dict[str, Decimal], legs: list[Leg], delta: Decimal
    ) -> None:
        paid_before, pays_now = bool(self._native), bool(native)
        if pays_now and not paid_before:
            self._start(day, legs, delta)
        elif paid_before and not pays_now:
            self._stop(day, items, legs, delta)
        elif pays_now and delta:
            kind = "expansion" if delta > 0 else "contraction"
            self._write(day, kind, self._largest(day, legs), delta)
        elif self._standing == "paused":
            self._wait(day, items)

    def _start(self, day: date, legs: list[Leg], delta: Decimal) -> None:
        if self._standing == "paused":
            reason = "resumed" if self._pause_reason == "paused" else "discount"
            self._write(day, "expansion", reason, delta, crosses_pause=True)
        else:
            kind = "new" if self._standing == "none" else "reactivation"
            self._write(day, kind, self._largest(day, legs), delta)
        self._standing = "paying"

    def _stop(self, day: date, items: Day, legs: list[Leg], delta: Decimal) -> None:
        pause = _pause(items)
        if pause:
            self._write(day, "contraction", pause, delta, crosses_pause=True)
            self._standing, self._pause_reason = "paused", pause
        else:
            self._write(day, "churn", self._largest(day, legs), delta)
            self._standing = "churned"

    def _wait(self, day: date, items: Day) -> None:
        """A paused customer stays, or has left when the pause is over or too long."""
        if _pause(items):
            return
        reason = "voluntary"
        for key, before in self._items.items():
            after = items.get(key)
            if after is None and end_reason_is_involuntary(before.period.end_reason):
                reason = "involuntary"
            if after is not before and after and after.state == "dunning_exhausted":
                reason = "involuntary"
        self._write(day, "churn", reason, ZERO)
        self._standing = "churned"

    def _largest(self, day: date, legs: list[Leg]) -> str:
        return largest(legs, [leg.delta * self._rates.on(leg.currency, day) for leg in legs])

    def _write(
        self,
        day: date,
        movement_type: str,
        reason: str,
        delta: Decimal,
        *,
        crosses_pause: bool = False,
    ) -> None:
        self._history.movements.append(
            Movement(self._history.customer_id, day, movement_type, reason, delta, crosses_pause)
        )


def native_mrr(items: Day) -> dict[str, Decimal]:
    """The customer's MRR in each currency it has MRR in."""
    native: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for item in items.values():
        if item.counted.headline > 0:
            native[item.currency] += item.counted.headline
    return dict(native)


def _pause(items: Day) -> str:
    """Why a customer without MRR is not gone yet: paused, discount, or empty if it is."""
    states = {item.state for item in items.values()}
    if "paused" in states:
        return "paused"
    return "discount" if "free_for_now" in states else ""
