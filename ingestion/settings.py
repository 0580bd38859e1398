"""The settings of a run, taken from the environment and from `.env` in the project's root.

The environment beats `.env`. Nothing is read when the module is imported, so that a process can
change a setting and start another run.
"""

import importlib
import logging
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from ingestion.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = PROJECT_ROOT / ".env"
ECB_HISTORY = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
LANGUAGES = ("en", "pt_BR", "pt_PT")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Home:
    """The folder that holds everything a company's runs leave behind."""

    path: Path

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that only the writing process opens."""
        return self.path / "warehouse.duckdb"

    @property
    def warehouse_lock(self) -> Path:
        """The file beside the warehouse whose lock makes a process the one writer."""
        return self.path / "warehouse.lock"

    @property
    def published(self) -> Path:
        """Read-only copies for business intelligence."""
        return self.path / "published"

    @property
    def exports(self) -> Path:
        """Reports and lists for people."""
        return self.path / "exports"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.path / "dagster"

    @property
    def pipelines(self) -> Path:
        """The loader's working folders. They can be deleted between runs."""
        return self.path / "pipelines"

    @property
    def notices(self) -> Path:
        """What people have been told already."""
        return self.path / "notices"


@dataclass(frozen=True)
class Settings:
    """The settings of one run.

    Attributes:
        home: Where the warehouse and everything made from it lie.
        sources: Names of the sources that are on, in the order they are loaded.
        files_path: Folder of the `files` source; None when there is none.
        exchange_rates_location: Path or URL of the European Central Bank's reference rates.
        as_of: The instant (UTC) before which facts count; None is the run's start.
        currency: Reporting currency, three upper-case letters.
        time_zone: Reporting time zone, a name of the IANA database.
        policy: Name of the MRR policy.
        languages: Languages of reports, each one of LANGUAGES; never none.
    """

    home: Home
    sources: tuple[str, ...]
    files_path: Path | None
    exchange_rates_location: str
    as_of: datetime | None
    currency: str
    time_zone: str
    policy: str
    languages: tuple[str, ...]


def setting(name: str, default: str = "") -> str:
    """Return a setting's text: the environment's, else that of `.env`, else the default.

    An empty value counts as absent, so that a line of `.env.example` left as it is changes nothing.
    """
    return os.environ.get(name, "").strip() or _env_file().get(name, "") or default


@contextmanager
def only_these_settings(values: Mapping[str, str]) -> Iterator[None]:
    """For the time of the block, takes these settings and no other.

    Neither `.env` counts then, nor what else of the project's stands in the environment.
    """
    global ENV_FILE  # threads read settings too, so that no argument would reach them all
    file, before = ENV_FILE, dict(os.environ)
    for name in filter(_is_setting, before):
        del os.environ[name]
    os.environ.update(values)
    ENV_FILE = Path(os.devnull)
    try:
        yield
    finally:
        ENV_FILE = file
        os.environ.clear()
        os.environ.update(before)


def known_sources() -> tuple[str, ...]:
    """Return the names of all sources the project has: the folders with a `source.py`."""
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/source.py")))


def load_settings() -> Settings:
    """Read and check every setting.

    Raises:
        SettingsError: A value cannot be used; the message names the variable and what to do.
    """
    if ENV_FILE.is_file() and ENV_FILE.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        logger.warning("Other users of this machine can read %s; run: chmod 600 .env", ENV_FILE)
    time_zone = _time_zone(setting("PERENE_TIME_ZONE", "UTC"))
    files_path = setting("PERENE_FILES_PATH")
    return Settings(
        home=Home(_path(setting("PERENE_HOME", "data"))),
        sources=_sources(setting("PERENE_SOURCES")),
        files_path=_path(files_path) if files_path else None,
        exchange_rates_location=_location(setting("EXCHANGE_RATES_LOCATION", ECB_HISTORY)),
        as_of=_as_of(setting("PERENE_AS_OF"), time_zone),
        currency=_matching(
            "PERENE_CURRENCY", "USD", r"[A-Z]{3}", "three upper-case letters such as USD"
        ),
        time_zone=time_zone,
        policy=_matching(
            "PERENE_POLICY", "default", r"[a-z0-9_]+", "the name of a policy such as default"
        ),
        languages=_languages(setting("PERENE_LANGUAGE", "en")),
    )


def _is_setting(name: str) -> bool:
    return name.startswith(("PERENE_", *(f"{source.upper()}_" for source in known_sources())))


def _env_file() -> dict[str, str]:
    if not ENV_FILE.is_file():
        return {}
    try:
        values = dotenv_values(ENV_FILE, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{ENV_FILE} cannot be read ({type(error).__name__}); "
            "make it a readable UTF-8 text file of KEY=VALUE lines."
        ) from error
    return {name: value.strip() for name, value in values.items() if value}


def _path(text: str) -> Path:
    """Return an absolute path; a relative one starts at the project's root."""
    return (PROJECT_ROOT / Path(text).expanduser()).absolute()


def _location(text: str) -> str:
    return text if re.match(r"https?://", text, re.IGNORECASE) else str(_path(text))


def _matching(name: str, default: str, pattern: str, meaning: str) -> str:
    value = setting(name, default)
    if not re.fullmatch(pattern, value):
        raise SettingsError(f"{name} is {value!r}; set it to {meaning}.")
    return value


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    # A name such as "Europe" is a folder of the database, one with a stray character a bad path.
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"PERENE_TIME_ZONE is {name!r}, which the time zone database does not have; "
            "set it to a name such as UTC, Europe/Lisbon or America/Sao_Paulo."
        ) from error
    return name


def _languages(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or not set(names) <= set(LANGUAGES):
        raise SettingsError(
            f"PERENE_LANGUAGE is {text!r}; set it to one or more of {', '.join(LANGUAGES)}, "
            "with commas between them."
        )
    return names


def _as_of(text: str, time_zone: str) -> datetime | None:
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
        else:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=ZoneInfo(time_zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"PERENE_AS_OF is {text!r}; set it to a day such as 2025-03-01 or an instant such as "
            "2025-03-01T06:00:00Z, or leave it empty for the moment the run starts."
        ) from error


def _sources(text: str) -> tuple[str, ...]:
    known = known_sources()
    if not text:
        return tuple(name for name in known if any(map(setting, _switches(name))))
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise SettingsError(
                f"PERENE_SOURCES names {name!r}; the sources are: {', '.join(known)}."
            )
    return names


def _switches(source: str) -> tuple[str, ...]:
    """Return the names of the settings of which any turns a source on by default."""
    switch = importlib.import_module(f"ingestion.{source}.tables").SWITCH
    return (switch,) if isinstance(switch, str) else tuple(switch)
