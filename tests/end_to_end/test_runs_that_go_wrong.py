"""What an operator sees when a run goes wrong, and what readers see: the last good numbers."""

import random
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.sandbox.company import write_sample
from tests.end_to_end.commands import (
    environment,
    published_marts,
    published_rows,
    run,
    start_run,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def company(tmp_path: Path) -> tuple[Path, datetime]:
    """A small company's files, and its clock."""
    files = tmp_path / "files"
    return files, write_sample(files, customers=25, months=8)


def publication(home: Path) -> tuple[object, ...]:
    """Which run is published; fails if the publication is not whole."""
    marts = published_marts(home)
    assert len(marts) >= 16
    assert marts["kpis_monthly"]
    parquet = home / "published" / "parquet"
    assert {file.stem for file in parquet.iterdir()} >= set(marts)
    return published_rows(home, "select run_id, version from marts._published")[0]


def test_a_refused_file_leaves_the_last_publication(
    company: tuple[Path, datetime], tmp_path: Path
) -> None:
    files, as_of = company
    home = tmp_path / "home"
    variables = environment(home, files, as_of)
    assert run(variables)[0] == 0
    before = publication(home), published_marts(home)

    payments = files / "payments.csv"
    payments.write_text(
        payments.read_text(encoding="utf-8").replace("succeeded", "succeded", 3), encoding="utf-8"
    )
    code, output = run(variables)

    assert code != 0
    assert "payments.csv, row " in output
    assert "column status, value 'succeded'" in output
    assert "Traceback" not in output
    assert (publication(home), published_marts(home)) == before


def test_a_missing_rate_is_named_with_what_to_do(
    company: tuple[Path, datetime], tmp_path: Path
) -> None:
    files, as_of = company
    home = tmp_path / "home"
    variables = environment(home, files, as_of)
    assert run(variables)[0] == 0
    before = publication(home)

    rates = files / "exchange_rates.csv"
    header, *rows = rates.read_text(encoding="utf-8").splitlines(keepends=True)
    rates.write_text(header + "".join(rows[: len(rows) // 2]), encoding="utf-8")
    code, output = run(variables)

    assert code != 0
    assert "every_position_has_a_rate" in output
    assert "EUR" in output
    assert "Add rates for these currencies and days" in output
    assert "Traceback" not in output
    assert publication(home) == before

    rates.write_text(header + "".join(rows), encoding="utf-8")
    assert run(variables)[0] == 0


def test_an_unknown_policy_is_refused(company: tuple[Path, datetime], tmp_path: Path) -> None:
    files, as_of = company
    home = tmp_path / "home"
    code, output = run(environment(home, files, as_of, PERENE_POLICY="optimistic"))
    assert code != 0
    assert "the_policy_is_known" in output
    assert "Set PERENE_POLICY to a policy of dbt_project/seeds/metric_policies.csv" in output
    assert not (home / "published" / "perene.duckdb").exists()


def test_of_two_runs_started_at_once_the_second_says_who_holds_the_lock(
    company: tuple[Path, datetime], tmp_path: Path
) -> None:
    files, as_of = company
    variables = environment(tmp_path / "home", files, as_of)
    runs = [start_run(variables), start_run(variables)]
    results = [(process.communicate(timeout=300)[0], process.returncode) for process in runs]

    good = [output for output, code in results if code == 0]
    refused = [output for output, code in results if code != 0]
    assert len(good) == len(refused) == 1
    assert any(f"process {process.pid}" in refused[0] for process in runs)
    assert "Traceback" not in refused[0]
    publication(tmp_path / "home")


@pytest.mark.parametrize("half", ["first ten", "last ten"])
def test_a_run_killed_at_a_random_moment_leaves_the_publication_and_the_next_completes(
    half: str, company: tuple[Path, datetime], tmp_path: Path
) -> None:
    files, as_of = company
    home = tmp_path / "home"
    variables = environment(home, files, as_of)
    assert run(variables)[0] == 0
    marts = published_marts(home)
    moments = random.Random(half)  # noqa: S311 - moments, not secrets
    payments = files / "payments.csv"
    text = payments.read_text(encoding="utf-8")
    for attempt in range(10):
        # A changed file, so that every run has something to load.
        payments.write_text(text + "\n" * (attempt + 1), encoding="utf-8")
        kill_a_run(variables, after=moments.uniform(0.5, 9))
        before = publication(home)  # the old one, or the new one if the kill came after it
        assert published_marts(home) == marts

        code, output = run(variables)
        assert code == 0, output
        assert publication(home) != before
        assert published_marts(home) == marts


def kill_a_run(variables: dict[str, str], after: float) -> None:
    """Start a run and kill it after some seconds; sooner where it has ended by then."""
    while True:
        process = start_run(variables)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            return
        after *= 0.7
