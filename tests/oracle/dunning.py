"""Past due, month by month: what fell past due, what was recovered, what was lost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.amounts import add_months
from tests.oracle.history import History, Payment, Period
from tests.oracle.money import ZERO, ratio, round_half_up, times
from tests.oracle.movements import month_of
from tests.oracle.policy import Policy
from tests.oracle.positions import Day, days_of_customer
from tests.oracle.rates import MissingRateError, Rates
from tests.oracle.reasons import end_reason_is_involuntary

Native = dict[str, Decimal]
ONE_DAY = timedelta(days=1)
OUTCOMES = ("recovered", "lost", "otherwise_ended")


@dataclass(frozen=True)
class DunningMonth:
    """One row of dunning_monthly; amounts in the reporting currency, None: unknown."""

    metric_month: date
    opening_at_risk_mrr: Decimal
    entered_mrr: Decimal
    changed_mrr: Decimal
    recovered_mrr: Decimal
    lost_mrr: Decimal
    otherwise_ended_mrr: Decimal
    fx_mrr: Decimal
    closing_at_risk_mrr: Decimal
    opening_at_risk_subscriptions: int
    entered_subscriptions: int
    recovered_subscriptions: int
    lost_subscriptions: int
    otherwise_ended_subscriptions: int
    closing_at_risk_subscriptions: int
    opening_at_risk_customers: int
    entered_customers: int
    recovered_customers: int
    lost_customers: int
    otherwise_ended_customers: int
    closing_at_risk_customers: int
    mrr_recovery_rate: Decimal | None
    subscription_recovery_rate: Decimal | None
    median_days_to_recovery: Decimal | None
    failed_charges: int | None
    failed_charges_amount: Decimal | None
    recovered_charges: int | None
    recovered_charges_amount: Decimal | None


@dataclass(frozen=True)
class Event:
    """A change of what is at risk: entered, changed, recovered, lost or otherwise_ended.

    `size` is signed by what it does to MRR at risk; `days` is how long a case lasted.
    """

    customer_id: str
    day: date
    kind: str
    size: Decimal
    days: int = 0


@dataclass(frozen=True)
class AtRisk:
    """One customer's MRR at risk at a month's close."""

    customer_id: str
    mrr: Decimal
    subscriptions: int


def dunning_monthly(
    periods: dict[str, list[Period]],
    history: History,
    rates: Rates,
    policy: Policy,
    months: list[date],
) -> list[DunningMonth]:
    """A row for each of the months of kpis_monthly."""
    events: dict[date, list[Event]] = defaultdict(list)
    closes: dict[date, list[AtRisk]] = defaultdict(list)
    for customer_id, theirs in sorted(periods.items()):
        follower = _Follower(customer_id, rates)
        for day, items in days_of_customer(theirs, history.last_day, policy):
            follower.live_through(day, items)
            if (day == history.last_day or (day + ONE_DAY).day == 1) and follower.at_risk:
                closes[month_of(day)].append(follower.close(day))
        for event in follower.events:
            events[month_of(event.day)].append(event)
    charges = _charges_by_month(history)
    return [
        _row(
            month,
            closes[add_months(month, -1)],
            events[month],
            closes[month],
            charges[month] if history.payments else None,
            rates,
        )
        for month in months
    ]


class _Follower:
    """Follows one customer's subscriptions into and out of being past due."""

    def __init__(self, customer_id: str, rates: Rates) -> None:
        self.events: list[Event] = []
        self.at_risk: dict[str, Native] = {}  # by subscription
        self._since: dict[str, date] = {}
        self._customer_id = customer_id
        self._rates = rates
        self._yesterday: Day = {}

    def live_through(self, day: date, items: Day) -> None:
        today = _at_risk(items)
        for subscription in sorted(self.at_risk.keys() | today.keys()):
            before = self.at_risk.get(subscription, {})
            after = today.get(subscription, {})
            size = self._size(before, after, day)
            if not before:
                self._since[subscription] = day
                self.events.append(Event(self._customer_id, day, "entered", size))
            elif not after:
                kind = _outcome(subscription, self._yesterday, items)
                days = (day - self._since.pop(subscription)).days
                self.events.append(Event(self._customer_id, day, kind, size, days))
            elif before != after:
                self.events.append(Event(self._customer_id, day, "changed", size))
        self.at_risk, self._yesterday = today, items

    def close(self, day: date) -> AtRisk:
        native: Native = defaultdict(lambda: ZERO)
        for amounts in self.at_risk.values():
            for currency, amount in amounts.items():
                native[currency] += amount
        mrr = sum((times(n, self._rates.on(currency, day)) for currency, n in native.items()), ZERO)
        return AtRisk(self._customer_id, mrr, len(self.at_risk))

    def _size(self, before: Native, after: Native, day: date) -> Decimal:
        size = ZERO
        for currency in before.keys() | after.keys():
            delta = after.get(currency, ZERO) - before.get(currency, ZERO)
            if delta:
                size += times(delta, self._rates.on(currency, day))
        return size


