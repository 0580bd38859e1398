"""When the desk is open: schedules with their zones, holidays and changes, and a tape of minutes.

The tape is made by walking through every day there was, hour by hour where the clocks change, so
that no length of an interval is ever computed: an open minute is one the walk came by.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from ingestion.sandbox.zendesk.log import Json, Mutation

EUROPE, AMERICAS = 360_000_481, 360_000_512  # schedule ids
WEEK = 7 * 24 * 60
Interval = tuple[int, int]


def _days(days: range, start: int, end: int) -> list[Interval]:
    """Hours of days of the week as minutes since Sunday's midnight."""
    return [(day * 1440 + start * 60, day * 1440 + end * 60) for day in days]


# On Sunday nights somebody watches the maintenance, also in the nights the clocks change.
WATCH: Interval = (0, 4 * 60)
EUROPE_HOURS = [WATCH, *_days(range(1, 6), 9, 18)]
AMERICAS_HOURS = _days(range(1, 6), 9, 18)
AMERICAS_LONGER_HOURS = [*_days(range(1, 6), 8, 20), *_days(range(6, 7), 9, 13)]
HOLIDAYS = {
    EUROPE: (("New Year", 1, 1), ("Freedom Day", 4, 25), ("Labour Day", 5, 1), ("Xmas", 12, 25)),
    AMERICAS: (("New Year", 1, 1), ("Tiradentes", 4, 21), ("Republic Day", 11, 15)),
}


class OpenTime:
    """Counts the time a schedule is open.

    Args:
        zone: The schedule's time zone; its offsets from UTC must be whole hours.
        intervals: Open minutes of the local week, Sunday's midnight being 0.
        holidays: Local days without any.
        first: The first UTC day it can be asked for.
        last: The day before which it can be asked for.
    """

    def __init__(
        self, zone: str, intervals: list[Interval], holidays: set[date], first: date, last: date
    ) -> None:
        week = bytearray(WEEK)
        for start, end in intervals:
            week[start:end] = b"\x01" * (end - start)
        local_zone = ZoneInfo(zone)
        day = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self._start = int(day.timestamp())
        tape = bytearray()
        for _ in range((last - first).days):
            tape += _day(day, local_zone, bytes(week * 2))
            day += timedelta(days=1)
        for holiday in holidays:
            start, end = (
                int(datetime(one.year, one.month, one.day, tzinfo=local_zone).timestamp())
                for one in (holiday, holiday + timedelta(days=1))
            )
            minute = (start - self._start) // 60
            if 0 <= minute < len(tape):
                tape[minute : minute + (end - start) // 60] = bytes((end - start) // 60)
        self._open = bytes(tape)
        hours = (self._open.count(1, minute, minute + 60) for minute in range(0, len(tape), 60))
        self._before = array("I", accumulate(hours, initial=0))  # open minutes before each hour

    def between(self, start: int, end: int) -> int:
        """Return how many seconds it was open between two moments."""
        return self._passed(end) - self._passed(start)

    def after(self, start: int, seconds: int) -> int:
        """Return the moment at which it has been open for so long since the start."""
        wanted = self._passed(start) + seconds
        hour = bisect_left(self._before, -(-wanted // 60)) - 1
        minute, left = hour * 60, wanted - self._before[hour] * 60
        while left > 60 * self._open[minute]:
            left -= 60 * self._open[minute]
            minute += 1
        return self._start + minute * 60 + left

    def opens(self, at: int) -> int:
        """Return the moment, or the next one at which it is open."""
        minute = (at - self._start) // 60
        if self._open[minute]:
            return at
        return self._start + self._open.index(1, minute) * 60

    def _passed(self, at: int) -> int:
        minute, second = divmod(at - self._start, 60)
        hour = minute // 60
        minutes = self._before[hour] + self._open.count(1, hour * 60, minute)
        return minutes * 60 + self._open[minute] * second


def _day(midnight: datetime, zone: ZoneInfo, week_twice: bytes) -> bytes:
    """The minutes of a UTC day, at once, or hour by hour where the clocks change."""
    first, last = midnight.astimezone(zone), (midnight + timedelta(hours=23)).astimezone(zone)
    is_plain = first.utcoffset() == last.utcoffset()
    steps, length = (1, 1440) if is_plain else (24, 60)
    minutes = bytearray()
    for step in range(steps):
        local = (midnight + timedelta(hours=step)).astimezone(zone)
        minute = (local.isoweekday() % 7) * 1440 + local.hour * 60
        minutes += week_twice[minute : minute + length]
    return bytes(minutes)


@dataclass(frozen=True)
class Version:
    """A schedule as it was from a moment on."""

    schedule_id: int
    since: int  # Unix seconds; what the schedule calls its `updated_at`
    zone: str
    intervals: tuple[Interval, ...]
    time: OpenTime


class Schedules:
    """Both schedules, one of which changes after a third of the history.

    Args:
        start: First instant of the company's history.
        until: Last instant of the simulated time.
        changes_at: When the American desk gets longer hours.
    """

    def __init__(self, start: datetime, until: datetime, changes_at: datetime) -> None:
        self._years = range(start.year, until.year + 2)
        span = (start.date() - timedelta(days=40), until.date() + timedelta(days=200))
        made_at, changed_at = int(start.timestamp()) - 30 * 86_400, int(changes_at.timestamp())

        def version(schedule_id: int, since: int, zone: str, hours: list[Interval]) -> Version:
            days = {day for _, day in self._holidays(schedule_id)}
            time = OpenTime(zone, hours, days, *span)
            return Version(schedule_id, since, zone, tuple(hours), time)

        american = "America/Sao_Paulo"
        self.versions = [
            version(EUROPE, made_at, "Europe/Lisbon", EUROPE_HOURS),
            version(AMERICAS, made_at, american, AMERICAS_HOURS),
            version(AMERICAS, changed_at, american, AMERICAS_LONGER_HOURS),
        ]
        self._made_at = made_at
        # Latest first, so that the first one that has begun is in force.
        self._latest = {
            schedule_id: [one for one in self.versions[::-1] if one.schedule_id == schedule_id]
            for schedule_id in (EUROPE, AMERICAS)
        }

    def at(self, schedule_id: int, moment: int) -> Version:
        """Return a schedule as it is in force at a moment."""
        return next(one for one in self._latest[schedule_id] if one.since <= moment)

    def _holidays(self, schedule_id: int) -> list[tuple[str, date]]:
        return [
            (name, date(year, month, day))
            for year in self._years
            for name, month, day in HOLIDAYS[schedule_id]
        ]

    def mutations(self) -> list[Mutation]:
        """The schedules and their holidays as objects."""
        names = {EUROPE: "Europe", AMERICAS: "Americas"}
        log = []
        for version in self.versions:
            body: Json = {
                "id": version.schedule_id,
                "name": names[version.schedule_id],
                "time_zone": version.zone,
                "intervals": [{"start_time": a, "end_time": b} for a, b in version.intervals],
                "created_at": self._made_at,
                "updated_at": version.since,
                "holidays": [
                    {
                        "id": version.schedule_id + number + 1,
                        "name": name,
                        "start_date": day.isoformat(),
                        "end_date": day.isoformat(),
                    }
                    for number, (name, day) in enumerate(self._holidays(version.schedule_id))
                ],
            }
            log.append(Mutation(version.since, "schedules", str(version.schedule_id), body))
        return log
