"""What stands beside the made-up company's Stripe account: support, use of the product, rates.

Written in the files form, as these have no API in the sandbox yet.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from ingestion.sandbox.people import Customer
from ingestion.sandbox.subscriptions import Period
from ingestion.sandbox.support import RATING_COLUMNS, TICKET_COLUMNS, Desk
from ingestion.sandbox.tables import attributes, write_table
from ingestion.sandbox.usage import USAGE_COLUMNS, weekly_usage

MONTH = timedelta(days=30)
# The chance that a customer writes in a month: usually, and in the last two before it leaves.
USUALLY, BEFORE_LEAVING = 0.2, 0.5


def write_companions(
    folder: Path,
    customers: Iterable[Customer],
    periods: Iterable[Period],
    first_month: datetime,
    as_of: datetime,
    seed: int,
) -> None:
    """Write tickets, their ratings and the weekly use of a company's customers.

    Args:
        folder: An existing folder; files of the same names are replaced.
        customers: Whose they are.
        periods: What these customers have, as known at `as_of`.
        first_month: First instant of the company's history.
        as_of: The moment the files are taken.
        seed: The same seed gives the same files.
    """
    desk = Desk(first_month, as_of)
    theirs: dict[str, list[Period]] = {}
    for period in periods:
        theirs.setdefault(period.customer_id, []).append(period)
    usage: list[tuple[object, ...]] = []
    for customer in customers:
        rng = random.Random(f"{seed} companions {customer.customer_id}")  # noqa: S311 - a story
        stretches = theirs.get(customer.customer_id, [])
        _write_in(desk, customer, stretches, as_of, rng)
        seats = _seats(stretches)
        usage += [(customer.customer_id, *row) for row in weekly_usage(seats, as_of, rng)]
    tickets = sorted(desk.tickets, key=lambda ticket: ticket.created_at)
    ratings = sorted(desk.ratings, key=lambda rating: (rating.rated_at, rating.ticket_id))
    write_table(folder / "tickets.csv", TICKET_COLUMNS, attributes(TICKET_COLUMNS, tickets))
    write_table(folder / "ticket_ratings.csv", RATING_COLUMNS, attributes(RATING_COLUMNS, ratings))
    write_table(folder / "usage.csv", USAGE_COLUMNS, usage)


def _write_in(
    desk: Desk, customer: Customer, periods: list[Period], as_of: datetime, rng: random.Random
) -> None:
    """Let a customer write for as long as it has something."""
    if not periods:
        return
    month = min(period.started_at for period in periods)
    ends = [period.ended_at for period in periods]
    left_at = None if None in ends else max(end for end in ends if end)
    while month < (left_at or as_of):
        is_leaving = left_at is not None and left_at - month < 2 * MONTH
        if rng.random() < (BEFORE_LEAVING if is_leaving else USUALLY):
            desk.serve(customer, month + timedelta(minutes=rng.randrange(30 * 24 * 60)), rng)
        month += MONTH


def _seats(periods: list[Period]) -> list[Period]:
    """The periods of each subscription's first item, which is the one sold by the seat."""
    first: dict[str, Period] = {}
    for period in sorted(periods, key=lambda one: one.started_at):
        if not period.is_metered:
            first.setdefault(period.subscription_id, period)
    return [
        replace(period, item_id="plan")
        for period in periods
        if period.subscription_id in first
        and period.item_id == first[period.subscription_id].item_id
    ]
