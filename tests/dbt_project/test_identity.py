"""Who is who, in a company full of near-duplicates whose truth is known."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from ingestion import warehouse as store
from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import Home, Settings
from tests.dbt_project.near_duplicates import AS_OF, CERTAIN, NearDuplicates
from tests.dbt_project.stripe_account import load_account
from tests.oracle.example import Row, period, write_table
from tests.warehouse import (
    Warehouse,
    parsed_project,
    rebuild,
    run_dbt,
    target_database,
    variables,
)

Link = tuple[str | None, str, Decimal]


def prepared(folder: Path, as_of: datetime, tables: dict[str, list[Row]]) -> Settings:
    """Load files in their form, and make every other raw table."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for name, rows in tables.items():
        write_table(files / f"{name}.csv", rows)
    settings = Settings(
        home=Home(folder / "home"),
        sources=("files",),
        files_path=files,
        exchange_rates_location="",
        as_of=as_of,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    ensure_raw_tables(settings)
    load_source("files", settings, as_of, lambda _: None)
    return settings


@pytest.fixture(scope="module", params=(3, 4))
def company(request: pytest.FixtureRequest) -> NearDuplicates:
    return NearDuplicates(seed=request.param)


@pytest.fixture(scope="module")
def built(company: NearDuplicates, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The company's warehouse; every check of the project holds in it."""
    tables = {"customers": company.file_customers, "tickets": company.file_tickets}
    settings = prepared(tmp_path_factory.mktemp("identity"), AS_OF, tables)
    load_account(settings, company.stripe, AS_OF, events=False)
    company.zendesk.load(settings)
    built = Warehouse(settings, AS_OF)
    with target_database(PERENE_WAREHOUSE=str(built.path)):
        run_dbt(["seed"], manifest=parsed_project())
        DuckDBConnectionManager.close_all_connections()
        with store.connect(settings.home) as connection:
            connection.executemany(
                "INSERT INTO seeds.identity_overrides VALUES (?, ?, ?, ?)", company.overrides
            )
        kept = ("--exclude-resource-type", "seed", "--exclude-resource-type", "unit_test")
        run_dbt(["build", *kept, "--vars", variables(built)], manifest=parsed_project())
        DuckDBConnectionManager.close_all_connections()
    return built


@pytest.fixture(scope="module")
def companies(company: NearDuplicates, built: Warehouse) -> dict[str, set[int]]:
    """Which companies each customer_id is made of."""
    found: dict[str, set[int]] = {}
    query = "select customer_id, provider, provider_customer_id from marts.dim_customer_accounts"
    rows = built.rows(query)
    assert Counter(row[1:] for row in rows) == Counter(list(company.accounts))
    for customer_id, provider, account_id in rows:
        found.setdefault(customer_id, set()).add(company.accounts[provider, account_id])
    return found


@pytest.fixture(scope="module")
def links(built: Warehouse) -> dict[str, Link]:
    query = "select ticket_key, customer_id, link_method, link_confidence from marts.fct_tickets"
    rows = built.rows(query)
    assert len(rows) == len({row[0] for row in rows})
    return {row[0]: row[1:] for row in rows}


def test_no_two_companies_are_one_customer(companies: dict[str, set[int]]) -> None:
    assert {len(made_of) for made_of in companies.values()} == {1}


def test_a_company_of_two_billers_is_one_customer_where_anything_says_so(
    company: NearDuplicates, companies: dict[str, set[int]]
) -> None:
    customers = Counter(number for made_of in companies.values() for number in made_of)
    expected = {number: 1 if how in CERTAIN else 2 for number, how in company.evidence.items()}
    assert {number: customers[number] for number in company.evidence} == expected
    assert set(company.evidence.values()) > set(CERTAIN)


def test_a_merged_customer_has_the_id_of_the_files(
    company: NearDuplicates, companies: dict[str, set[int]]
) -> None:
    merged = {number for number, how in company.evidence.items() if how in CERTAIN}
    assert merged
    assert merged == {int(name[1:]) for name in companies if name[1:].isdigit()} & merged


def test_no_ticket_is_lost_and_none_counts_twice(
    company: NearDuplicates, links: dict[str, Link]
) -> None:
    assert links.keys() == company.tickets.keys()


def test_every_link_is_right(
    company: NearDuplicates, links: dict[str, Link], companies: dict[str, set[int]]
) -> None:
    wrong = {
        ticket: (link, company.tickets[ticket])
        for ticket, link in links.items()
        if link[0] is not None and companies[link[0]] != {company.tickets[ticket].company}
    }
    assert not wrong
    methods = {(method, confidence) for _, method, confidence in links.values()}
    assert methods == {
        ("given", Decimal(1)),
        ("external_id", Decimal(1)),
        ("override", Decimal(1)),
        ("email", Decimal(1)),
        ("email", Decimal("0.9")),
        ("external_id", Decimal("0.9")),
        ("domain", Decimal("0.8")),
        ("unmatched", Decimal(0)),
    }


def test_whoever_can_be_found_is_found(company: NearDuplicates, links: dict[str, Link]) -> None:
    expected = {key: asked.method for key, asked in company.tickets.items() if asked.method}
    found = {key: links[key][1] for key in expected}
    # A domain is also an organisation's, whose external id comes before it.
    for key, method in expected.items():
        if method == "domain" and found[key] == "external_id":
            assert links[key][2] < 1
            found[key] = "domain"
    assert found == expected
    assert set(expected.values()) == {"given", "external_id", "override", "email", "domain"}


def test_whoever_is_not_found_is_listed(built: Warehouse, links: dict[str, Link]) -> None:
    unmatched = {key for key, link in links.items() if link[0] is None}
    query = "select provider, requester, tickets, unmatched_because from marts.unmatched_requesters"
    listed = built.rows(query)
    assert sum(row[2] for row in listed) == len(unmatched)
    assert {row[3] for row in listed} == {
        "address_of_several_customers",
        "domain_of_several_customers",
        "no_address",
        "unknown_address",
        "unknown_free_mail_address",
    }


def test_an_unmatched_rate_beyond_what_is_allowed_warns(built: Warehouse) -> None:
    query = "select status from marts.data_quality where check_name = '{}'"
    assert built.rows(query.format("few_tickets_are_unmatched")) == [("warn",)]
    assert built.rows(query.format("overrides_are_followed")) == [("pass",)]
    assert built.rows(query.format("every_ticket_is_one_customers_or_listed")) == [("pass",)]


def test_a_company_that_moves_to_another_biller_neither_leaves_nor_joins(tmp_path: Path) -> None:
    account = make_account(customers=20)
    account.truth.write(tmp_path / "files", account.as_of)
    for name in ("customers", "subscription_periods", "payments"):
        (tmp_path / "files" / f"{name}.csv").unlink()
    plain = {}
    for customer in account.truth.customers:
        periods = [row for row in account.truth.periods if row.customer_id == customer.customer_id]
        if periods and periods[0].status == "active":
            plain[customer.customer_id] = (customer.person, min(row.started_at for row in periods))
    moved = dict(sorted(plain.items())[:3])
    people, before_moving = [], []
    for number, (person, started_at) in enumerate(moved.values()):
        people.append(
            {"customer_id": f"old{number}", "name": person.name, "email": person.email.upper()}
        )
        before = started_at - timedelta(days=100)
        before_moving.append(period(f"old{number}", f"{before:%Y-%m-%d}", f"{started_at:%Y-%m-%d}"))
    tables = {"customers": people, "subscription_periods": before_moving}
    settings = prepared(tmp_path, account.as_of, tables)
    load_account(settings, account, account.as_of)
    built = Warehouse(settings, account.as_of)
    rebuild(built)

    assert len(moved) == 3
    for number, (customer_id, (_, started_at)) in enumerate(moved.items()):
        query = "select occurred_on, movement_type from marts.fct_mrr_movements where customer_id"
        movements = dict(built.rows(f"{query} = 'old{number}' order by 1 desc"))
        assert built.rows(f"{query} = '{customer_id}'") == []
        first = (started_at - timedelta(days=100)).astimezone(UTC).date()
        assert movements[first] == "new"
        assert [day for day, kind in movements.items() if kind == "new"] == [first]
        assert movements.get(started_at.date(), "expansion") in ("expansion", "contraction")


def test_an_override_that_names_nobody_is_noticed(built: Warehouse) -> None:
    with duckdb.connect(str(built.path)) as connection:
        connection.execute(
            "INSERT INTO seeds.identity_overrides VALUES ('zendesk', 'x@y.example', 'nobody', '')"
        )
    with target_database(PERENE_WAREHOUSE=str(built.path)):
        chosen = ("test", "--select", "overrides_are_followed", "--vars", variables(built))
        results = run_dbt(chosen, manifest=parsed_project())
    DuckDBConnectionManager.close_all_connections()
    said = {result.node.name: (str(result.status), result.failures) for result in results}
    assert said["overrides_are_followed"] == ("warn", 1)
