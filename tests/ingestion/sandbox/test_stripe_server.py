"""The sandbox account against the official client, which knows nothing of it."""

import ast
import inspect
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
import stripe
import urllib3

from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.stripe.damages import amount_as_text
from ingestion.sandbox.stripe.export import write_objects
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


def test_a_key_may_come_as_the_user_of_basic_authentication(sandbox: StripeSandbox) -> None:
    for key, status in ((sandbox.live_key, 200), ("sk_live_nobody", 401)):
        basic = urllib3.make_headers(basic_auth=f"{key}:")["authorization"]
        assert get(sandbox, "/v1/charges", Authorization=basic)[0] == status


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


def shaped(value: Any, kind: ast.expr, shape: ast.ClassDef) -> Iterator[str]:
    """Say where a value is not what an annotation of the client says."""
    if isinstance(kind, ast.Constant):  # a forward reference
        kind = ast.parse(str(kind.value), mode="eval").body
    text = ast.unparse(kind)
    name = ast.unparse(kind.value) if isinstance(kind, ast.Subscript) else text
    inner = kind.slice if isinstance(kind, ast.Subscript) else kind
    if name == "Optional":
        if value is not None:
            yield from shaped(value, inner, shape)
    elif name in PLAIN:
        if type(value) not in PLAIN[name]:
            yield f"{value!r} is no {text}"
    elif name in ("List", "ListObject"):
        for one in value["data"] if name == "ListObject" else value:
            yield from shaped(one, inner, shape)
    elif name == "Literal":
        known = ast.literal_eval(inner)
        if value not in (known if isinstance(known, tuple) else (known,)):
            yield f"{value!r} is none of {text}"
    elif name == "ExpandableField":
        if not isinstance(value, str):
            yield from shaped(value, inner, shape)
    else:
        last = name.rsplit(".", maxsplit=1)[-1]
        nested = [part for part in shape.body if isinstance(part, ast.ClassDef)]
        for part in [part for part in nested if part.name == last] or client_class(last):
            yield from fields_of(value, part)


@cache
def client_class(name: str) -> list[ast.ClassDef]:
    """The source of one of the client's own classes, if it has one of that name."""
    shape = getattr(stripe, name, None)
    if shape is None:
        return []
    source = ast.parse(Path(inspect.getfile(shape)).read_text(encoding="utf-8"))
    classes = [node for node in source.body if isinstance(node, ast.ClassDef)]
    return [node for node in classes if node.name == name]


PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "Decimal": (str,),  # text on the wire
}


def fields_of(item: dict[str, Any], shape: ast.ClassDef) -> Iterator[str]:
    """Say which of an object's values are not what its class declares, nested classes included."""
    for part in shape.body:
        if isinstance(part, ast.AnnAssign) and ast.unparse(part.target) in item:
            key = ast.unparse(part.target)
            if "ClassVar" not in ast.unparse(part.annotation):
                for fault in shaped(item[key], part.annotation, shape):
                    yield f"{shape.name}.{key}: {fault}"


@pytest.mark.parametrize("kind", LISTS)
def test_values_are_of_the_types_the_client_declares(sandbox: StripeSandbox, kind: str) -> None:
    (declared,) = client_class(LISTS[kind][1].__name__)
    path = "/v1/" + LISTS[kind][0].replace("invoice_items", "invoiceitems")
    _, answer = get(sandbox, f"{path}?limit=100", **{"Stripe-Version": API_VERSION})
    assert answer["data"]
    assert {fault for item in answer["data"] for fault in fields_of(item, declared)} == set()
    assert list(fields_of(answer["data"][0] | {"object": 5}, declared)), "nothing is checked"


def test_requests_of_the_accounts_own_version_see_its_older_shapes(sandbox: StripeSandbox) -> None:
    _, answer = get(sandbox, "/v1/invoices?limit=1&status=paid")
    (invoice,) = answer["data"]
    assert invoice["paid"] is True
    assert "parent" not in invoice
    _, charges = get(sandbox, "/v1/charges?limit=100")
    invoices = sandbox.current("invoice")
    assert {one["invoice"] for one in charges["data"]} - {None} <= set(invoices)
    assert any(one["invoice"] for one in charges["data"])
    _, newer = get(sandbox, "/v1/charges?limit=100", **{"Stripe-Version": API_VERSION})
    assert all("invoice" not in one for one in newer["data"])


