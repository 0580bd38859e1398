"""The figures of the dashboard: read once from the published snapshot, then frozen.

Everything is the mart's own, by month and by segment; no row is about a single customer. The page
formats and draws these figures and computes nothing of its own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ReportError

Values = tuple[Decimal | None, ...]

# What the page holds is bounded, however large and old the company: it stays below 2 MB.
KEPT_MONTHS = 37  # three years and the month that is open
KEPT_SEGMENTS = 15
# Bands of the chart of MRR; the others are one band.
BANDS = 7
KEPT_CHECKS = 50

SEGMENT_KINDS = (
    *("plan", "country", "native_currency", "interval", "channel", "biller", "segment"),
)

HEADLINES = (
    *("closing_mrr", "net_new_mrr", "closing_customers", "arpu", "customer_churn_rate", "nrr"),
    "cltv_formula",
)
KPIS = (
    *("opening_mrr", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr"),
    *("churned_mrr", "fx_mrr", "restated_mrr", "closing_mrr", "net_new_mrr"),
    *("opening_customers", "new_customers", "reactivated_customers", "churned_customers"),
    *("closing_customers", "arpu", "customer_churn_rate", "nrr", "grr", "cltv_formula"),
)
TRANSFERS = ("transferred_in_mrr", "transferred_out_mrr")
DUNNING = (
    *("opening_at_risk_mrr", "entered_mrr", "changed_mrr", "recovered_mrr", "lost_mrr"),
    *("otherwise_ended_mrr", "fx_mrr", "closing_at_risk_mrr", "closing_at_risk_subscriptions"),
    *("mrr_recovery_rate", "median_days_to_recovery", "failed_charges", "failed_charges_amount"),
    *("recovered_charges", "recovered_charges_amount"),
)
SUPPORT = ("created_tickets", "solved_tickets", "backlog_tickets", "csat")

# The changes of these are differences of fractions; 0.01 is one point.
_RATES = {"customer_churn_rate", "nrr"}


@dataclass(frozen=True)
class Change:
    """What became of a headline figure between the month before and the last closed month.

    Attributes:
        change: The difference; for a rate a difference of fractions.
        relative_change: The difference as a fraction of the month before; none for rates, and
            where the month before is not above 0.
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


def read_dashboard_figures(snapshot: Path) -> DashboardFigures:
    """Reads the figures of the dashboard from a published snapshot.

    Args:
        snapshot: The snapshot's file.

    Returns:
        The figures.

    Raises:
        ReportError: The snapshot has no month yet.
    """
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return _Reader(connection).read()


