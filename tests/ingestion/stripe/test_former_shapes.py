"""Objects in the form of an older version stop the load, instead of leaving columns empty."""

from datetime import timedelta
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.sandbox.faults import Damage, FaultPlan
from ingestion.sandbox.stripe.routes import ACCOUNT_VERSION
from ingestion.stripe.tables import TABLES
from tests.ingestion.stripe.connected import Connected
from tests.ingestion.stripe.small import (
    BEFORE,
    HOUR,
    NOW,
    Json,
    change,
    charge,
    invoice,
    subscription,
    told,
)

ONE_DAY = timedelta(days=1)
DISCOUNT: Json = {"id": "di_1", "object": "discount", "source": {"coupon": {"id": "ten"}}}
PERIOD: Json = {"current_period_start": BEFORE, "current_period_end": NOW}
INVOICE_ITEM: Json = {
    "id": "ii_1",
    "object": "invoiceitem",
    "date": BEFORE,
    "livemode": True,
    "currency": "usd",
    "customer": "cus_1",
    "invoice": None,
    "amount": 5,
    "discounts": [],
    "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}},
}
CREDIT_NOTE: Json = {
    **invoice(),
    "id": "cn_1",
    "object": "credit_note",
    "invoice": "in_1",
    "total_taxes": [],
}


def subscription_of_invoice(item: Json) -> None:
    item["subscription"] = item.pop("parent")["subscription_details"]["subscription"]


def price_of_line(item: Json) -> None:
    item["lines"]["data"][-1]["price"] = {"id": "price_1", "object": "price"}


def periods_of_subscription(item: Json) -> None:
    item.update(PERIOD)


def invoice_of_charge(item: Json) -> None:
    item["invoice"] = "in_1"


def price_of_item(item: Json) -> None:
    item["price"] = {"id": item.pop("pricing")["price_details"]["price"], "object": "price"}


def taxes_of_credit_note(item: Json) -> None:
    item["tax_amounts"] = item.pop("total_taxes")


def coupon_of_discount(item: Json) -> None:
    old = {"id": "di_1", "object": "discount", "coupon": {"id": "ten"}}
    item["discounts"] = [old]


def coupon_of_items_discount(item: Json) -> None:
    coupon_of_discount(item["items"]["data"][0])


FORMS: list[Any] = [
    pytest.param(
        invoice(), subscription_of_invoice, "subscription instead of parent", id="invoice"
    ),
    pytest.param(invoice(lines=2), price_of_line, "price instead of parent", id="line"),
    pytest.param(
        subscription(),
        periods_of_subscription,
        "current_period_end instead of items.data.current_period_end",
        id="subscription",
    ),
    pytest.param(charge(), invoice_of_charge, "with invoice; check", id="charge"),
    pytest.param(INVOICE_ITEM, price_of_item, "price instead of pricing", id="invoice item"),
    pytest.param(
        CREDIT_NOTE, taxes_of_credit_note, "tax_amounts instead of total_taxes", id="credit note"
    ),
    # Until basil, which has all of the above in today's form.
    pytest.param(
        invoice(discounts=[DISCOUNT]),
        coupon_of_discount,
        "coupon instead of source",
        id="discount of an invoice",
    ),
    pytest.param(
        subscription(discounts=[DISCOUNT]),
        coupon_of_discount,
        "coupon instead of source",
        id="discount of a subscription",
    ),
    pytest.param(
        subscription(),
        coupon_of_items_discount,
        "coupon instead of source",
        id="discount of an item",
    ),
]


def test_a_server_that_heeds_no_version_stops_the_load(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = connected.sandbox.api
    answer = api.answer
    monkeypatch.setattr(
        api, "answer", lambda *these, **more: answer(*these, **more | {"version": ACCOUNT_VERSION})
    )

    with pytest.raises(SourceError, match="in the form of an older API version than 2026"):
        connected.load()

    for table in TABLES:
        assert connected.query(f"SELECT count(*) FROM raw_stripe.{table.name}") == [(0,)]


@pytest.mark.parametrize(("body", "age", "said"), FORMS)
def test_one_object_of_an_older_form_stops_the_first_load(
    connected: Connected, body: Json, age: Damage, said: str
) -> None:
    with told(connected, change(BEFORE, None, body)) as sandbox:
        sandbox.faults = FaultPlan(damages={body["id"]: age})
        with pytest.raises(SourceError, match=said):
            connected.load()
        sandbox.faults = FaultPlan()
        connected.load()
        assert connected.differences() == {}


@pytest.mark.parametrize(("body", "age", "said"), FORMS[:2])
def test_one_object_of_an_older_form_stops_a_later_load(
    connected: Connected, body: Json, age: Damage, said: str
) -> None:
    changed = change(NOW + HOUR, f"{body['object']}.updated", body | {"metadata": {"seen": "1"}})
    with told(connected, change(BEFORE, None, body), changed) as sandbox:
        connected.load()
        sandbox.faults = FaultPlan(damages={body["id"]: age})
        sandbox.advance(ONE_DAY)
        with pytest.raises(SourceError, match=said):
            connected.load()
        sandbox.faults = FaultPlan()
        connected.load()
        assert connected.differences() == {}


def test_an_event_of_an_older_form_is_kept_as_it_is(connected: Connected) -> None:
    made = change(NOW - HOUR, "customer.subscription.created", subscription())
    with told(connected, made):
        connected.load()
        assert connected.query(
            "SELECT payload->>'$.api_version', contains(payload, 'current_period_end') "
            "FROM raw_stripe.events"
        ) == [(ACCOUNT_VERSION, True)]
