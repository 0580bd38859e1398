"""Why a run failed, told to a person: one message, without a traceback."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from ingestion.errors import PereneError
from ingestion.settings import Home, known_sources
from orchestration.home import run_log
from orchestration.notices import write_notice


def explain_run_failure(home: Home, instance: dg.DagsterInstance, run_id: str) -> str:
    """Tells why a run failed.

    Args:
        home: The data folder's paths.
        instance: Where the run's events are kept.
        run_id: The run.

    Returns:
        The messages of what failed first-hand, one below the other.
    """
    messages = list(dict.fromkeys(_messages(home, instance, run_id)))
    return "\n".join(messages) or "The run ended without saying why; its process was stopped."


def write_failure_notice(home: Home, instance: dg.DagsterInstance, run: dg.DagsterRun) -> Path:
    """Writes one notice for a failed run; a second call changes nothing.

    Args:
        home: The data folder's paths.
        instance: Where the run's events are kept.
        run: The run that failed.

    Returns:
        The notice's file.
    """
    explanation = explain_run_failure(home, instance, run.run_id)
    body = (
        f"Run {run.run_id} of {run.job_name} has failed.\n\n"
        f"```text\n{explanation}\n```\n\n"
        "What was published before is still published. When the cause is removed, run again: "
        "`make run`, or launch the job in Dagster's interface (`make dev`).\n"
    )
    return write_notice(home, run.run_id, f"{run.job_name} has failed", body)


def keep_tracebacks(home: Home, instance: dg.DagsterInstance, run_id: str) -> Path:
    """Writes the tracebacks of a failed run into its log in the data folder.

    Args:
        home: The data folder's paths.
        instance: Where the run's events are kept.
        run_id: The run.

    Returns:
        The log.
    """
    log = run_log(home, run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(
        "\n\n".join(error.to_string() for error in _errors(instance, run_id)), encoding="utf-8"
    )
    return log


def _messages(home: Home, instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    for error in _errors(instance, run_id):
        yield _message(home, run_id, error)
    for event in _failures(instance, run_id):
        # A run that was ended from outside has no error, and says why in the event's own words.
        if event.event_specific_data is None and event.message:
            yield event.message


def _errors(instance: dg.DagsterInstance, run_id: str) -> Iterator[SerializableErrorInfo]:
    for event in _failures(instance, run_id):
        error = getattr(event.event_specific_data, "error", None)
        if error is not None:
            yield error


def _failures(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.DagsterEvent]:
    records = instance.all_logs(
        run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    )
    return (record.dagster_event for record in records if record.dagster_event is not None)


def _message(home: Home, run_id: str, error: SerializableErrorInfo) -> str:
    chain = [error]
    while chain[-1].cause is not None:
        chain.append(chain[-1].cause)
    operator_errors = _operator_errors()
    for link in chain:
        if link.cls_name in operator_errors:
            return link.message.partition(": ")[2].strip()
    last = chain[-1]
    return (
        f"Unexpected: {last.message.strip()}\n"
        f"The details are in {run_log(home, run_id)} and in Dagster's interface (`make dev`)."
    )


def _operator_errors() -> set[str]:
    """Names of the errors whose message is written for the operator."""
    for source in known_sources():
        importlib.import_module(f"ingestion.{source}.source")
    names: set[str] = set()
    found: list[type[PereneError]] = [PereneError]
    while found:
        error = found.pop()
        names.add(error.__name__)
        found.extend(error.__subclasses__())
    return names
