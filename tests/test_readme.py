"""What the documents print is true: commands run, excerpts are real, examples load."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.load import load_source
from ingestion.settings import Home, Settings
from tests.oracle.worked_examples import WORKED_EXAMPLES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "data", "target", "logs", "__pycache__", ".*_cache", ".hypothesis", ".env"
)


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    text = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the checkout, with this environment as its .venv."""
    copy = tmp_path_factory.mktemp("readme") / "perene"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    (copy / ".venv").symlink_to(sys.prefix)
    (copy / "installed").touch()
    yield copy
    shutil.rmtree(copy)


def run_in(checkout: Path, commands: str) -> str:
    """Run a block as it is printed; fails with its output if a command in it fails."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PERENE_", "FILES_", "EXCHANGE_", "STRIPE_", "DAGSTER_", "MAKE"))
    }
    # Set-up is over: the environment that runs this test is the one that it would make.
    variables["MAKEFLAGS"] = "-- STAMP=installed"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],  # noqa: S607
        cwd=checkout,
        env=variables,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "docs/bi.md"])
def test_every_command_runs_as_printed(document: str, checkout: Path) -> None:
    commands = blocks(ROOT / document, "sh")
    assert commands
    if document != "README.md" and not (checkout / "data/demo/published").exists():
        run_in(checkout, "make demo")
    output = "".join(run_in(checkout, command) for command in commands)
    for excerpt in blocks(ROOT / document, "text"):
        assert excerpt in output


def test_the_examples_of_the_files_form_load_as_one_folder(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    examples = re.findall(r"`(\w+\.csv)`.*?\n+```csv\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    files = tmp_path / "files"
    files.mkdir()
    for name, content in examples:
        (files / name).write_text(content, encoding="utf-8")
    as_of = datetime(2026, 1, 1, tzinfo=UTC)
    settings = Settings(
        home=Home(tmp_path / "home"),
        sources=("files",),
        files_path=files,
        exchange_rates_location="",
        as_of=as_of,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    report = load_source("files", settings, as_of, lambda _: None)
    loaded = {table for table, rows in report.rows.items() if rows}
    assert {name.removesuffix(".csv") for name, _ in examples} < loaded
    assert len(examples) == 7


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_and_every_make_target_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not link.startswith("https://"):
            assert (document.parent / link).exists(), f"{document.name} leads to {link}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_model_test_and_file_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    names = {
        file.name.removesuffix(".sql")
        for file in (ROOT / "dbt_project").rglob("*.sql")
        if "target" not in file.parts
    } | {file.stem for file in (ROOT / "dbt_project").rglob("*.csv")}
    for name in set(re.findall(r"`((?:stg|int|fct|dim)_\w+)`", text)) - checks():
        assert name in names, f"{document.name} names the model {name}"
    for path in re.findall(
        r"`((?:ingestion|orchestration|dbt_project|tests|benchmarks|docs)/[\w./-]+)`", text
    ):
        assert (ROOT / path).exists(), f"{document.name} names {path}"


def test_what_the_metrics_page_says_holds_a_number_exists() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    examples = {example.id for example in WORKED_EXAMPLES}
    for name in re.findall(r"(?<!\*)\*([\w-]+)\*(?!\*)", text):
        assert name in examples or any(id.startswith(f"{name}-") for id in examples), name
    known = checks()
    for line in text.splitlines():
        cells = line.strip("| ").split(" | ")
        if len(cells) == 4 and cells[2].startswith("`"):
            for name in re.findall(r"`(\w+)`", cells[3]):
                assert name in known, name


def checks() -> set[str]:
    """Names of the project's data tests."""
    dbt_project = ROOT / "dbt_project"
    described = "".join(
        file.read_text(encoding="utf-8")
        for file in [*dbt_project.rglob("models/**/*.yml"), *dbt_project.rglob("tests/**/*.yml")]
    )
    return set(re.findall(r"^ +(?:- )?name: (\w+)$", described, re.MULTILINE))
