"""Walks through one customer's subscription items day by day."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.amounts import NOTHING, Worth, worth_on
from tests.oracle.history import Period
from tests.oracle.policy import Policy

ItemKey = tuple[str, str]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ItemDay:
    """One item at the end of one local day.

    Attributes:
        period: The period in force.
        priced_by: The period whose price counts; an earlier one while a payer is on trial.
        counted: The worth that enters MRR.
        would_be: The worth the period would have if its status let it count.
        state: paying, free, pipeline, not_converted, paused, pause_over, free_for_now,
            free_for_long, dunning_exhausted or excluded (metered and one-off items).
    """

    period: Period
    priced_by: Period
    counted: Worth
    would_be: Worth
    state: str

    @property
    def currency(self) -> str:
        return self.priced_by.currency

    @property
    def is_past_due(self) -> bool:
        return self.period.status == "past_due" and self.counted.headline > 0


Day = dict[ItemKey, ItemDay]


def days_of_customer(
    periods: list[Period], last_day: date, policy: Policy
) -> Iterator[tuple[date, Day]]:
    """Every day from the customer's first period to `last_day`, with its items."""
    periods = [period for period in periods if period.end_day != period.first_day]
    if not periods:
        return
    in_force = _periods_by_day(periods, last_day)
    past_due_since = _since(in_force, lambda period, _: period.status == "past_due")
    paused_since = _since(in_force, lambda period, _: period.status == "paused")
    free_since = _since(in_force, lambda period, day: _is_free_for_now(period, day, policy))
    yesterday: Day = {}
    day = min(period.first_day for period in periods)
    while day <= last_day:
        today = {
            item: _item_day(
                period,
                day,
                yesterday.get(item),
                past_due_since.get((period.subscription_id, day)),
                (paused_since if period.status == "paused" else free_since).get(
                    (period.subscription_id, day)
                ),
                policy,
            )
            for item, period in in_force.get(day, {}).items()
        }
        yield day, today
        yesterday = today
        day += ONE_DAY


def _item_day(
    period: Period,
    day: date,
    yesterday: ItemDay | None,
    past_due_since: date | None,
    paused_since: date | None,
    policy: Policy,
) -> ItemDay:
    would_be = worth_on(period, day, policy)
    priced_by = period
    counted = NOTHING
    if period.is_metered or not period.is_recurring:
        state = "excluded"
    elif period.status == "paused":
        # A trial that was paused because it ended without a card is no pause of a payer.
        is_over = _limit_is_reached(paused_since, day, policy.pause_days)
        paused = "pause_over" if is_over else "paused"
        state = "not_converted" if _never_converted(yesterday) else paused
    elif period.status == "unpaid":
        state = "dunning_exhausted"
    elif period.status == "trialing":
        if yesterday is not None and yesterday.counted.headline > 0:
            state, counted, priced_by = "paying", yesterday.counted, yesterday.priced_by
        else:
            state = "pipeline"
    elif period.status == "past_due" and _never_converted(yesterday):
        state = "not_converted"
    elif period.status == "past_due" and _limit_is_reached(
        past_due_since, day, policy.past_due_days
    ):
        state = "dunning_exhausted"
    else:
        counted = would_be
        state = _state_of_priced(period, would_be)
        if state == "free_for_now" and _limit_is_reached(paused_since, day, policy.pause_days):
            state = "free_for_long"
    if yesterday is not None and _is_same(yesterday, period, priced_by, counted, would_be, state):
        return yesterday
    return ItemDay(period, priced_by, counted, would_be, state)


def _state_of_priced(period: Period, worth: Worth) -> str:
    if worth.headline > 0:
        return "paying"
    is_active = period.status == "active"  # nothing can be past due where nothing is to be paid
    if is_active and worth.listed > 0 and period.discount_duration == "repeating":
        return "free_for_now"
    return "free"


def _never_converted(yesterday: ItemDay | None) -> bool:
    return yesterday is not None and yesterday.state in ("pipeline", "not_converted")


def _limit_is_reached(since: date | None, day: date, days: int) -> bool:
    return since is not None and day >= since + timedelta(days=days)


def _is_free_for_now(period: Period, day: date, policy: Policy) -> bool:
    is_counted = period.is_recurring and not period.is_metered and period.status == "active"
    return is_counted and _state_of_priced(period, worth_on(period, day, policy)) == "free_for_now"


def _is_same(
    yesterday: ItemDay,
    period: Period,
    priced_by: Period,
    counted: Worth,
    would_be: Worth,
    state: str,
) -> bool:
    return (
        yesterday.period is period
        and yesterday.priced_by is priced_by
        and yesterday.state == state
        and yesterday.counted == counted
        and yesterday.would_be == would_be
    )


def _periods_by_day(periods: Iterable[Period], last_day: date) -> dict[date, dict[ItemKey, Period]]:
    by_day: dict[date, dict[ItemKey, Period]] = defaultdict(dict)
    for period in periods:
        day = period.first_day
        while day <= last_day and period.covers(day):
            by_day[day][period.item] = period
            day += ONE_DAY
    return by_day


def _since(
    in_force: dict[date, dict[ItemKey, Period]], is_in: Callable[[Period, date], bool]
) -> dict[tuple[str, date], date]:
    """The first day of the unbroken stretch of such periods a subscription is in, by day."""
    since: dict[tuple[str, date], date] = {}
    for day in sorted(in_force):
        for period in in_force[day].values():
            if period.is_recurring and not period.is_metered and is_in(period, day):
                key = (period.subscription_id, day)
                since[key] = since.get((period.subscription_id, day - ONE_DAY), day)
    return since
