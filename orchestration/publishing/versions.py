"""Versions of the publication: built aside, made whole on disk, swapped in by one rename.

    published/versions/<version>/perene.duckdb, parquet/<mart>.parquet
    published/current         -> versions/<version>
    published/perene.duckdb   -> current/perene.duckdb
    published/parquet         -> current/parquet

Both links lead through ``current``, so replacing that one link changes everything a reader sees.
A version's files are never written again: whoever still reads one keeps it, and a stray log that
a careless client left beside it cannot reach the next.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from orchestration.publishing.parquet import PARQUET_FOLDER
from orchestration.publishing.snapshot import SNAPSHOT_NAME

KEPT_VERSIONS = 5
CURRENT = "current"
VERSIONS = "versions"
_BUILDING = ".building-"
_RETIRED = ".retired-"
_NEW_LINK = ".new-"


def version_name(run_id: str, published_at: datetime) -> str:
    """A version's name: when it was published, sortable, and the run's first letters."""
    return f"{published_at:%Y%m%dT%H%M%S%f}Z-{run_id[:8]}"


def begin_version(published: Path, version: str) -> Path:
    """Makes the folder in which a version is built, and clears what killed runs left behind.

    Args:
        published: The publication's folder; made when absent.
        version: The version's name.

    Returns:
        The folder, with an empty folder for Parquet files inside.
    """
    (published / VERSIONS).mkdir(parents=True, exist_ok=True)
    _clear_leftovers(published)
    building = published / f"{_BUILDING}{version}"
    (building / PARQUET_FOLDER).mkdir(parents=True)
    return building


def commit_version(published: Path, building: Path, version: str) -> None:
    """Makes a built version the current one.

    Everything is on disk before the rename that makes it current, and the rename before this
    returns. A kill at any point leaves the former version or the new one, whole.

    Args:
        published: The publication's folder.
        building: The folder the version was built in.
        version: The version's name.
    """
    for file in sorted(path for path in building.rglob("*") if path.is_file()):
        file.chmod(0o444)
        _sync(file)
    _sync(building / PARQUET_FOLDER)
    _sync(building)
    building.rename(published / VERSIONS / version)
    _sync(published / VERSIONS)
    # On the first publication these lead nowhere until the next rename, which completes them.
    _link(published / SNAPSHOT_NAME, f"{CURRENT}/{SNAPSHOT_NAME}")
    _link(published / PARQUET_FOLDER, f"{CURRENT}/{PARQUET_FOLDER}")
    _sync(published)
    _link(published / CURRENT, f"{VERSIONS}/{version}")
    _sync(published)


def prune_versions(published: Path, keep: int = KEPT_VERSIONS) -> list[str]:
    """Deletes old versions, newest kept; the current one is never deleted.

    Args:
        published: The publication's folder.
        keep: How many to keep.

    Returns:
        The names of the versions deleted.
    """
    versions = published / VERSIONS
    current = (published / CURRENT).resolve().name
    names = sorted((path.name for path in versions.iterdir()), reverse=True)
    deleted = [name for name in names[keep:] if name != current]
    for name in deleted:
        # Renamed first: a version under its own name is always whole.
        retired = published / f"{_RETIRED}{name}"
        (versions / name).rename(retired)
        shutil.rmtree(retired, ignore_errors=True)
    return deleted


def discard(building: Path) -> None:
    """Deletes a version that was not finished."""
    shutil.rmtree(building, ignore_errors=True)


def _clear_leftovers(published: Path) -> None:
    for leftover in published.iterdir():
        if leftover.name.startswith((_BUILDING, _RETIRED)):
            shutil.rmtree(leftover, ignore_errors=True)
        elif leftover.name.startswith(_NEW_LINK):
            leftover.unlink()


def _link(link: Path, target: str) -> None:
    """Points a link at a target by one rename."""
    if link.is_symlink() and link.readlink() == Path(target):
        return
    draft = link.with_name(f"{_NEW_LINK}{link.name}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


def _sync(path: Path) -> None:
    """Waits until a file, or a folder's list of names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
