"""How connectors of others lost rows or stopped, one story each; none of it happens here."""

import re
from datetime import timedelta
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.sandbox.faults import FaultPlan
from ingestion.sandbox.stripe.damages import null_line_id
from ingestion.sandbox.stripe.keys import RESTRICTED_KEY
from ingestion.sandbox.stripe.routes import ApiError
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.stripe import backfill
from ingestion.stripe.tables import CHARGES, CUSTOMERS, INVOICE_ITEMS, INVOICES, SUBSCRIPTIONS
from tests.ingestion.stripe.connected import Connected
from tests.ingestion.stripe.small import (
    BEFORE,
    DAY,
    HOUR,
    NOW,
    change,
    charge,
    customer,
    invoice,
    subscription,
    told,
)

ONE_DAY = timedelta(days=1)
PATIENCE = 100  # requests


def test_01_a_change_of_an_old_object_is_found(connected: Connected) -> None:
    made = change(BEFORE, "customer.created", customer())
    changed = change(NOW + HOUR, "customer.updated", customer(email="new@example.com"))
    with told(connected, made, changed):
        connected.load()
        connected.load_after(ONE_DAY)
        assert connected.loaded(CUSTOMERS)["cus_1"]["email"] == "new@example.com"


def test_02_an_event_of_an_older_version_does_not_empty_columns(connected: Connected) -> None:
    made = change(BEFORE, "invoice.created", invoice())
    paid = change(NOW + HOUR, "invoice.paid", invoice(status="paid", amount_paid=100))
    with told(connected, made, paid):
        connected.load()
        connected.load_after(ONE_DAY)
        assert connected.loaded(INVOICES)["in_1"]["status"] == "paid"
        assert connected.query(
            "SELECT subscription_id FROM raw_stripe.invoices ORDER BY _dlt_load_id DESC LIMIT 1"
        ) == [("sub_1",)]


@pytest.mark.parametrize("lines", [11, 250])
def test_03_lines_beyond_the_tenth_are_there(connected: Connected, lines: int) -> None:
    made = change(BEFORE, "invoice.created", invoice(lines=lines))
    later = change(NOW + HOUR, "invoice.created", invoice(2, lines=lines, at=NOW + HOUR))
    with told(connected, made, later):
        connected.load()
        connected.load_after(ONE_DAY)
        found = connected.loaded(INVOICES)
        assert [len(found[one]["lines"]) for one in ("in_1", "in_2")] == [lines, lines]
        assert connected.differences() == {}


def test_04_a_subscription_brings_all_its_items(connected: Connected) -> None:
    made = change(BEFORE, "customer.subscription.created", subscription(items=12))
    changed = change(NOW + HOUR, "customer.subscription.updated", subscription(items=3))
    with told(connected, made, changed):
        connected.load()
        assert len(connected.loaded(SUBSCRIPTIONS)["sub_1"]["items"]) == 12
        connected.load_after(ONE_DAY)
        assert len(connected.loaded(SUBSCRIPTIONS)["sub_1"]["items"]) == 3


def test_05_an_event_type_nobody_knew_is_followed(connected: Connected) -> None:
    made = change(BEFORE, "customer.created", customer())
    changed = change(NOW + HOUR, "customer.transmogrified", customer(email="new@example.com"))
    with told(connected, made, changed):
        connected.load()
        connected.load_after(ONE_DAY)
        assert connected.loaded(CUSTOMERS)["cus_1"]["email"] == "new@example.com"


def test_06_an_event_about_something_without_an_id_stops_nothing(connected: Connected) -> None:
    made = change(BEFORE, "customer.created", customer())
    changed = change(NOW + HOUR, "customer.updated", customer(email="new@example.com"))
    upcoming = change(NOW + 2 * HOUR, "invoice.upcoming", invoice(id=""))
    with told(connected, made, changed, upcoming):
        connected.load()
        connected.load_after(ONE_DAY)
        assert connected.loaded(CUSTOMERS)["cus_1"]["email"] == "new@example.com"
        assert connected.query(
            "SELECT object_id FROM raw_stripe.events WHERE type = 'invoice.upcoming'"
        ) == [(None,)]
        assert connected.query("SELECT id FROM raw_stripe.invoices") == []
        assert connected.query("SELECT * FROM raw_stripe.quarantine") == []


