from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from ingestion.sandbox.experience import USUAL_EFFECT, moods, requests_of
from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.sandbox.zendesk.log import Audit, MetricEvent, Mutation
from ingestion.sandbox.zendesk.schedules import OpenTime
from ingestion.sandbox.zendesk.staff import AUTOMATIONS
from ingestion.sandbox.zendesk.world import Helpdesk, make_helpdesk

Row = dict[str, Any]
DAY = 86_400


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(customers=150, months=18, support_effect=USUAL_EFFECT)


@pytest.fixture(scope="module")
def helpdesk(account: Account) -> Helpdesk:
    return make_helpdesk(account)


@pytest.fixture(scope="module")
def rows(helpdesk: Helpdesk) -> list[Row]:
    return helpdesk.truth.rows(helpdesk.as_of)


def told(helpdesk: Helpdesk) -> list[Any]:
    """The log as plain values."""
    plain: list[Any] = []
    for entry in helpdesk.log:
        if isinstance(entry, Mutation):
            plain.append(entry)
        elif isinstance(entry, Audit):
            parts = (entry.updater_id, entry.via, entry.changes, entry.comment, entry.is_silent)
            plain.append((entry.at, entry.id, entry.ticket.id, *parts))
        else:
            parts_of_event = (entry.metric, entry.instance, entry.type, entry.more)
            plain.append((entry.at, entry.id, entry.ticket.id, *parts_of_event))
    return plain


def test_the_same_seed_gives_the_same_log() -> None:
    account = make_account(20, 6, seed=3)
    one, two, other = (told(make_helpdesk(account, seed)) for seed in (5, 5, 6))

    assert one == two
    assert one != other


def test_without_an_effect_support_moves_nobody() -> None:
    still, moved = make_account(40, 12), make_account(40, 12, support_effect=3)

    assert make_account(40, 12, support_effect=0).log == still.log
    assert moved.log != still.log
    assert (still.truth.support_effect, moved.truth.support_effect) == (0, 3)


def test_support_moves_only_those_who_had_it() -> None:
    still, moved = make_account(80, 12), make_account(80, 12, support_effect=3)
    until = still.log[-1].at + 1

    kept = changed = 0
    for one, other in zip(still.truth.customers, moved.truth.customers, strict=True):
        theirs, others = (
            [row for row in account.truth.periods if row.customer_id == one.customer_id]
            for account in (still, moved)
        )
        assert one.customer_id == other.customer_id
        if not requests_of(one.person, 7, still.start, until):
            assert theirs == others
            kept += 1
        changed += theirs != others
    assert kept > 5
    assert changed > 5


def test_bad_support_makes_customers_leave_and_good_support_makes_them_grow() -> None:
    account = make_account(1, 12)
    (customer,) = account.truth.customers
    requests = requests_of(customer.person, 7, account.start, account.log[-1].at)
    bad = next(one for one in requests if one.is_bad)
    mood = moods([bad], 1)

    assert mood(bad.felt_at - 1).leaving == 1
    assert mood(bad.felt_at).leaving == 2.5
    assert mood(bad.felt_at + 89 * DAY).leaving == 2.5
    assert mood(bad.felt_at + 90 * DAY).leaving == 1
    good = next(one for one in requests if not one.is_bad)
    assert moods([good], 1)(good.felt_at).leaving < 1 < moods([good], 1)(good.felt_at).growing

    still, moved = share_that_left(0), share_that_left(3)
    assert still < 0.11
    assert moved > 1.5 * still


def share_that_left(effect: float) -> float:
    """How many of those with a bad experience had left within 90 days."""
    account = make_account(250, 24, support_effect=effect)
    ends: dict[str, list[float]] = defaultdict(list)
    for period in account.truth.periods:
        ended_at = period.ended_at
        ends[period.customer_id].append(ended_at.timestamp() if ended_at else float("inf"))
    until, met, left = int(account.as_of.timestamp()) - 90 * DAY, 0, 0
    for customer in account.truth.customers:
        end = max(ends[customer.customer_id], default=float("inf"))
        for one in requests_of(customer.person, 7, account.start, until):
            if one.is_bad and one.felt_at < min(end, until):
                met += 1
                left += end <= one.felt_at + 90 * DAY
    assert met > 200
    return left / met


