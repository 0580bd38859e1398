"""Customer months: what each customer is worth at each month's close."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.oracle.amounts import add_months
from tests.oracle.history import History, midnight
from tests.oracle.money import ZERO, times
from tests.oracle.movements import Close, CustomerHistory, month_of
from tests.oracle.positions import ItemDay
from tests.oracle.rates import Rates


@dataclass(frozen=True)
class CustomerMonth:
    """One row of fct_customer_mrr_monthly."""

    customer_id: str
    metric_month: date
    mrr: Decimal
    mrr_list: Decimal
    mrr_net_of_all_discounts: Decimal
    committed_mrr: Decimal | None  # None: what was scheduled at that close is not known
    is_paying: bool


def customer_months(
    customer: CustomerHistory, history: History, rates: Rates
) -> list[CustomerMonth]:
    """The months in which the customer had MRR or a movement."""
    moved = {month_of(movement.occurred_on) for movement in customer.movements}
    return [
        CustomerMonth(
            customer_id=customer.customer_id,
            metric_month=month,
            mrr=close.mrr,
            mrr_list=balance(close, rates, lambda item: item.counted.listed),
            mrr_net_of_all_discounts=balance(close, rates, lambda item: item.counted.net_of_all),
            committed_mrr=_committed(close, month, history, rates),
            is_paying=close.mrr > 0,
        )
        for month, close in sorted(customer.closes.items())
        if close.mrr > 0 or month in moved
    ]


def balance(close: Close, rates: Rates, measure: Callable[[ItemDay], Decimal]) -> Decimal:
    """A measure of all items at the close's rates, rounded once per currency."""
    return balance_of(close.items.values(), close.day, rates, measure)


def balance_of(
    items: Iterable[ItemDay], day: date, rates: Rates, measure: Callable[[ItemDay], Decimal]
) -> Decimal:
    """A measure of some items at a day's rates, rounded once per currency."""
    native: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        native[item.currency] += measure(item)
    return sum(
        (times(amount, rates.on(currency, day)) for currency, amount in native.items()), ZERO
    )


def close_instant(month: date, history: History) -> datetime:
    """The end of the month, or `as_of` while the month is still open."""
    return min(midnight(add_months(month, 1), history.zone), history.as_of)


def is_closed(month: date, history: History) -> bool:
    """Three days after its end a month is closed."""
    closes_on = add_months(month, 1) + timedelta(days=3)
    return midnight(closes_on, history.zone) <= history.as_of


def _committed(close: Close, month: date, history: History, rates: Rates) -> Decimal | None:
    """Closing MRR less what was known, at that close, to end."""
    if not any(item.counted.headline > 0 for item in close.items.values()):
        return ZERO
    if not history.knows_cancel_requests:
        return None
    is_last_month = month == month_of(history.last_day)
    at = close_instant(month, history)
    staying = []
    for item in close.items.values():
        requested_at = item.period.cancel_requested_at
        is_scheduled = item.period.cancel_scheduled_for is not None
        if requested_at is None and is_scheduled and item.counted.headline > 0:
            # When it was scheduled is not known, only that by now it is.
            if not is_last_month:
                return None
            continue
        if requested_at is None or requested_at >= at:
            staying.append(item)
    return balance_of(staying, close.day, rates, lambda item: item.counted.headline)
