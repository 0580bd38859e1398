import ast
import importlib.util
import json
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingestion.sandbox.stripe.world import Account, make_account
from tests.oracle.history import History, read_history
from tests.oracle.numbers import compute_numbers

Json = dict[str, Any]

# Keys that Stripe's API sends only when they are asked for, or only on deleted objects.
ON_REQUEST = {
    "customer": {"cash_balance", "invoice_credit_balance", "sources", "subscriptions"}
    | {"tax", "tax_ids"},
    "price": {"currency_options"},
    "coupon": {"applies_to", "currency_options"},
    "charge": {"refunds"},
    "invoice": {"payments", "confirmation_secret"},
}
CLASSES = {
    "customer": "customer",
    "product": "product",
    "price": "price",
    "coupon": "coupon",
    "discount": "discount",
    "subscription": "subscription",
    "subscription_item": "subscription_item",
    "plan": "plan",
    "invoice": "invoice",
    "line_item": "invoice_line_item",
    "invoiceitem": "invoice_item",
    "invoice_payment": "invoice_payment",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "refund": "refund",
    "dispute": "dispute",
    "credit_note": "credit_note",
    "credit_note_line_item": "credit_note_line_item",
    "balance_transaction": "balance_transaction",
}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(customers=60, months=14)


@pytest.fixture(scope="module")
def objects(account: Account) -> dict[str, dict[str, Json]]:
    """The objects as they are at the end of the log, by kind and id."""
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for mutation in account.log:
        if mutation.id:
            found[mutation.kind][mutation.id] = json.loads(mutation.body)
    return found


