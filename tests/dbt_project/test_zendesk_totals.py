"""What a helpdesk serves is loaded, and every ticket it has is in the marts."""

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import pytest

from ingestion.load import ensure_raw_tables
from ingestion.sandbox.stripe.world import make_account
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import make_helpdesk
from ingestion.settings import load_settings
from ingestion.zendesk.tables import RESOURCES, TICKETS
from tests.ingestion.zendesk.connected import Connected
from tests.ingestion.zendesk.served import Served
from tests.warehouse import Warehouse, rebuild


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A small helpdesk, read whole and then twice more as time went by."""
    home = tmp_path_factory.mktemp("helpdesk") / "home"
    helpdesk = make_helpdesk(make_account(customers=50, months=8, seed=5, days_ahead=60))
    with pytest.MonkeyPatch.context() as patch, ZendeskSandbox(helpdesk) as sandbox:
        patch.setenv("PERENE_HOME", str(home))
        patch.setenv("PERENE_SOURCES", "zendesk")
        patch.setenv("ZENDESK_REQUESTS_PER_MINUTE", "100000")
        connected = Connected(home, patch)
        connected.use(sandbox.url, sandbox.email, sandbox.api_token)
        one = Served(helpdesk, sandbox, connected)
        ensure_raw_tables(load_settings())
        one.load()
        one.load_after(timedelta(days=9))
        one.load_after(timedelta(days=20))
        yield one


@pytest.fixture(scope="module")
def built(served: Served) -> Warehouse:
    warehouse = Warehouse(load_settings(), served.sandbox.clock)
    rebuild(warehouse)
    return warehouse


def test_every_table_counts_what_the_helpdesk_has(served: Served, built: Warehouse) -> None:
    counted = {
        table: (served_rows, loaded_rows)
        for table, served_rows, loaded_rows in built.rows(
            "select source_table, sum(served_rows), sum(loaded_rows)"
            " from marts.source_control_totals where source = 'zendesk' group by source_table"
        )
    }
    held = {one.table: len(served.connected.loaded(one)) for one in RESOURCES}
    assert sum(count > 0 for count in held.values()) > 10
    assert counted == {table: (count, count) for table, count in held.items() if count}


def test_every_ticket_it_has_is_in_the_marts_once(served: Served, built: Warehouse) -> None:
    tickets = len(served.connected.loaded(TICKETS))
    assert built.rows(
        "select sum(loaded_rows), sum(mart_rows), sum(left_out_rows)"
        " from marts.source_control_totals where source = 'zendesk' and mart_rows is not null"
    ) == [(tickets, tickets, 0)]
    # The marts keep those that were deleted beside them; nobody counts these.
    assert built.rows("select count(*) from marts.fct_tickets")[0][0] > tickets


def test_each_table_says_from_when_to_when_it_reaches(served: Served, built: Warehouse) -> None:
    made = sorted(one["created_at"] for one in served.connected.loaded(TICKETS).values())
    assert built.rows(
        "select row_count, strftime(first_fact_at, '%Y-%m-%dT%H:%M:%SZ'),"
        " strftime(last_fact_at, '%Y-%m-%dT%H:%M:%SZ') from marts.source_coverage"
        " where source = 'zendesk' and source_table = 'tickets'"
    ) == [(len(made), made[0], made[-1])]


def test_a_ticket_that_raw_lost_stops_the_publication_by_name(built: Warehouse) -> None:
    lost = "id = (select min(id) from raw_zendesk.tickets where not is_deleted)"
    with duckdb.connect(str(built.path)) as connection:
        connection.execute(f"delete from raw_zendesk.tickets where {lost}")

    with pytest.raises(AssertionError) as failure:
        rebuild(built)

    assert "what_was_served_was_loaded: fail" in str(failure.value)
    assert built.rows(
        "select source, source_table, served_rows - loaded_rows"
        " from marts.source_control_totals where served_rows <> loaded_rows"
    ) == [("zendesk", "tickets", 1)]
