"""The digest of a week: what moved, whom to call; a short mail, a chat message, and the lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.settings import Home
from orchestration.reports.reading import read_week, week_start
from orchestration.reports.report import Report, published_snapshot, stored_figures, write_report


@dataclass(frozen=True)
class WeeklyDigest(Report):
    """The digest of a week."""

    @property
    def week(self) -> str:
        """``YYYY-Www``."""
        return self.period


def make_weekly_digest(home: Home, week: str, languages: Sequence[str] = ("en",)) -> WeeklyDigest:
    """Makes the digest of a week that is over from what is published.

    As with packs, the first digest of a week freezes its figures.

    Args:
        home: The data folder's paths.
        week: ``YYYY-Www``, a week of ISO 8601.
        languages: The languages of its files and messages.

    Returns:
        The digest.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The week is not one, or not over in what is published.
        HomeNotWritableError: The exports folder cannot be written.
    """
    week_start(week)
    folder = home.exports / "weekly_digest" / week
    stored = stored_figures(folder)
    figures = stored or read_week(published_snapshot(home), week)
    report = write_report(figures, folder, languages, was_stored=stored is not None)
    return WeeklyDigest(**vars(report))
