"""Builds the models and runs their checks, in this process.

dbt runs here and not as a child, so that a killed run leaves no orphan writing the warehouse, and
to save the seconds of a second start. Its events are mapped by dagster-dbt, as they would be from
its own command line.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt_common.events.functions import msg_to_dict

from ingestion.settings import Settings
from orchestration.blocking_checks import FailedCheck, describe_all, with_samples
from orchestration.home import build_folder, logs_folder
from orchestration.models_project import (
    PROJECT_FOLDER,
    common_arguments,
    dbt_environment,
    project_variables,
)

_RESULT_EVENTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"}


@dataclass
class BuildOutcome:
    """What came of a build.

    Attributes:
        events: dbt's result events, in order, as dagster-dbt reads them.
        models: Seeds and models built.
        checks: Checks that were evaluated.
        warnings: Names of the checks that warned.
        errors: Seeds and models that failed: name and message.
        failed_checks: Blocking checks that did not pass, without sample rows.
        other_error: Why dbt could not run at all, if it could not.
    """

    events: list[DbtCoreCliEventMessage] = field(default_factory=list)
    models: int = 0
    checks: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    failed_checks: list[FailedCheck] = field(default_factory=list)
    other_error: str | None = None

    @property
    def is_good(self) -> bool:
        """Every model was built and every blocking check passed."""
        return not (self.errors or self.failed_checks or self.other_error)


def build_models(
    settings: Settings,
    as_of: datetime,
    manifest: Any,
    selection: Sequence[str] = (),
    project_folder: Path = PROJECT_FOLDER,
) -> BuildOutcome:
    """Builds seeds and models and runs their checks; unit tests belong to the test suite.

    Args:
        settings: Names the data folder and the project's variables.
        as_of: The instant before which facts count, aware.
        manifest: The project as ``parse_project`` gives it.
        selection: dbt's selection arguments; all of the project when empty.
        project_folder: The dbt project.

    Returns:
        What came of it, failures included.
    """
    home = settings.home
    outcome = BuildOutcome()

    def collect(message: Any) -> None:
        if message.info.name in _RESULT_EVENTS:
            outcome.events.append(DbtCoreCliEventMessage(msg_to_dict(message), {}))

    variables = project_variables(settings) | {
        "as_of": f"{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    }
    try:
        with dbt_environment(home):
            result = dbtRunner(manifest=manifest, callbacks=[collect]).invoke(
                [
                    "build",
                    *("--exclude-resource-type", "unit_test"),
                    *common_arguments(home, project_folder, build_folder(home)),
                    *("--vars", json.dumps(variables)),
                    *selection,
                ]
            )
    finally:
        # A connection left open in this process would refuse the next one's settings.
        DuckDBConnectionManager.close_all_connections()
    _read_results(outcome, result)
    return outcome


def explain_failure(settings: Settings, outcome: BuildOutcome) -> str:
    """Tells why a build failed: the models, then the checks with rows that break them."""
    lines: list[str] = []
    if outcome.other_error:
        lines.append(f"The models could not be built: {outcome.other_error}")
    for name, message in outcome.errors:
        lines.append(f"{name} was not built: {message}")
    failed = describe_all(with_samples(settings.home, outcome.failed_checks))
    if failed:
        lines.extend([*failed, "What is published stays as it was."])
    lines.append(
        "Correct the data or the model that is named and run again. "
        f"Details are in {logs_folder(settings.home) / 'dbt.log'}."
    )
    return "\n".join(lines)


def _read_results(outcome: BuildOutcome, result: Any) -> None:
    if result.exception is not None:
        outcome.other_error = str(result.exception)
    for item in getattr(result.result, "results", None) or ():
        node, status = item.node, str(item.status.value)
        kind = str(node.resource_type.value)
        if kind == "test":
            _read_check(outcome, item, node, status)
        elif kind in ("model", "seed", "snapshot"):
            if status == "error":
                outcome.errors.append((node.name, " ".join(str(item.message).split())))
            elif status == "success":
                outcome.models += 1
        elif status == "error":  # a hook
            outcome.errors.append((node.name, " ".join(str(item.message).split())))
    if not result.success and outcome.is_good:
        outcome.other_error = "dbt reported a failure without naming it"


def _read_check(outcome: BuildOutcome, item: Any, node: Any, status: str) -> None:
    outcome.checks += status != "skipped"
    if status == "warn":
        outcome.warnings.append(node.name)
    if status in ("fail", "error"):
        table = getattr(node, "attached_node", None) or next(iter(node.depends_on.nodes), "")
        outcome.failed_checks.append(
            FailedCheck(
                name=node.name,
                table=str(table).split(".")[-1],
                status=status,
                failures=item.failures if status == "fail" else None,
                description=node.description or (str(item.message) if status == "error" else ""),
                remedy=None,
            )
        )
