"""Recovery of a warehouse whose write-ahead log cannot be replayed.

After a loss of power the log can hold a hole. DuckDB then refuses to open the file, and without
the log it opens as its last checkpoint left it. Every writing step ends with a checkpoint, so the
log holds no more than the step in flight, and that step is run again.
"""

from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.settings import Home
from orchestration.notices import write_notice

_REPLAY_FAILURES = ("replaying WAL", "Corrupt WAL", "WAL file")


def recover_warehouse(home: Home, run_id: str, moment: datetime) -> Path | None:
    """Opens the warehouse once; moves a log that cannot be replayed aside, and tells.

    The log is kept, so that nothing is destroyed. Must be called by the holder of the warehouse's
    lock, before anything else opens the warehouse.

    Args:
        home: The data folder's paths.
        run_id: The run that does it; names the notice.
        moment: The run's start; names the log that was moved aside.

    Returns:
        Where the log was moved, or None if there was nothing to do.

    Raises:
        duckdb.Error: The warehouse does not open for another reason.
    """
    log = home.warehouse.with_name(home.warehouse.name + ".wal")
    if not log.exists():
        return None
    try:
        checkpoint(home.warehouse)
    except duckdb.Error as error:
        if not any(text in str(error) for text in _REPLAY_FAILURES):
            raise
        reason = str(error)
    else:
        return None
    aside = log.with_name(f"{log.name}.unreadable-{moment:%Y%m%dT%H%M%S}-{run_id[:8]}")
    log.rename(aside)
    checkpoint(home.warehouse)
    write_notice(
        home,
        f"{run_id}-recovery",
        "The warehouse was opened at its last checkpoint",
        f"Its write-ahead log could not be replayed ({reason}).\n\n"
        f"The log was moved to {aside}. Nothing needs to be done: what it held belonged to a step "
        "that had not ended, and this run does that step again. The file may be deleted once a "
        "run has ended well.",
    )
    return aside


def checkpoint(warehouse: Path) -> None:
    """Moves everything in the write-ahead log into the warehouse's file."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("checkpoint")
