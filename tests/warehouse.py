"""Builds a real warehouse for a test: files through the loader, models through dbt.

The project is parsed once a process; models read their variables when they are built.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from ingestion.load import ensure_raw_tables, load_source
from ingestion.settings import Home, Settings

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that was built for a test."""

    settings: Settings
    as_of: datetime

    @property
    def path(self) -> Path:
        return self.settings.home.warehouse

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def records(self, query: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def build_warehouse(
    home: Path,
    files: Path,
    as_of: datetime,
    *,
    currency: str = "USD",
    time_zone: str = "UTC",
    policy: str = "default",
    with_checks: bool = True,
) -> Warehouse:
    """Load a folder in the files form and build every model; fails if anything fails."""
    settings = Settings(
        home=Home(home),
        sources=("files",),
        files_path=files,
        exchange_rates_location="",
        as_of=as_of,
        currency=currency,
        time_zone=time_zone,
        policy=policy,
        languages=("en",),
    )
    ensure_raw_tables(settings)
    load_source("files", settings, as_of, lambda _: None)
    warehouse = Warehouse(settings, as_of)
    rebuild(warehouse, with_checks=with_checks)
    return warehouse


def rebuild(warehouse: Warehouse, *, with_checks: bool = True) -> None:
    """Build the models again on what is loaded."""
    excluded = ["unit_test"] if with_checks else ["unit_test", "test"]
    arguments = [argument for kind in excluded for argument in ("--exclude-resource-type", kind)]
    command = ["build", *arguments, "--vars", variables(warehouse)]
    try:
        with target_database(PERENE_WAREHOUSE=str(warehouse.path)):
            run_dbt(command, manifest=parsed_project())
    finally:
        DuckDBConnectionManager.close_all_connections()


def variables(warehouse: Warehouse) -> str:
    """The project's variables for the warehouse, as dbt takes them."""
    return json.dumps(
        {
            "as_of": f"{warehouse.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
            "currency": warehouse.settings.currency,
            "time_zone": warehouse.settings.time_zone,
            "policy": warehouse.settings.policy,
        }
    )


def run_dbt(arguments: Sequence[str], manifest: Any = None) -> Any:
    """Run dbt in this process; fails with the messages of what failed."""
    result = dbtRunner(manifest=manifest).invoke(
        [
            *arguments,
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(_target_folder()), "--log-level-file", "none", "--quiet"),
        ]
    )
    if not result.success:
        failed = [
            f"{item.node.name}: {item.status} {item.message}"
            for item in getattr(result.result, "results", None) or ()
            if str(item.status) not in ("success", "pass", "warn", "skipped")
        ]
        raise AssertionError("\n".join(failed) or str(result.exception))
    return result.result


@cache
def parsed_project() -> Any:
    """The project's manifest; a database in DuckDB is called as its file is."""
    with target_database(PERENE_WAREHOUSE="warehouse.duckdb"):
        return run_dbt(["parse"])


@contextmanager
def target_database(**variables: str) -> Iterator[None]:
    """Set what the profile reads from the environment, for the time of the block."""
    variables = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **variables}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _target_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="perene-dbt-"))
