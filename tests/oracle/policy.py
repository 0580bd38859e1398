"""The few rules of a metric policy that the oracle can switch."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Policy:
    """Monthly factors per interval, and the numbers of days that end a payer's grace."""

    name: str
    day_to_month: Fraction = Fraction(365, 12)
    week_to_month: Fraction = Fraction(52, 12)
    past_due_days: int = 30
    pause_days: int = 90
    quick_ratio_counts_reactivation: bool = True

    def to_month(self, interval: str) -> Fraction:
        return {
            "day": self.day_to_month,
            "week": self.week_to_month,
            "month": Fraction(1),
            "year": Fraction(1, 12),
        }[interval]


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("default"),
        Policy("paddle", day_to_month=Fraction(30), week_to_month=Fraction("4.33")),
        Policy("kaching", day_to_month=Fraction("30.437"), week_to_month=Fraction("4.345")),
        Policy("baremetrics", quick_ratio_counts_reactivation=False),
    )
}
