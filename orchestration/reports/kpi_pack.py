"""The KPI pack of a month: frozen figures; workbook, PDF and mail in each language; CSV files."""

import os
from collections.abc import Sequence
from pathlib import Path

from ingestion.settings import Home
from orchestration.errors import HomeNotWritableError
from orchestration.reports.differences import differences
from orchestration.reports.figures import Figures, Remake
from orchestration.reports.naming import KPI_PACK
from orchestration.reports.periods import month_start
from orchestration.reports.reading import read_month
from orchestration.reports.report import (
    FIGURES_NAME,
    Report,
    published_snapshot,
    report_folder,
    stored_figures,
    write_report,
)
from orchestration.reports.segment import Segment


def make_kpi_pack(
    home: Home,
    month: str,
    languages: Sequence[str] = ("en",),
    segment: Segment | None = None,
    *,
    anew: bool = False,
) -> Report:
    """Makes the pack of a closed month from what is published.

    The figures are stored with the first pack of a month and are those of every later one: a pack
    that was sent is made again as it was, whatever has been published since. Only ``anew`` reads
    the publication again; such a pack says that it is new, and where it differs. The figures it
    replaces stay beside it.

    Args:
        home: The data folder's paths.
        month: ``YYYY-MM``.
        languages: The languages of its files and messages.
        segment: Of this segment alone; of the whole company when not given.
        anew: Read the month's figures from what is published now.

    Returns:
        The pack.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The month is not one, is not published, or is not closed; or there is no such
            segment.
        HomeNotWritableError: The exports folder cannot be written.
    """
    month_start(month)
    folder = report_folder(home, KPI_PACK, month, segment)
    stored = stored_figures(folder)
    if stored is not None and not anew:
        figures = stored
    else:
        figures = read_month(published_snapshot(home), month, segment)
        if stored is not None:
            _keep(stored, folder)
            figures = figures.made_anew(
                Remake(stored.foot.as_of, stored.foot.version, differences(stored, figures))
            )
    return write_report(figures, folder, languages, was_stored=stored is not None and not anew)


def _keep(stored: Figures, folder: Path) -> None:
    """Keeps the figures that are to be replaced, under the name of their publication."""
    kept = folder / f"figures-{stored.foot.version}.json"
    try:
        if not kept.exists():
            os.link(folder / FIGURES_NAME, kept)
    except OSError as error:
        raise HomeNotWritableError(
            f"The figures that are to be replaced cannot be kept as {kept}: "
            f"{error.strerror or error}. Make the folder writable, then ask for the pack again."
        ) from error
