"""What the dashboard says: frozen figures, from which the page is made.

Everything is the marts' own, by month and by segment; no row is about a single customer. The page
formats and draws these figures and computes nothing of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal

Values = tuple[Decimal | None, ...]


@dataclass(frozen=True)
class Change:
    """What became of a headline figure between the month before and the last closed month.

    Attributes:
        change: The difference; for a rate a difference of fractions.
        relative_change: The difference as a fraction of the month before; none for rates and for
            net new MRR, and where the month before is not above 0.
    """

    change: Decimal | None
    relative_change: Decimal | None


@dataclass(frozen=True)
class Segment:
    """The company, or one part of it, month by month.

    Attributes:
        kind: ``all`` for the company, else a segment_kind of the mart.
        value: Its segment_value; empty for the company.
        name: Its name for people; as the source gave it, so it may hold anything.
        currency: What its amounts are in.
        months: A value for each month of the dashboard, by the mart's columns.
        changes: Of the headline figures in the last closed month.
    """

    kind: str
    value: str
    name: str
    currency: str
    months: Mapping[str, Values]
    changes: Mapping[str, Change]


@dataclass(frozen=True)
class SegmentKind:
    """How many segments of a kind there are, and what those have that no band shows.

    Attributes:
        kind: The segment_kind.
        count: Segments there are; the dashboard has the largest only.
        other_mrr: Closing MRR of those beyond the first bands, for each month; none where all are
            shown, and none for currencies, which cannot be summed.
    """

    kind: str
    count: int
    other_mrr: Values | None


@dataclass(frozen=True)
class Cohort:
    """The customers who first paid in one month, and what is left of them at each age."""

    month: str
    customers: Decimal
    mrr_start: Decimal
    customer_retention: Values
    mrr_retention: Values


@dataclass(frozen=True)
class Check:
    """A check that did not pass."""

    name: str
    table: str
    severity: str
    status: str
    failures: Decimal | None
    description: str


@dataclass(frozen=True)
class Source:
    """What of a source arrived, and how fresh it is; hours are counted back from as_of."""

    source: str
    tables: Decimal
    rows: Decimal
    served_rows: Decimal | None
    loaded_rows: Decimal | None
    last_fact_at: str | None
    hours_since_last_fact: Decimal | None


@dataclass(frozen=True)
class Basis:
    """What the figures rest on."""

    policy: str
    policy_version: str
    currency: str
    time_zone: str
    as_of: str
    run_id: str
    version: str


@dataclass(frozen=True)
class DashboardFigures:
    """Everything the dashboard says.

    Attributes:
        months: ``YYYY-MM``, the oldest first, without a gap.
        closed_month: The last closed one, to which the headline figures belong; None if none is.
        company: The whole company.
        segments: Its parts, by kind, the largest first.
        kinds: The kinds that have more than nothing to show.
        cohorts: By the month of the first payment, the oldest first.
        dunning: Past-due MRR and failed charges for each month; None without the mart.
        support: Tickets, backlog and ratings for each month; None without the mart.
        checks: How many checks there are of each severity and status.
        unpassed: Those that did not pass.
        sources: Freshness and completeness.
        basis: What the figures rest on.
    """

    months: tuple[str, ...]
    closed_month: str | None
    company: Segment
    segments: tuple[Segment, ...]
    kinds: tuple[SegmentKind, ...]
    cohorts: tuple[Cohort, ...]
    dunning: Mapping[str, Values] | None
    support: Mapping[str, Values] | None
    checks: Mapping[str, Decimal]
    unpassed: tuple[Check, ...]
    sources: tuple[Source, ...]
    basis: Basis

    def to_json(self) -> str:
        """The figures as JSON, decimals as text without trailing zeros, nothing lost."""
        return json.dumps(self, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{value!r} has no place in the dashboard")