def _at_risk(items: Day) -> dict[str, Native]:
    """Past-due MRR by subscription and currency."""
    at_risk: dict[str, Native] = {}
    for (subscription, _), item in items.items():
        if item.is_past_due:
            native = at_risk.setdefault(subscription, {})
            native[item.currency] = native.get(item.currency, ZERO) + item.counted.headline
    return at_risk


def _outcome(subscription: str, yesterday: Day, today: Day) -> str:
    """What became of a subscription that was past due yesterday and is not today."""
    standing = [
        item for key, item in today.items() if key[0] == subscription and item.state != "excluded"
    ]
    if any(item.state == "dunning_exhausted" for item in standing):
        return "lost"
    if any(item.counted.headline > 0 for item in standing):
        return "recovered"
    ended = [item for key, item in yesterday.items() if key[0] == subscription and item.is_past_due]
    if not standing and any(end_reason_is_involuntary(item.period.end_reason) for item in ended):
        return "lost"
    return "otherwise_ended"


def _row(
    month: date,
    opening: list[AtRisk],
    events: list[Event],
    closing: list[AtRisk],
    charges: list[tuple[Payment, bool]] | None,
    rates: Rates,
) -> DunningMonth:
    size = dict.fromkeys(("entered", "changed", *OUTCOMES), ZERO)
    cases = dict.fromkeys(size, 0)
    customers: dict[str, set[str]] = {kind: set() for kind in size}
    for event in events:
        size[event.kind] += event.size
        cases[event.kind] += 1
        customers[event.kind].add(event.customer_id)
    opening_mrr = sum((one.mrr for one in opening), ZERO)
    closing_mrr = sum((one.mrr for one in closing), ZERO)
    failed = None if charges is None else [p for p, is_failure in charges if is_failure]
    recovered = None if charges is None else [p for p, is_failure in charges if not is_failure]
    is_known = charges is not None and _has_rates((p for p, _ in charges), rates)
    return DunningMonth(
        metric_month=month,
        opening_at_risk_mrr=opening_mrr,
        entered_mrr=size["entered"],
        changed_mrr=size["changed"],
        recovered_mrr=-size["recovered"],
        lost_mrr=-size["lost"],
        otherwise_ended_mrr=-size["otherwise_ended"],
        fx_mrr=closing_mrr - opening_mrr - sum(size.values(), ZERO),
        closing_at_risk_mrr=closing_mrr,
        opening_at_risk_subscriptions=sum(one.subscriptions for one in opening),
        entered_subscriptions=cases["entered"],
        recovered_subscriptions=cases["recovered"],
        lost_subscriptions=cases["lost"],
        otherwise_ended_subscriptions=cases["otherwise_ended"],
        closing_at_risk_subscriptions=sum(one.subscriptions for one in closing),
        opening_at_risk_customers=len(opening),
        entered_customers=len(customers["entered"]),
        recovered_customers=len(customers["recovered"]),
        lost_customers=len(customers["lost"]),
        otherwise_ended_customers=len(customers["otherwise_ended"]),
        closing_at_risk_customers=len(closing),
        mrr_recovery_rate=ratio(size["recovered"], size["recovered"] + size["lost"]),
        subscription_recovery_rate=ratio(cases["recovered"], cases["recovered"] + cases["lost"]),
        median_days_to_recovery=_median([e.days for e in events if e.kind == "recovered"]),
        failed_charges=None if failed is None else len(failed),
        failed_charges_amount=_value(failed or [], rates) if is_known else None,
        recovered_charges=None if recovered is None else len(recovered),
        recovered_charges_amount=_value(recovered or [], rates) if is_known else None,
    )


def _median(days: list[int]) -> Decimal | None:
    if not days:
        return None
    ranked = sorted(days)
    middle = len(ranked) // 2
    if len(ranked) % 2:
        return round_half_up(Fraction(ranked[middle]))
    return round_half_up(Fraction(ranked[middle - 1] + ranked[middle], 2))


def _charges_by_month(history: History) -> dict[date, list[tuple[Payment, bool]]]:
    """Failed charges (True), and those that succeeded right after a failed one (False)."""
    streams: dict[tuple[str, str, str], list[Payment]] = defaultdict(list)
    for payment in history.payments:
        if payment.kind == "charge":
            key = (payment.customer_id, payment.subscription_id, payment.currency)
            streams[key].append(payment)
    by_month: dict[date, list[tuple[Payment, bool]]] = defaultdict(list)
    for stream in streams.values():
        # At one instant the failure comes first, then the smaller amount.
        stream.sort(key=lambda p: (p.occurred_at, p.status != "failed", p.amount))
        has_failed = False
        for payment in stream:
            is_failure = payment.status == "failed"
            if is_failure or has_failed:
                by_month[month_of(payment.day)].append((payment, is_failure))
            has_failed = is_failure
    return by_month


def _has_rates(payments: Iterable[Payment], rates: Rates) -> bool:
    try:
        for payment in payments:
            rates.on(payment.currency, payment.day)
    except MissingRateError:
        return False
    return True


def _value(payments: list[Payment], rates: Rates) -> Decimal:
    return sum((times(p.amount, rates.on(p.currency, p.day)) for p in payments), ZERO)
