"""What a later version of the API may show is taken as it is, and noticed."""

from ingestion.sandbox.faults import FaultPlan
from ingestion.sandbox.stripe.damages import (
    customer_as_object,
    extra_field,
    unknown_status,
)
from tests.ingestion.stripe.connected import Connected


def test_a_new_key_a_new_status_and_an_object_in_place_of_an_id(connected: Connected) -> None:
    grown, flipped, *_ = connected.sandbox.current("charge")
    strange, *_ = connected.sandbox.current("refund")
    customer = connected.sandbox.current("charge")[flipped]["customer"]
    connected.sandbox.faults = FaultPlan(
        damages={grown: extra_field, flipped: customer_as_object, strange: unknown_status}
    )

    report = connected.load()

    assert report.details["quarantined"] == 0
    assert connected.query("SELECT resource, key_path, kind FROM raw_stripe.schema_drift") == [
        ("charges", "brand_new_key", "new_key")
    ]
    assert connected.query(
        f"SELECT payload->>'$.brand_new_key.of' FROM raw_stripe.charges WHERE id = '{grown}'"
    ) == [("some later version",)]
    assert connected.query(
        f"SELECT customer_id FROM raw_stripe.charges WHERE id = '{flipped}'"
    ) == [(customer,)]
    assert connected.query(
        f"SELECT payload->>'$.status' FROM raw_stripe.refunds WHERE id = '{strange}'"
    ) == [("transmogrified",)]
