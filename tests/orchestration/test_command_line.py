"""The command line: what it prints, how it ends, and one clear message for each failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.settings import Home, Settings
from orchestration.command_line import main
from orchestration.errors import DiskFullError
from orchestration.home import check_free_space
from orchestration.publishing.publish import publish
from tests.orchestration.samples import ROOT


def _run(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "orchestration", *arguments],
        cwd=ROOT,
        env={**os.environ, "PERENE_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("warehouse")
def test_a_pack_is_asked_for_by_its_month(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(settings, "run-1")
    assert main(["pack", "2026-01"]) == 0
    output = capsys.readouterr().out
    assert "KPIs of 2026-01, in USD" in output
    assert "kpi-pack-2026-01.xlsx" in output
    assert main(["pack", "2026-01", "--anew"]) == 0
    assert "made anew" in capsys.readouterr().out


@pytest.mark.usefixtures("warehouse")
def test_a_digest_is_asked_for_by_its_week(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, "run-1")
    monkeypatch.setenv("PERENE_LANGUAGE", "pt_PT,en")
    assert main(["digest", "2026-W05"]) == 0
    output = capsys.readouterr().out
    assert "Resumo semanal" in output
    assert "weekly-digest-2026-W05.xlsx" in output
    assert main(["digest", "2026-W07"]) == 1
    assert "not over" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_pack_without_a_publication_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["pack", "2026-01"]) == 1
    error = capsys.readouterr().err
    assert "Nothing is published yet" in error
    assert "make run" in error
    assert "Traceback" not in error


@pytest.mark.usefixtures("home")
def test_without_a_source_a_run_says_which_settings_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run"]) == 1
    assert "PERENE_FILES_PATH" in capsys.readouterr().err


def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERENE_CURRENCY", "dollars")
    assert main(["run"]) == 1
    assert "PERENE_CURRENCY" in capsys.readouterr().err


@pytest.mark.usefixtures("settings")
def test_a_home_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "occupied").write_text("a file in the way", encoding="utf-8")
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "occupied" / "home"))
    for command in (["run"], ["demo"], ["pack", "2026-01"]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert str(tmp_path / "occupied" / "home") in error, command
        assert "PERENE_HOME" in error, command


def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_written(home: Home) -> None:
    check_free_space(home, free_bytes=1_000_000_000)
    with pytest.raises(DiskFullError, match=r"needs 1\.0 GB, free are 0\.9 GB"):
        check_free_space(home, free_bytes=900_000_000)


@pytest.mark.slow
def test_the_sample_company_goes_all_the_way(tmp_path: Path) -> None:
    result = _run(tmp_path / "home", "demo")
    assert result.returncode == 0, result.stderr
    for text in ("MRR", "Customer churn", "points", "perene.duckdb", "KPI pack", "pt_BR"):
        assert text in result.stdout
    demo = Home(tmp_path / "home" / "demo")
    assert (demo.published / "perene.duckdb").exists()
    for kind in ("xlsx", "pdf", "html", "txt"):
        found = demo.exports.glob(f"kpi_pack/*/*/*.{kind}")
        assert {file.parent.name for file in found} == {"en", "pt_BR"}, kind
    assert not (tmp_path / "home" / "warehouse.duckdb").exists(), "never in the real warehouse"


@pytest.mark.slow
def test_a_run_that_cannot_go_on_says_why_and_ends_with_an_error(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    result = _run(tmp_path / "home", "run", PERENE_FILES_PATH=str(files))
    assert result.returncode == 1
    assert str(files) in result.stderr
    assert "Traceback" not in result.stderr
    assert len(list((tmp_path / "home" / "notices").glob("*.md"))) == 1
