"""One writer at a time: a lock of the operating system on a file beside the warehouse.

The lock is never on the warehouse's own file: opening and closing that file in this process would
silently drop DuckDB's lock on it. A dead process gives the lock back by itself, so nothing has to
be cleaned up by hand after a kill.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import HomeNotWritableError, WarehouseLockedError


@dataclass(frozen=True)
class LockHolder:
    """Who holds the lock, as written into the lock's file.

    Attributes:
        pid: The process.
        run_id: The run it serves.
        since: When it took the lock, ISO 8601 in UTC.
    """

    pid: int
    run_id: str
    since: str


@contextmanager
def hold_warehouse_lock(lock_file: Path, run_id: str) -> Iterator[LockHolder | None]:
    """Holds the lock while the body runs.

    Args:
        lock_file: The lock's own file; made when absent, never deleted.
        run_id: The run that takes it, told to whoever is refused.

    Yields:
        The former holder if it died without giving the lock back, else None.

    Raises:
        WarehouseLockedError: Another process, or another run of this one, holds it.
        HomeNotWritableError: The lock's file cannot be made.
    """
    try:
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise HomeNotWritableError(
            f"The lock {lock_file} cannot be made: {error.strerror}. "
            "Make the folder writable for this user, or point PERENE_HOME at another one."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseLockedError(_refusal(lock_file)) from error
        former = read_holder(lock_file)
        # The lock's file says when it was taken; nothing that is computed depends on it.
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _write(descriptor, json.dumps(asdict(LockHolder(os.getpid(), run_id, since))))
        try:
            yield former
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def read_holder(lock_file: Path) -> LockHolder | None:
    """Reads who wrote the lock's file last; None when it was given back in good order."""
    try:
        text = lock_file.read_text(encoding="utf-8")
        return LockHolder(**json.loads(text)) if text else None
    except (OSError, ValueError, TypeError):
        return None


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("utf-8"), 0)


def _refusal(lock_file: Path) -> str:
    holder = read_holder(lock_file)
    if holder is None:
        return (
            f"Another process is writing the warehouse (lock {lock_file}): a run that is just "
            "starting, or a source loaded by hand. Wait for it to end and run again."
        )
    return (
        f"The warehouse is being written by process {holder.pid} (run {holder.run_id}, since "
        f"{holder.since}; lock {lock_file}). Wait for it to end and run again. "
        f"If it hangs, end it with: kill {holder.pid}"
    )
