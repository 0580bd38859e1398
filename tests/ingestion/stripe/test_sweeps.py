"""What changes without an event is found by comparing whole lists, once a week."""

from datetime import timedelta

import pytest

from ingestion.sandbox.stripe.log import Mutation
from ingestion.stripe import sweeps
from ingestion.stripe.tables import BALANCE_TRANSACTIONS, CUSTOMERS, INVOICES
from tests.ingestion.stripe.connected import Connected
from tests.ingestion.stripe.small import (
    AS_OF,
    BEFORE,
    DAY,
    HOUR,
    NOW,
    change,
    customer,
    invoice,
    told,
)

# None of this makes an event.
SILENT = [
    change(BEFORE, None, customer(1)),
    change(BEFORE, None, customer(2)),
    change(BEFORE, None, invoice(1)),
    change(NOW + HOUR, None, customer(1, email="new@example.com")),
    change(NOW + HOUR, None, customer(2), gone=True),
    change(NOW + HOUR, None, customer(3, created=NOW + HOUR)),
    change(NOW + HOUR, None, invoice(1, status="void")),
]


def test_a_sweep_repairs_what_no_event_told_of(connected: Connected) -> None:
    with told(connected, *SILENT):
        connected.load()
        connected.load_after(timedelta(days=6))
        assert connected.loaded(CUSTOMERS).keys() == {"cus_1", "cus_2"}
        assert connected.loaded(INVOICES)["in_1"]["status"] == "open"

        connected.load_after(timedelta(days=1))

        found = connected.loaded(CUSTOMERS)
        assert {one: found[one]["email"] for one in found} == {
            "cus_1": "new@example.com",
            "cus_3": "3@example.com",
        }
        # It is in no list of open ones any more, so it was asked for by its id.
        assert connected.loaded(INVOICES)["in_1"]["status"] == "void"
        assert connected.differences() == {}
        assert connected.query(
            "SELECT count(DISTINCT window_to) FROM raw_stripe.windows WHERE kind = 'sweep'"
        ) == [(1,)]


def test_a_small_account_is_compared_each_time(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "SMALL_ROWS", 100)
    with told(connected, *SILENT):
        connected.load()
        connected.load_after(timedelta(days=1))
        assert connected.differences() == {}


def test_money_that_becomes_available_is_seen_without_a_sweep(connected: Connected) -> None:
    def moved(at: int, status: str) -> Mutation:
        body = {
            "id": "txn_1",
            "object": "balance_transaction",
            "created": NOW - DAY,
            "currency": "usd",
            "amount": 1000,
            "fee": 59,
            "net": 941,
            "source": "ch_1",
            "type": "charge",
            "status": status,
        }
        return change(at, None, body)

    with told(connected, moved(NOW - DAY, "pending"), moved(NOW + 3 * DAY, "available")):
        connected.load()
        assert connected.loaded(BALANCE_TRANSACTIONS)["txn_1"]["status"] == "pending"
        connected.load_after(AS_OF + timedelta(days=4) - connected.sandbox.clock)
        assert connected.loaded(BALANCE_TRANSACTIONS)["txn_1"]["status"] == "available"
        assert connected.query("SELECT * FROM raw_stripe.windows WHERE kind = 'sweep'") == []
