"""The reports that can be delivered: their periods, and the messages they give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestion.settings import Home
from orchestration.reports.figures import last_closed_month
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.message import Message

_DAYS_UNTIL_A_MONTH_CLOSES = 3


@dataclass(frozen=True)
class Report:
    """A report that is delivered.

    Attributes:
        name: Its name in the file of recipients.
        titles: Its name for people, by language.
        newest_period: The newest period that a published snapshot has whole; None if none.
        expected_period: The newest period that should be there at an instant, in a time zone.
        messages: The messages of a period, by language.
    """

    name: str
    titles: Mapping[str, str]
    newest_period: Callable[[Path], str | None]
    expected_period: Callable[[datetime, str], str]
    messages: Callable[[Home, str, Sequence[str]], Mapping[str, Message]]


def _kpi_pack_messages(home: Home, month: str, languages: Sequence[str]) -> Mapping[str, Message]:
    return make_kpi_pack(home, month, languages).messages


def _month_expected(moment: datetime, time_zone: str) -> str:
    day = moment.astimezone(ZoneInfo(time_zone)) - timedelta(days=_DAYS_UNTIL_A_MONTH_CLOSES)
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


REPORTS = {
    report.name: report
    for report in (
        Report(
            "kpi_pack",
            {"en": "KPI pack", "pt_BR": "pacote de KPIs", "pt_PT": "pacote de KPI"},
            last_closed_month,
            _month_expected,
            _kpi_pack_messages,
        ),
    )
}
