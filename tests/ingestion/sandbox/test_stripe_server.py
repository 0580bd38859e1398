"""The sandbox account against the official client, which knows nothing of it."""

import ast
import inspect
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
import urllib3

from ingestion.sandbox.stripe.keys import EXPIRED_KEY, RESTRICTED_KEY
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.stripe.tables import API_VERSION

# The client's name of each list, and its class, by the kind of object.
LISTS = {
    "customer": ("customers", stripe.Customer),
    "product": ("products", stripe.Product),
    "price": ("prices", stripe.Price),
    "coupon": ("coupons", stripe.Coupon),
    "subscription": ("subscriptions", stripe.Subscription),
    "invoice": ("invoices", stripe.Invoice),
    "invoiceitem": ("invoice_items", stripe.InvoiceItem),
    "invoice_payment": ("invoice_payments", stripe.InvoicePayment),
    "charge": ("charges", stripe.Charge),
    "payment_intent": ("payment_intents", stripe.PaymentIntent),
    "refund": ("refunds", stripe.Refund),
    "dispute": ("disputes", stripe.Dispute),
    "credit_note": ("credit_notes", stripe.CreditNote),
    "balance_transaction": ("balance_transactions", stripe.BalanceTransaction),
}
# Keys the client's classes declare that an object shows only when asked for, or only when deleted.
SHOWN_ON_REQUEST = {
    "deleted",
    "tiers",
    "currency_options",
    "applies_to",
    "cash_balance",
    "invoice_credit_balance",
    "sources",
    "subscriptions",
    "tax",
    "tax_ids",
    "payments",
    "confirmation_secret",
    "total_margin_amounts",
    "threshold_reason",
    "instructions_email",
    "refunds",
    "test_helpers",
}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(customers=80, months=14)


@pytest.fixture
def sandbox(account: Account) -> Iterator[StripeSandbox]:
    with StripeSandbox(account) as sandbox:
        yield sandbox


def client(sandbox: StripeSandbox, key: str = StripeSandbox.live_key) -> Any:
    return stripe.StripeClient(key, base_addresses={"api": sandbox.url}, max_network_retries=0)


def listed(sandbox: StripeSandbox, name: str, **parameters: Any) -> list[Any]:
    service = getattr(client(sandbox).v1, name)
    return list(service.list({"limit": 100, **parameters}).auto_paging_iter())


