"""The whole project builds on PostgreSQL too, and its marts are the same."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.company import write_sample
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import Home, Settings
from tests.dbt_project.stripe_account import load_account
from tests.oracle.random_history import write_random_history
from tests.postgres import build_on_postgres, connect, copy_raw_tables, postgres
from tests.warehouse import Warehouse, build_warehouse, rebuild

pytestmark = pytest.mark.slow


def test_the_marts_of_the_sample_company_are_equal_on_postgresql(tmp_path: Path) -> None:
    files = tmp_path / "files"
    as_of = write_sample(files)
    assert_equal_on_both(build_warehouse(tmp_path / "home", files, as_of))


def test_the_marts_of_hostile_histories_are_equal_on_postgresql(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    history = write_random_history(files, seed=3, customers=60)
    warehouse = build_warehouse(
        tmp_path / "home",
        files,
        history.as_of,
        currency=history.currency,
        time_zone=history.time_zone,
    )
    assert_equal_on_both(warehouse)


def test_the_marts_of_a_stripe_account_are_equal_on_postgresql(tmp_path: Path) -> None:
    account = make_account(customers=60, months=12)
    files = tmp_path / "files"
    files.mkdir()
    account.truth.write_rates(files, account.as_of)
    settings = Settings(
        home=Home(tmp_path / "home"),
        sources=("files",),
        files_path=files,
        exchange_rates_location="",
        as_of=account.as_of,
        currency="USD",
        time_zone="America/New_York",
        policy="default",
        languages=("en",),
    )
    ensure_raw_tables(settings)
    load_source("files", settings, account.as_of, lambda _: None)
    load_account(settings, account, account.as_of)
    warehouse = Warehouse(settings, account.as_of)
    rebuild(warehouse)
    assert warehouse.rows("select count(*) from marts.fct_payments") > [(100,)]
    assert_equal_on_both(warehouse)


def assert_equal_on_both(warehouse: Warehouse) -> None:
    with postgres() as socket_folder:
        copy_raw_tables(warehouse, socket_folder)
        build_on_postgres(warehouse, socket_folder)
        marts = [
            row[0]
            for row in warehouse.rows(
                "select table_name from information_schema.tables"
                " where table_schema = 'marts' order by 1"
            )
        ]
        assert len(marts) > 10
        for mart in marts:
            on_duckdb = sorted(warehouse.rows(f"select * from marts.{mart}"), key=repr)
            on_postgres = sorted(postgres_rows(socket_folder, mart), key=repr)
            assert on_postgres == on_duckdb, mart


def postgres_rows(socket_folder: str, mart: str) -> list[tuple[Any, ...]]:
    with connect(socket_folder) as connection, connection.cursor() as cursor:
        cursor.execute(f"select * from marts.{mart}")
        return list(cursor.fetchall())
