"""Readers never see half a publication, whatever happens to the publisher."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingestion.settings import Home, Settings
from orchestration.publishing.publish import publish
from tests.orchestration.samples import ROOT, fill_warehouse

_PUBLICATIONS = 50

_READ_SNAPSHOT = """
import sys, duckdb
from pathlib import Path
published, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen = 0, set()
while not stop.exists():
    with duckdb.connect(str(published / "perene.duckdb"), read_only=True) as connection:
        version = connection.execute("select run_id from marts._published").fetchall()[0][0]
        labels = connection.execute(
            "select label from marts.label union all select label from marts.dim_customers"
        ).fetchall()
    assert {f"build-{label}" for (label,) in labels} == {version}, (version, labels)
    reads += 1
    seen.add(version)
print(reads, len(seen))
"""

_READ_PARQUET = """
import sys, duckdb
from pathlib import Path
published, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen = 0, set()
while not stop.exists():
    duckdb.execute(f"from '{published}/parquet/label.parquet'").fetchall()  # through the links
    folder = (published / "parquet").resolve()  # several files of one version
    labels = {
        row[0]
        for table in ("label", "dim_customers")
        for row in duckdb.execute(f"select label from '{folder}/{table}.parquet'").fetchall()
    }
    assert len(labels) == 1, labels
    reads += 1
    seen |= labels
print(reads, len(seen))
"""

# What the publisher does to the file system from Python; DuckDB's own writes are its own affair.
_WATCHED = {
    "open",
    "os.chmod",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "shutil.rmtree",
}


def test_readers_see_one_version_at_a_time_through_fifty_publications(
    warehouse: Home, settings: Settings, tmp_path: Path
) -> None:
    publish(settings, "run-first")
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(warehouse.published), str(stop)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for program in (_READ_SNAPSHOT, _READ_PARQUET)
    ]
    try:
        for number in range(_PUBLICATIONS):
            fill_warehouse(warehouse, f"n{number}")
            publish(settings, f"run-{number}")
            assert [reader.poll() for reader in readers] == [None, None]
    finally:
        stop.touch()
        results = [reader.communicate(timeout=60) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0], results
    for output, _ in results:
        reads, versions_seen = map(int, output.split())
        assert reads >= _PUBLICATIONS
        assert versions_seen > 5, "the readers must have lived through changes"


def _publish_killed_at(settings: Settings, stop_at: int) -> bool:
    """Publishes in a child that is killed before its n-th change; says whether it was."""
    child = os.fork()
    if child == 0:
        count = 0
        root = str(settings.home.published)

        def kill_there(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if event in _WATCHED and str(arguments[0]).startswith(root):
                count += 1
                if count == stop_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill_there)
        try:
            publish(settings, "run-killed")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _published_label(home: Home) -> str | None:
    """What both kinds of reader see; None if nothing is published."""
    link = home.published / "perene.duckdb"
    parquet = home.published / "parquet" / "label.parquet"
    assert link.exists() == parquet.exists()
    if not link.exists():
        return None
    with duckdb.connect(str(link), read_only=True) as connection:
        label = connection.execute("from marts.label").fetchall()[0][0]
        customers = connection.execute("select distinct label from marts.dim_customers").fetchall()
    assert customers == [(label,)]
    assert duckdb.execute(f"from '{parquet}'").fetchall() == [(label,)]
    assert duckdb.execute(
        f"select distinct label from '{parquet.with_name('dim_customers.parquet')}'"
    ).fetchall() == [(label,)]
    return str(label)


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
def test_a_publisher_killed_at_any_change_leaves_the_old_or_the_new_version_whole(
    warehouse: Home, settings: Settings, is_first: bool
) -> None:
    old = None
    if not is_first:
        for number in range(6):  # as many as make the next publication delete one
            publish(settings, f"run-{number}")
        old = "first"
    stop_at, seen, label = 0, set(), old
    while True:
        stop_at += 1
        if is_first and stop_at > 1:
            label = None
            subprocess.run(["rm", "-rf", str(warehouse.published)], check=True)  # noqa: S607
        before, new = label, f"k{stop_at}"
        fill_warehouse(warehouse, new)
        was_killed = _publish_killed_at(settings, stop_at)
        label = _published_label(warehouse)
        assert label in (before, new), f"killed before change {stop_at}"
        seen.add("new" if label == new else "old")
        if not was_killed:
            break
    assert label == new
    assert stop_at > 20
    assert seen == {"old", "new"}

    publish(settings, "run-after")  # the next run clears what the killed ones left
    assert not [path for path in warehouse.published.iterdir() if path.name.startswith(".")]
    assert len(list((warehouse.published / "versions").iterdir())) <= 5
