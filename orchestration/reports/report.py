"""A report made of frozen figures: its files in every language, and the messages to send."""

import base64
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ingestion.settings import LANGUAGES, Home
from orchestration.errors import HomeNotWritableError, NothingPublishedError, ReportError
from orchestration.publishing.snapshot import SNAPSHOT_NAME
from orchestration.reports import naming
from orchestration.reports.charts import draw_charts
from orchestration.reports.figures import Figures
from orchestration.reports.figures_form_1 import figures_of_form_1
from orchestration.reports.language import language
from orchestration.reports.mail import write_message
from orchestration.reports.message import Message
from orchestration.reports.pdf import write_pdf
from orchestration.reports.sections import BY_KEY
from orchestration.reports.segment import Segment
from orchestration.reports.tables_csv import write_csv_files
from orchestration.reports.workbook import write_workbook

FIGURES_NAME = "figures.json"
CSV_FOLDER = "csv"
_BUILDING = ".building-"
_WITHOUT_CUSTOMERS = "without-customers"


@dataclass(frozen=True)
class Report:
    """A report that was made.

    Attributes:
        period: ``YYYY-MM`` or ``YYYY-Www``.
        folder: Where it lies.
        languages: The languages it was made in.
        files: Its files, the figures included.
        figures: What it says.
        was_stored: Its figures were stored before and are unchanged.
        charts: Its charts as SVG, by language and name.
    """

    period: str
    folder: Path
    languages: tuple[str, ...]
    files: tuple[Path, ...]
    figures: Figures
    was_stored: bool
    charts: Mapping[str, Mapping[str, str]]

    def file(self, code: str, kind: str) -> Path:
        """Its file in a language, such as ``("pt_BR", "pdf")``."""
        return self.folder / code / f"{_file_name(self.figures)}.{kind}"

    def message(
        self, code: str, *, with_personal_data: bool = True, with_files: bool = True
    ) -> Message:
        """What is sent of it in one of the languages it was made in.

        Args:
            code: The language.
            with_personal_data: Name customers; without, tables that name them are left out, of
                the files too.
            with_files: Attach its files.

        Returns:
            The message.

        Raises:
            HomeNotWritableError: Files without customers cannot be written.
        """
        if with_files and not with_personal_data:
            return self._without_customers.message(code)
        figures = self.figures if with_personal_data else _without_customers(self.figures)
        files = self._attached(code) if with_files else ()
        return write_message(figures, language(code), self.charts[code], files)

    def _attached(self, code: str) -> tuple[Path, ...]:
        workbook = self.file(code, "xlsx")
        match self.figures.report:
            case naming.KPI_PACK:
                return workbook, self.file(code, "pdf")
            case naming.CUSTOMER_LISTS:
                csv = self.folder / CSV_FOLDER
                return workbook, *(csv / f"{one.key}.csv" for one in self.figures.sections)
            case _:
                return (workbook,)

    @cached_property
    def _without_customers(self) -> "Report":
        """The same report with nobody's name in it, in a folder of its own."""
        folder = self.folder / _WITHOUT_CUSTOMERS
        figures = _without_customers(self.figures)
        return write_report(figures, folder, self.languages, was_stored=self.was_stored)


def report_folder(home: Home, report: str, period: str, segment: Segment | None) -> Path:
    """Where a report of a period lies; that of a segment lies in a folder of the segment's own."""
    folder = home.exports / report
    return (folder / segment.path_name if segment else folder) / period


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


def stored_figures(folder: Path) -> Figures | None:
    """The figures of a report that was made before; None if it was not.

    Raises:
        ReportError: They cannot be read.
    """
    file = folder / FIGURES_NAME
    if not file.exists():
        return None
    try:
        text = file.read_text(encoding="utf-8")
        stored = json.loads(text)
        if "form" not in stored:
            return figures_of_form_1(stored)
        return Figures.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ReportError(
            f"The stored figures {file} cannot be read ({error}). Restore the file from a backup, "
            "or move its folder away to make the report of what is published."
        ) from error


def write_report(
    figures: Figures, folder: Path, languages: Sequence[str], *, was_stored: bool
) -> Report:
    """Makes everything of a report from its figures: aside, then in its place by renames.

    Args:
        figures: The frozen figures.
        folder: Where the report lies; its figures come last, so that a report that was
            interrupted is made again whole.
        languages: The languages; those it was made in before are made too, lest they grow old.
        was_stored: The figures were stored before.

    Returns:
        The report.

    Raises:
        HomeNotWritableError: The folder cannot be written.
    """
    building = folder.with_name(f"{_BUILDING}{folder.name}")
    try:
        before = [code for code in LANGUAGES if (folder / code).is_dir()]
        codes = tuple(dict.fromkeys([*languages, *before]))
        charts = {code: draw_charts(figures, language(code)) for code in codes}
        shutil.rmtree(building, ignore_errors=True)
        (building / CSV_FOLDER).mkdir(parents=True)
        made = Report(figures.period, folder, codes, (), figures, was_stored, charts)
        names = [file.relative_to(building) for file in _write(made, building)]
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (building / name).replace(folder / name)
    except OSError as error:
        raise HomeNotWritableError(
            f"The report cannot be written to {folder}: {error.strerror or error}. "
            "Free some space or make the folder writable, then ask for it again."
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return replace(made, files=tuple(folder / name for name in names))


def _write(made: Report, building: Path) -> Iterator[Path]:
    figures, name = made.figures, _file_name(made.figures)
    for code in made.languages:
        folder, words = building / code, language(code)
        folder.mkdir()
        yield write_workbook(figures, words, folder / f"{name}.xlsx")
        yield write_pdf(figures, words, made.charts[code], folder / f"{name}.pdf")
        message = made.message(code)
        html, text = folder / f"{name}.html", folder / f"{name}.txt"
        html.write_text(_with_pictures(message), encoding="utf-8")
        text.write_text(f"{message.subject}\n\n{message.text}", encoding="utf-8")
        yield html
        yield text
    yield from write_csv_files(figures, building / CSV_FOLDER)
    frozen = building / FIGURES_NAME
    frozen.write_text(figures.to_json(), encoding="utf-8")
    yield frozen


def _with_pictures(message: Message) -> str:
    """The mail's page as a file of its own."""
    html = message.html
    for name, picture in message.images.items():
        data = base64.b64encode(picture).decode()
        html = html.replace(f'"cid:{name}"', f'"data:image/png;base64,{data}"')
    return html


def _without_customers(figures: Figures) -> Figures:
    remake = figures.remake
    if remake is not None:
        kept = [
            line
            for line in remake.differences
            if not line.section or not BY_KEY[line.section].is_personal
        ]
        remake = replace(remake, differences=tuple(kept))
    return replace(
        figures,
        sections=tuple(
            section for section in figures.sections if not BY_KEY[section.key].is_personal
        ),
        remake=remake,
    )


def _file_name(figures: Figures) -> str:
    name = f"{figures.report.replace('_', '-')}-{figures.period}"
    return f"{name}-{figures.segment.path_name}" if figures.segment else name
