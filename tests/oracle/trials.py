"""Trials, month by month: begun, over, and how many led to a payment."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.oracle.amounts import add_months
from tests.oracle.history import History, Period, midnight
from tests.oracle.money import ZERO, ratio
from tests.oracle.months import balance_of
from tests.oracle.movements import month_of
from tests.oracle.policy import Policy
from tests.oracle.positions import Day, ItemDay, days_of_customer
from tests.oracle.rates import Rates

ONE_DAY = timedelta(days=1)
CONVERSION_DAYS = 30


@dataclass(frozen=True)
class TrialMonth:
    """One row of trials_monthly; None: unknown."""

    metric_month: date
    opening_trials: int
    started_trials: int
    ended_trials: int
    closing_trials: int
    converted_trials: int | None
    conversion_rate: Decimal | None
    pipeline_mrr: Decimal
    is_provisional: bool


@dataclass(frozen=True)
class Trial:
    """One customer's first trial; `ended_on` is the first day that is none of it."""

    customer_id: str
    started_on: date
    ended_on: date | None


def trials_monthly(
    periods: dict[str, list[Period]],
    standings: dict[str, dict[date, str]],
    history: History,
    rates: Rates,
    policy: Policy,
) -> list[TrialMonth]:
    """Every month from the first day of any subscription to the last day.

    Args:
        periods: By customer.
        standings: By customer, where they stood at the end of each day: none, paying, paused or
            churned.
        history: What had happened before `as_of`.
        rates: What currencies are worth.
        policy: The rules that decide what counts.
    """
    trials = []
    amounts: dict[date, Decimal] = {}
    first_day: date | None = None
    for customer_id, theirs in sorted(periods.items()):
        days = list(days_of_customer(theirs, history.last_day, policy))
        if not days:
            continue
        first_day = min(days[0][0], first_day or days[0][0])
        trial = _first_trial(customer_id, days, history.last_day)
        if trial is not None and not _is_payers(trial, standings[customer_id]):
            trials.append(trial)
        for day, items in days:
            if day == history.last_day or (day + ONE_DAY).day == 1:
                month = month_of(day)
                amount = balance_of(items.values(), day, rates, _pipeline)
                amounts[month] = amounts.get(month, ZERO) + amount
    rows: list[TrialMonth] = []
    if first_day is None:
        return rows
    month = month_of(first_day)
    while month <= month_of(history.last_day):
        opening = rows[-1].closing_trials if rows else 0
        rows.append(_row(month, opening, trials, amounts.get(month, ZERO), history))
        month = add_months(month, 1)
    return rows


def _first_trial(customer_id: str, days: list[tuple[date, Day]], last_day: date) -> Trial | None:
    """The trial that began first; of several that began on one day, the one that ended first."""
    on_trial = {day: _subscriptions_on_trial(items) for day, items in days}
    started_on = next((day for day, subscriptions in on_trial.items() if subscriptions), None)
    if started_on is None:
        return None
    ends = []
    for subscription in on_trial[started_on]:
        day = started_on
        while day <= last_day and subscription in on_trial[day]:
            day += ONE_DAY
        ends.append(day)
    ended_on = min(ends)
    return Trial(customer_id, started_on, ended_on if ended_on <= last_day else None)


def _subscriptions_on_trial(items: Day) -> set[str]:
    return {
        subscription
        for (subscription, _), item in items.items()
        if item.period.status == "trialing" and item.state != "excluded"
    }


def _is_payers(trial: Trial, standings: dict[date, str]) -> bool:
    """Whether the customer paid or was paused the day before the trial, or on its first day."""
    days = (trial.started_on - ONE_DAY, trial.started_on)
    return any(standings.get(day) in ("paying", "paused") for day in days)


def _row(
    month: date, opening: int, trials: list[Trial], pipeline_mrr: Decimal, history: History
) -> TrialMonth:
    started = [trial for trial in trials if month_of(trial.started_on) == month]
    ended = [
        (trial, trial.ended_on)
        for trial in trials
        if trial.ended_on is not None and month_of(trial.ended_on) == month
    ]
    converted = sum(_led_to_a_payment(trial, day, history) for trial, day in ended)
    known = converted if history.payments else None
    is_over_on = add_months(month, 1) + timedelta(days=CONVERSION_DAYS)
    return TrialMonth(
        metric_month=month,
        opening_trials=opening,
        started_trials=len(started),
        ended_trials=len(ended),
        closing_trials=opening + len(started) - len(ended),
        converted_trials=known,
        conversion_rate=None if known is None else ratio(known, len(ended)),
        pipeline_mrr=pipeline_mrr,
        is_provisional=midnight(is_over_on, history.zone) > history.as_of,
    )


def _led_to_a_payment(trial: Trial, ended_on: date, history: History) -> bool:
    return any(
        payment.customer_id == trial.customer_id
        and payment.kind == "charge"
        and payment.status == "succeeded"
        and payment.amount > 0
        and 0 <= (payment.day - ended_on).days <= CONVERSION_DAYS
        for payment in history.payments
    )


def _pipeline(item: ItemDay) -> Decimal:
    return item.would_be.headline if item.state == "pipeline" else ZERO
