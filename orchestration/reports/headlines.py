"""The KPIs on the cards: what each is called, what it is, and which way is better."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orchestration.reports import naming
from orchestration.reports.figures import Headline
from orchestration.reports.kinds import Kind

_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class HeadlineDefinition:
    """One KPI.

    Attributes:
        title: Its name, a text of the catalogues.
        kind: What it is.
        better: 1 where more is better, -1 where less is, 0 where neither is.
        is_change: It is itself a change of MRR, so that it has no relative change: a month of
            twice nearly nothing would be a rise by thousands of percent.
    """

    title: str
    kind: Kind
    better: int = 1
    is_change: bool = False


HEADLINES = {
    "closing_mrr": HeadlineDefinition("MRR", Kind.MONEY),
    "arr": HeadlineDefinition("ARR", Kind.MONEY),
    "net_new_mrr": HeadlineDefinition("Net new MRR", Kind.MONEY, is_change=True),
    "closing_customers": HeadlineDefinition("Customers", Kind.COUNT),
    "arpu": HeadlineDefinition("ARPU", Kind.MONEY),
    "customer_churn_rate": HeadlineDefinition("Customer churn", Kind.RATE, -1),
    "nrr": HeadlineDefinition("Net revenue retention", Kind.RATE),
    "grr": HeadlineDefinition("Gross revenue retention", Kind.RATE),
    "quick_ratio": HeadlineDefinition("Quick ratio", Kind.RATIO),
    "cltv_formula": HeadlineDefinition("Customer lifetime value", Kind.MONEY),
    "new_mrr": HeadlineDefinition("New MRR", Kind.MONEY, is_change=True),
    "expansion_mrr": HeadlineDefinition("Expansion MRR", Kind.MONEY, is_change=True),
    "churned_mrr": HeadlineDefinition("Churned MRR", Kind.MONEY, is_change=True),
}

MONTHLY = (
    "closing_mrr",
    "arr",
    "net_new_mrr",
    "closing_customers",
    "arpu",
    "customer_churn_rate",
    "nrr",
    "grr",
    "quick_ratio",
    "cltv_formula",
)
WEEKLY = (
    "closing_mrr",
    "net_new_mrr",
    "closing_customers",
    "new_mrr",
    "expansion_mrr",
    "churned_mrr",
)
# The KPIs of each report that is read of its own.
KEYS = {
    naming.KPI_PACK: MONTHLY,
    naming.WEEKLY_DIGEST: WEEKLY,
    naming.CUSTOMER_LISTS: WEEKLY[:3],
}
# What the cards of a mail and of a report's first page show, in rows of three.
_MONTH_CARDS = (
    "closing_mrr",
    "net_new_mrr",
    "closing_customers",
    "arpu",
    "customer_churn_rate",
    "cltv_formula",
)
CARDS = {
    naming.KPI_PACK: _MONTH_CARDS,
    naming.DASHBOARD: _MONTH_CARDS,
    naming.WEEKLY_DIGEST: WEEKLY,
    naming.CUSTOMER_LISTS: WEEKLY[:3],
}


def headline(key: str, trend: tuple[Decimal | None, ...]) -> Headline:
    """A KPI of its last periods, the newest last; it is compared with the one before.

    Args:
        key: One of ``HEADLINES``.
        trend: The values, at least that of the period.

    Returns:
        The KPI with its change.
    """
    definition = HEADLINES[key]
    has_relative = definition.kind in (Kind.MONEY, Kind.COUNT) and not definition.is_change
    now, then = trend[-1], trend[-2] if len(trend) > 1 else None
    change = now - then if now is not None and then is not None else None
    relative = None
    if has_relative and change is not None and then is not None and then > 0:
        relative = (change / then).quantize(_SIX_PLACES, rounding=ROUND_HALF_UP)
    return Headline(key, definition.kind, now, then, change, relative, trend)


def is_better(line: Headline) -> bool | None:
    """Whether the period was better than the one before; None where that cannot be said."""
    better = HEADLINES[line.key].better
    return None if not line.change or not better else (line.change > 0) == (better > 0)
