"""Kills loads at chosen file operations: `python -m tests.ingestion.killed_loads HOME FOLDER N`.

Copies of HOME named HOME-1, HOME-2, ... are left behind, each by a load of FOLDER that was killed
at one of N points spread over all the operations a load makes. The points are printed.
"""

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from ingestion.load import _loader, load_source
from ingestion.settings import load_settings

AS_OF = datetime(2025, 6, 1, 6, tzinfo=UTC)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")


def load_until(home: Path, folder: Path, last: int) -> int:
    """Load in a child that dies before its last-th operation, and return how many it made."""
    count_file = home.with_suffix(".count")
    child = os.fork()
    if child == 0:
        count = 0

        def count_or_die(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if event == "open":
                flags = arguments[2]
                counts = isinstance(flags, int) and flags & WRITES
            else:
                counts = event in EVENTS
            if counts and str(home) in str(arguments[0]):
                count += 1
                if count == last:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count_or_die)
        os.environ.update(PERENE_HOME=str(home), PERENE_FILES_PATH=str(folder))
        load_source("files", load_settings(), AS_OF, lambda _: None)
        count_file.write_text(str(count), encoding="utf-8")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return last
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("a load that was not killed failed")
    return int(count_file.read_text(encoding="utf-8"))


def main(home: Path, folder: Path, points: int) -> None:
    """Leave the killed homes behind."""
    _loader()
    whole = home.with_name(f"{home.name}-whole")
    shutil.copytree(home, whole)
    operations = load_until(whole, folder, 0)
    for number in range(1, points + 1):
        copy = home.with_name(f"{home.name}-{number}")
        shutil.copytree(home, copy)
        last = max(1, operations * number // (points + 1))
        load_until(copy, folder, last)
        sys.stdout.write(f"{last} of {operations}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
