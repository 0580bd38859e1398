"""Business time in SQL against time walked minute by minute, and the specification's example."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.business_minutes import (
    Assignments,
    BusinessTime,
    Tape,
    Version,
    utc,
    walk_seconds,
)
from tests.zendesk_rows import (
    ZendeskRows,
    assign_schedule,
    build_support,
    change,
    comment,
    created,
)

AGENT = "2"
TICKETS = 10_000
START, AS_OF = utc("2024-09-02"), utc("2025-12-01")


def week(days: range, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Hours of days as minutes of the week."""
    return tuple((day * 1440 + start * 60, day * 1440 + end * 60) for day in days)


CHRISTMAS = frozenset(date(2024, 12, day) for day in (24, 25, 26))
NIGHTS = ((0, 240), (330, 360), *week(range(1, 6), 9, 18), (6 * 1440, 7 * 1440))
VERSIONS = [
    # Open in the nights the clocks change; the second version is open at other hours and has
    # holidays.
    Version("10", utc("2024-08-01"), "Europe/Lisbon", NIGHTS),
    Version("10", utc("2025-03-30T00:20:31"), "Europe/Lisbon", week(range(7), 0, 24), CHRISTMAS),
    Version("10", utc("2025-10-26T01:30:00"), "Europe/Lisbon", NIGHTS, CHRISTMAS),
    # Morning and afternoon; a zone whose clocks change by half an hour.
    Version(
        "20",
        utc("2024-08-02"),
        "Australia/Lord_Howe",
        ((60, 135), *week(range(1, 6), 8, 12), *week(range(1, 6), 13, 17)),
        frozenset({date(2025, 1, 27), date(2025, 10, 6)}),
    ),
    Version("30", utc("2024-08-03"), "America/New_York", (*week(range(7), 0, 3), (9000, 9600))),
    Version("30", utc("2025-06-01"), "America/Sao_Paulo", week(range(1, 7), 9, 18), CHRISTMAS),
    Version("40", utc("2024-08-04"), "Asia/Kathmandu", week(range(5), 10, 17)),
]
# Nights in which a clock of one of them was put forward or back.
CLOCK_CHANGES = [
    utc(text)
    for text in (
        "2024-10-05T15:30", "2024-10-27T01:00", "2024-11-03T06:00", "2025-03-09T07:00",
        "2025-03-30T01:00", "2025-04-05T15:00", "2025-10-04T15:30", "2025-10-26T01:00",
        "2025-11-02T06:00",
    )
]  # fmt: skip


@dataclass(frozen=True)
class Life:
    """A made-up ticket: when it was what, and by which schedule."""

    ticket_id: int
    statuses: tuple[tuple[datetime, str], ...]
    replied_at: datetime | None
    assignments: Assignments

    @property
    def created_at(self) -> datetime:
        return self.statuses[0][0]

    def expected(self, time: BusinessTime) -> tuple[int | None, ...]:
        """Seconds of first reply, first and full resolution, and the three waits."""
        solves = [at for at, status in self.statuses if status == "solved"]
        is_solved = self.statuses[-1][1] == "solved"
        ends = (
            self.replied_at,
            solves[0] if solves else None,
            solves[-1] if is_solved else None,
        )
        single = [
            None if end is None else time.seconds(self.assignments, self.created_at, end)
            for end in ends
        ]
        waits = {"requester": 0, "agent": 0, "hold": 0}
        for (start, status), (end, _) in zip(self.statuses, self.statuses[1:], strict=False):
            seconds = time.seconds(self.assignments, start, end)
            waits["requester"] += seconds if status in ("new", "open", "hold") else 0
            waits["agent"] += seconds if status == "pending" else 0
            waits["hold"] += seconds if status == "hold" else 0
        return (*single, *waits.values())


def random_life(ticket_id: int, chance: random.Random) -> Life:
    """A ticket's life, one in four of them around a night on which clocks change."""
    latest = (AS_OF - START).total_seconds() - 40 * 86_400
    start = START + timedelta(seconds=chance.randrange(int(latest)))
    if chance.random() < 0.25:
        start = chance.choice(CLOCK_CHANGES) + timedelta(seconds=chance.randrange(-9000, 9000))
    moment = start

    def later() -> datetime:
        nonlocal moment
        longest = chance.choice((600, 7200, 86_400, 700_000))
        moment += timedelta(seconds=chance.randrange(1, longest))
        return moment

    statuses = [(start, "new")]
    replied_at = later() if chance.random() < 0.9 else None
    for status in chance.choice(
        (
            ("open", "solved"),
            ("open", "pending", "open", "hold", "open", "solved"),
            ("pending", "solved", "open", "solved"),
            ("open", "solved", "open"),
            ("open",),
            (),
        )
    ):
        statuses.append((later(), status))
    given = tuple(
        (at, chance.choice(("10", "20", "30", "40")))
        for at in (start, start + timedelta(seconds=chance.randrange(1, 200_000)))
        if chance.random() < 0.4
    )
    return Life(ticket_id, tuple(statuses), replied_at, Assignments("10", given))


