"""The dbt project as this room sees it: where it lies, and its manifest.

The manifest is parsed in this process when there is none or the project has changed since, so a
fresh checkout works at once. Everything dbt writes goes into the data folder.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from dbt.cli.main import dbtRunner

from ingestion.settings import Home, Settings
from orchestration.errors import BuildFailedError
from orchestration.home import logs_folder, parse_folder, prepare_home

PROJECT_FOLDER = Path(__file__).resolve().parents[1] / "dbt_project"
_IGNORED_FOLDERS = {"target", "logs", "dbt_packages"}

Manifest = Mapping[str, Any]


def load_manifest(settings: Settings, project_folder: Path = PROJECT_FOLDER) -> Manifest:
    """Reads the project's manifest, parsing the project first if it has changed.

    Args:
        settings: Names the data folder and the project's variables.
        project_folder: The dbt project.

    Returns:
        The manifest as dbt writes it.

    Raises:
        BuildFailedError: The project cannot be parsed.
    """
    home = settings.home
    prepare_home(home)
    fingerprint = _fingerprint(settings, project_folder)
    manifest_file = parse_folder(home) / "manifest.json"
    fingerprint_file = parse_folder(home) / "fingerprint"
    with _parsing(home):
        known = fingerprint_file.read_text(encoding="utf-8") if fingerprint_file.exists() else ""
        if known != fingerprint or not manifest_file.exists():
            _parse(settings, project_folder)
            fingerprint_file.write_text(fingerprint, encoding="utf-8")
        manifest = json.loads(manifest_file.read_bytes())
    _attach_singular_tests(manifest)
    return cast("Manifest", manifest)


def parse_project(settings: Settings, project_folder: Path = PROJECT_FOLDER) -> Any:
    """Parses the project into dbt's own manifest object, which a build in this process takes.

    Only what has changed is parsed again. The run's as_of is no part of it: a new as_of with
    every run would otherwise mean a whole parse with every run.

    Args:
        settings: Names the data folder and the project's variables.
        project_folder: The dbt project.

    Returns:
        A ``dbt.contracts.graph.manifest.Manifest``.

    Raises:
        BuildFailedError: The project cannot be parsed.
    """
    with _parsing(settings.home):
        return _parse(settings, project_folder)


def project_variables(settings: Settings) -> dict[str, str]:
    """The variables of the project that come from the settings; a build adds its as_of."""
    return {
        "currency": settings.currency,
        "time_zone": settings.time_zone,
        "policy": settings.policy,
    }


def common_arguments(home: Home, project_folder: Path, target_folder: Path) -> list[str]:
    """The arguments every dbt command of this room shares."""
    return [
        *("--project-dir", str(project_folder)),
        *("--profiles-dir", str(project_folder)),
        *("--target-path", str(target_folder)),
        *("--log-path", str(logs_folder(home))),
        *("--log-level", "none", "--log-level-file", "info"),
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
    ]


@contextmanager
def dbt_environment(home: Home) -> Iterator[None]:
    """Gives dbt's profile the warehouse's path, and takes it away again."""
    wanted = {
        "PERENE_WAREHOUSE": str(home.warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _parse(settings: Settings, project_folder: Path) -> Any:
    home = settings.home
    with dbt_environment(home):
        outcome = dbtRunner().invoke(
            [
                "parse",
                *common_arguments(home, project_folder, parse_folder(home)),
                *("--vars", json.dumps(project_variables(settings))),
            ]
        )
    if not outcome.success:
        raise BuildFailedError(
            f"The models in {project_folder} cannot be parsed: {outcome.exception or 'see the log'}"
            f"\nMend the file that is named. Details are in {logs_folder(home) / 'dbt.log'}."
        )
    return outcome.result


def _attach_singular_tests(manifest: dict[str, Any]) -> None:
    """Names the model a test of several models belongs to: the first that it reads.

    dagster-dbt makes a check of such a test only where its meta names one; without a name a
    blocking test would not be seen among the checks of any asset.
    """
    nodes = manifest["nodes"]
    for test in nodes.values():
        parents = [parent for parent in test["depends_on"].get("nodes", ()) if parent in nodes]
        if test["resource_type"] != "test" or test.get("attached_node") or not parents:
            continue
        meta = test["config"].setdefault("meta", {})
        meta.setdefault("dagster", {"ref": {"name": nodes[parents[0]]["name"]}})


@contextmanager
def _parsing(home: Home) -> Iterator[None]:
    """One parse at a time: Dagster's interface loads the definitions in several processes."""
    folder = parse_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "parse.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(settings: Settings, project_folder: Path) -> str:
    digest = hashlib.sha256()
    digest.update(json.dumps(project_variables(settings), sort_keys=True).encode())
    digest.update(f"{project_folder} {settings.home.warehouse}".encode())
    for package in ("dbt-core", "dbt-duckdb"):
        digest.update(f"{package} {version(package)}".encode())
    for path in sorted(project_folder.rglob("*")):
        inside = path.relative_to(project_folder)
        if path.is_file() and not _IGNORED_FOLDERS.intersection(inside.parts):
            digest.update(str(inside).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