@pytest.fixture(scope="module")
def history(account: Account, tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("truth")
    account.truth.write(folder, account.as_of)
    return read_history(folder, account.as_of, "UTC")


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two, other = (make_account(20, 6, seed=seed) for seed in (3, 3, 4))

    assert one.log == two.log
    assert one.log != other.log
    for name, made in (("one", one), ("two", two)):
        made.truth.write(tmp_path / name, made.as_of)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_the_log_is_in_order_and_reaches_beyond_the_export(account: Account) -> None:
    moments = [mutation.at for mutation in account.log]
    as_of = account.as_of.timestamp()

    assert moments == sorted(moments)
    assert moments[-1] > as_of + 40 * 86_400
    old = [one for one in account.log if one.at < as_of - 31 * 86_400]
    assert len(old) == len({(one.kind, one.id) for one in old})


def test_every_object_has_all_the_keys_of_the_official_client(
    objects: dict[str, dict[str, Json]],
) -> None:
    seen: dict[str, Json] = {}
    for bodies in objects.values():
        for body in bodies.values():
            _walk(body, seen)

    assert seen.keys() >= CLASSES.keys()
    for name, class_name in CLASSES.items():
        declared = _declared_keys(class_name) - {"deleted", "OBJECT_NAME"}
        missing = declared - seen[name].keys() - ON_REQUEST.get(name, set())
        assert (name, missing) == (name, {"tiers"} if name == "plan" else set())
        assert seen[name].keys() <= declared, name


def test_invoices_add_up(objects: dict[str, dict[str, Json]]) -> None:
    for invoice in objects["invoice"].values():
        lines = invoice["lines"]["data"]
        off = sum(part["amount"] for line in lines for part in line["discount_amounts"])
        tax = sum(part["amount"] for line in lines for part in line["taxes"])

        assert lines
        assert invoice["subtotal"] == sum(line["amount"] for line in lines)
        assert invoice["total"] == invoice["subtotal"] - off + tax
        assert tax == sum(part["amount"] for part in invoice["total_taxes"])
        assert off == sum(part["amount"] for part in invoice["total_discount_amounts"])
        assert invoice["amount_due"] == max(0, invoice["total"] + invoice["starting_balance"])
        assert all(line["invoice"] == invoice["id"] for line in lines)
        if invoice["status"] == "paid":
            assert invoice["amount_paid"] == invoice["amount_due"]
            assert invoice["status_transitions"]["paid_at"]


def test_renewals_are_announced_by_invoices_without_an_id(
    account: Account, objects: dict[str, dict[str, Json]]
) -> None:
    told = [one for one in account.log if one.event_type == "invoice.upcoming"]
    recent = [one for one in told if one.at < account.as_of.timestamp()]
    renewals = {
        (one["parent"]["subscription_details"]["subscription"], one["created"]): one
        for one in objects["invoice"].values()
        if one["billing_reason"] == "subscription_cycle"
    }
    made = 0
    assert recent
    for one in recent:
        upcoming = json.loads(one.body)
        assert one.id == ""
        assert "id" not in upcoming
        assert upcoming["created"] == one.at + 7 * 86_400
        subscription = upcoming["parent"]["subscription_details"]["subscription"]
        made += (subscription, upcoming["created"]) in renewals
    # The others ended, or began another interval, before they were to renew.
    assert made > len(recent) / 2


def test_money_that_moved_agrees_with_the_invoices(objects: dict[str, dict[str, Json]]) -> None:
    charges, intents = objects["charge"], objects["payment_intent"]
    for link in objects["invoice_payment"].values():
        invoice = objects["invoice"][link["invoice"]]
        if link["status"] == "paid":
            charge = charges[intents[link["payment"]["payment_intent"]]["latest_charge"]]
            assert charge["status"] == "succeeded"
            assert charge["amount"] == invoice["amount_paid"] == link["amount_paid"]
    for entry in objects["balance_transaction"].values():
        assert entry["net"] == entry["amount"] - entry["fee"]
        assert entry["fee"] == sum(part["amount"] for part in entry["fee_details"])
    for charge in charges.values():
        moved = objects["balance_transaction"].get(charge["balance_transaction"])
        assert (moved is not None) == (charge["status"] == "succeeded")
        if moved is not None:
            assert (moved["source"], moved["amount"]) == (charge["id"], charge["amount"])


def test_prorations_say_what_they_credit(objects: dict[str, dict[str, Json]]) -> None:
    lines = {line["id"]: line for one in objects["invoice"].values() for line in _lines(one)}
    credits = 0
    for line in lines.values():
        details = line["parent"]["subscription_item_details"]
        if details is None or not details["proration"]:
            assert line["amount"] >= 0
            continue
        credited = details["proration_details"]["credited_items"]
        assert line["amount"] <= 0 if credited else line["amount"] >= 0
        if credited:
            credits += 1
            (source,) = credited["invoice_line_items"]
            of = lines[source]["parent"]["subscription_item_details"]
            assert of["subscription_item"] == details["subscription_item"]
    assert credits


def test_the_periods_of_an_item_do_not_overlap(history: History) -> None:
    items = defaultdict(list)
    for period in history.periods:
        items[period.item].append(period)
    for periods in items.values():
        periods.sort(key=lambda period: period.started_at)
        for before, after in pairwise(periods):
            assert before.end_day is not None
            assert before.end_day <= after.first_day


def test_the_truth_agrees_with_the_subscriptions_of_the_day(
    account: Account, history: History
) -> None:
    as_of = account.as_of.timestamp()
    now: dict[str, Json] = {}
    for mutation in account.log:
        if mutation.kind == "subscription" and mutation.at < as_of:
            now[mutation.id] = json.loads(mutation.body)
    expected = {
        item["id"]: ("paused" if body["pause_collection"] else body["status"], body["cancel_at"])
        for body in now.values()
        if body["status"] in ("active", "past_due", "trialing", "paused")
        for item in body["items"]["data"]
    }
    running = {
        period.item_id: (
            period.status,
            period.cancel_scheduled_for and int(period.cancel_scheduled_for.timestamp()),
        )
        for period in history.periods
        if period.end_day is None
    }
    assert running == expected


def test_the_truth_knows_nothing_of_the_future(account: Account, tmp_path: Path) -> None:
    account.truth.write(tmp_path / "now", account.as_of)
    account.truth.write(tmp_path / "later", account.as_of + timedelta(days=40))
    now, later = (
        read_history(tmp_path / name, account.as_of + timedelta(days=40), "UTC")
        for name in ("now", "later")
    )
    assert len(later.payments) > len(now.payments)
    assert len(later.periods) > len(now.periods)
    assert all(one.end_day is None or one.end_day <= account.as_of.date() for one in now.periods)


def test_everything_that_can_happen_does(
    account: Account, objects: dict[str, dict[str, Json]], history: History
) -> None:
    subscriptions, invoices = objects["subscription"].values(), objects["invoice"].values()
    assert {"active", "canceled", "incomplete_expired", "paused"} <= _values(
        subscriptions, "status"
    )
    assert {"paid", "void", "uncollectible", "open"} <= _values(invoices, "status")
    assert _values(subscriptions, "collection_method") == {"charge_automatically", "send_invoice"}
    assert _values(invoices, "billing_reason") == {
        "subscription_create",
        "subscription_cycle",
        "subscription_update",
        "manual",
    }
    assert {"usd", "eur", "gbp", "jpy"} <= _values(invoices, "currency")
    assert {"won", "lost"} <= _values(objects["dispute"].values(), "status")
    assert _values(objects["charge"].values(), "refunded") == {True, False}
    assert any(0 < one["amount_refunded"] < one["amount"] for one in objects["charge"].values())
    assert objects["credit_note"]
    assert any(one["total_taxes"] for one in invoices)
    assert max(len(_lines(one)) for one in invoices) > 10
    assert max(len(one["items"]["data"]) for one in subscriptions) > 10

    ends = Counter(one["cancellation_details"]["reason"] for one in subscriptions)
    assert {"cancellation_requested", "payment_failed", "payment_disputed"} <= ends.keys()
    assert {True, False} <= _values(subscriptions, "cancel_at_period_end")
    assert max(Counter(one["customer"] for one in subscriptions).values()) > 1

    items = [item for one in subscriptions for item in one["items"]["data"]]
    assert {None, "graduated", "volume"} <= {item["price"]["tiers_mode"] for item in items}
    recurring = [item["price"]["recurring"] for item in items]
    assert {("month", 1), ("month", 3), ("year", 1)} <= {
        (one["interval"], one["interval_count"]) for one in recurring
    }
    assert {"licensed", "metered"} <= {one["usage_type"] for one in recurring}
    coupons = [
        entry["source"]["coupon"]
        for invoice in invoices
        if invoice["total_discount_amounts"]
        for entry in invoice["discounts"]
    ]
    assert {(one["duration"], one["percent_off"] is None) for one in coupons} == {
        (duration, is_amount)
        for duration in ("once", "repeating", "forever")
        for is_amount in (True, False)
    }
    assert {"active", "trialing", "past_due", "paused"} <= {one.status for one in history.periods}
    deleted = {one.kind for one in account.log if one.is_deleted}
    assert {"customer", "coupon", "discount"} <= deleted
    assert any(not json.loads(one.body).get("livemode", True) for one in account.log)
    one_off = [one for one in history.payments if not one.is_recurring]
    assert one_off


def test_the_truth_makes_sensible_numbers(account: Account, tmp_path: Path) -> None:
    account.truth.write(tmp_path, account.as_of)
    numbers = compute_numbers(tmp_path, account.as_of, "USD", "UTC")

    closing = [month.closing_mrr for month in numbers.kpis]
    assert closing[-1] > closing[3] > 0
    assert {movement.movement_type for movement in numbers.movements} >= {
        *("new", "expansion", "contraction", "churn", "reactivation", "fx"),
    }


def _values(bodies: Any, key: str) -> set[Any]:
    return {body[key] for body in bodies}


def _lines(invoice: Json) -> list[Json]:
    lines: list[Json] = invoice["lines"]["data"]
    return lines


def _walk(value: Any, seen: dict[str, Json]) -> None:
    """Remember one object of each kind, nested ones too."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str):
            seen.setdefault(value["object"], value)
        for part in value.values():
            _walk(part, seen)
    elif isinstance(value, list):
        for part in value:
            _walk(part, seen)


def _declared_keys(module: str) -> set[str]:
    """The keys of the official client's class, read without importing it."""
    package = importlib.util.find_spec("stripe")
    assert package is not None
    assert package.origin is not None
    tree = ast.parse((Path(package.origin).parent / f"_{module}.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {
        node.target.id
        for node in classes[-1].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
