"""What a Stripe account serves is loaded and in the marts, and who is gone keeps a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest

from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import load_settings
from ingestion.stripe import sweeps
from ingestion.stripe.tables import BY_TABLE, OBJECTS
from tests.ingestion.stripe.connected import Connected
from tests.warehouse import Warehouse, rebuild

NO_DECIMALS = ("jpy",)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connected]:
    """A small account, read whole and then twice more as time went by."""
    folder = tmp_path_factory.mktemp("totals")
    account = make_account(customers=90, months=8, seed=5, days_ahead=60)
    with pytest.MonkeyPatch.context() as patch, StripeSandbox(account) as sandbox:
        patch.setenv("PERENE_HOME", str(folder / "home"))
        patch.setenv("PERENE_SOURCES", "stripe,files")
        patch.setenv("PERENE_FILES_PATH", str(folder / "files"))
        patch.setenv("STRIPE_REQUESTS_PER_SECOND", "10000")
        # Events alone tell what changed.
        patch.setattr(sweeps, "SMALL_ROWS", -1)
        connected = Connected(folder / "home", sandbox, patch)
        connected.use(sandbox)
        ensure_raw_tables(load_settings())
        connected.load()
        connected.load_after(timedelta(days=9))
        connected.load_after(timedelta(days=20))
        (folder / "files").mkdir()
        account.truth.write_rates(folder / "files", sandbox.clock)
        load_source("files", load_settings(), sandbox.clock, connected.lines.append)
        yield connected


@pytest.fixture(scope="module")
def built(company: Connected) -> Warehouse:
    warehouse = Warehouse(load_settings(), company.sandbox.clock)
    rebuild(warehouse)
    return warehouse


def test_every_table_counts_what_the_account_has(company: Connected, built: Warehouse) -> None:
    counted = {
        table: (served, loaded)
        for table, served, loaded in built.rows(
            "select source_table, sum(served_rows), sum(loaded_rows)"
            " from marts.source_control_totals where source = 'stripe' group by source_table"
        )
    }
    events = counted.pop("events")
    assert events[0] == events[1] > 0
    held = {one.table: len(company.sandbox.current(one.kind)) for one in OBJECTS}
    assert counted == {table: (count, count) for table, count in held.items()}


@pytest.mark.parametrize("table", ["charges", "invoices"])
def test_sums_are_those_of_the_account_in_major_units(
    company: Connected, built: Warehouse, table: str
) -> None:
    resource = BY_TABLE[table]
    sums: dict[str, Decimal] = {}
    for item in company.sandbox.current(resource.kind).values():
        currency = item["currency"]
        places = 0 if currency in NO_DECIMALS else 2
        amount = Decimal(item[resource.amounts[0]]).scaleb(-places)
        sums[currency.upper()] = sums.get(currency.upper(), Decimal(0)) + amount
    assert sums.keys() > {"JPY", "USD"}
    found = built.rows(
        "select currency, sum(served_amount), sum(loaded_amount) from marts.source_control_totals"
        f" where source = 'stripe' and source_table = '{table}' group by currency"
    )
    assert {currency: values for currency, *values in found} == {
        currency: [total, total] for currency, total in sums.items()
    }


def test_what_the_marts_hold_is_what_was_loaded_or_has_a_reason(built: Warehouse) -> None:
    compared = built.rows(
        "select source_table, sum(loaded_rows), sum(mart_rows), sum(left_out_rows),"
        " max(left_out_because) from marts.source_control_totals"
        " where source = 'stripe' and mart_rows is not null group by source_table order by 1"
    )
    assert [row[0] for row in compared] == ["charges", "customers", "refunds"]
    for table, loaded, in_marts, left_out, reason in compared:
        assert loaded == in_marts + left_out, table
        assert (left_out > 0) is (reason is not None)
    assert built.rows(
        "select kind || 's', count(*) from marts.fct_payments"
        " where kind in ('charge', 'refund') group by kind order by kind"
    ) == [(row[0], row[2]) for row in compared if row[0] != "customers"]


def test_each_table_says_from_when_to_when_it_reaches(company: Connected, built: Warehouse) -> None:
    coverage = {
        table: values
        for table, *values in built.rows(
            "select source_table, row_count, epoch(first_fact_at), epoch(last_fact_at)"
            " from marts.source_coverage where source = 'stripe'"
        )
    }
    assert coverage.keys() == {*(one.table for one in OBJECTS), "events"}
    for table in ("charges", "subscriptions", "coupons"):
        made = [item["created"] for item in company.sandbox.current(BY_TABLE[table].kind).values()]
        assert coverage[table] == [len(made), min(made), max(made)]


def test_who_was_deleted_is_named_by_the_newest_invoice(
    company: Connected, built: Warehouse
) -> None:
    invoices = sorted(
        company.sandbox.current("invoice").values(), key=lambda one: (one["created"], one["id"])
    )
    newest = {f"stripe_{one['customer']}": one for one in invoices}
    gone = newest.keys() - {f"stripe_{one}" for one in company.sandbox.current("customer")}
    assert len(gone) > 1
    found = built.records(
        "select customer_id, name, country, provider, provider_customer_id, is_described"
        " from marts.dim_customers inner join marts.dim_customer_accounts using (customer_id)"
        f" where customer_id in {tuple(gone)}"
    )
    assert {row["customer_id"] for row in found} == gone
    for row in found:
        invoice = newest[row["customer_id"]]
        assert row["name"] == invoice["customer_name"]
        assert row["country"] == invoice["customer_address"]["country"]
        assert (row["provider"], row["provider_customer_id"]) == ("stripe", invoice["customer"])
        assert row["is_described"]
    assert built.rows(
        "select status from marts.data_quality where check_name = 'customers_are_described'"
    ) == [("pass",)]


def test_a_row_that_raw_lost_stops_the_publication_by_name(
    company: Connected, built: Warehouse
) -> None:
    with lost(company, "charges"), pytest.raises(AssertionError) as failure:
        rebuild(built)
    assert "what_was_served_was_loaded: fail" in str(failure.value)
    assert built.rows(
        "select source, source_table, served_rows - loaded_rows"
        " from marts.source_control_totals where served_rows <> loaded_rows"
    ) == [("stripe", "charges", 1)]


@contextmanager
def lost(company: Connected, table: str) -> Iterator[None]:
    """A raw table without one of its rows."""
    path = str(company.home / "warehouse.duckdb")
    one = f"from raw_stripe.{table} where id = (select min(id) from raw_stripe.{table})"
    with duckdb.connect(path) as connection:
        kept = connection.execute(f"select * {one}").to_arrow_table()
        connection.execute(f"delete {one}")
    yield
    with duckdb.connect(path) as connection:
        connection.register("kept", kept)
        connection.execute(f"insert into raw_stripe.{table} by name select * from kept")