def get(sandbox: StripeSandbox, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = urllib3.request(
        "GET",
        sandbox.url + path,
        headers={"Authorization": f"Bearer {sandbox.live_key}", **headers},
        retries=False,
    )
    return answer.status, answer.json()


@pytest.mark.parametrize("kind", LISTS)
def test_the_official_client_pages_through_every_object(sandbox: StripeSandbox, kind: str) -> None:
    more = {"status": "all"} if kind == "subscription" else {}
    found = listed(sandbox, LISTS[kind][0], **more)
    there = sandbox.current(kind)
    assert {one.id for one in found} == set(there)
    assert len(found) == len(there) > 0
    times: list[int] = [getattr(one, "created", None) or one.date for one in found]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("kind", LISTS)
def test_objects_have_the_keys_of_the_clients_classes(sandbox: StripeSandbox, kind: str) -> None:
    name, shape = LISTS[kind]
    declared, required = annotated(shape)
    for item in listed(sandbox, name)[:50]:
        keys = set(item.to_dict())
        assert keys - declared == set(), "the sandbox shows a key that the version does not have"
        assert required - keys - SHOWN_ON_REQUEST == set(), "a key of the version is missing"


def annotated(shape: type) -> tuple[set[str], set[str]]:
    """The keys a class of the client declares, and those that are not optional."""
    source = ast.parse(Path(inspect.getfile(shape)).read_text(encoding="utf-8"))
    (found,) = [
        node
        for node in source.body
        if isinstance(node, ast.ClassDef) and node.name == shape.__name__
    ]
    fields = [node for node in found.body if isinstance(node, ast.AnnAssign)]
    names = {ast.unparse(node.target): ast.unparse(node.annotation) for node in fields}
    names = {name: kind for name, kind in names.items() if "ClassVar" not in kind}
    return set(names), {name for name, kind in names.items() if not kind.startswith("Optional")}


def test_cancelled_subscriptions_are_hidden_unless_all_are_asked_for(
    sandbox: StripeSandbox,
) -> None:
    shown = listed(sandbox, "subscriptions")
    everything = listed(sandbox, "subscriptions", status="all")
    assert {one.status for one in everything} - {one.status for one in shown} == {"canceled"}


def test_nested_lists_show_ten_and_the_rest_is_on_their_own_address(
    sandbox: StripeSandbox,
) -> None:
    long = [one for one in sandbox.current("invoice").values() if len(one["lines"]["data"]) > 10]
    assert long
    invoice = client(sandbox).v1.invoices.retrieve(long[0]["id"])
    assert len(invoice.lines.data) == 10
    assert invoice.lines.has_more
    lines = list(invoice.lines.auto_paging_iter())
    assert [line.id for line in lines] == [line["id"] for line in long[0]["lines"]["data"]]


def test_discounts_are_ids_unless_expanded(sandbox: StripeSandbox) -> None:
    plain = [one for one in listed(sandbox, "subscriptions", status="all") if one.discounts]
    whole = {
        one.id: one
        for one in listed(
            sandbox, "subscriptions", status="all", expand=["data.discounts.source.coupon"]
        )
    }
    assert plain
    assert plain[0].discounts[0].startswith("di_")
    assert whole[plain[0].id].discounts[0].source.coupon.duration in (
        "once",
        "repeating",
        "forever",
    )


def test_events_are_kept_for_thirty_days_and_shown_in_the_accounts_older_shape(
    sandbox: StripeSandbox,
) -> None:
    events = listed(sandbox, "events")
    oldest = sandbox.clock - timedelta(days=30)
    assert min(event.created for event in events) >= oldest.timestamp()
    changed = [one for one in events if one.type == "customer.subscription.updated"]
    assert changed[0].api_version != API_VERSION
    assert "current_period_end" in changed[0].data.object.to_dict()
    before = {event.id for event in events}
    sandbox.advance(timedelta(days=10))
    later = {event.id for event in listed(sandbox, "events")}
    assert later - before
    assert before - later


def test_a_deleted_customer_is_a_stub_and_in_no_list(sandbox: StripeSandbox) -> None:
    there = set(sandbox.current("customer"))
    shelf = sandbox.api.fold.shelf("customer").by_id
    gone = next(one.id for one in shelf.values() if one.livemode and one.id not in there)
    stub = client(sandbox).v1.customers.retrieve(gone)
    assert stub.to_dict() == {"id": gone, "object": "customer", "deleted": True}


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sk_live_nobody", stripe.AuthenticationError),
        (EXPIRED_KEY, stripe.AuthenticationError),
        (RESTRICTED_KEY, stripe.PermissionError),
    ],
)
def test_a_key_that_may_not_read_is_told_so(
    sandbox: StripeSandbox, key: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client(sandbox, key).v1.charges.list()


def test_test_objects_are_behind_the_test_key_alone(sandbox: StripeSandbox) -> None:
    found = client(sandbox, sandbox.test_key).v1.customers.list({"limit": 100}).data
    assert {one.id for one in found} == set(sandbox.current("customer", livemode=False))
    assert found
    assert not {one.id for one in found} & set(sandbox.current("customer"))


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
def test_a_limit_outside_one_to_a_hundred_is_refused(sandbox: StripeSandbox, limit: str) -> None:
    status, answer = get(sandbox, f"/v1/charges?limit={limit}")
    assert status == 400
    assert answer["error"]["param"] == "limit"


def test_unknown_versions_addresses_and_cursors_are_refused(sandbox: StripeSandbox) -> None:
    assert get(sandbox, "/v1/charges", **{"Stripe-Version": "2031-01-01.unknown"})[0] == 400
    assert get(sandbox, "/v1/nothing")[0] == 404
    status, answer = get(sandbox, "/v1/charges?starting_after=ch_nowhere")
    assert status == 400
    assert answer["error"]["code"] == "resource_missing"


def test_lists_are_limited_to_what_was_created_in_a_window(sandbox: StripeSandbox) -> None:
    charges = sandbox.current("charge").values()
    moments: list[int] = sorted(charge["created"] for charge in charges)
    middle = moments[len(moments) // 2]
    early = listed(sandbox, "charges", created={"lt": middle})
    late = listed(sandbox, "charges", created={"gte": middle})
    assert len(early) + len(late) == len(charges)
    assert max(one.created for one in early) < middle <= min(one.created for one in late)
