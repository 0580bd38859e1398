"""Exchange rates: the last published one, at most seven days old."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.history import PublishedRate
from tests.oracle.money import round_half_up

MAX_AGE_DAYS = 7


class MissingRateError(Exception):
    """A position stands in a currency that has no rate on a day it must be valued."""


class Rates:
    """What one unit of a currency is worth in the reporting currency."""

    def __init__(self, published: list[PublishedRate], reporting: str) -> None:
        self._reporting = reporting
        self._published: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(dict)
        for row in published:
            self._published[row.base, row.quote][row.day] = row.rate
        self._bases = sorted({base for base, _ in self._published})
        self._known: dict[tuple[str, date], Decimal] = {}

    def on(self, currency: str, day: date) -> Decimal:
        """The rate of the day; direct beats inverse beats a cross over a common base."""
        if currency == self._reporting:
            return Decimal(1)
        if (currency, day) not in self._known:
            self._known[currency, day] = self._find(currency, day)
        return self._known[currency, day]

    def _find(self, currency: str, day: date) -> Decimal:
        direct = self._last_published(currency, self._reporting, day)
        if direct is not None:
            return round_half_up(direct)
        inverse = self._last_published(self._reporting, currency, day)
        if inverse is not None:
            return round_half_up(1 / Fraction(inverse))
        for base in self._bases:
            to_reporting = self._last_published(base, self._reporting, day)
            to_currency = self._last_published(base, currency, day)
            if to_reporting is not None and to_currency is not None:
                return round_half_up(Fraction(to_reporting) / Fraction(to_currency))
        raise MissingRateError(f"No rate of {currency} to {self._reporting} on {day}")

    def _last_published(self, base: str, quote: str, day: date) -> Decimal | None:
        rates = self._published.get((base, quote), {})
        for age in range(MAX_AGE_DAYS + 1):
            rate = rates.get(day - timedelta(days=age))
            if rate is not None:
                return rate
        return None