class _Reader:
    """Reads one snapshot; knows which marts and months it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.marts = {
            row["table_name"]
            for row in self.rows(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            )
        }
        found = self.rows(
            "select * from (from marts.kpis_monthly order by metric_month desc limit ?) "
            "order by metric_month",
            KEPT_MONTHS,
        )
        if not found:
            raise ReportError(
                "There is no dashboard, because the published data have no month with MRR yet. "
                "Run again when a subscription has begun."
            )
        self.kpis = found
        self.days: list[date] = [row["metric_month"] for row in found]
        closed = [index for index, row in enumerate(found) if row["is_closed"]]
        self.closed = closed[-1] if closed else None

    def read(self) -> DashboardFigures:
        published = self.rows("from marts._published")[0]
        newest = self.kpis[-1]
        segments, kinds = self.segments()
        return DashboardFigures(
            months=tuple(f"{day:%Y-%m}" for day in self.days),
            closed_month=None if self.closed is None else f"{self.days[self.closed]:%Y-%m}",
            company=self.segment("all", "", "", self.kpis, KPIS),
            segments=segments,
            kinds=kinds,
            cohorts=self.cohorts(),
            dunning=self.monthly("dunning_monthly", DUNNING),
            support=self.monthly("support_kpis_monthly", SUPPORT),
            checks=self.checks(),
            unpassed=self.unpassed(),
            sources=self.sources(),
            basis=Basis(
                policy=str(newest["policy"]),
                policy_version=str(newest["policy_version"]),
                currency=str(newest["currency"]),
                time_zone=str(published["time_zone"]),
                as_of=_instant(published["as_of"]),
                run_id=str(published["run_id"]),
                version=str(published["version"]),
            ),
        )

    def segments(self) -> tuple[tuple[Segment, ...], tuple[SegmentKind, ...]]:
        if "kpis_monthly_by_segment" not in self.marts:
            return (), ()
        shown = self.days[-1 if self.closed is None else self.closed]
        self.connection.execute(
            _PLACES, {"kinds": list(SEGMENT_KINDS), "first_month": self.days[0], "shown": shown}
        )
        kept: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.rows(_KEPT_SEGMENTS, KEPT_SEGMENTS, self.days[0]):
            kept.setdefault((row["segment_kind"], row["segment_value"]), []).append(row)
        others: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows(_OTHER_SEGMENTS, BANDS, self.days[0]):
            others.setdefault(row["segment_kind"], []).append(row)
        counts = {
            row["segment_kind"]: row["segments"]
            for row in self.rows(
                "select segment_kind, count(*) as segments from places group by segment_kind"
            )
        }
        names = self.plan_names()
        segments, kinds = [], []
        for kind in SEGMENT_KINDS:
            parts = {value: rows for (of, value), rows in kept.items() if of == kind}
            if not self.tells_something(parts):
                continue
            for value, rows in parts.items():
                name = names.get(value, value) if kind == "plan" else value
                segments.append(self.segment(kind, value, name, rows, (*KPIS, *TRANSFERS)))
            rest = others.get(kind)
            other_mrr = self.by_month(rest, ("closing_mrr",))["closing_mrr"] if rest else None
            kinds.append(SegmentKind(kind, counts[kind], other_mrr))
        return tuple(segments), tuple(kinds)

    def tells_something(self, parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
        """A kind with one segment says what the company says, but for another currency."""
        currencies = {rows[-1]["currency"] for rows in parts.values()}
        return len(parts) > 1 or bool(currencies - {self.kpis[-1]["currency"]})

    def plan_names(self) -> dict[str, str]:
        if "dim_plans" not in self.marts:
            return {}
        return {row["plan_id"]: row["name"] for row in self.rows("from marts.dim_plans")}

    def segment(
        self,
        kind: str,
        value: str,
        name: str,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
    ) -> Segment:
        months = self.by_month(rows, columns)
        return Segment(
            kind=kind,
            value=value,
            name=name or value,
            currency=str(rows[-1]["currency"]),
            months=months,
            changes={key: self.change(key, months[key]) for key in HEADLINES},
        )

    def change(self, key: str, values: Values) -> Change:
        if self.closed is None or self.closed == 0:
            return Change(None, None)
        now, then = values[self.closed], values[self.closed - 1]
        if now is None or then is None:
            return Change(None, None)
        relative = _six_places((now - then) / then) if key not in _RATES and then > 0 else None
        return Change(now - then, relative)

    def cohorts(self) -> tuple[Cohort, ...]:
        if "retention_cohorts" not in self.marts:
            return ()
        found: dict[date, list[dict[str, Any]]] = {}
        for row in self.rows(
            "from marts.retention_cohorts where cohort_month >= ? order by cohort_month, age_months",
            self.days[0],
        ):
            found.setdefault(row["cohort_month"], []).append(row)
        return tuple(
            Cohort(
                month=f"{month:%Y-%m}",
                customers=Decimal(ages[0]["customers"]),
                mrr_start=Decimal(ages[0]["mrr_start"]),
                customer_retention=tuple(_decimal(age["customer_retention"]) for age in ages),
                mrr_retention=tuple(_decimal(age["mrr_retention"]) for age in ages),
            )
            for month, ages in found.items()
        )

    def monthly(self, mart: str, columns: Sequence[str]) -> Mapping[str, Values] | None:
        if mart not in self.marts:
            return None
        rows = self.rows(
            f"from marts.{mart} where metric_month >= ?",  # noqa: S608 - the project's own mart
            self.days[0],
        )
        return self.by_month(rows, columns) if rows else None

    def checks(self) -> Mapping[str, Decimal]:
        if "data_quality" not in self.marts:
            return {}
        return {
            f"{row['severity']} {row['status']}": Decimal(row["checks"])
            for row in self.rows(
                "select severity, status, count(*) as checks from marts.data_quality "
                "group by all order by all"
            )
        }

    def unpassed(self) -> tuple[Check, ...]:
        if "data_quality" not in self.marts:
            return ()
        return tuple(
            Check(
                name=str(row["check_name"]),
                table=str(row["checked_table"] or ""),
                severity=str(row["severity"]),
                status=str(row["status"]),
                failures=_decimal(row["failures"]),
                description=str(row["description"] or ""),
            )
            for row in self.rows(
                "from marts.data_quality where status <> 'pass' "
                "order by severity, check_name limit ?",
                KEPT_CHECKS,
            )
        )

    def sources(self) -> tuple[Source, ...]:
        if "source_coverage" not in self.marts:
            return ()
        totals = {}
        if "source_control_totals" in self.marts:
            totals = {row["source"]: row for row in self.rows(_TOTALS)}
        return tuple(
            Source(
                source=str(row["source"]),
                tables=Decimal(row["tables"]),
                rows=Decimal(row["row_count"]),
                served_rows=_decimal(totals.get(row["source"], {}).get("served_rows")),
                loaded_rows=_decimal(totals.get(row["source"], {}).get("loaded_rows")),
                last_fact_at=row["last_fact_at"] and _instant(row["last_fact_at"]),
                hours_since_last_fact=_decimal(row["hours"]),
            )
            for row in self.rows(_COVERAGE)
        )

    def by_month(
        self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
    ) -> Mapping[str, Values]:
        by_day = {row["metric_month"]: row for row in rows}
        return {
            column: tuple(_decimal(by_day.get(day, {}).get(column)) for day in self.days)
            for column in columns
        }

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        found = self.connection.execute(query, values)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# Segments with MRR in these months, the largest first. Amounts in different currencies have no
# order, so currencies go by customers.
_PLACES = """
    create temporary table places as
    select
        segment_kind,
        segment_value,
        row_number() over (
            partition by segment_kind
            order by
                max(
                    case
                        when metric_month <> $shown then 0
                        when segment_kind = 'native_currency' then closing_customers
                        else closing_mrr
                    end
                ) desc,
                segment_value
        ) as place
    from marts.kpis_monthly_by_segment
    where
        segment_kind in (select unnest($kinds))
        and metric_month >= $first_month
        and (opening_mrr <> 0 or closing_mrr <> 0)
    group by segment_kind, segment_value
