"""The periods of reports: months, weeks of ISO 8601, and days, each by its name."""

import re
from datetime import date

from orchestration.errors import ReportError


def month_start(month: str) -> date:
    """The first day of a month such as ``2025-12``.

    Raises:
        ReportError: It is not a month.
    """
    if not re.fullmatch(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])", month):
        raise ReportError(f"{month!r} is not a month; write it as 2025-12.")
    return date.fromisoformat(f"{month}-01")


def week_start(week: str) -> date:
    """The Monday of a week such as ``2025-W52``.

    Raises:
        ReportError: It is not a week.
    """
    try:
        if not re.fullmatch(r"[1-9][0-9]{3}-W[0-9]{2}", week):
            raise ValueError
        return date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
    except ValueError as error:
        raise ReportError(f"{week!r} is not a week; write it as 2025-W52.") from error


def day_of(day: str) -> date:
    """A day such as ``2025-12-31``.

    Raises:
        ReportError: It is not a day.
    """
    try:
        if not re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", day):
            raise ValueError
        return date.fromisoformat(day)
    except ValueError as error:
        raise ReportError(f"{day!r} is not a day; write it as 2025-12-31.") from error


def week_name(day: date) -> str:
    """The week that a day lies in, such as ``2025-W52``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
