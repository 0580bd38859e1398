"""Dagster's own storage: in the data folder, with telemetry off and progress lines kept."""

import fcntl
import os

import dagster as dg

from ingestion.settings import Home
from orchestration.home import prepare_home
from orchestration.progress import LOGGER_NAME

_CONFIGURATION = f"""\
# Written once; changes made here are kept.
telemetry:
  enabled: false
python_logs:
  managed_python_loggers: [{LOGGER_NAME}]
  python_log_level: INFO
"""


def prepare_instance(home: Home) -> None:
    """Makes the instance's folder and configuration, and names it to Dagster.

    Sets DAGSTER_HOME for this process and those it starts, so that a run made here and Dagster's
    interface see the same history.

    Args:
        home: The data folder's paths.
    """
    prepare_home(home)
    configuration = home.dagster / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)


def open_instance(home: Home) -> dg.DagsterInstance:
    """Opens the instance of the data folder; used as a context manager, it is closed again.

    One at a time: of two processes that make a new folder's databases at once, one would fail.
    """
    prepare_instance(home)
    with (home.dagster / "opening.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dg.DagsterInstance.from_config(str(home.dagster))
