"""A load is whole or invisible, heals what an earlier one left behind, and cleans up."""

import os
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion import load, warehouse
from ingestion.__main__ import main
from ingestion.errors import SettingsError, WarehouseError
from ingestion.settings import PROJECT_ROOT
from tests.ingestion.company import CUSTOMERS, PAYMENTS, SEEN_AT, Company

POINTS = 15
MORE_CUSTOMERS = CUSTOMERS + "c4,Di\n"
MORE_PAYMENTS = PAYMENTS + "p4,c4,2025-03-01,40,USD\n"

_opened: list[str] | None = None


def _record_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_record_open)


def state(company: Company) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a reader finds: current rows, and the totals of the same versions."""
    tables = ("customers", "payments")
    found = {table: company.current(table, "record_id, row_number, payload") for table in tables}
    found["totals"] = company.query(
        """
        SELECT file_table, month, currency, row_count, amount_sum
        FROM raw_files.control_totals WHERE (file_table, _dlt_load_id) IN (
            SELECT file_table, max(_dlt_load_id) FROM raw_files.source_files
            WHERE _dlt_load_id IN (SELECT load_id FROM raw_files._dlt_loads WHERE status = 0)
            GROUP BY file_table)
        ORDER BY ALL
        """
    )
    return found


def all_rows(company: Company) -> dict[str, int]:
    """Return how many rows the raw tables hold, current or not."""
    return {table: company.count(table) for table in ("customers", "payments", "control_totals")}


@pytest.mark.slow
def test_a_load_killed_anywhere_is_invisible_and_the_next_one_heals_it(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.give("payments.csv", PAYMENTS)
    company.load()
    before = state(company)
    company.give("customers.csv", MORE_CUSTOMERS)
    company.give("payments.csv", MORE_PAYMENTS)
    arguments = [str(company.home), str(company.folder), str(POINTS)]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.ingestion.killed_loads", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == 0, killed.stderr
    points = killed.stdout.splitlines()
    assert len(points) == POINTS
    company.load()
    truth, rows = state(company), all_rows(company)
    assert truth["customers"] != before["customers"]

    healed = 0
    for number, point in enumerate(points, start=1):
        home = tmp_path / f"home-{number}"
        monkeypatch.setenv("PERENE_HOME", str(home))
        cut_off = Company(home, company.folder)
        assert state(cut_off) in (before, truth), f"half a load is visible, killed at {point}"
        healed += cut_off.load().healed is not None
        assert state(cut_off) == truth, f"not the truth after one more load, killed at {point}"
        assert all_rows(cut_off) == rows, f"rows are left over, killed at {point}"
        assert list((home / "pipelines").iterdir()) == []
    assert healed > POINTS // 2


def test_rows_of_half_a_load_are_deleted_by_the_next(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()
    company.query(
        "INSERT INTO raw_files.customers SELECT * REPLACE ('999' AS _dlt_load_id) "
        "FROM raw_files.customers"
    )

    report = company.load()

    assert report.healed == "deleted 3 rows of a load that was cut off"
    assert company.count("customers") == 3


def test_a_ruined_working_folder_is_cleared_away(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    folder = company.home / "pipelines" / "files" / "normalize" / "extracted" / "1234567890.1"
    folder.mkdir(parents=True)
    (company.home / "pipelines" / "files" / "state.json").write_text("{", encoding="utf-8")

    report = company.load()

    assert report.healed is not None
    assert company.load().healed is None
    assert company.count("customers") == 3


def test_a_load_whose_id_would_sort_before_an_earlier_one_is_refused(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()
    company.query("UPDATE raw_files._dlt_loads SET load_id = '9999999999.5'")

    company.give("customers.csv", MORE_CUSTOMERS)
    with pytest.raises(WarehouseError, match="clock of this machine is behind"):
        company.load()


def test_every_data_job_is_parquet(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(load.LOADER_SETTINGS, "LOAD__DELETE_COMPLETED_JOBS", "false")
    monkeypatch.setattr(load, "_remove", lambda _: None)
    company.give("customers.csv", CUSTOMERS)
    company.give("payments.csv", PAYMENTS)

    company.load()

    jobs = list((company.home / "pipelines" / "files").glob("load/loaded/*/completed_jobs/*"))
    own = [job.name for job in jobs if not job.name.startswith("_dlt")]
    assert {name.split(".")[0] for name in own} == {
        "customers",
        "payments",
        "source_files",
        "control_totals",
    }
    assert all(name.endswith(".parquet") for name in own)


def test_a_load_leaves_no_copy_of_its_rows_and_tells_nobody(company: Company) -> None:
    company.give("customers.csv", "customer_id,name\nc1,canary\n")

    company.load()

    assert list((company.home / "pipelines").iterdir()) == []
    assert os.environ["RUNTIME__DLTHUB_TELEMETRY"] == "false"


def test_nothing_opens_the_warehouse_but_duckdb(company: Company) -> None:
    global _opened
    company.give("customers.csv", CUSTOMERS)
    company.load()
    company.give("customers.csv", MORE_CUSTOMERS)
    _opened = []
    try:
        company.load()
        opened = _opened
    finally:
        _opened = None

    assert any(name.endswith("customers.csv") for name in opened)
    assert not [name for name in opened if "warehouse.duckdb" in name]


def test_the_log_is_empty_after_a_load(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)

    company.load()

    assert not (company.home / "warehouse.duckdb.wal").exists()


def test_loads_of_one_process_follow_each_other(company: Company) -> None:
    ids = []
    for day in range(3):
        company.give("customers.csv", CUSTOMERS + f"x{day},Ex\n")
        ids += company.load(as_of=SEEN_AT + timedelta(days=day)).load_ids

    assert ids == sorted(set(ids))
    assert company.current("customers", "DISTINCT epoch_us(observed_at)")[0][0] == int(
        (SEEN_AT + timedelta(days=2)).timestamp() * 1_000_000
    )


def test_an_unknown_source_is_told_with_those_there_are(company: Company) -> None:
    with pytest.raises(SettingsError, match=r"no source 'paper'; the sources are: exchange_rates"):
        company.load("paper")


def test_a_home_that_cannot_be_made_is_told(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "file" / "home"))
    company.give("customers.csv", CUSTOMERS)

    with pytest.raises(WarehouseError, match=r"cannot be created .* set PERENE_HOME"):
        company.load()


def test_too_little_free_space_is_refused_before_anything_is_read(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "MINIMUM_FREE_BYTES", 10**18)
    company.give("customers.csv", CUSTOMERS)

    with pytest.raises(WarehouseError, match=r"has [\d,]+ MB free and a load may need"):
        company.load()
    assert not (company.home / "warehouse.duckdb").exists()


def test_a_full_disk_is_told_and_the_next_load_is_right(company: Company) -> None:
    rows = "".join(f"c{number},{'x' * 50}\n" for number in range(20_000))
    company.give("customers.csv", "customer_id,name\n" + rows)
    script = (
        "import resource, sys; from ingestion.__main__ import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY)); "
        "sys.exit(main(['files']))"
    )

    full = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert full.returncode == 1, full.stderr
    assert "is full" in full.stderr
    assert "Traceback" not in full.stderr
    company.load()
    assert len(company.current("customers")) == 20_000


def test_by_hand_a_refusal_is_printed_without_a_traceback(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    company.give("customers.csv", "customer_id\nc1\nc1\n")

    assert main(["files"]) == 1

    printed = capsys.readouterr()
    assert "customers.csv, row 2, column customer_id, value 'c1': is in row 1" in printed.err
    assert "Traceback" not in printed.err


def test_by_hand_the_report_is_printed(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    company.give("customers.csv", CUSTOMERS)

    assert main([]) == 0

    printed = capsys.readouterr()
    assert "  customers: 3\n" in printed.out
    assert printed.err == ""


def test_a_second_writer_is_refused_at_once(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    company.give("customers.csv", CUSTOMERS)

    with warehouse.writer_lock(company.settings.home):
        assert main(["files"]) == 1
    assert "Another run is writing to" in capsys.readouterr().err
    assert main(["files"]) == 0


def test_a_warehouse_that_another_process_has_open_is_told(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open'); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(company.home / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(WarehouseError, match=r"Another process has .* open; close it"):
            company.load()
        other.communicate("\n")
