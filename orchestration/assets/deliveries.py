"""The asset of what people were sent: every report's newest period, to each recipient once."""

import dagster as dg

from ingestion.settings import load_settings
from orchestration.assets.exports import (
    CUSTOMER_LISTS_KEY,
    DASHBOARD_KEY,
    KPI_PACK_KEY,
    WEEKLY_DIGEST_KEY,
)
from orchestration.delivery.deliver import deliver_due, deliveries
from orchestration.delivery.errors import DeliveryError
from orchestration.delivery.ledger import State
from orchestration.delivery.settings import load_delivery_settings
from orchestration.home import prepare_home
from orchestration.progress import phase

DELIVERIES_KEY = dg.AssetKey(["exports", "deliveries"])

# A server that is busy now is often not in ten minutes.
_RETRIES = dg.RetryPolicy(max_retries=3, delay=600)


def delivery_assets(retries: dg.RetryPolicy = _RETRIES) -> dg.AssetsDefinition:
    """The deliveries; a retry goes on where the step before ended, and repeats nothing.

    Args:
        retries: When a step that failed is done again.

    Returns:
        One definition. What it shows names reports and counts, never people.
    """

    @dg.asset(
        key=DELIVERIES_KEY,
        deps=[KPI_PACK_KEY, WEEKLY_DIGEST_KEY, CUSTOMER_LISTS_KEY, DASHBOARD_KEY],
        group_name="exports",
        kinds={"email", "slack", "s3"},
        retry_policy=retries,
        description="Reports sent to those in the file of recipients, each once; the ledger is "
        "deliveries.sqlite.",
    )
    def deliver_reports() -> dg.MaterializeResult[None]:
        settings = load_settings()
        prepare_home(settings.home)
        if load_delivery_settings().recipients is None:
            return dg.MaterializeResult(metadata={"recipients": "none are configured"})
        with phase("deliver") as current:
            rounds = deliver_due(settings)
            new = [one for delivered in rounds for one in delivered.outcomes if one.is_new]
            faults = [delivered.fault for delivered in rounds if delivered.fault]
            if faults:
                raise DeliveryError(" ".join(faults))
            failed = sum(one.state == State.FAILED for one in new)
            if failed:
                raise DeliveryError(
                    f"{failed} of {len(new)} deliveries failed and are tried again; "
                    "`python -m orchestration deliveries` says why."
                )
            current.result = f"{len(new)} deliveries"
        return dg.MaterializeResult(
            metadata={
                **{
                    f"{delivered.report} {delivered.period}": ", ".join(
                        sorted(f"{one.state}" for one in delivered.outcomes)
                    )
                    for delivered in rounds
                },
                "new": len(new),
            }
        )

    return deliver_reports


@dg.asset_check(
    asset=DELIVERIES_KEY,
    name="no_delivery_is_of_unknown_fate",
    description="Every delivery is known to have gone out or not; one that is not waits for a "
    "person, and is never sent again by itself.",
)
def no_delivery_is_of_unknown_fate() -> dg.AssetCheckResult:
    """Fails while the ledger holds a delivery that may or may not have gone out."""
    settings = load_settings()
    unknown = [entry for entry in deliveries(settings.home) if entry.state is State.UNKNOWN]
    return dg.AssetCheckResult(
        passed=not unknown,
        metadata={
            "unknown": len(unknown),
            "reports": ", ".join(sorted({entry.key.report_key for entry in unknown})),
            "what to do": "`python -m orchestration deliveries` lists them. Ask whether each "
            "arrived, then: deliver --release RECIPIENT --outcome arrived|lost.",
        },
    )
