"""The reports that can be delivered: which period is due, and how they are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from ingestion.settings import Home
from orchestration.reports import naming
from orchestration.reports.dashboard.report import make_dashboard_report
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.message import Message
from orchestration.reports.periods import week_name
from orchestration.reports.reading import last_closed_month, last_day, last_week
from orchestration.reports.segment import KINDS, OF_CUSTOMERS, Segment
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest

_DAYS_UNTIL_A_MONTH_CLOSES = 3


class Deliverable(Protocol):
    """A report that was made, in some languages."""

    def message(
        self, code: str, *, with_personal_data: bool = True, with_files: bool = True
    ) -> Message:
        """What is sent of it in one of them."""
        ...


@dataclass(frozen=True)
class ReportKind:
    """A report that comes every period.

    Attributes:
        name: Its name in the file of recipients.
        newest_period: The newest period that a published snapshot has whole; None if none.
        expected_period: The newest period that should be whole at an ``as_of``, in a time zone.
        make: Makes it of a period, in some languages, of the company or a segment.
        segments: The kinds of segments that it can be of.
        is_personal: All of it names customers; it goes only where they may be named.
    """

    name: str
    newest_period: Callable[[Path], str | None]
    expected_period: Callable[[datetime, str], str]
    make: Callable[[Home, str, Sequence[str], Segment | None], Deliverable]
    segments: tuple[str, ...]
    is_personal: bool = False


def _month_expected(as_of: datetime, time_zone: str) -> str:
    closing = as_of.astimezone(ZoneInfo(time_zone)) - timedelta(days=_DAYS_UNTIL_A_MONTH_CLOSES)
    return f"{closing.replace(day=1) - timedelta(days=1):%Y-%m}"


def _week_expected(as_of: datetime, time_zone: str) -> str:
    return week_name(_last_instant(as_of, time_zone) - timedelta(days=6))


def _day_expected(as_of: datetime, time_zone: str) -> str:
    return f"{_last_instant(as_of, time_zone):%Y-%m-%d}"


def _last_instant(as_of: datetime, time_zone: str) -> datetime:
    return as_of.astimezone(ZoneInfo(time_zone)) - timedelta(microseconds=1)


def _day_with_a_closed_month(snapshot: Path) -> str | None:
    return last_day(snapshot) if last_closed_month(snapshot) else None


REPORTS = {
    kind.name: kind
    for kind in (
        ReportKind(
            naming.KPI_PACK, last_closed_month, _month_expected, make_kpi_pack, tuple(KINDS)
        ),
        ReportKind(
            naming.WEEKLY_DIGEST, last_week, _week_expected, make_weekly_digest, OF_CUSTOMERS
        ),
        ReportKind(
            naming.CUSTOMER_LISTS,
            last_week,
            _week_expected,
            make_customer_lists,
            tuple(kind for kind in KINDS if kind != "native_currency"),
            is_personal=True,
        ),
        ReportKind(
            naming.DASHBOARD, _day_with_a_closed_month, _day_expected, make_dashboard_report, ()
        ),
    )
}
