"""Weekly use of the product: near the seats when a customer does well, thin before it leaves."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ingestion.sandbox.subscriptions import Period

USAGE_COLUMNS = ("customer_id", "occurred_on", "feature", "quantity")
WEEK = timedelta(days=7)
LAST_WEEKS = 8


def weekly_usage(
    periods: list[Period], as_of: datetime, rng: random.Random
) -> Iterator[tuple[date, str, int]]:
    """Day, feature and quantity for every week in which the customer could use the product."""
    plans = [
        period
        for period in sorted(periods, key=lambda period: period.started_at)
        if period.item_id.startswith("plan") and period.status in ("active", "trialing", "past_due")
    ]
    if not plans:
        return
    habit = min(max(rng.gauss(0.76, 0.14), 0.3), 1.0)
    last = plans[-1].ended_at
    for period in plans:
        week = period.started_at + (-(period.started_at.date().weekday()) % 7) * timedelta(days=1)
        until = min(period.ended_at or as_of, as_of)
        while week < until:
            share = habit * rng.uniform(0.85, 1.1)
            if last is not None:
                share *= min(1.0, 0.35 + 0.65 * ((last - week) / WEEK) / LAST_WEEKS)
            seats = min(period.quantity, max(0, round(period.quantity * share)))
            yield week.date(), "active_seats", seats
            yield week.date(), "boards_created", round(seats * rng.uniform(0.1, 0.7))
            week += WEEK
