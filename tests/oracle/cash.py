"""Cash: what was collected, given back, fought over and paid away."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.oracle.history import History, Payment
from tests.oracle.money import ZERO, times
from tests.oracle.movements import month_of
from tests.oracle.rates import Rates

DIRECTION = {"charge": 1, "refund": -1, "dispute": -1, "dispute_reversal": 1}


@dataclass(frozen=True)
class CashMonth:
    """One month in one native currency.

    `collected` are succeeded charges with tax, `refunded` is at most 0, `disputed` is what
    reversals brought back less what disputes took, `tax` follows the sign of its payment, and
    `fees` are the provider's cost of all these events, positive.
    """

    metric_month: date
    currency: str
    collected: Decimal
    refunded: Decimal
    disputed: Decimal
    tax: Decimal
    fees: Decimal


def cash_monthly(history: History) -> list[CashMonth]:
    by_month: dict[tuple[date, str], list[Payment]] = defaultdict(list)
    for payment in _succeeded(history):
        by_month[month_of(payment.day), payment.currency].append(payment)
    return [
        CashMonth(
            metric_month=month,
            currency=currency,
            collected=_signed(payments, "charge"),
            refunded=_signed(payments, "refund"),
            disputed=_signed(payments, "dispute", "dispute_reversal"),
            tax=sum((payment.tax * DIRECTION[payment.kind] for payment in payments), ZERO),
            fees=sum((payment.fee for payment in payments), ZERO),
        )
        for (month, currency), payments in sorted(by_month.items())
    ]


def cash_in_reporting_currency(
    history: History, rates: Rates
) -> dict[date, tuple[Decimal, Decimal]]:
    """Collected and refunded by month, each event at its own day's rate."""
    totals: dict[date, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for payment in _succeeded(history):
        collected, refunded = totals[month_of(payment.day)]
        if payment.kind == "charge":
            collected += times(payment.amount, rates.on(payment.currency, payment.day))
        elif payment.kind == "refund":
            refunded -= times(payment.amount, rates.on(payment.currency, payment.day))
        totals[month_of(payment.day)] = (collected, refunded)
    return totals


def _succeeded(history: History) -> list[Payment]:
    return [payment for payment in history.payments if payment.status == "succeeded"]


def _signed(payments: list[Payment], *kinds: str) -> Decimal:
    return sum(
        (payment.amount * DIRECTION[payment.kind] for payment in payments if payment.kind in kinds),
        ZERO,
    )
