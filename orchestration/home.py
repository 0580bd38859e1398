"""The data folder: made before the first use, and proved to have room."""

import shutil
import tempfile
from pathlib import Path

from ingestion.settings import Home
from orchestration.errors import DiskFullError, HomeNotWritableError

_RESERVE_BYTES = 1_000_000_000
_SPACE_FACTOR = 2.5


def prepare_home(home: Home) -> None:
    """Makes the data folder and proves that it can be written.

    Args:
        home: The data folder's paths.

    Raises:
        HomeNotWritableError: The folder cannot be made or written.
    """
    try:
        for folder in (home.path, home.dagster, home.notices, logs_folder(home)):
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home.path):
            pass
    except OSError as error:
        raise HomeNotWritableError(
            f"The data folder {home.path} cannot be written: {error.strerror or error}. "
            "Make it writable for this user, or point PERENE_HOME at another folder."
        ) from error


def logs_folder(home: Home) -> Path:
    """Where the details of runs are kept: one file a run, and dbt's own log."""
    return home.path / "logs"


def run_log(home: Home, run_id: str) -> Path:
    """The file with everything a run said, tracebacks included."""
    return logs_folder(home) / f"{run_id}.log"


def parse_folder(home: Home) -> Path:
    """Where dbt keeps what it parsed."""
    return home.path / "dbt" / "parse"


def build_folder(home: Home) -> Path:
    """Where the last build keeps its results: run_results.json, manifest.json, compiled SQL."""
    return home.path / "dbt" / "build"


def check_free_space(home: Home, free_bytes: int | None = None) -> None:
    """Refuses to start a run that would fill the disk.

    A build may write every mart anew beside the old one, and a publication copies them twice, so
    a run wants two and a half times the warehouse, and a gigabyte.

    Args:
        home: The data folder's paths.
        free_bytes: Free bytes there; measured when not given.

    Raises:
        DiskFullError: There is less room than that.
    """
    warehouse_bytes = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    needed = int(_SPACE_FACTOR * warehouse_bytes) + _RESERVE_BYTES
    free = shutil.disk_usage(home.path).free if free_bytes is None else free_bytes
    if free < needed:
        raise DiskFullError(
            f"The disk of {home.path} is nearly full: a run needs {_gigabytes(needed)}, free are "
            f"{_gigabytes(free)}. Free some space there, or point PERENE_HOME at a larger disk. "
            "What is published stays as it was."
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1_000_000_000:.1f} GB"
