"""The made-up company: its APIs as a process beside the run, its data in a folder of its own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.sandbox.serve import COMPANY
from ingestion.settings import (
    PROJECT_ROOT,
    Home,
    Settings,
    load_settings,
    only_these_settings,
)
from orchestration.home import prepare_home
from orchestration.progress import phase

# The sandbox's own limit is on request only; a client that asks for more is not slowed down.
_REQUESTS_PER_SECOND, _REQUESTS_PER_MINUTE = "1000", "60000"
_LANGUAGES = "en,pt_BR"


@contextmanager
def sandbox_company() -> Iterator[Settings]:
    """Starts the company, and gives the settings that read it; it ends with the block.

    Everything lies in `<home>/demo`, never in the real warehouse, and nothing of it is published
    or sent to where the real company's figures go: no setting but the demo's holds in the block.

    Raises:
        HomeNotWritableError: The folder cannot be made or written.
        SourceError: The company could not be started.
    """
    home = Home(load_settings().home.path / "demo")
    prepare_home(home)
    _make_room_for_this_company(home)
    # A report keeps its first figures; these are of the company as it is now.
    for report in ("kpi_pack", "weekly_digest", "lists"):
        shutil.rmtree(home.exports / report, ignore_errors=True)
    beside = home.path / "sample"
    shutil.rmtree(beside, ignore_errors=True)
    with _served(beside) as company, only_these_settings(_settings_of(company, home, beside)):
        yield load_settings()


def _settings_of(company: Mapping[str, str], home: Home, beside: Path) -> dict[str, str]:
    return {
        "PERENE_HOME": str(home.path),
        "PERENE_SOURCES": "stripe,zendesk,files",
        "PERENE_FILES_PATH": str(beside),
        "PERENE_AS_OF": company["as_of"],
        "PERENE_LANGUAGE": _LANGUAGES,
        "STRIPE_API_KEY": company["stripe_api_key"],
        "STRIPE_BASE_URL": company["stripe_base_url"],
        "STRIPE_REQUESTS_PER_SECOND": _REQUESTS_PER_SECOND,
        "ZENDESK_BASE_URL": company["zendesk_base_url"],
        "ZENDESK_EMAIL": company["zendesk_email"],
        "ZENDESK_API_TOKEN": company["zendesk_api_token"],
        "ZENDESK_OAUTH_TOKEN": company["zendesk_oauth_token"],
        "ZENDESK_REQUESTS_PER_MINUTE": _REQUESTS_PER_MINUTE,
    }


def _make_room_for_this_company(home: Home) -> None:
    """Empties the demo's own folder if what lies there is of another company."""
    mark = home.path / "company.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != COMPANY:
        shutil.rmtree(home.path)
        prepare_home(home)
        mark.write_text(COMPANY, encoding="utf-8")


@contextmanager
def _served(folder: Path) -> Iterator[dict[str, str]]:
    """The company's process; it ends when its input does, however this one ends."""
    process = subprocess.Popen(  # noqa: S603 - the project's own program
        [sys.executable, "-m", "ingestion.sandbox.serve", str(folder)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            with phase("sandbox company") as current:
                line = process.stdout.readline() if process.stdout else ""
                if not line:
                    raise SourceError(
                        "The made-up company could not be started; what it said stands above."
                    )
                company: dict[str, str] = json.loads(line)
                current.result = (
                    f"payments at {company['stripe_base_url']}, "
                    f"support at {company['zendesk_base_url']}"
                )
            yield company
        finally:
            if process.stdin:
                process.stdin.close()