def test_07_a_cursor_older_than_the_events_reads_everything_again(connected: Connected) -> None:
    made = change(BEFORE, "customer.created", customer())
    changed = change(NOW + HOUR, "customer.updated", customer(email="new@example.com"))
    gone = change(BEFORE, "customer.created", customer(2))
    deleted = change(NOW + HOUR, "customer.deleted", customer(2), gone=True)
    paid = change(BEFORE, "charge.succeeded", charge())
    refunded = change(NOW + HOUR, "charge.refunded", charge(amount_refunded=1000))
    with told(connected, made, changed, gone, deleted, paid, refunded):
        connected.load()
        connected.load_after(timedelta(days=45))
        # Charges are in no list that is compared each week.
        assert connected.loaded(CHARGES)["ch_1"]["amount_refunded"] == 1000
        assert connected.loaded(CUSTOMERS).keys() == {"cus_1"}
        assert connected.loaded(CUSTOMERS)["cus_1"]["email"] == "new@example.com"


def test_08_an_event_that_shows_late_is_found(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = change(BEFORE, "customer.created", customer())
    changed = change(NOW + DAY - 300, "customer.updated", customer(email="new@example.com"))
    with told(connected, made, changed) as sandbox:
        connected.load()
        monkeypatch.setattr(FaultPlan, "lateness", lambda *_: 400)
        connected.load_after(ONE_DAY)
        assert connected.query("SELECT count(*) FROM raw_stripe.events") == [(0,)]
        connected.load_after(ONE_DAY)
        assert sandbox.current("customer")["cus_1"]["email"] == "new@example.com"
        assert connected.loaded(CUSTOMERS)["cus_1"]["email"] == "new@example.com"


@pytest.mark.parametrize("repeats", [False, True])
def test_09_a_list_without_an_end_stops(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, repeats: bool
) -> None:
    with told(connected, change(BEFORE, None, invoice(lines=12)), change(BEFORE, None, charge())):
        endless(connected.sandbox, monkeypatch, "/v1/invoices/in_1/lines", repeats)
        connected.load()
        assert connected.loaded(CHARGES).keys() == {"ch_1"}
        assert connected.query("SELECT record_id, stage, reason FROM raw_stripe.quarantine") == [
            ("in_1", "nested", "the list /v1/invoices/in_1/lines does not come to an end")
        ]


@pytest.mark.parametrize("repeats", [False, True])
def test_09_a_resource_without_an_end_is_told(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, repeats: bool
) -> None:
    with told(connected, change(BEFORE, None, charge())):
        endless(connected.sandbox, monkeypatch, "/v1/charges", repeats)
        with pytest.raises(SourceError, match="does not come to an end"):
            connected.load()


def test_10_what_is_gone_becomes_a_tombstone(connected: Connected) -> None:
    item = {
        "id": "ii_1",
        "object": "invoiceitem",
        "date": BEFORE,
        "livemode": True,
        "currency": "usd",
        "customer": "cus_1",
        "invoice": None,
        "amount": 5,
        "discounts": [],
    }
    log = [
        change(BEFORE, "customer.created", customer()),
        change(BEFORE, "invoiceitem.created", item),
        change(NOW + HOUR, "customer.deleted", customer(), gone=True),
        change(NOW + HOUR, "invoiceitem.deleted", item, gone=True),
    ]
    with told(connected, *log):
        connected.load()
        assert connected.loaded(INVOICE_ITEMS).keys() == {"ii_1"}
        connected.load_after(ONE_DAY)
        assert connected.loaded(CUSTOMERS) == connected.loaded(INVOICE_ITEMS) == {}
        assert connected.query("SELECT payload FROM raw_stripe.invoice_items WHERE is_deleted") == [
            ('{"id":"ii_1","object":"invoiceitem","deleted":true}',)
        ]


def test_11_a_line_without_an_id_puts_its_invoice_aside(connected: Connected) -> None:
    log = [change(BEFORE, None, invoice(one)) for one in (1, 2)]
    with told(connected, *log) as sandbox:
        sandbox.faults = FaultPlan(damages={"in_1": null_line_id})
        connected.load()
        assert connected.loaded(INVOICES).keys() == {"in_2"}
        assert connected.query("SELECT record_id, reason, status FROM raw_stripe.quarantine") == [
            ("in_1", "lines: id is null, not text", "open")
        ]
        sandbox.faults = FaultPlan()
        connected.load_after(ONE_DAY)
        assert connected.differences() == {}
        assert connected.query(
            "SELECT status FROM raw_stripe.quarantine ORDER BY _dlt_load_id"
        ) == [("open",), ("replayed",)]


def test_11_too_many_of_them_stop_the_load(connected: Connected) -> None:
    log = [change(BEFORE + one, None, invoice(one)) for one in range(60)]
    with told(connected, *log) as sandbox:
        sandbox.faults = FaultPlan(damages={f"in_{one}": null_line_id for one in range(51)})
        with pytest.raises(SourceError, match="51 of 60 invoices that Stripe gave cannot be used"):
            connected.load()
        assert connected.query("SELECT count(*) FROM raw_stripe.windows") == [(0,)]


def test_11_a_reading_in_many_loads_is_stopped_by_all_it_put_aside(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "LOAD_ROWS", 90)
    # In each of four months a hundred, of which four are broken: too few to stop a load.
    months = range(4)
    log = [
        change(at, None, invoice(100 * month + one, at=at))
        for month in months
        for one in range(100)
        for at in [NOW - (100 - 30 * month) * DAY + one]
    ]
    broken = {f"in_{100 * month + one}" for month in months for one in range(4)}
    with told(connected, *log) as sandbox:
        sandbox.faults = FaultPlan(damages=dict.fromkeys(broken, null_line_id))
        with pytest.raises(
            SourceError, match="8 of 200 invoices that Stripe gave since the account is being read"
        ):
            connected.load()
        assert len(connected.loaded(INVOICES)) == 96
        # Whoever tries again is told again, until they can be used.
        with pytest.raises(SourceError, match=r"8 of 200 invoices .* nothing more was loaded"):
            connected.load()
        sandbox.faults = FaultPlan()
        connected.load_after(ONE_DAY)
        assert connected.differences() == {}


def test_12_cancelled_subscriptions_are_there(connected: Connected) -> None:
    with told(connected, change(BEFORE, None, subscription(status="canceled"))):
        connected.load()
        found = connected.loaded(SUBSCRIPTIONS)
        assert {one: found[one]["status"] for one in found} == {"sub_1": "canceled"}


def test_13_a_page_that_never_comes_whole_is_read_in_parts(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = [change(BEFORE + one, None, invoice(one)) for one in range(150)]
    with told(connected, *log) as sandbox:
        answer = sandbox.answer

        def cut(target: str, *others: Any) -> bytes:
            body = answer(target, *others)
            return body[:20_000] if "/v1/invoices?" in target else body

        monkeypatch.setattr(sandbox, "answer", cut)
        connected.load()
        assert len(connected.loaded(INVOICES)) == 150


def test_14_a_resource_the_key_may_not_read_is_not_an_empty_table(connected: Connected) -> None:
    connected.use(connected.sandbox, RESTRICTED_KEY)

    with pytest.raises(SourceError, match="Charges: read"):
        connected.load()


def test_19_events_of_one_second_are_all_found(connected: Connected) -> None:
    made = [change(BEFORE, None, customer(one)) for one in range(1, 5)]
    second = NOW + DAY - 30
    changed = [
        change(at, "customer.updated", customer(one, email="new@example.com"))
        for one, at in enumerate((second - 1, second, second, second + 1), start=1)
    ]
    with told(connected, *made, *changed):
        connected.load()
        for _ in range(2):
            connected.load_after(ONE_DAY)
        emails = {item["email"] for item in connected.loaded(CUSTOMERS).values()}
        assert emails == {"new@example.com"}
        assert connected.query("SELECT count(*), count(DISTINCT id) FROM raw_stripe.events") == [
            (4, 4)
        ]


def test_20_one_object_that_is_refused_stops_nothing(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [change(BEFORE, None, customer(one)) for one in (1, 2)]
    changed = [
        change(NOW + HOUR, "customer.updated", customer(one, email="new@example.com"))
        for one in (1, 2)
    ]
    with told(connected, *made, *changed) as sandbox:
        connected.load()
        answer = sandbox.answer

        def refused(target: str, *others: Any) -> bytes:
            if target.startswith("/v1/customers/cus_1"):
                raise ApiError(403, "invalid_request_error", "no")
            return answer(target, *others)

        monkeypatch.setattr(sandbox, "answer", refused)
        connected.load_after(ONE_DAY)
        assert connected.loaded(CUSTOMERS)["cus_2"]["email"] == "new@example.com"
        monkeypatch.setattr(sandbox, "answer", answer)
        connected.load_after(ONE_DAY)
        assert connected.differences() == {}


def endless(
    sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch, path: str, repeats: bool
) -> None:
    """Let a list say for ever that there is more, whether it repeats itself or shows nothing.

    Who does not notice is refused after a while.
    """
    answer = sandbox.answer

    def more(target: str, *others: Any) -> bytes:
        if target.split("?")[0] != path:
            return answer(target, *others)
        if sandbox.requests[path] > PATIENCE:
            raise ApiError(400, "invalid_request_error", "enough")
        if repeats:
            target = re.sub(r"&?starting_after=\w*", "", target)
        return answer(target, *others).replace(b'"has_more":false', b'"has_more":true')

    monkeypatch.setattr(sandbox, "answer", more)
