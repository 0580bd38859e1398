"""Fixtures the stories share: a home, settings, a small warehouse, a small project of models."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from ingestion.settings import Home, Settings, load_settings
from orchestration.instance import open_instance
from orchestration.publishing.postgres_target import PostgresTarget
from tests.orchestration.samples import AS_OF, ROOT, fill_warehouse, write_checks
from tests.postgres import postgres

_watched: dict[str, list[str]] = {"opened": []}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Notes every open() of a live warehouse by this process."""
    if event == "open" and str(arguments[0]).endswith("warehouse.duckdb"):
        _watched["opened"].append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def nobody_opens_the_live_warehouse() -> Iterator[None]:
    """Opening and closing the file would drop DuckDB's own lock on it without a word."""
    _watched["opened"].clear()
    yield
    assert not _watched["opened"], "the live warehouse was opened other than by DuckDB"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every story has its own home, and nothing of this machine's settings."""
    for name in list(os.environ):
        if name.startswith(
            ("PERENE_", "EXCHANGE_RATES_", "FILES_", "STRIPE_", "ZENDESK_", "DAGSTER_")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setattr("ingestion.settings.ENV_FILE", tmp_path / "no.env")
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir(exist_ok=True)
    return Home(tmp_path / "home")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with the source of files on, in the environment too."""
    (tmp_path / "home").mkdir(exist_ok=True)
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setenv("PERENE_FILES_PATH", str(files))
    monkeypatch.setenv("PERENE_AS_OF", AS_OF.isoformat())
    return load_settings()


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's history in the home, as the command line keeps it."""
    before = os.environ.get("DAGSTER_HOME")
    with open_instance(home) as opened:
        yield opened
    if before is None:
        os.environ.pop("DAGSTER_HOME", None)


@pytest.fixture
def warehouse(home: Home) -> Home:
    """A home whose warehouse was built and checked."""
    fill_warehouse(home)
    return home


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A dbt project of one seed, one staging view and one mart, with the real check recorder."""
    project = tmp_path / "small_project"
    for folder in ("macros", "models/staging", "models/marts", "seeds"):
        (project / folder).mkdir(parents=True)
    for macro in ("check_results.sql", "generate_schema_name.sql"):
        shutil.copy(ROOT / "dbt_project" / "macros" / macro, project / "macros" / macro)
    (project / "dbt_project.yml").write_text(
        """
name: perene
version: "1.0.0"
profile: perene
on-run-start: ["{{ create_check_results() }}"]
on-run-end: ["{{ record_check_results(results) }}"]
models:
  perene:
    staging: {+schema: staging, +materialized: view}
    marts: {+schema: marts, +materialized: table}
seeds: {perene: {+schema: seeds}}
""",
        encoding="utf-8",
    )
    (project / "profiles.yml").write_text(
        "perene: {target: duckdb, outputs: {duckdb: {type: duckdb, "
        "path: \"{{ env_var('PERENE_WAREHOUSE') }}\", schema: main, threads: 1}}}\n",
        encoding="utf-8",
    )
    (project / "seeds" / "plans.csv").write_text("plan_id,plan_name\npro,Pro\n", encoding="utf-8")
    (project / "models" / "staging" / "stg_files__customers.sql").write_text(
        "select record_id as customer_id, name from {{ source('raw_files', 'customers') }}\n",
        encoding="utf-8",
    )
    (project / "models" / "marts" / "dim_customers.sql").write_text(
        "select customer_id, name, '{{ var('as_of') }}' as as_of "
        "from {{ ref('stg_files__customers') }}, {{ ref('plans') }}\n",
        encoding="utf-8",
    )
    write_checks(project)
    return project


@pytest.fixture
def customers_file(settings: Settings) -> Callable[..., None]:
    """Writes the company's customers as the source of files takes them."""

    def write(*names: str) -> None:
        assert settings.files_path is not None
        lines = [f"c{number},{name}" for number, name in enumerate(names, start=1)]
        (settings.files_path / "customers.csv").write_text(
            "\n".join(["customer_id,name", *lines, ""]), encoding="utf-8"
        )

    return write


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    with postgres() as socket_folder:
        yield f"postgresql://postgres@/%s?host={socket_folder}"


@pytest.fixture
def target(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[PostgresTarget]:
    """A database of the test's own."""
    name = f"test_{abs(hash(request.node.name))}"
    with psycopg.connect(postgres_server % "postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield PostgresTarget(postgres_server % name, "bi_reader")
    with psycopg.connect(postgres_server % "postgres", autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")
        connection.execute("drop role if exists bi_reader")
