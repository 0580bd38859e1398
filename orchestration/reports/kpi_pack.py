"""The KPI pack of a month: frozen figures, a workbook and CSV files."""

import html
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion.settings import Home
from orchestration.errors import HomeNotWritableError, NothingPublishedError, ReportError
from orchestration.publishing.snapshot import SNAPSHOT_NAME
from orchestration.reports.figures import KpiFigures, read_figures
from orchestration.reports.message import Message
from orchestration.reports.tables_csv import write_csv_files
from orchestration.reports.terminal import headline_lines
from orchestration.reports.workbook import write_workbook

FIGURES_NAME = "figures.json"
_BUILDING = ".building-"


@dataclass(frozen=True)
class KpiPack:
    """A pack that was made.

    Attributes:
        month: ``YYYY-MM``.
        folder: Where it lies.
        files: Its files, the figures included.
        figures: What it says.
        was_stored: Its figures were stored before and are unchanged.
        messages: What is sent of it, by language.
    """

    month: str
    folder: Path
    files: tuple[Path, ...]
    figures: KpiFigures
    was_stored: bool
    messages: Mapping[str, Message] = field(default_factory=dict)

    def message(self, language: str) -> Message:
        """What is sent of the pack in one of the languages it was made in."""
        return self.messages[language]


def make_kpi_pack(home: Home, month: str, languages: Sequence[str] = ("en",)) -> KpiPack:
    """Makes the pack of a closed month from what is published.

    The figures are stored with the first pack of a month and are those of every later one: a pack
    that was sent is made again as it was, whatever has been published since.

    Args:
        home: The data folder's paths.
        month: ``YYYY-MM``.
        languages: Languages of its files and messages.

    Returns:
        The pack.

    Raises:
        NothingPublishedError: Nothing is published yet.
        ReportError: The month is not one, is not published, or is not closed.
        HomeNotWritableError: The exports folder cannot be written.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ReportError(f"{month!r} is not a month; write it as 2025-12.")
    folder = home.exports / "kpi_pack" / month
    stored = folder / FIGURES_NAME
    was_stored = stored.exists()
    try:
        figures = (
            KpiFigures.from_json(stored.read_text(encoding="utf-8"))
            if was_stored
            else read_figures(published_snapshot(home), month)
        )
        files = _render(figures, folder)
    except OSError as error:
        raise HomeNotWritableError(
            f"The pack cannot be written to {folder}: {error.strerror or error}. "
            "Free some space or make the folder writable, then ask for it again."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        if not was_stored:
            raise
        raise ReportError(
            f"The stored figures {stored} cannot be read ({error}). Restore the file from a "
            "backup, or move its folder away to make the pack anew from what is published."
        ) from error
    messages = {language: _message(figures, files) for language in languages}
    return KpiPack(month, folder, files, figures, was_stored, messages)


def _message(figures: KpiFigures, files: Sequence[Path]) -> Message:
    text = "\n".join(headline_lines(figures))
    return Message(
        subject=f"KPIs of {figures.month}",
        text=text,
        html=f"<pre>{html.escape(text)}</pre>",
        attachments=tuple(file for file in files if file.suffix == ".xlsx"),
    )


def published_snapshot(home: Home) -> Path:
    """The file of the current publication, by its own name, so that it cannot change meanwhile.

    Raises:
        NothingPublishedError: Nothing is published yet.
    """
    link = home.published / SNAPSHOT_NAME
    if not link.exists():
        raise NothingPublishedError(
            f"Nothing is published yet at {link}. Run `make run` first (`make demo` for the "
            "sample company)."
        )
    return link.resolve()


def pack_metadata(pack: KpiPack) -> dict[str, Any]:
    """What Dagster shows of a pack."""
    return {
        "folder": dg.MetadataValue.path(str(pack.folder)),
        "figures": "stored before, unchanged" if pack.was_stored else "read from the publication",
        "as of": pack.figures.foot.as_of,
        "publication": pack.figures.foot.version,
        **{
            line.label: dg.MetadataValue.float(float(line.value))
            for line in pack.figures.headlines
            if line.value is not None
        },
    }


def _render(figures: KpiFigures, folder: Path) -> tuple[Path, ...]:
    """Writes everything aside, then puts it in its place by renames."""
    building = folder.with_name(f"{_BUILDING}{folder.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        written = [
            write_workbook(figures, building / f"kpi-pack-{figures.month}.xlsx"),
            *write_csv_files(figures, building),
        ]
        frozen = building / FIGURES_NAME
        frozen.write_text(figures.to_json(), encoding="utf-8")
        names = [file.name for file in (*written, frozen)]
        if folder.exists():
            for name in names:
                (building / name).replace(folder / name)
        else:
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return tuple(folder / name for name in names)
