"""What the documents print is true: commands run, excerpts are real, examples load."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from ingestion.load import load_source
from ingestion.settings import Home, Settings
from orchestration.reports.pdf_text import pdf_text
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
        if not name.startswith(
            ("PERENE_", "FILES_", "EXCHANGE_", "STRIPE_", "ZENDESK_", "DAGSTER_", "MAKE")
        )
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


@pytest.fixture(scope="module")
def demo(checkout: Path) -> str:
    """What `make demo` says; it is run once."""
    return run_in(checkout, "make demo")


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "docs/bi.md"])
def test_every_command_runs_as_printed(document: str, checkout: Path, demo: str) -> None:
    commands = blocks(ROOT / document, "sh")
    assert commands
    output = "".join(
        demo if command.strip() == "make demo" else run_in(checkout, command)
        for command in commands
    )
    for excerpt in blocks(ROOT / document, "text"):
        assert excerpt in output


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_the_demo_ends_with_a_pack_in_both_languages_and_a_dashboard(
    checkout: Path, demo: str
) -> None:
    exports = checkout / "data" / "demo" / "exports"
    end = demo[demo.index("KPIs of 2025-12") :]
    pack = exports / "kpi_pack" / "2025-12"
    for code, title in (("en", "KPI pack"), ("pt_BR", "Relat\u00f3rio de indicadores")):
        file = pack / code / "kpi-pack-2025-12"
        pages = pdf_text(file.with_suffix(".pdf"))
        assert len(pages) > 3
        assert title.upper() in pages[0]
        assert re.search("MRR .*137[.,]477", pages[0])
        assert len(openpyxl.load_workbook(file.with_suffix(".xlsx")).sheetnames) > 8
        mail = file.with_suffix(".html").read_text(encoding="utf-8")
        assert f"<title>{title}" in mail
        assert mail.count("data:image/png;base64,") == 2
        subject, _, text = file.with_suffix(".txt").read_text(encoding="utf-8").partition("\n")
        assert subject in end, "its subject is printed"
        assert title in text
        assert str(file.with_suffix(".pdf")) in end, "and where it lies"
    dashboard = exports / "dashboard" / "index.html"
    assert str(dashboard) in end
    page = dashboard.read_text(encoding="utf-8")
    assert len(page) > 100_000
    assert "137,477" in page or "137477" in page


@pytest.mark.slow
def test_the_docs_are_one_page_that_describes_every_column_of_every_mart(checkout: Path) -> None:
    assert run_in(checkout, "make docs") == "data/docs.html\n"
    page = (checkout / "data" / "docs.html").read_text(encoding="utf-8")
    assert not re.search(r"<script[^>]*\ssrc=|<link[^>]*stylesheet", page), "one file"
    manifest, catalogue = (
        json.JSONDecoder().raw_decode(page, found.start())[0]
        for found in re.finditer(r'\{"metadata": \{"dbt_schema_version"', page)
    )
    marts = {
        file.stem: f"model.perene.{file.stem}"
        for file in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")
    }
    assert set(marts.values()) == set(catalogue["nodes"])
    for mart, node in marts.items():
        assert manifest["nodes"][node]["description"], mart
        columns = manifest["nodes"][node]["columns"]
        types = catalogue["nodes"][node]["columns"]
        assert set(types) == set(columns)
        for name, column in columns.items():
            assert column["description"], f"{mart}.{name}"
            assert types[name]["type"], f"{mart}.{name}"
    assert catalogue["nodes"][marts["kpis_monthly"]]["columns"]["nrr"]["type"] == "DECIMAL(28,6)"


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