def test_the_version_that_older_clients_ask_for_is_shown_in_older_shapes(
    sandbox: StripeSandbox,
) -> None:
    older = {"Stripe-Version": "2022-11-15"}
    _, invoices = get(sandbox, "/v1/invoices?limit=100&expand[]=data.discounts", **older)
    assert all("parent" not in one and "subscription" in one for one in invoices["data"])
    discounts = [one for invoice in invoices["data"] for one in invoice["discounts"]]
    assert discounts
    assert all(one["coupon"]["id"] and "source" not in one for one in discounts)
    _, subscriptions = get(sandbox, "/v1/subscriptions", **older)
    assert all(one["current_period_end"] for one in subscriptions["data"])
    _, items = get(sandbox, "/v1/invoiceitems", **older)
    assert all(one["price"]["id"] and "pricing" not in one for one in items["data"])


def test_recurring_prices_are_plans_too(sandbox: StripeSandbox) -> None:
    plans = {one.id: one for one in listed(sandbox, "plans")}
    prices = sandbox.current("price")
    assert set(plans) == {one for one in prices if prices[one]["recurring"]} < set(prices)
    declared, required = annotated(stripe.Plan)
    for plan in plans.values():
        assert plan.amount == prices[plan.id]["unit_amount"]
        assert required - SHOWN_ON_REQUEST <= set(plan.to_dict()) <= declared


def test_a_client_may_check_whose_account_it_reads(sandbox: StripeSandbox) -> None:
    found = client(sandbox).v1.accounts.retrieve("acct_1Lumiboard")
    assert found.settings.dashboard.display_name == "Lumiboard"
    assert get(sandbox, "/v1/accounts/acct_2Other")[0] == 404


def test_what_is_expanded_comes_as_an_object_up_to_four_levels(sandbox: StripeSandbox) -> None:
    found = client(sandbox).v1.charges.list({"limit": 1, "expand": ["data.customer"]}).data[0]
    assert found.customer.object == "customer"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        client(sandbox).v1.subscriptions.list(
            {"expand": ["data.items.data.discounts.source.coupon"]}
        )


def test_events_are_found_by_id_by_type_and_backwards(sandbox: StripeSandbox) -> None:
    events = client(sandbox).v1.events
    newest = events.list({"limit": 20}).data
    again = events.list({"limit": 5, "ending_before": newest[10].id}).data
    assert [one.id for one in again] == [one.id for one in newest[5:10]]
    assert events.retrieve(newest[3].id).to_dict() == newest[3].to_dict()
    paid = listed(sandbox, "events", types=["invoice.paid", "charge.failed"])
    assert {one.type for one in paid} == {"invoice.paid", "charge.failed"}
    of_invoices = [one.type for one in listed(sandbox, "events", type="invoice.*")]
    assert {"invoice.paid", "invoice.finalized"} < set(of_invoices)
    assert all(one.startswith("invoice.") for one in of_invoices)
    with pytest.raises(stripe.InvalidRequestError):
        events.list({"types": [f"made.up{number}" for number in range(21)]})


def test_a_test_key_sees_nothing_live_on_any_path(sandbox: StripeSandbox) -> None:
    live = next(iter(sandbox.current("subscription")))
    test = client(sandbox, sandbox.test_key).v1
    with pytest.raises(stripe.InvalidRequestError):
        test.subscription_items.list({"subscription": live})
    with pytest.raises(stripe.InvalidRequestError):
        test.customers.list({"starting_after": next(iter(sandbox.current("customer")))})


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RATE_LIMITED, stripe.RateLimitError),
        (Fault.RATE_LIMITED_FOR, stripe.RateLimitError),
        (Fault.INTERNAL, stripe.APIError),
        (Fault.UNAVAILABLE, stripe.APIError),
        (Fault.RESET, stripe.APIConnectionError),
        (Fault.TRUNCATED, stripe.APIError),
    ],
)
def test_faults_are_met_a_bounded_number_of_times(
    sandbox: StripeSandbox, fault: Fault, error: type[Exception]
) -> None:
    sandbox.faults = FaultPlan(share=1.0, kinds=(fault,), at_most=2, under="/v1/charges")
    for _ in range(2):
        with pytest.raises(error):
            client(sandbox).v1.charges.list()
    assert client(sandbox).v1.charges.list().data
    assert client(sandbox).v1.customers.list().data
    assert sandbox.faults.met == {fault: 2}