def test_tickets_are_the_requests_that_moved_the_customers(
    account: Account, helpdesk: Helpdesk
) -> None:
    made = defaultdict(set)
    for ticket in helpdesk.truth.tickets:
        made[ticket.customer_id].add(ticket.created_at)
    strangers = made.pop("")
    until = account.log[-1].at + 1
    asked = {
        one.customer_id: {r.at for r in requests_of(one.person, 7, account.start, until)}
        for one in account.truth.customers
    }

    assert strangers
    extra = sum(len(moments - asked[customer]) for customer, moments in made.items())
    merged = sum(
        change.value == "closed" and change.previous != "solved"
        for ticket in helpdesk.truth.tickets
        for audit in ticket.audits
        for change in audit.changes
        if change.field == "status"
    )
    assert extra <= merged + 1  # who writes twice about one thing
    assert sum(len(moments) for moments in made.values()) > 400


def test_every_change_starts_from_what_was_there(helpdesk: Helpdesk) -> None:
    for ticket in helpdesk.truth.tickets:
        moments = [audit.at for audit in ticket.audits]
        assert moments == sorted(moments)
        state: Row = {}
        for number, audit in enumerate(ticket.audits):
            for change in audit.changes:
                if number and change.field in ("status", "assignee_id", "requester_id", "schedule"):
                    assert change.previous == state.get(change.field), (ticket.id, change)
                state[change.field] = change.value


def test_solved_tickets_close_after_four_days_by_themselves(helpdesk: Helpdesk) -> None:
    closed = 0
    for ticket in helpdesk.truth.tickets:
        changes = [
            (audit.at, change)
            for audit in ticket.audits
            for change in audit.changes
            if change.field == "status"
        ]
        solved_at = 0
        for at, change in changes:
            if change.value == "solved" and change.previous != "deleted":
                solved_at = at
            if change.value == "closed" and change.rule in AUTOMATIONS:
                assert 4 * DAY <= at - solved_at < 4 * DAY + 3600
                closed += 1
    assert closed > 400


def test_everything_that_can_happen_to_a_ticket_happens(
    helpdesk: Helpdesk, rows: list[Row]
) -> None:
    tickets, humans = helpdesk.truth.tickets, helpdesk.truth.humans
    audits = [audit for ticket in tickets for audit in ticket.audits]
    changes = [change for audit in audits for change in audit.changes]
    comments = [audit.comment for audit in audits if audit.comment]

    assert any("closed_by_merge" in row["tags"] for row in rows)
    assert any(row["status"] == "deleted" and not row["is_counted"] for row in rows)
    assert any(change.previous == "deleted" for change in changes)
    assert any(change.field == "is_scrubbed" for change in changes)
    assert any(audit.is_silent and not audit.changes for audit in audits)
    assert any(audit.is_silent and audit.changes for audit in audits)
    assert any(comment.channel == "rule" for comment in comments)
    assert any(not comment.is_public for comment in comments)
    assert any(ticket.submitter_id in humans for ticket in tickets)
    assert {row["reopens"] for row in rows} >= {0, 1, 2}
    assert any(row["status"] not in ("closed", "deleted") for row in rows)
    assert sum(change.field == "schedule" and bool(change.previous) for change in changes) > 3
    assert {change.value for change in changes if change.field == "status"} == {
        *("new", "open", "pending", "hold", "solved", "closed", "deleted")
    }
    said = [row["ratings"] for row in rows if row["ratings"]]
    assert any(one[0]["score"] == "bad" and one[-1]["score"] == "good" for one in said)
    late = [
        answered[0] - asked[0]
        for ticket in tickets
        for asked, answered in pairwise(ticket.opinions)
        if asked[1] == 0
    ]
    assert max(late) > 14 * DAY
    kinds = Counter((e.metric, e.type) for e in helpdesk.log if isinstance(e, MetricEvent))
    for metric in ("reply_time", "requester_wait_time"):
        for kind in ("activate", "apply_sla", "fulfill", "update_status", "breach"):
            assert kinds[metric, kind]
    assert kinds["agent_work_time", "pause"]


def test_people_are_as_untidy_as_they_are(account: Account, helpdesk: Helpdesk) -> None:
    users: dict[str, Row] = {}
    organizations: dict[str, Row] = {}
    for entry in helpdesk.log:
        if isinstance(entry, Mutation) and entry.kind in ("users", "organizations"):
            (users if entry.kind == "users" else organizations)[entry.id] = entry.body
    payers = {one.customer_id.removeprefix("stripe_") for one in account.truth.customers}
    mails = {one.person.email for one in account.truth.customers}
    ends = [user for user in users.values() if user["role"] == "end-user"]

    assert Counter(user["role"] for user in users.values())["admin"] == 2
    external = {user["external_id"] for user in ends} - {None}
    assert external
    assert external <= payers
    assert any(user["email"] in mails for user in ends)
    boxes = {"info", "support"}
    assert {mail.split("@")[0] for mail in (user["email"] or "" for user in ends)} & boxes == boxes
    assert any(not user["active"] for user in ends)
    assert any(user["suspended"] for user in ends)
    assert {one["external_id"] for one in organizations.values()} - {None} <= payers
    domains = [one["domain_names"] for one in organizations.values()]
    assert any("freemail.example" in names for names in domains)
    assert any(len(names) == 2 and "freemail.example" not in names for names in domains)
    assert any(one["deleted_at"] for one in organizations.values())
    visitors = [user for user in ends if "visitor" in (user["email"] or "")]
    assert any(user["organization_id"] for user in visitors)


