"""Business time the slow way: every minute there was, asked whether its local time is open.

Nothing here is shared with the models, and nothing is clever: a schedule is a set of local minutes
of the week less some local days, and time is walked minute by minute.
"""

from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

MINUTES_OF_A_WEEK = 7 * 24 * 60


@dataclass(frozen=True)
class Version:
    """A schedule from a moment on.

    Attributes:
        schedule_id: Whose version it is.
        since: From when on it holds; the first of a schedule holds before that, too.
        zone: Its time zone, an IANA name.
        intervals: Open minutes of the local week, from and to; 0 is Sunday 00:00.
        holidays: Local days on which it is closed.
    """

    schedule_id: str
    since: datetime
    zone: str
    intervals: tuple[tuple[int, int], ...]
    holidays: frozenset[date] = frozenset()

    def is_open(self, instant: datetime) -> bool:
        """Whether it is open at an instant."""
        local = instant.astimezone(ZoneInfo(self.zone))
        minute = local.isoweekday() % 7 * 1440 + local.hour * 60 + local.minute
        return local.date() not in self.holidays and any(
            first <= minute < last for first, last in self.intervals
        )


class Tape:
    """A version walked through once, minute by minute, so that many spans can be asked for.

    Args:
        version: The version.
        first: The first instant to ask for, a full minute.
        last: The last one.
    """

    def __init__(self, version: Version, first: datetime, last: datetime) -> None:
        self._first = first
        minutes = int((last - first).total_seconds()) // 60 + 1
        week = bytearray(MINUTES_OF_A_WEEK)
        for start, end in version.intervals:
            week[start:end] = b"\x01" * (end - start)
        zone = ZoneInfo(version.zone)
        tape = bytearray(minutes)
        for number in range(minutes):
            local = (first + timedelta(minutes=number)).astimezone(zone)
            minute = local.isoweekday() % 7 * 1440 + local.hour * 60 + local.minute
            if week[minute] and local.date() not in version.holidays:
                tape[number] = 1
        self._open = tape
        self._before = array("q", accumulate(tape, initial=0))

    def seconds(self, start: datetime, end: datetime) -> int:
        """For how many seconds of a span it was open."""
        return self._until(end) - self._until(start)

    def _until(self, instant: datetime) -> int:
        minute, second = divmod(int((instant - self._first).total_seconds()), 60)
        return self._before[minute] * 60 + self._open[minute] * second


def walk_seconds(version: Version, start: datetime, end: datetime) -> int:
    """For how many seconds of a span a version is open, second by second."""
    count, instant = 0, start
    while instant < end:
        count += version.is_open(instant)
        instant += timedelta(seconds=1)
    return count


@dataclass(frozen=True)
class Assignments:
    """Which schedule a ticket goes by: the default, then what it was given, and when."""

    default: str
    given: tuple[tuple[datetime, str], ...] = ()

    def at(self, instant: datetime) -> str:
        """The schedule at an instant."""
        found = self.default
        for since, schedule_id in self.given:
            if since <= instant:
                found = schedule_id
        return found


class BusinessTime:
    """Every version of every schedule, ready to be asked for spans that end at an instant."""

    def __init__(self, versions: list[Version], first: datetime, last: datetime) -> None:
        self._versions = sorted(versions, key=lambda version: version.since)
        self._tapes = {version: Tape(version, first, last) for version in versions}

    def version_at(self, schedule_id: str, instant: datetime) -> Version:
        """The version of a schedule that is in force at an instant."""
        own = [version for version in self._versions if version.schedule_id == schedule_id]
        return [own[0], *(version for version in own if version.since <= instant)][-1]

    def seconds(self, assignments: Assignments, start: datetime, end: datetime) -> int:
        """Business seconds of a span by the schedule in force at its end."""
        version = self.version_at(assignments.at(end), end)
        return self._tapes[version].seconds(start, end)


def utc(text: str) -> datetime:
    """An instant from its ISO form, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
