"""The reports of a week: the digest, of what moved and whom to call, and the lists of customers."""

from collections.abc import Sequence

from ingestion.settings import Home
from orchestration.reports.naming import CUSTOMER_LISTS, WEEKLY_DIGEST
from orchestration.reports.periods import week_start
from orchestration.reports.reading import read_week
from orchestration.reports.report import (
    Report,
    published_snapshot,
    report_folder,
    stored_figures,
    write_report,
)
from orchestration.reports.segment import Segment


def make_weekly_digest(
    home: Home, week: str, languages: Sequence[str] = ("en",), segment: Segment | None = None
) -> Report:
    """Makes the digest of a week that is over from what is published.

    As with packs, the first digest of a week freezes its figures.

    Args:
        home: The data folder's paths.
        week: ``YYYY-Www``, a week of ISO 8601.
        languages: The languages of its files and messages.
        segment: Of this segment alone; of the whole company when not given.

    Returns:
        The digest.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The week is not one, or not over in what is published; or there is no such
            segment, or none with a digest.
        HomeNotWritableError: The exports folder cannot be written.
    """
    return _make(WEEKLY_DIGEST, home, week, languages, segment)


def make_customer_lists(
    home: Home, week: str, languages: Sequence[str] = ("en",), segment: Segment | None = None
) -> Report:
    """Makes the lists of customers to call, as they are when a week is over.

    The arguments, the result and the errors are those of ``make_weekly_digest``.
    """
    return _make(CUSTOMER_LISTS, home, week, languages, segment)


def _make(
    report: str, home: Home, week: str, languages: Sequence[str], segment: Segment | None
) -> Report:
    week_start(week)
    folder = report_folder(home, report, week, segment)
    stored = stored_figures(folder)
    figures = stored or read_week(published_snapshot(home), week, report, segment)
    return write_report(figures, folder, languages, was_stored=stored is not None)
