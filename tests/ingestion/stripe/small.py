"""Accounts of a few objects, made by hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson

from ingestion.sandbox.stripe.log import Mutation
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account
from tests.ingestion.stripe.connected import Connected

Json = dict[str, Any]
AS_OF = datetime(2026, 1, 6, tzinfo=UTC)
NOW = int(AS_OF.timestamp())
HOUR = 3600
DAY = 24 * HOUR
BEFORE = NOW - 60 * DAY


def customer(number: int = 1, **changes: Any) -> Json:
    return {
        "id": f"cus_{number}",
        "object": "customer",
        "created": BEFORE,
        "livemode": True,
        "email": f"{number}@example.com",
        **changes,
    }


def subscription(number: int = 1, items: int = 1, **changes: Any) -> Json:
    identity = f"sub_{number}"
    entries = [
        {"id": f"si_{number}_{one}", "object": "subscription_item", "price": {"id": "price_1"}}
        for one in range(items)
    ]
    return {
        "id": identity,
        "object": "subscription",
        "created": BEFORE,
        "livemode": True,
        "customer": f"cus_{number}",
        "status": "active",
        "currency": "usd",
        "discounts": [],
        "items": nested(entries, f"/v1/subscription_items?subscription={identity}"),
        **changes,
    }


def invoice(number: int = 1, lines: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    identity = f"in_{number}"
    entries: list[Json] = [
        {
            "id": f"il_{number}_{one}",
            "object": "line_item",
            "amount": 100,
            "currency": "usd",
            "discounts": [],
            "subscription": None,
        }
        for one in range(lines)
    ]
    return {
        "id": identity,
        "object": "invoice",
        "created": at,
        "livemode": True,
        "customer": "cus_1",
        "currency": "usd",
        "status": "open",
        "total": 100 * lines,
        "subtotal": 100 * lines,
        "amount_due": 100 * lines,
        "amount_paid": 0,
        "discounts": [],
        "parent": {"subscription_details": {"subscription": "sub_1"}},
        "lines": nested(entries, f"/v1/invoices/{identity}/lines"),
        **changes,
    }


def charge(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "created": at,
        "livemode": True,
        "customer": "cus_1",
        "currency": "usd",
        "amount": 1000,
        "amount_captured": 1000,
        "amount_refunded": 0,
        "balance_transaction": None,
        "payment_intent": None,
        "status": "succeeded",
        **changes,
    }


def nested(entries: Sequence[Json], url: str) -> Json:
    return {"object": "list", "data": list(entries), "has_more": False, "url": url}


def change(at: int, event: str | None, body: Json, *, gone: bool = False) -> Mutation:
    identity = body["id"]
    if not identity:
        body = {key: value for key, value in body.items() if key != "id"}
    return Mutation(at, event, body["object"], identity, orjson.dumps(body), gone)


@contextmanager
def told(connected: Connected, *log: Mutation) -> Iterator[StripeSandbox]:
    """Serve an account of a few mutations, and point the settings to it."""
    ordered = sorted(log, key=lambda mutation: mutation.at)
    account = SimpleNamespace(start=AS_OF, as_of=AS_OF, log=ordered, truth=None)
    with StripeSandbox(cast(Account, account)) as sandbox:
        connected.use(sandbox)
        yield sandbox
