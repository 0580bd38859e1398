"""After any way of loading, the warehouse holds the account as it is."""

from datetime import timedelta
from typing import Any

import pytest

from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account
from ingestion.stripe import backfill, listing
from ingestion.stripe.tables import OBJECTS, RESOURCES
from tests.ingestion.stripe.connected import Connected


def test_a_first_load_brings_the_whole_account(connected: Connected) -> None:
    report = connected.load()

    assert report.rows["customers"] > 20
    assert connected.differences() == {}


def test_ten_loads_follow_what_changes(connected: Connected) -> None:
    connected.load()
    for _ in range(10):
        connected.load_after(timedelta(days=1, hours=12))

    assert connected.differences() == {}


def test_invoices_to_come_are_events_alone(connected: Connected) -> None:
    connected.load()
    connected.load_after(timedelta(days=5))

    told = connected.query(
        "SELECT count(*) > 20, count(object_id), count(DISTINCT _dlt_load_id) "
        "FROM raw_stripe.events WHERE type = 'invoice.upcoming'"
    )
    assert told == [(True, 0, 2)]
    assert connected.query("SELECT * FROM raw_stripe.quarantine") == []
    assert connected.differences() == {}


def test_a_load_of_nothing_new_adds_nothing(connected: Connected) -> None:
    connected.load()

    report = connected.load()

    assert not report.load_ids


def test_faults_change_nothing(connected: Connected) -> None:
    connected.sandbox.faults = FaultPlan(seed=1, share=0.3)
    connected.load()
    for _ in range(3):
        connected.load_after(timedelta(days=2, hours=12))

    assert sum(connected.sandbox.faults.met.values()) > 20
    assert connected.differences() == {}


def test_a_page_that_comes_twice_doubles_and_hides_nothing(
    account: Account, connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LARGEST_PAGE", 10)
    with StripeSandbox(account, faults=FaultPlan(share=1.0, kinds=(Fault.REPEATED_PAGE,))) as twice:
        connected.use(twice)
        connected.load()
        connected.load_after(timedelta(days=2, hours=12))

        assert connected.differences() == {}
        for resource in RESOURCES:
            rows = f"raw_stripe.{resource.table}"
            assert connected.query(
                f"SELECT count(*) - count(DISTINCT (id, _dlt_load_id)) FROM {rows}"
            ) == [(0,)]
        assert twice.faults.met[Fault.REPEATED_PAGE] > 20


def test_after_forty_days_without_a_load_the_account_is_read_again(connected: Connected) -> None:
    connected.load()

    connected.load_after(timedelta(days=40))

    assert connected.differences() == {}
    assert connected.query(
        "SELECT count(*) FROM raw_stripe.windows WHERE kind = 'backfill' AND resource = 'account'"
    ) == [(2,)]


def test_a_backfill_in_many_loads_is_the_same(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "LOAD_ROWS", 100)

    report = connected.load()

    assert len(report.load_ids) > 3
    assert connected.differences() == {}


def test_a_backfill_that_is_cut_off_goes_on_where_it_was(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "LOAD_ROWS", 100)
    whole = connected.sandbox.requests
    read, left = backfill.read, 2

    def cut_off(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return read(*arguments)

    monkeypatch.setattr(backfill, "read", cut_off)
    with pytest.raises(KeyboardInterrupt):
        connected.load()
    monkeypatch.setattr(backfill, "read", read)
    customers = whole["/v1/customers"]

    connected.load_after(timedelta(days=1, hours=12))

    # What was read whole is not read again, but what changed since is.
    assert whole["/v1/customers"] == customers
    assert connected.differences() == {}


def test_control_totals_sum_up_to_what_is_there(connected: Connected) -> None:
    connected.load()
    for _ in range(3):
        connected.load_after(timedelta(days=3))

    for resource in OBJECTS:
        counted = connected.query(
            "SELECT coalesce(sum(row_count), 0), coalesce(sum(amount_sum), 0) "
            f"FROM raw_stripe.control_totals WHERE resource = '{resource.table}'"
        )
        current = connected.loaded(resource).values()
        amounts = sum(item[resource.amounts[0]] for item in current) if resource.amounts else 0
        assert counted == [(len(current), amounts)], resource.table
