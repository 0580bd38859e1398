"""The lists of customers to call, of a week: workbook and CSV files, with a short message."""

from collections.abc import Sequence

from ingestion.settings import Home
from orchestration.reports.reading import read_week, week_start
from orchestration.reports.report import Report, published_snapshot, stored_figures, write_report
from orchestration.reports.sections import CUSTOMER_LISTS


def make_customer_lists(home: Home, week: str, languages: Sequence[str] = ("en",)) -> Report:
    """Makes the lists of a week that is over; the first time freezes them.

    Args:
        home: The data folder's paths.
        week: ``YYYY-Www``, a week of ISO 8601.
        languages: The languages of its files and messages.

    Returns:
        The lists.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The week is not one, or not over in what is published.
        HomeNotWritableError: The exports folder cannot be written.
    """
    week_start(week)
    folder = home.exports / CUSTOMER_LISTS / week
    stored = stored_figures(folder)
    figures = stored or read_week(published_snapshot(home), week, CUSTOMER_LISTS)
    return write_report(figures, folder, languages, was_stored=stored is not None)
