"""One writer at a time, told by name, and never blocked by the dead."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestion.settings import Home
from orchestration.errors import HomeNotWritableError, WarehouseLockedError
from orchestration.warehouse_lock import hold_warehouse_lock, read_holder
from tests.orchestration.samples import ROOT

_HOLD = """
import sys, time
from pathlib import Path
from orchestration.warehouse_lock import hold_warehouse_lock
with hold_warehouse_lock(Path(sys.argv[1]), "run-of-the-other"):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(lock: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_at_once_and_told_who_holds_the_lock(home: Home) -> None:
    other = _holder(home.warehouse_lock)
    try:
        started = time.monotonic()
        with (
            pytest.raises(WarehouseLockedError) as refusal,
            hold_warehouse_lock(home.warehouse_lock, "mine"),
        ):
            pass
        assert time.monotonic() - started < 1
        assert f"process {other.pid}" in str(refusal.value)
        assert "run-of-the-other" in str(refusal.value)
        assert f"kill {other.pid}" in str(refusal.value)
    finally:
        other.kill()
        other.wait()


def test_a_killed_holder_gives_the_lock_back_by_itself_and_is_remembered(home: Home) -> None:
    other = _holder(home.warehouse_lock)
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    with hold_warehouse_lock(home.warehouse_lock, "mine") as former:
        assert former is not None
        assert (former.pid, former.run_id) == (other.pid, "run-of-the-other")
        holder = json.loads(home.warehouse_lock.read_text(encoding="utf-8"))
        assert holder["pid"] == os.getpid()
        assert holder["run_id"] == "mine"


def test_a_lock_given_back_in_good_order_remembers_nobody(home: Home) -> None:
    with hold_warehouse_lock(home.warehouse_lock, "mine"):
        pass
    assert read_holder(home.warehouse_lock) is None
    with hold_warehouse_lock(home.warehouse_lock, "mine again") as former:
        assert former is None


def test_two_runs_of_one_process_exclude_each_other_too(home: Home) -> None:
    with (
        hold_warehouse_lock(home.warehouse_lock, "first"),
        pytest.raises(WarehouseLockedError, match="run first"),
        hold_warehouse_lock(home.warehouse_lock, "second"),
    ):
        pass


def test_a_lock_that_cannot_be_made_names_the_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(HomeNotWritableError, match="absent"),
        hold_warehouse_lock(tmp_path / "absent" / "warehouse.lock", "mine"),
    ):
        pass
