"""The tables of reports, computed a second time in plain Python from the published marts.

The company is the sandbox's, loaded, built, checked and published by a real run.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest

from ingestion.sandbox.company import write_sample
from orchestration.errors import ReportError
from orchestration.reports.figures import Figures
from orchestration.reports.naming import CUSTOMER_LISTS, WEEKLY_DIGEST
from orchestration.reports.reading import last_closed_month, last_week, read_month, read_week
from orchestration.reports.sections import LISTS
from orchestration.reports.segment import KINDS, Segment
from tests.end_to_end.commands import environment, run

pytestmark = pytest.mark.slow

Row = dict[str, Any]
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a real run has published."""
    folder = tmp_path_factory.mktemp("company")
    files = folder / "files"
    as_of = write_sample(files, customers=300, months=26)
    status, output = run(environment(folder / "home", files, as_of))
    assert status == 0, output
    return (folder / "home" / "published" / "perene.duckdb").resolve()


@pytest.fixture(scope="module")
def marts(snapshot: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def pack(snapshot: Path) -> Figures:
    month = last_closed_month(snapshot)
    assert month is not None
    return read_month(snapshot, month)


def rows(marts: duckdb.DuckDBPyConnection, mart: str) -> list[Row]:
    found = marts.execute(f'from marts."{mart}"')
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def table(figures: Figures, key: str) -> list[Row]:
    section = figures.section(key)
    assert section is not None, key
    names = [name for name, _ in section.columns]
    return [dict(zip(names, row, strict=True)) for row in section.rows]


def called(customer: Row) -> str:
    texts = (customer[key] for key in ("company", "name"))
    found = (str(text) for text in texts if text and text.strip())
    return next(found, str(customer["customer_id"]))


def test_the_kpis_and_the_months_are_the_marts(
    pack: Figures, marts: duckdb.DuckDBPyConnection
) -> None:
    by_month = {row["metric_month"]: row for row in rows(marts, "kpis_monthly")}
    before = (pack.start - timedelta(days=1)).replace(day=1)
    for line in pack.headlines:
        assert line.value == by_month[pack.start][line.key]
        assert line.previous == by_month[before][line.key]
    shown = table(pack, "months")
    assert len(shown) == 24
    for row in shown:
        mart = by_month[row["metric_month"]]
        assert row == {key: mart[key] for key in row}
    steps = table(pack, "movements")
    assert sum(step["mrr"] for step in steps[:-1]) == steps[-1]["mrr"]
    assert steps[-1]["mrr"] == by_month[pack.start]["closing_mrr"]
    opened = {step["movement"]: step["customers"] for step in steps}
    assert opened["New"] == by_month[pack.start]["new_customers"]
    assert opened["Churned"] == by_month[pack.start]["churned_customers"]


def test_plans_and_countries_add_up_to_the_company(
    pack: Figures, marts: duckdb.DuckDBPyConnection
) -> None:
    names = {row["plan_id"]: row["name"] for row in rows(marts, "dim_plans")}
    total = pack.headline("closing_mrr").value
    assert total
    for key, kind in (("plans", "plan"), ("countries", "country")):
        expected = {
            names.get(row["segment_value"]) or row["segment_value"]: row["closing_mrr"]
            for row in rows(marts, "kpis_monthly_by_segment")
            if row["segment_kind"] == kind
            and row["metric_month"] == pack.start
            and (row["closing_mrr"] or row["opening_mrr"])
        }
        shown = {row[kind]: row["closing_mrr"] for row in table(pack, key)}
        assert shown == expected
        assert sum(shown.values()) == total
        shares = sum(row["share"] for row in table(pack, key))
        assert abs(shares - 1) < Decimal("0.0001")


def test_cohorts_and_failed_payments_are_the_marts(
    pack: Figures, marts: duckdb.DuckDBPyConnection
) -> None:
    ages = {
        (row["cohort_month"], row["age_months"]): row["customer_retention"]
        for row in rows(marts, "retention_cohorts")
    }
    for row in table(pack, "cohorts"):
        first = row["cohort_month"]
        past = (pack.start.year - first.year) * 12 + pack.start.month - first.month
        for age in range(1, 13):
            expected = ages.get((first, age)) if age <= past else None
            assert row[f"after_{age}_months"] == expected
    by_month = {row["metric_month"]: row for row in rows(marts, "dunning_monthly")}
    for row in table(pack, "dunning"):
        mart = by_month[row["metric_month"]]
        assert row == {key: mart[key] for key in row}


def test_the_lists_name_everybody_they_should_and_nobody_else(
    pack: Figures, marts: duckdb.DuckDBPyConnection
) -> None:
    customers = {row["customer_id"]: row for row in rows(marts, "customer_360")}
    past_due = {id_ for id_, row in customers.items() if row["past_due_mrr"]}
    assert {row["customer_id"] for row in table(pack, "past_due")} == past_due
    for row in table(pack, "past_due"):
        assert row["customer"] == called(customers[row["customer_id"]])
        assert row["past_due_mrr"] == customers[row["customer_id"]]["past_due_mrr"]

    end = pack.foot.as_of
    today = (end - timedelta(microseconds=1)).date()
    waiting = {
        ticket["customer_id"]
        for ticket in rows(marts, "fct_tickets")
        if ticket["is_counted"]
        and (
            (ticket["solved_at"] is None and ticket["created_at"] < end - timedelta(days=3))
            or (ticket["reopens"] > 0 and ticket["created_at"] >= end - timedelta(days=30))
        )
    }
    listed = {row["customer_id"] for row in table(pack, "long_open_tickets")}
    assert listed == waiting & set(customers)

    yearly: dict[str, list[Row]] = defaultdict(list)
    for item in rows(marts, "fct_mrr_movement_items"):
        if item["billing_interval"] == "1 year":
            yearly[item["subscription_id"]].append(item)
    renewing = {}
    for subscription, items in yearly.items():
        mrr = sum((item["mrr_delta"] for item in items), ZERO)
        started = min(item["occurred_on"] for item in items)
        next_one = next(day for day in anniversaries(started) if day > today)
        if mrr > 0 and next_one <= today + timedelta(days=30):
            renewing[subscription] = (next_one, mrr)
    shown = {
        row["subscription_id"]: (row["renews_on"], row["renewing_mrr"])
        for row in table(pack, "renewals")
    }
    assert shown == renewing
    assert past_due
    assert renewing


def anniversaries(day: date) -> Iterator[date]:
    for year in range(day.year, day.year + 100):
        leap = day.month == 2 and day.day == 29
        yield date(year, 2, 28) if leap and year % 4 else day.replace(year=year)


def test_who_moved_most_and_who_pays_most_are_the_first_by_amount(
    pack: Figures, marts: duckdb.DuckDBPyConnection
) -> None:
    moved = sorted(
        (
            abs(row["mrr_delta"])
            for row in rows(marts, "fct_mrr_movements")
            if pack.start <= row["occurred_on"] < pack.end and row["movement_type"] != "fx"
        ),
        reverse=True,
    )
    assert [abs(row["mrr_delta"]) for row in table(pack, "largest_changes")] == moved[:20]
    paying = sorted(
        (
            row["mrr"]
            for row in rows(marts, "fct_customer_mrr_monthly")
            if row["metric_month"] == pack.start and row["mrr"] > 0
        ),
        reverse=True,
    )
    assert [row["mrr"] for row in table(pack, "customers")] == paying[:20]


def test_a_week_closes_with_what_all_movements_until_then_make(
    snapshot: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    digest = read_week(snapshot, last_week(snapshot))
    movements = rows(marts, "fct_mrr_movements")
    closing = sum(row["mrr_delta"] for row in movements if row["occurred_on"] < digest.end)
    week = [row for row in movements if digest.start <= row["occurred_on"] < digest.end]
    steps = {row["movement"]: row["mrr"] for row in table(digest, "week_movements")}
    assert steps["Closing MRR"] == digest.headline("closing_mrr").value == closing
    assert steps["Opening MRR"] == closing - sum(row["mrr_delta"] for row in week)
    for term, movement in (("New", "new"), ("Expansion", "expansion"), ("Churned", "churn")):
        moved = sum(row["mrr_delta"] for row in week if row["movement_type"] == movement)
        assert steps[term] == moved
    lists = read_week(snapshot, last_week(snapshot), CUSTOMER_LISTS)
    for key in LISTS:
        assert lists.section(key) == digest.section(key)


def test_support_of_each_week_is_its_tickets(
    snapshot: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    digest = read_week(snapshot, last_week(snapshot))
    tickets = [row for row in rows(marts, "fct_tickets") if row["is_counted"]]
    backlog: dict[date, int] = defaultdict(int)
    for row in rows(marts, "support_backlog_daily"):
        backlog[row["backlog_on"]] += row["tickets"]

    def in_week(moment: Any, monday: date) -> bool:
        return moment is not None and monday <= moment.date() < monday + timedelta(days=7)

    weeks = table(digest, "support_weeks")
    assert [row["week_start"] for row in weeks][-1] == digest.start
    assert len(weeks) == 6
    for week in weeks:
        monday = week["week_start"]
        assert week["tickets"] == sum(in_week(one["created_at"], monday) for one in tickets)
        assert week["solved"] == sum(in_week(one["solved_at"], monday) for one in tickets)
        assert week["backlog"] == backlog[monday + timedelta(days=6)]
        times = [
            one["first_reply_business_minutes"]
            for one in tickets
            if in_week(one["first_replied_at"], monday)
            and one["first_reply_business_minutes"] is not None
        ]
        expected = Decimal(median(times)) / 60 if times else None
        assert week["first_reply_hours"] == pytest.approx(expected, abs=Decimal("0.000001"))
        rated = [one["rating_latest"] for one in tickets if in_week(one["rated_at"], monday)]
        good = Decimal(rated.count("good")) / len(rated) if rated else None
        assert week["good_ratings"] == pytest.approx(good, abs=Decimal("0.000001"))
    assert sum(row["tickets"] for row in weeks)


def test_a_pack_of_each_segment_closes_and_is_made_of_its_own_customers(
    snapshot: Path, marts: duckdb.DuckDBPyConnection, pack: Figures
) -> None:
    month = pack.period
    closes = {
        (row["segment_kind"], row["segment_value"]): row
        for row in rows(marts, "kpis_monthly_by_segment")
        if row["metric_month"] == pack.start
    }
    kinds = {kind for kind, _ in closes}
    assert kinds == set(KINDS)
    switched = set()
    for (kind, value), mart in closes.items():
        figures = read_month(snapshot, month, Segment(kind, value))
        assert figures.foot.currency == mart["currency"]
        for line in figures.headlines:
            assert line.value == mart[line.key], (kind, value, line.key)
        steps = table(figures, "movements")
        assert sum(step["mrr"] for step in steps[:-1]) == steps[-1]["mrr"] == mart["closing_mrr"]
        switched |= {step["movement"] for step in steps}
        most = [row["mrr"] for row in table(figures, "customers")]
        if mart["closing_customers"] <= 20:
            assert len(most) == mart["closing_customers"], (kind, value)
            assert sum(most) == mart["closing_mrr"], (kind, value)
        moved = sum(row["mrr_delta"] for row in table(figures, "largest_changes"))
        if len(table(figures, "largest_changes")) < 20:
            assert moved == mart["net_new_mrr"], (kind, value)
    assert switched >= {"Switched in", "Switched out"}


def test_the_lists_of_the_segments_of_a_kind_are_the_companys(
    snapshot: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    week = last_week(snapshot)
    company = read_week(snapshot, week, CUSTOMER_LISTS)
    for kind in ("country", "channel", "segment"):
        values = {
            row["segment_value"]
            for row in rows(marts, "kpis_monthly_by_segment")
            if row["segment_kind"] == kind
        }
        parts = [read_week(snapshot, week, CUSTOMER_LISTS, Segment(kind, one)) for one in values]
        for key in LISTS:
            listed = [str(row) for part in parts for row in table(part, key)]
            assert sorted(listed) == sorted(map(str, table(company, key))), (kind, key)
        digests = [read_week(snapshot, week, WEEKLY_DIGEST, Segment(kind, one)) for one in values]
        closing = sum(one.headline("closing_mrr").value or 0 for one in digests)
        assert closing == company.headline("closing_mrr").value


def test_what_there_is_no_report_of_is_said_in_a_sentence(snapshot: Path) -> None:
    week, month = last_week(snapshot), str(last_closed_month(snapshot))
    for segment, report, said in (
        (Segment("plan", "Team"), WEEKLY_DIGEST, "no weekly digest of plan=Team"),
        (Segment("native_currency", "EUR"), CUSTOMER_LISTS, "no lists of native_currency=EUR"),
    ):
        with pytest.raises(ReportError, match=said):
            read_week(snapshot, week, report, segment)
    with pytest.raises(ReportError, match="no segment plan=nothing in what is published"):
        read_month(snapshot, month, Segment("plan", "nothing"))
    with pytest.raises(ReportError, match="no kind of segment 'planet'"):
        read_month(snapshot, month, Segment("planet", "mars"))
