"""What a figure is, which decides how it is written, compared and stored."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

Cell = Decimal | date | str | None


class Kind(StrEnum):
    """What a figure is."""

    MONEY = "money"
    COUNT = "count"
    RATE = "rate"
    RATIO = "ratio"
    TEXT = "text"  # a customer's, a plan's; hostile
    TERM = "term"  # the project's own words, translated
    COUNTRY = "country"  # a code such as BR
    DAY = "day"
    MONTH = "month"

    @property
    def is_number(self) -> bool:
        """It is a number, so it stands to the right and may be summed or charted."""
        return self in (Kind.MONEY, Kind.COUNT, Kind.RATE, Kind.RATIO)
