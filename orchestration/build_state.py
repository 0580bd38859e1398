"""What the warehouse knows of its last build: whose it was, of when, and whether it ended.

A build that was killed leaves some marts new and some old while the recorded check results are
still those of the build before. The one row kept here tells the two apart.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion.settings import Settings


@dataclass(frozen=True)
class BuildState:
    """The last build of the marts.

    Attributes:
        run_id: The run that built.
        as_of: The instant before which facts count, aware, UTC.
        currency: Reporting currency.
        time_zone: Reporting time zone.
        policy: Metric policy.
        is_finished: Every model was built and every blocking check passed.
    """

    run_id: str
    as_of: datetime
    currency: str
    time_zone: str
    policy: str
    is_finished: bool


def mark_build_started(warehouse: Path, settings: Settings, as_of: datetime, run_id: str) -> None:
    """Records that the marts are being rebuilt; until the build ends they are not publishable."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists operations")
        connection.execute(
            "create or replace table operations.last_build as "
            "select ? as run_id, ?::timestamp as as_of, ? as currency, ? as time_zone, "
            "? as policy, false as is_finished",
            [
                run_id,
                as_of.astimezone(UTC).replace(tzinfo=None),
                settings.currency,
                settings.time_zone,
                settings.policy,
            ],
        )
        connection.execute("checkpoint")


def mark_build_finished(warehouse: Path, run_id: str) -> None:
    """Records that the run's build ended with every model built and no blocking check failed."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update operations.last_build set is_finished = true where run_id = ?", [run_id]
        )
        connection.execute("checkpoint")


def read_build_state(connection: duckdb.DuckDBPyConnection) -> BuildState | None:
    """Reads the state of the last build.

    Args:
        connection: A connection with the warehouse attached as ``warehouse``.

    Returns:
        The state, or None if nothing was ever built.
    """
    try:
        row = connection.execute(
            "select run_id, as_of, currency, time_zone, policy, is_finished "
            "from warehouse.operations.last_build"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    if row is None:
        return None
    run_id, as_of, currency, time_zone, policy, is_finished = row
    return BuildState(
        run_id, as_of.replace(tzinfo=UTC), currency, time_zone, policy, bool(is_finished)
    )
