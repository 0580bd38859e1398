"""What a period is worth a month: before discounts, after the recurring ones, after all."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.history import Period
from tests.oracle.money import ZERO, round_half_up
from tests.oracle.policy import Policy


@dataclass(frozen=True)
class Worth:
    """One item's MRR in its own currency by three measures; `headline` is the MRR."""

    listed: Decimal
    headline: Decimal
    net_of_all: Decimal


NOTHING = Worth(ZERO, ZERO, ZERO)


def worth_on(period: Period, day: date, policy: Policy) -> Worth:
    """The worth on a day the period covers, whatever its status is."""
    recurring_discount = period.discount_duration in ("forever", "repeating")
    any_discount = recurring_discount or day < first_interval_end(period)
    return Worth(
        listed=_monthly(period, policy, discounted=False),
        headline=_monthly(period, policy, discounted=recurring_discount),
        net_of_all=_monthly(period, policy, discounted=any_discount),
    )


def first_interval_end(period: Period) -> date:
    """The day on which the period's first interval is over."""
    if period.interval == "day":
        return period.first_day + timedelta(days=period.interval_count)
    if period.interval == "week":
        return period.first_day + timedelta(weeks=period.interval_count)
    months = period.interval_count * (12 if period.interval == "year" else 1)
    return add_months(period.first_day, months)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _monthly(period: Period, policy: Policy, *, discounted: bool) -> Decimal:
    amount = Fraction(period.unit_amount) * Fraction(period.quantity)
    if discounted:
        amount = amount * (1 - Fraction(period.discount_percent) / 100)
        amount = max(amount - Fraction(period.discount_amount), Fraction(0))
    return round_half_up(amount * policy.to_month(period.interval) / period.interval_count)
