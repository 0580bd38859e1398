"""Of what changes, subscriptions keep every version; of all else the newest stays."""

from datetime import timedelta

from tests.ingestion.stripe.connected import Connected
from tests.ingestion.stripe.small import (
    BEFORE,
    DAY,
    HOUR,
    NOW,
    change,
    customer,
    subscription,
    told,
)


def test_subscriptions_keep_each_version_once_and_customers_the_newest(
    connected: Connected,
) -> None:
    later = NOW + 40 * DAY
    log = [
        change(BEFORE, None, customer()),
        change(BEFORE, None, subscription(items=2)),
        change(NOW + HOUR, "customer.updated", customer(email="new@example.com")),
        change(later + HOUR, "customer.subscription.updated", subscription(status="past_due")),
        change(later + 2 * DAY, "customer.updated", customer(email="newest@example.com")),
        change(later + 2 * DAY, "customer.subscription.deleted", subscription(status="canceled")),
    ]
    versions = (
        "SELECT payload->>'$.status', (SELECT count(*) FROM raw_stripe.subscription_items AS item "
        "WHERE item.subscription_id = version.id AND item._dlt_load_id = version._dlt_load_id) "
        "FROM raw_stripe.subscriptions AS version ORDER BY _dlt_load_id"
    )
    with told(connected, *log):
        connected.load()
        # After so long everything is read again, what is as before too.
        connected.load_after(timedelta(days=40))
        assert connected.query(versions) == [("active", 2), ("active", 2)]
        connected.load_after(timedelta(days=1))
        assert connected.query(versions) == [("active", 2), ("past_due", 1)]
        connected.load_after(timedelta(days=2))
        assert connected.query(versions) == [("active", 2), ("past_due", 1), ("canceled", 1)]
        assert connected.query("SELECT count(*) FROM raw_stripe.subscription_items") == [(4,)]
        assert connected.query("SELECT email FROM raw_stripe.customers") == [
            ("newest@example.com",)
        ]
