"""Exact arithmetic: fractions until the one rounding, half up, to six decimals."""

from decimal import Decimal
from fractions import Fraction

SCALE = 1_000_000
ZERO = Decimal("0.000000")


def round_half_up(value: Fraction | Decimal) -> Decimal:
    """Round once to six decimals, halves away from zero."""
    scaled = Fraction(value) * SCALE
    size = (abs(scaled) * 2 + 1) // 2
    units = int(size) if scaled >= 0 else -int(size)
    return Decimal(units).scaleb(-6)


def times(amount: Decimal, rate: Decimal) -> Decimal:
    return round_half_up(Fraction(amount) * Fraction(rate))


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """A rate of six decimals; nothing divided by zero is known."""
    if denominator == 0:
        return None
    return round_half_up(Fraction(numerator) / Fraction(denominator))
