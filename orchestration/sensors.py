"""The sensors that tell people once that a run has failed."""

import dagster as dg

from ingestion.settings import load_settings
from orchestration.delivery.deliver import tell_delays
from orchestration.run_failures import write_failure_notice


@dg.run_failure_sensor(
    name="failure_notice",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes one notice for each failed run into the data folder's notices/.",
)
def failure_notice(context: dg.RunFailureSensorContext) -> None:
    """Writes the notice of the run that failed; one that is there already stays."""
    write_failure_notice(load_settings().home, context.instance, context.dagster_run)


@dg.run_failure_sensor(
    name="delayed_notice",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells those who await a report, once, that its data did not pass their checks.",
)
def delayed_notice() -> None:
    """Sends the notices of delay that a blocked publication calls for; none twice."""
    tell_delays(load_settings())