# --- time ---------------------------------------------------------------------------------------


def test_open_time_agrees_with_the_worked_example() -> None:
    start = int(datetime(2020, 9, 29, 17, 1, 38, tzinfo=UTC).timestamp())
    reply = int(datetime(2020, 9, 30, 19, 1, 46, tzinfo=UTC).timestamp())
    early = [(720, 1560), (2160, 3000), (3600, 4440), (5040, 5880), (6480, 7320)]
    late = [(2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670)]
    span = (date(2020, 9, 1), date(2020, 11, 1))

    assert round((reply - start) / 60, 4) == 1560.1333
    assert round(OpenTime("UTC", late, set(), *span).between(start, reply) / 60, 4) == 690.1333
    assert round(OpenTime("UTC", early, set(), *span).between(start, reply) / 60, 4) == 960.1333


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 3), (date(2025, 10, 26), 5)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(day: date, hours: int) -> None:
    watch = OpenTime(
        "Europe/Lisbon", [(0, 240)], set(), day - timedelta(days=2), day + timedelta(days=2)
    )
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

    assert watch.between(midnight - 7200, midnight + DAY // 2) == hours * 3600
    closes_at = watch.after(midnight - 7200, hours * 3600)
    assert datetime.fromtimestamp(closes_at, ZoneInfo("Europe/Lisbon")).hour == 4


def test_minutes_agree_with_a_walk_through_every_minute(
    helpdesk: Helpdesk, rows: list[Row]
) -> None:
    versions = {
        (entry.id, entry.at): entry.body
        for entry in helpdesk.log
        if isinstance(entry, Mutation) and entry.kind == "schedules"
    }
    assert len(versions) == 3
    met = Counter[tuple[str, int]]()
    for row in rows:
        if row["first_replied_at"] is None:
            continue
        key = (row["schedule_id"], int(row["schedule_updated_at"].timestamp()))
        if met[key] >= 25:
            continue
        met[key] += 1
        walked = walk(versions[key], row["created_at"], row["first_replied_at"])
        assert walked == pytest.approx(row["first_reply_business_minutes"], abs=1e-9)
    assert sum(met.values()) > 60


def walk(schedule: Row, start: datetime, end: datetime) -> float:
    """Open minutes between two moments, by asking of every second or whole minute on the way."""
    zone = ZoneInfo(schedule["time_zone"])
    holidays = {date.fromisoformat(one["start_date"]) for one in schedule["holidays"]}
    hours = [(one["start_time"], one["end_time"]) for one in schedule["intervals"]]
    seconds, at = 0, start
    while at < end:
        step = timedelta(minutes=1) if at.second == 0 and at + timedelta(minutes=1) <= end else None
        local = at.astimezone(zone)
        minute = local.isoweekday() % 7 * 1440 + local.hour * 60 + local.minute
        if local.date() not in holidays and any(a <= minute < b for a, b in hours):
            seconds += 60 if step else 1
        at += step or timedelta(seconds=1)
    return seconds / 60


def test_the_truth_is_written_for_who_compares(helpdesk: Helpdesk, tmp_path: Path) -> None:
    helpdesk.truth.write(tmp_path, helpdesk.as_of)
    rows = duckdb.sql(
        f"""
        select
            count(*) as tickets,
            count(*) filter (where is_counted) as counted,
            count(full_resolution_business_minutes) as solved,
            max(full_resolution_business_minutes - full_resolution_calendar_minutes) as longest,
            sum(len(ratings)) as ratings
        from '{tmp_path / "tickets.parquet"}'
        """
    ).fetchone()
    assert rows is not None
    tickets, counted, solved, longest, ratings = rows
    in_files = duckdb.sql(f"select count(*) from '{tmp_path / 'tickets.csv'}'").fetchone()

    assert in_files == (counted,)
    assert tickets > counted > 400
    assert solved > 400
    assert longest <= 0
    assert ratings > 100
