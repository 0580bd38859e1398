"""An account imported yesterday has the history that really happened."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import Home, Settings
from tests.dbt_project.stripe_account import load_account
from tests.warehouse import Warehouse, build_warehouse, rebuild

PERIOD = """
    customer_id, subscription_id, item_id, status, billing_interval, interval_count, currency,
    quantity, unit_amount, discount_percent, discount_amount, discount_duration, started_at,
    ended_on, is_running, end_reason, cancel_requested_at, cancel_scheduled_for
"""
PAYMENT = """
    payment_id, customer_id, coalesce(subscription_id, ''), kind, status, currency,
    coalesce(failure_reason, ''), amount, tax, fee, is_recurring, occurred_at
"""
SAME = {
    "periods": f"SELECT {PERIOD} FROM {{}}.intermediate.int_subscription_periods "
    "WHERE NOT is_metered",
    "payments": f"SELECT {PAYMENT} FROM {{}}.intermediate.int_payments",
    "kpis_monthly": "SELECT * FROM {}.marts.kpis_monthly",
    "fct_mrr_movements": "SELECT * FROM {}.marts.fct_mrr_movements",
    "fct_customer_mrr_monthly": "SELECT * FROM {}.marts.fct_customer_mrr_monthly",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of what really happened, and that of what the account shows of it."""
    folder = tmp_path_factory.mktemp("stripe_history")
    account = make_account(customers=150)
    files = folder / "files"
    account.truth.write(files, account.as_of)
    truth = build_warehouse(folder / "truth", files, account.as_of, with_checks=False)
    for name in ("customers", "subscription_periods", "payments"):
        (files / f"{name}.csv").unlink()
    settings = Settings(
        home=Home(folder / "stripe"),
        sources=("files",),
        files_path=files,
        exchange_rates_location="",
        as_of=account.as_of,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    ensure_raw_tables(settings)
    load_source("files", settings, account.as_of, lambda _: None)
    load_account(settings, account, account.as_of)
    stripe = Warehouse(settings, account.as_of)
    rebuild(stripe)
    with duckdb.connect() as connection:
        _attach(connection, truth.path, "truth")
        _attach(connection, stripe.path, "stripe")
        yield connection


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")


@pytest.mark.parametrize("what", SAME)
def test_the_history_is_the_one_that_happened(both: duckdb.DuckDBPyConnection, what: str) -> None:
    truth, found = SAME[what].format("truth"), SAME[what].format("stripe")
    assert not both.execute(f"{truth} EXCEPT ALL {found}").fetchall()
    assert not both.execute(f"{found} EXCEPT ALL {truth}").fetchall()
    assert both.execute(f"SELECT count(*) FROM ({truth})").fetchall() > [(0,)]


def test_movements_say_what_they_are_read_from(both: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT DISTINCT basis FROM {}.marts.fct_mrr_movement_items"
    assert both.execute(query.format("truth")).fetchall() == [("state",)]
    found = {basis for (basis,) in both.execute(query.format("stripe")).fetchall()}
    assert found >= {"invoice", "event"}


def test_what_no_invoice_tells_is_read_from_events(both: duckdb.DuckDBPyConnection) -> None:
    """Changes that were not prorated, pauses within a period, cancellations taken back."""
    last_month = "started_at >= TIMESTAMP '2025-12-10'"
    periods = (
        f"FROM stripe.intermediate.int_subscription_periods WHERE basis = 'event' AND {last_month}"
    )
    statuses = both.execute(f"SELECT DISTINCT status {periods}").fetchall()
    assert {status for (status,) in statuses} >= {"active", "past_due", "paused"}
    withdrawn = both.execute(
        "SELECT count(*) FROM stripe.intermediate.int_stripe_cancellations "
        "WHERE cancel_scheduled_for IS NOT NULL AND ends_at < TIMESTAMP '2026-01-06'"
    ).fetchall()
    assert withdrawn > [(0,)]
    unprorated = both.execute(
        f"SELECT count(*) {periods} AND status = 'active' AND item_id || started_at::TEXT NOT IN "
        "(SELECT item_id || starts_at::TEXT FROM stripe.intermediate.int_stripe_billed_states)"
    ).fetchall()
    assert unprorated > [(0,)]
