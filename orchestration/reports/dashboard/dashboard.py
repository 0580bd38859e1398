"""Writes the dashboard: the figures, the texts and the program in one file."""

import base64
import hashlib
import json
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ingestion.settings import Home
from orchestration.errors import HomeNotWritableError
from orchestration.reports.dashboard.figures import DashboardFigures
from orchestration.reports.dashboard.reading import read_dashboard_figures
from orchestration.reports.report import published_snapshot

FILE_NAME = "index.html"
_HERE = Path(__file__).parent
_CATALOGUES = _HERE.parent / "locale"
_DOMAIN = "dashboard"


def make_dashboard(home: Home, language: str = "en") -> Path:
    """Makes the dashboard of what is published; the one before is replaced by one rename.

    Args:
        home: The data folder's paths.
        language: The language it opens in; its reader can choose another in the page.

    Returns:
        The file, ``exports/dashboard/index.html``.

    Raises:
        NothingPublishedError: Nothing is published yet.
        HomeNotWritableError: The exports folder cannot be written.
    """
    figures = read_dashboard_figures(published_snapshot(home))
    return write_page(render(figures, language), home.exports / "dashboard" / FILE_NAME)


def write_page(page: str, file: Path) -> Path:
    """Writes the page aside, then in its place by one rename.

    Raises:
        HomeNotWritableError: The folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(page, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise HomeNotWritableError(
            f"The dashboard cannot be written to {file}: {error.strerror or error}. "
            "Free some space or make the folder writable, then ask for it again."
        ) from error
    return file


def render(figures: DashboardFigures, language: str) -> str:
    """The page of these figures; the same figures give the same bytes.

    It may run its own program and use its own style, each named by its hash, and nothing else: it
    cannot ask any server for anything, whatever stands in a name.
    """
    style = _part("page.css")
    script = f'"use strict";\n{{\n{_part("charts.js")}\n{_part("page.js")}}}\n'
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_part("page.html")).render(
        language=language.replace("_", "-"),
        policy=policy,
        style=Markup(style),  # noqa: S704 - the project's own file
        script=Markup(script),  # noqa: S704 - the project's own files
        figures=_embedded(figures.to_json()),
        texts=_embedded(json.dumps(_texts(), ensure_ascii=False, separators=(",", ":"))),
    )


def _texts() -> dict[str, dict[str, str]]:
    """What the page says, by language and English text."""
    texts = {}
    for file in sorted(_CATALOGUES.glob(f"*/LC_MESSAGES/{_DOMAIN}.po")):
        with file.open("rb") as stream:
            catalogue = read_po(stream)
        texts[file.parent.parent.name] = {
            str(message.id): str(message.string) for message in catalogue if message.id
        }
    return texts


def _embedded(text: str) -> Markup:
    """JSON in which nothing can end the script element it stands in, or begin another."""
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704 - escaped above


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
