"""What stands beside the made-up company's accounts: use of the product.

Written in the files form, as it has no API in the sandbox.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ingestion.sandbox.people import Customer
from ingestion.sandbox.subscriptions import Period
from ingestion.sandbox.tables import write_table
from ingestion.sandbox.usage import USAGE_COLUMNS, weekly_usage


def write_usage(
    folder: Path,
    customers: Iterable[Customer],
    periods: Iterable[Period],
    as_of: datetime,
    seed: int,
) -> None:
    """Write the weekly use of a company's customers.

    Args:
        folder: An existing folder; a file of the same name is replaced.
        customers: Whose it is.
        periods: What these customers have, as known at `as_of`.
        as_of: The moment the file is taken.
        seed: The same seed gives the same file.
    """
    theirs: dict[str, list[Period]] = {}
    for period in periods:
        theirs.setdefault(period.customer_id, []).append(period)
    usage: list[tuple[object, ...]] = []
    for customer in customers:
        rng = random.Random(f"{seed} companions {customer.customer_id}")  # noqa: S311 - a story
        seats = _seats(theirs.get(customer.customer_id, []))
        usage += [(customer.customer_id, *row) for row in weekly_usage(seats, as_of, rng)]
    write_table(folder / "usage.csv", USAGE_COLUMNS, usage)


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
