"""The run's hold on the warehouse: one lock, one clock and one set of settings for all its steps.

A Dagster resource, made once a run by the in-process executor and given back when the run ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
import duckdb

from ingestion.settings import Settings, load_settings
from orchestration.errors import WarehouseInvalidatedError
from orchestration.home import check_free_space, prepare_home
from orchestration.warehouse_lock import LockHolder, hold_warehouse_lock
from orchestration.warehouse_recovery import recover_warehouse

_INVALIDATED = "database has been invalidated"


@dataclass
class WarehouseSession:
    """What the steps of one run share.

    Attributes:
        settings: The settings, read once.
        run_id: The Dagster run.
        as_of: The instant before which facts count, aware, UTC; the same for every step.
    """

    settings: Settings
    run_id: str
    as_of: datetime
    _invalidated: bool = field(default=False, init=False)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Guards a step that writes the warehouse.

        After a fatal error DuckDB has thrown away its state of the open database. No other step
        of this process may go on; the run ends, its process exits, and the next one starts clean.

        Raises:
            WarehouseInvalidatedError: DuckDB failed fatally in this step or an earlier one.
        """
        if self._invalidated:
            raise WarehouseInvalidatedError(
                "An earlier step ended with a fatal database error; this run does not go on."
            )
        try:
            yield
        except Exception as error:
            fatal = fatal_database_error(error)
            if fatal is None:
                raise
            self._invalidated = True
            raise WarehouseInvalidatedError(
                f"DuckDB failed fatally on {self.settings.home.warehouse}: {fatal} "
                "This run has ended and what is published stays as it was. Free disk space or "
                "repair the disk if that is the cause, then run again."
            ) from error


def fatal_database_error(error: BaseException | None) -> str | None:
    """Looks for DuckDB's fatal error in an error and its causes.

    Returns:
        Its first line, or None if there is none.
    """
    while error is not None:
        text = str(error)
        if isinstance(error, duckdb.FatalException) or _INVALIDATED in text:
            first_line = text.splitlines()[0] if text else type(error).__name__
            return first_line.rstrip(".") + "."
        error = error.__cause__ or error.__context__
    return None


@dg.resource(description="The run's hold on the warehouse: its lock, its clock, its settings.")
def warehouse_session(context: dg.InitResourceContext) -> Iterator[WarehouseSession]:
    """Takes the warehouse for a run: locks it, repairs it if need be, and sets the run's clock.

    Raises:
        PereneError: A setting is wrong, the home cannot be written, the disk is nearly full, or
            another run holds the warehouse.
    """
    settings = load_settings()
    home = settings.home
    run_id = context.run.run_id if context.run is not None else "none"
    prepare_home(home)
    with hold_warehouse_lock(home.warehouse_lock, run_id) as former:
        started = _run_started(context)
        if former is not None and context.instance is not None:
            _close_dead_run(context.instance, former)
        recover_warehouse(home, run_id, started)
        check_free_space(home)
        yield WarehouseSession(settings, run_id, settings.as_of or started)


def _run_started(context: dg.InitResourceContext) -> datetime:
    """The instant the run was created: one clock for all its steps, and for its retries."""
    if context.instance is not None and context.run is not None:
        record = context.instance.get_run_record_by_id(context.run.run_id)
        if record is not None:
            return record.create_timestamp.astimezone(UTC)
    return datetime.now(UTC)


def _close_dead_run(instance: dg.DagsterInstance, former: LockHolder) -> None:
    """A run whose process died still stands as running in Dagster's history; ends it there."""
    run = instance.get_run_by_id(former.run_id)
    if run is not None and not run.is_finished:
        instance.report_run_failed(
            run, f"Process {former.pid}, which had run it since {former.since}, is gone."
        )
