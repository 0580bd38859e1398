"""Daily reference rates of the euro, on working days, as a calm random walk."""

import math
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

SATURDAY = 5
HOLIDAYS = {(1, 1), (12, 25), (12, 26)}


def euro_rates(first: date, last: date, rng: random.Random) -> Iterator[tuple[date, Decimal]]:
    """The price of one euro in US dollars, from `first` to `last`."""
    level, day = 1.085, first
    while day <= last:
        if day.weekday() < SATURDAY and (day.month, day.day) not in HOLIDAYS:
            level *= math.exp(rng.gauss(0.00006, 0.0036) + (1.10 - level) * 0.006)
            yield day, Decimal(f"{level:.4f}")
        day += timedelta(days=1)
