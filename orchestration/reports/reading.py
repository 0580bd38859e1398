"""Reads the figures of a period from a published snapshot, once; plain marts only."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ReportError
from orchestration.reports.figures import Figures, Headline, SectionFigures, decimal
from orchestration.reports.headlines import KEYS, headline
from orchestration.reports.naming import CUSTOMER_LISTS, KPI_PACK, WEEKLY_DIGEST
from orchestration.reports.periods import month_start, week_name, week_start
from orchestration.reports.publication import foot_of, last_day_of, rows_of
from orchestration.reports.section_reading import read_sections
from orchestration.reports.segment import Segment
from orchestration.reports.segment_marts import named, open_marts

_TREND_MONTHS = 13
_TREND_WEEKS = 9


def read_month(snapshot: Path, month: str, segment: Segment | None = None) -> Figures:
    """Reads the figures of a closed month.

    Args:
        snapshot: The snapshot's file.
        month: ``YYYY-MM``.
        segment: Of this segment alone; of the whole company when not given.

    Returns:
        The figures.

    Raises:
        ReportError: The month is not one, is not in the snapshot, or is not closed in it; or
            there is no such segment.
    """
    start = month_start(month)
    with open_marts(snapshot, segment) as connection:
        published = rows_of(connection, "from marts._published")[0]
        current = _closed_month(connection, start, published)
        end = (start + timedelta(days=31)).replace(day=1)
        is_newest = _last_closed(connection) == start
        first = start.replace(year=start.year - 1)
        months = {
            row["metric_month"]: row
            for row in rows_of(
                connection,
                "from marts.kpis_monthly where metric_month between $first and $start "
                "order by metric_month",
                {"first": first, "start": start},
            )
        }
        return Figures(
            report=KPI_PACK,
            period=month,
            start=start,
            end=end,
            headlines=tuple(_month_headline(key, months, start) for key in KEYS[KPI_PACK]),
            sections=read_sections(connection, KPI_PACK, start, end, published, is_newest),
            foot=foot_of(published, str(current["policy_version"]), str(current["currency"])),
            segment=named(connection, segment),
        )


def read_week(
    snapshot: Path, week: str, report: str = WEEKLY_DIGEST, segment: Segment | None = None
) -> Figures:
    """Reads the figures of a week that is over.

    Args:
        snapshot: The snapshot's file.
        week: ``YYYY-Www``, a week of ISO 8601, which begins on Monday.
        report: The weekly report whose sections are read.
        segment: Of this segment alone; of the whole company when not given.

    Returns:
        The figures.

    Raises:
        ReportError: The week is not one, or the published data do not reach to its end; or there
            is no such segment, or none of which this report can be.
    """
    start = week_start(week)
    end = start + timedelta(days=7)
    with open_marts(snapshot, segment) as connection:
        published = rows_of(connection, "from marts._published")[0]
        if last_day_of(published) < end - timedelta(days=1):
            raise ReportError(
                f"The week {week} is not over in the published data (as of "
                f"{published['as_of']:%Y-%m-%d %H:%M} UTC). Run `make run` after its Sunday, then "
                "ask for it again."
            )
        is_newest = last_day_of(published) < end + timedelta(days=6)
        sections = read_sections(connection, report, start, end, published, is_newest)
        if report == CUSTOMER_LISTS and not is_newest:
            raise ReportError(
                f"The lists of {week} can no longer be made: they say who is to be called when the "
                f"data end, and these end on {last_day_of(published)}. Ask for the newest week's."
            )
        _require_weekly(report, segment, sections)
        version = rows_of(
            connection, "select max(policy_version) as version from marts.kpis_monthly"
        )
        return Figures(
            report=report,
            period=week,
            start=start,
            end=end,
            headlines=_week_headlines(connection, end, KEYS[report]),
            sections=sections,
            foot=foot_of(published, str(version[0]["version"] or ""), str(published["currency"])),
            segment=named(connection, segment),
        )


def last_closed_month(snapshot: Path) -> str | None:
    """The newest month that is closed in a published snapshot, ``YYYY-MM``; None if none is."""
    with open_marts(snapshot) as connection:
        month = _last_closed(connection)
    return f"{month:%Y-%m}" if month else None


def last_week(snapshot: Path) -> str:
    """The newest week that is over in a published snapshot, ``YYYY-Www``."""
    with open_marts(snapshot) as connection:
        today = last_day_of(rows_of(connection, "from marts._published")[0])
    return week_name(today - timedelta(days=6))


def last_day(snapshot: Path) -> str:
    """The day on which the data of a published snapshot end, ``YYYY-MM-DD``."""
    with open_marts(snapshot) as connection:
        return last_day_of(rows_of(connection, "from marts._published")[0]).isoformat()


def _last_closed(connection: duckdb.DuckDBPyConnection) -> date | None:
    rows = rows_of(
        connection, "select max(metric_month) as month from marts.kpis_monthly where is_closed"
    )
    month: date | None = rows[0]["month"]
    return month


def _closed_month(
    connection: duckdb.DuckDBPyConnection, start: date, published: Mapping[str, Any]
) -> Mapping[str, Any]:
    as_of = f"{published['as_of']:%Y-%m-%d %H:%M} UTC"
    found = rows_of(
        connection, "from marts.kpis_monthly where metric_month = $start", {"start": start}
    )
    if not found:
        span = rows_of(
            connection,
            "select min(metric_month) as first, max(metric_month) as last from marts.kpis_monthly",
        )[0]
        known = f"{span['first']:%Y-%m} to {span['last']:%Y-%m}" if span["first"] else "none at all"
        raise ReportError(
            f"There are no KPIs of {start:%Y-%m}: the published months are {known} (data as of "
            f"{as_of}). Choose one of them, or run `make run` first."
        )
    if not found[0]["is_closed"]:
        raise ReportError(
            f"{start:%Y-%m} is not closed in the published data (as of {as_of}): a month closes "
            "three days after its end. Run `make run` when it has closed, then ask for the pack "
            "again."
        )
    return found[0]


def _month_headline(key: str, months: Mapping[date, Mapping[str, Any]], start: date) -> Headline:
    trend: list[Decimal | None] = []
    month = start
    for _ in range(_TREND_MONTHS):
        trend.insert(0, decimal(months.get(month, {}).get(key)))
        month = (month - timedelta(days=1)).replace(day=1)
    return headline(key, tuple(trend))


def _require_weekly(
    report: str, segment: Segment | None, sections: Sequence[SectionFigures]
) -> None:
    """A week of plans and the like is in no mart: only months know what moved between them."""
    if segment is None or segment.is_of_customers:
        return
    if report == WEEKLY_DIGEST:
        raise ReportError(
            f"There is no weekly digest of {segment}: only of a country, a channel or a segment "
            "of customers. Choose one of these, or the KPI pack."
        )
    if not sections:
        raise ReportError(
            f"There are no lists of {segment}: they are in the reporting currency. Choose a "
            "segment of another kind."
        )


def _week_headlines(
    connection: duckdb.DuckDBPyConnection, end: date, keys: Sequence[str]
) -> tuple[Headline, ...]:
    """Each of the last weeks in the same way, so that like is compared with like."""
    rows = rows_of(
        connection,
        """
        with weeks as (
            select $end - (7 * n)::integer as week_end, $end - (7 * n + 7)::integer as week_start
            from range($weeks) as r(n)
        ),
        balances as (
            select week_end, customer_id, sum(mrr_delta) as mrr
            from weeks inner join marts.fct_mrr_movements on occurred_on < week_end
            group by all
        ),
        closing as (
            select week_end, sum(mrr)::decimal(28, 6) as closing_mrr,
                count(*) filter (where mrr > 0) as closing_customers
            from balances group by week_end
        ),
        moved as (
            select week_end,
                coalesce(sum(mrr_delta) filter (where movement_type <> 'fx'), 0) as net_new_mrr,
                coalesce(sum(mrr_delta) filter (where movement_type = 'new'), 0) as new_mrr,
                coalesce(sum(mrr_delta) filter (where movement_type = 'expansion'), 0)
                    as expansion_mrr,
                coalesce(sum(mrr_delta) filter (where movement_type = 'churn'), 0) as churned_mrr
            from weeks left join marts.fct_mrr_movements
                on occurred_on >= week_start and occurred_on < week_end
            group by week_end
        )
        from closing inner join moved using (week_end) order by week_end
        """,
        {"end": end, "weeks": _TREND_WEEKS},
    )
    empty = (None,) * (_TREND_WEEKS - len(rows))
    return tuple(headline(key, (*empty, *(decimal(row[key]) for row in rows))) for key in keys)
