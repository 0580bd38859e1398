"""What nobody needs about people and their cards is dropped before anything is kept."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ingestion.sandbox.faults import FaultPlan
from ingestion.sandbox.stripe.damages import amount_as_text
from ingestion.stripe.tables import TABLES
from tests.ingestion.stripe.connected import Connected
from tests.ingestion.stripe.small import BEFORE, HOUR, NOW, change, charge, customer, invoice, told

Json = dict[str, Any]
PRIVATE = "canary"
PERSON: Json = {"name": "Ada", "phone": PRIVATE}
CARD: Json = {"brand": "visa", "last4": PRIVATE, "fingerprint": PRIVATE, "iin": PRIVATE}
ADDRESS: Json = {"city": "Oslo"}
METHOD: Json = {"object": "payment_method", "card": CARD, "billing_details": PERSON}
PAID: Json = {
    "payment_method_details": {"card": CARD, "type": "card"},
    "billing_details": PERSON,
    "shipping": PERSON,
}
OF_CUSTOMER: Json = {"phone": PRIVATE, "shipping": PERSON, "tax": {"ip_address": PRIVATE}}
OF_INVOICE: Json = {"customer_phone": PRIVATE, "customer_shipping": PERSON}
# What comes in events alone.
ELSEWHERE: list[Json] = [
    METHOD | {"id": "pm_1"},
    {"object": "card", "id": "card_1", **CARD},
    {"object": "checkout.session", "id": "cs_1", "customer_details": PERSON},
    {
        "object": "payment_intent",
        "id": "pi_1",
        "shipping": PERSON,
        "last_payment_error": {"payment_method": METHOD},
    },
]


@pytest.mark.parametrize("is_broken", [False, True])
def test_cards_and_telephones_are_kept_nowhere(connected: Connected, is_broken: bool) -> None:
    dispute = {
        **charge(),
        "id": "dp_1",
        "object": "dispute",
        "charge": "ch_1",
        "evidence": {"customer_purchase_ip": PRIVATE, "product_description": "boards"},
    }
    objects = [customer(**OF_CUSTOMER), charge(**PAID), invoice(**OF_INVOICE), dispute]
    told_of = [
        change(NOW - HOUR, f"{body['object']}.updated", body | {"livemode": True})
        for body in [*objects, *ELSEWHERE]
    ]
    told_of[0] = replace(told_of[0], previous=orjson.dumps(OF_CUSTOMER))
    with told(connected, *(change(BEFORE, None, body) for body in objects), *told_of) as sandbox:
        if is_broken:
            sandbox.faults = FaultPlan(damages=dict.fromkeys(["ch_1", "dp_1"], amount_as_text))
        connected.load()

        aside = 2 if is_broken else 0
        assert connected.query("SELECT count(*) FROM raw_stripe.quarantine") == [(aside,)]
        assert connected.query("SELECT count(*) FROM raw_stripe.events") == [(len(told_of),)]
        # What stands beside is there.
        brands = connected.query(
            "SELECT count(*) FROM raw_stripe.events WHERE contains(payload, 'visa')"
        )
        assert brands == [(4,)]
        for table in TABLES:
            text = " || ".join(f"coalesce(\"{name}\"::VARCHAR, '')" for name, _ in table.columns)
            kept = connected.query(f"SELECT {text} AS text FROM raw_stripe.{table.name}")
            assert not [row for (row,) in kept if PRIVATE in row]
        assert PRIVATE.encode() not in (connected.home / "warehouse.duckdb").read_bytes()
        assert not [line for line in connected.lines if PRIVATE in line]
