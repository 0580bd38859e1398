"""The dashboard as a report of a day: one file for each language, and the message it goes with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingestion.settings import Home
from orchestration.errors import ReportError
from orchestration.reports.charts import draw_charts
from orchestration.reports.dashboard.dashboard import render, write_page
from orchestration.reports.dashboard.reading import read_dashboard_figures
from orchestration.reports.figures import Figures
from orchestration.reports.language import language
from orchestration.reports.mail import write_message
from orchestration.reports.message import Message
from orchestration.reports.naming import DASHBOARD
from orchestration.reports.reading import last_closed_month, last_day, read_month
from orchestration.reports.report import published_snapshot
from orchestration.reports.segment import Segment


@dataclass(frozen=True)
class DashboardReport:
    """The dashboard of a day.

    Attributes:
        period: ``YYYY-MM-DD``, the day on which its data end.
        files: The page by language.
        figures: Those of the last closed month, which its message says.
        charts: The chart of MRR as SVG, by language and name.
    """

    period: str
    files: Mapping[str, Path]
    figures: Figures
    charts: Mapping[str, Mapping[str, str]]

    def message(
        self,
        code: str,
        *,
        with_personal_data: bool = True,  # noqa: ARG002 - it names no customer
        with_files: bool = True,
    ) -> Message:
        """What is sent of it in one of the languages it was made in; see ``Report.message``."""
        files = [self.files[code]] if with_files else []
        return write_message(self.figures, language(code), self.charts[code], files)


def make_dashboard_report(
    home: Home, day: str, languages: Sequence[str] = ("en",), segment: Segment | None = None
) -> DashboardReport:
    """Makes the dashboard of what is published now, to be sent.

    Args:
        home: The data folder's paths.
        day: ``YYYY-MM-DD``, on which the published data end.
        languages: The languages in which it opens.
        segment: None; there is one dashboard, of the whole company.

    Returns:
        The dashboard; ``exports/dashboard/<language>/`` has the newest one only.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The published data end on another day, no month of theirs is closed, or a
            segment is asked for.
        HomeNotWritableError: The exports folder cannot be written.
    """
    if segment is not None:
        raise ReportError(
            f"There is no dashboard of {segment} alone: its reader chooses segments in the page. "
            "Empty the row's segment, or remove the row."
        )
    snapshot = published_snapshot(home)
    end, month = last_day(snapshot), last_closed_month(snapshot)
    if day != end or month is None:
        raise ReportError(
            f"There is no dashboard of {day}: what is published ends on {end}, and "
            f"{month or 'no month'} is its last closed month. Ask for the newest one."
        )
    closed = read_month(snapshot, month)
    dashboard = read_dashboard_figures(snapshot)
    files = {
        code: _write(home, code, day, render(dashboard, code)) for code in dict.fromkeys(languages)
    }
    return DashboardReport(
        period=day,
        files=files,
        figures=replace(closed, report=DASHBOARD, period=day, sections=()),
        charts={code: _trend(closed, code) for code in files},
    )


def _write(home: Home, code: str, day: str, page: str) -> Path:
    file = write_page(page, home.exports / DASHBOARD / code / f"dashboard-{day}.html")
    for other in file.parent.glob("dashboard-*.html"):
        if other != file:
            other.unlink(missing_ok=True)
    return file


def _trend(closed: Figures, code: str) -> dict[str, str]:
    charts = draw_charts(closed, language(code))
    return {name: svg for name, svg in charts.items() if name == "trend"}