def test_a_slow_body_is_whole(sandbox: StripeSandbox) -> None:
    sandbox.faults = FaultPlan(share=1.0, kinds=(Fault.SLOW,), slow_seconds=0.01)
    assert len(client(sandbox).v1.charges.list().data) == 10


def test_only_big_pages_are_cut(sandbox: StripeSandbox) -> None:
    sandbox.faults = FaultPlan(share=1.0, kinds=(Fault.TRUNCATED,), cut_above=10)
    with pytest.raises(stripe.APIError):
        client(sandbox).v1.charges.list({"limit": 20})
    assert len(client(sandbox).v1.charges.list({"limit": 10}).data) == 10


def test_a_rate_is_held_without_saying_when_to_come_back(sandbox: StripeSandbox) -> None:
    sandbox.faults = FaultPlan(per_second=1)
    with pytest.raises(stripe.RateLimitError) as refused:
        [client(sandbox).v1.charges.list() for _ in range(10)]
    headers = {name.lower(): value for name, value in (refused.value.headers or {}).items()}
    assert headers["stripe-rate-limited-reason"] == "endpoint-rate"
    assert "retry-after" not in headers


def test_a_share_of_a_kind_is_damaged_until_it_is_not(sandbox: StripeSandbox) -> None:
    whole = [one.to_dict() for one in listed(sandbox, "charges")]
    sandbox.faults = FaultPlan(shares={"charge": (0.1, amount_as_text)})
    damaged = [one.to_dict() for one in listed(sandbox, "charges")]
    texts = [one["id"] for one in damaged if isinstance(one["amount"], str)]
    assert 0 < len(texts) < len(whole) / 2
    again = [one.to_dict() for one in listed(sandbox, "charges")]
    assert damaged == again
    sandbox.faults = FaultPlan()
    assert [one.to_dict() for one in listed(sandbox, "charges")] == whole


def test_late_events_are_hidden_and_come_in_time(sandbox: StripeSandbox) -> None:
    everything = {one.id for one in listed(sandbox, "events", created={"gte": 1})}
    sandbox.faults = FaultPlan(late_seconds=5 * 86_400)
    early = {one.id for one in listed(sandbox, "events")}
    assert early < everything
    newest = sandbox.clock.timestamp()
    sandbox.advance(timedelta(days=5))
    late = {one.id for one in listed(sandbox, "events", created={"lt": int(newest)})}
    assert late & (everything - early)


def test_things_happen_while_pages_are_read(sandbox: StripeSandbox) -> None:
    before = sandbox.clock
    sandbox.faults = FaultPlan(moves_while_paging=3600)
    found = [one.id for one in listed(sandbox, "events")]
    assert len(found) == len(set(found))
    assert sandbox.clock > before


def test_nothing_is_written_here(sandbox: StripeSandbox) -> None:
    with pytest.raises(stripe.APIError, match="read only"):
        client(sandbox).v1.customers.create({"email": "nobody@lumiboard.example"})


def test_the_truth_of_every_object_is_a_table(sandbox: StripeSandbox, tmp_path: Path) -> None:
    file = write_objects(sandbox.api.fold, tmp_path)
    rows = duckdb.sql(f"SELECT kind, id, payload FROM '{file}' WHERE livemode AND NOT is_deleted")
    for kind in LISTS:
        there = {one: orjson.loads(body) for of, one, body in rows.fetchall() if of == kind}
        assert there == sandbox.current(kind)