def write(rows: ZendeskRows, life: Life) -> None:
    """The ticket as audits."""
    rows.ticket(life.ticket_id, life.created_at)
    before, updates = None, []
    for at, status in life.statuses:
        part = created(status) if before is None else change("status", status, before)
        updates.append((at, part))
        before = status
    before = None
    for at, schedule_id in life.assignments.given:
        updates.append((at, assign_schedule(schedule_id, before)))
        before = schedule_id
    if life.replied_at is not None:
        updates.append((life.replied_at, comment(AGENT)))
    for at, part in sorted(updates, key=lambda update: update[0]):
        rows.audit(life.ticket_id, at, part)


def schedule_rows(rows: ZendeskRows, versions: list[Version]) -> None:
    """Every version as its schedule was at the time; the oldest schedule is the default."""
    rows.user("1")
    rows.user(AGENT, "agent")
    first: dict[str, datetime] = {}
    for version in versions:
        rows.schedule(
            version.schedule_id,
            version.zone,
            version.intervals,
            since=version.since,
            created_at=first.setdefault(version.schedule_id, version.since),
            holidays=[(day, day) for day in sorted(version.holidays)],
        )


@pytest.mark.slow
def test_ten_thousand_tickets_took_as_long_as_a_walk_through_time_says(tmp_path: Path) -> None:
    chance = random.Random(6)  # noqa: S311 - made-up tickets, no secret
    lives = [random_life(number, chance) for number in range(1, TICKETS + 1)]
    rows = ZendeskRows(AS_OF)
    schedule_rows(rows, VERSIONS)
    for life in lives:
        write(rows, life)
    built = build_support(tmp_path, rows, AS_OF)
    found = {
        int(key.removeprefix("zendesk|")): times
        for key, *times in built.rows(
            "select ticket_key, first_reply_business_seconds, first_resolution_business_seconds,"
            " full_resolution_business_seconds, requester_wait_business_seconds,"
            " agent_wait_business_seconds, on_hold_business_seconds"
            " from intermediate.int_ticket_times"
        )
    }
    time = BusinessTime(VERSIONS, START - timedelta(days=1), AS_OF)
    wrong = [
        (life, found[life.ticket_id], expected)
        for life in lives
        if tuple(found[life.ticket_id]) != (expected := life.expected(time))
    ]
    assert len(found) == TICKETS
    assert not wrong[:3]
    assert sum((times[0] or 0) > 0 for times in found.values()) > TICKETS // 3


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.zone} {version.since}")
def test_the_walk_by_minutes_is_the_walk_by_seconds(version: Version) -> None:
    """Around every night on which clocks change, and across a holiday."""
    chance = random.Random(7)  # noqa: S311 - made-up spans, no secret
    for moment in (*CLOCK_CHANGES, utc("2024-12-24T22:00")):
        start = moment - timedelta(seconds=chance.randrange(9000))
        end = moment + timedelta(seconds=chance.randrange(9000))
        tape = Tape(version, moment - timedelta(hours=3), moment + timedelta(hours=3))
        assert tape.seconds(start, end) == walk_seconds(version, start, end)


def test_the_schedule_at_the_end_measures_the_whole_span(tmp_path: Path) -> None:
    """The specification's example: 690.1333 minutes, where a sum of pieces would be 960.1333."""
    before = ((720, 1560), (2160, 3000), (3600, 4440), (5040, 5880), (6480, 7320), (7920, 8760),
              (9360, 10200))  # fmt: skip
    after = ((2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670))
    as_of = utc("2020-10-05")
    rows = ZendeskRows(as_of)
    rows.user("1")
    rows.user(AGENT, "agent")
    made_at, changed_at = utc("2020-01-01"), utc("2020-09-30T19:01:25")
    rows.schedule("7", "UTC", before, since=made_at, created_at=made_at)
    rows.schedule("7", "UTC", after, since=changed_at, created_at=made_at)
    asked_at, replied_at = utc("2020-09-29T17:01:38"), utc("2020-09-30T19:01:46")
    rows.ticket(1, asked_at)
    rows.audit(1, asked_at, created(), comment("1"))
    rows.audit(1, replied_at, comment(AGENT), updater_id=AGENT)
    built = build_support(tmp_path, rows, as_of)
    assert built.rows(
        "select round(first_reply_business_minutes, 4), round(first_reply_calendar_minutes, 4)"
        " from marts.fct_tickets"
    ) == [(Decimal("690.1333"), Decimal("1560.1333"))]
