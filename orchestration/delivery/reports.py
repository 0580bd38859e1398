"""The reports that can be delivered: which period is due, and how they are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestion.settings import Home
from orchestration.reports.customer_lists import make_customer_lists
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.reading import last_closed_month, last_week
from orchestration.reports.report import Report
from orchestration.reports.weekly_digest import make_weekly_digest

_DAYS_UNTIL_A_MONTH_CLOSES = 3


@dataclass(frozen=True)
class ReportKind:
    """A report that comes every period.

    Attributes:
        name: Its name in the file of recipients.
        titles: Its name for people, by language.
        newest_period: The newest period that a published snapshot has whole; None if none.
        expected_period: The newest period that should be whole at an ``as_of``, in a time zone.
        make: Makes it of a period, in some languages.
        is_personal: All of it names customers; it goes only where they may be named.
    """

    name: str
    titles: Mapping[str, str]
    newest_period: Callable[[Path], str | None]
    expected_period: Callable[[datetime, str], str]
    make: Callable[[Home, str, Sequence[str]], Report]
    is_personal: bool = False


def _month_expected(as_of: datetime, time_zone: str) -> str:
    closing = as_of.astimezone(ZoneInfo(time_zone)) - timedelta(days=_DAYS_UNTIL_A_MONTH_CLOSES)
    return f"{closing.replace(day=1) - timedelta(days=1):%Y-%m}"


def _week_expected(as_of: datetime, time_zone: str) -> str:
    last_instant = as_of.astimezone(ZoneInfo(time_zone)) - timedelta(microseconds=1)
    year, week, _ = (last_instant - timedelta(days=6)).isocalendar()
    return f"{year}-W{week:02}"


REPORTS = {
    kind.name: kind
    for kind in (
        ReportKind(
            name="kpi_pack",
            titles={"en": "KPI pack", "pt_BR": "Pacote de KPIs", "pt_PT": "Pacote de KPI"},
            newest_period=last_closed_month,
            expected_period=_month_expected,
            make=make_kpi_pack,
        ),
        ReportKind(
            name="weekly_digest",
            titles={"en": "Weekly digest", "pt_BR": "Resumo semanal", "pt_PT": "Resumo semanal"},
            newest_period=last_week,
            expected_period=_week_expected,
            make=make_weekly_digest,
        ),
        ReportKind(
            name="lists",
            titles={
                "en": "Lists of customers",
                "pt_BR": "Listas de clientes",
                "pt_PT": "Listas de clientes",
            },
            newest_period=last_week,
            expected_period=_week_expected,
            make=make_customer_lists,
            is_personal=True,
        ),
    )
}
