"""Reads the figures of the dashboard from the published snapshot, once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.reports.dashboard.figures import (
    Basis,
    Change,
    Check,
    Cohort,
    DashboardFigures,
    Segment,
    SegmentKind,
    Source,
    Values,
)

# What the page holds is bounded, however large and old the company: it stays below 2 MB.
KEPT_MONTHS = 37  # three years and the month that is open
KEPT_SEGMENTS = 15
# Bands of the chart of MRR; the others are one band.
BANDS = 7
KEPT_CHECKS = 50
KEPT_LETTERS = 120  # of a name

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
    *("entered_mrr", "recovered_mrr", "lost_mrr", "otherwise_ended_mrr", "closing_at_risk_mrr"),
    *("mrr_recovery_rate", "median_days_to_recovery", "failed_charges", "failed_charges_amount"),
)
SUPPORT = ("created_tickets", "csat", "backlog_tickets")

# A rate changes in points; net new MRR is itself a change, of which a fraction says nothing.
_WITHOUT_RELATIVE_CHANGE = {"customer_churn_rate", "nrr", "net_new_mrr"}


def read_dashboard_figures(snapshot: Path) -> DashboardFigures:
    """Reads the figures of the dashboard from a published snapshot.

    Args:
        snapshot: The snapshot's file.

    Returns:
        The figures; of a company without any MRR yet they have no month.
    """
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return _Reader(connection).read()


class _Reader:
    """Reads one snapshot; knows which marts and months it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.published = self.rows("from marts._published")[0]
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
        self.kpis = found
        self.days: list[date] = [row["metric_month"] for row in found]
        closed = [index for index, row in enumerate(found) if row["is_closed"]]
        self.closed = closed[-1] if closed else None

    def read(self) -> DashboardFigures:
        published = self.published
        version = str(self.kpis[-1]["policy_version"]) if self.kpis else ""
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
                policy=str(published["policy"]),
                policy_version=version,
                currency=str(published["currency"]),
                time_zone=str(published["time_zone"]),
                as_of=_instant(published["as_of"]),
                run_id=str(published["run_id"]),
                version=str(published["version"]),
            ),
        )

    def segments(self) -> tuple[tuple[Segment, ...], tuple[SegmentKind, ...]]:
        if "kpis_monthly_by_segment" not in self.marts or not self.days:
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
        return len(parts) > 1 or bool(currencies - {self.published["currency"]})

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
            name=(name or value)[:KEPT_LETTERS],
            currency=str(rows[-1]["currency"] if rows else self.published["currency"]),
            months=months,
            changes={key: self.change(key, months[key]) for key in HEADLINES},
        )

    def change(self, key: str, values: Values) -> Change:
        if self.closed is None or self.closed == 0:
            return Change(None, None)
        now, then = values[self.closed], values[self.closed - 1]
        if now is None or then is None:
            return Change(None, None)
        if key in _WITHOUT_RELATIVE_CHANGE or then <= 0:
            return Change(now - then, None)
        return Change(now - then, _six_places((now - then) / then))

    def cohorts(self) -> tuple[Cohort, ...]:
        if "retention_cohorts" not in self.marts or not self.days:
            return ()
        found: dict[date, list[dict[str, Any]]] = {}
        for row in self.rows(_COHORTS, KEPT_MONTHS, KEPT_MONTHS):
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
        if mart not in self.marts or not self.days:
            return None
        rows = self.rows(f"from marts.{mart} where metric_month >= ?", self.days[0])
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
# The newest ones, whenever they first paid: a company may have had no new customer for years.
_COHORTS = """
    from marts.retention_cohorts
    where
        cohort_month in (
            select distinct cohort_month
            from marts.retention_cohorts
            order by cohort_month desc
            limit ?
        )
        and age_months < ?
    order by cohort_month, age_months
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


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _six_places(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"
