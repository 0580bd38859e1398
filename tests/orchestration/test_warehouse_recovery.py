"""A write-ahead log that cannot be replayed is moved aside, and the warehouse opens again."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingestion.settings import Home
from orchestration.warehouse_recovery import recover_warehouse
from tests.orchestration.samples import AS_OF, ROOT

_WRITE_AND_DIE = """
import os, signal, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("create table t as select 1 as a; checkpoint")
for _ in range(20):
    connection.execute("insert into t select range from range(100)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed_writer(home: Home) -> Path:
    """Leaves a warehouse with one row in its file and two thousand in its log."""
    subprocess.run(
        [sys.executable, "-c", _WRITE_AND_DIE, str(home.warehouse)], cwd=ROOT, check=False
    )
    return home.warehouse.with_name("warehouse.duckdb.wal")


def _rows(home: Home) -> int:
    with duckdb.connect(str(home.warehouse)) as connection:
        return int(connection.execute("select count(*) from t").fetchall()[0][0])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_torn_log_is_moved_aside_and_the_last_checkpoint_opens(home: Home, share: float) -> None:
    log = _killed_writer(home)
    size = log.stat().st_size
    with log.open("r+b") as stream:  # the log, not the warehouse
        stream.seek(int(size * share))
        stream.write(b"\xff" * 64)
    with pytest.raises(duckdb.Error):
        duckdb.connect(str(home.warehouse))

    aside = recover_warehouse(home, "abcdef123456", AS_OF)

    assert aside is not None
    assert aside.stat().st_size == size, "nothing is destroyed"
    assert _rows(home) == 1
    notice = (home.notices / "abcdef123456-recovery.md").read_text(encoding="utf-8")
    assert str(aside) in notice


def test_a_good_log_is_replayed_and_stays_unmentioned(home: Home) -> None:
    log = _killed_writer(home)
    assert recover_warehouse(home, "abcdef123456", AS_OF) is None
    assert _rows(home) == 2001
    assert not log.exists()
    assert not home.notices.exists()


def test_a_home_without_a_warehouse_needs_no_recovery(home: Home) -> None:
    assert recover_warehouse(home, "abcdef123456", AS_OF) is None
    assert not home.warehouse.exists()


def test_a_warehouse_another_process_has_open_is_no_reason_to_touch_its_log(home: Home) -> None:
    hold = (
        "import sys, time, duckdb; c = duckdb.connect(sys.argv[1]); "
        "c.execute('create table t as select 1 as a'); print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(home.warehouse)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(duckdb.IOException, match="lock"):
            recover_warehouse(home, "abcdef123456", AS_OF)
        assert home.warehouse.with_name("warehouse.duckdb.wal").exists()
    finally:
        other.kill()
        other.wait()