"""
_KEPT_SEGMENTS = """
    select kpis_monthly_by_segment.*
    from marts.kpis_monthly_by_segment
    inner join places using (segment_kind, segment_value)
    where place <= ? and metric_month >= ?
    order by segment_kind, place, metric_month
"""
_OTHER_SEGMENTS = """
    select segment_kind, metric_month, sum(closing_mrr) as closing_mrr
    from marts.kpis_monthly_by_segment
    inner join places using (segment_kind, segment_value)
    where place > ? and metric_month >= ? and segment_kind <> 'native_currency'
    group by segment_kind, metric_month
"""
_COVERAGE = """
    select
        source,
        count(*) as tables,
        sum(row_count) as row_count,
        max(last_fact_at) as last_fact_at,
        min(hours_since_last_fact) as hours
    from marts.source_coverage
    where is_present
    group by source
    order by source
"""
_TOTALS = """
    select source, sum(served_rows) as served_rows, sum(loaded_rows) as loaded_rows
    from marts.source_control_totals
    group by source
"""


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return _decimal_text(value)
    return dict(_fields(value))


def _fields(value: object) -> Iterator[tuple[str, object]]:
    for name in value.__dataclass_fields__:  # type: ignore[attr-defined]
        yield name, getattr(value, name)


def _decimal_text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _six_places(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"
