"""Prepares what the benchmarks run on, and holds their results against each other before timing."""

import json
import shutil
from pathlib import Path

import duckdb

from benchmarks.steps import AS_OF, PAYMENT_COLUMNS
from benchmarks.synthetic import make_periods
from ingestion.settings import Home, Settings

# What the ledger reads, in order; built here, not measured.
_BEFORE_THE_LEDGER = (
    "int_subscription_periods",
    "int_months",
    "int_exchange_rates_quoted",
    "int_exchange_rates_daily",
)
_RATES = """
select 'EUR' as base_currency, 'USD' as quote_currency,
    cast(1.1 + (hash(n, 16) % 1000) / 10000.0 as decimal(28, 6)) as rate,
    date '2021-12-28' + cast(n as integer) as rate_date
from range(1500) as days(n)
"""


class WrongResultError(Exception):
    """What was measured did not give the values it must give."""


def compile_ledger(folder: Path) -> Path:
    """Builds the project up to the ledger on empty raw tables, for its compiled SQL.

    Args:
        folder: An empty folder; the warehouse in it has every relation the ledger reads.

    Returns:
        The folder with one ``<model>.sql`` for each model.
    """
    # Imported here: the process that measures imports this module and has to stay small.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from ingestion.load import ensure_raw_tables
    from orchestration.models_project import PROJECT_FOLDER, dbt_environment

    settings = Settings(
        home=Home(folder),
        sources=("files",),
        files_path=None,
        exchange_rates_location="",
        as_of=AS_OF,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    ensure_raw_tables(settings)
    with dbt_environment(settings.home):
        result = dbtRunner().invoke(
            [
                *("build", "--quiet", "--select", "+int_mrr_movements"),
                *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
                *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
                *("--target-path", str(folder / "dbt"), "--log-path", str(folder / "logs")),
                *("--vars", json.dumps({"as_of": f"{AS_OF:%Y-%m-%d %H:%M:%S.%f}"})),
            ]
        )
    DuckDBConnectionManager.close_all_connections()
    if not result.success:
        raise WrongResultError(f"The models cannot be built; see {folder / 'logs'}.")
    compiled = folder / "compiled"
    compiled.mkdir()
    for file in (folder / "dbt" / "compiled").rglob("models/**/*.sql"):
        shutil.copy(file, compiled / file.name)
    return compiled


def prepare_ledger(
    empty: Path, compiled: Path, warehouse: Path, *, rows: int, has_foreign: bool
) -> None:
    """Makes a warehouse with made-up periods and everything else that the ledger reads.

    Args:
        empty: The warehouse that ``compile_ledger`` made.
        compiled: The compiled SQL.
        warehouse: The new warehouse's file; called as the empty one is.
        rows: About how many periods.
        has_foreign: Whether one customer in eight pays in euros.
    """
    shutil.copy(empty, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set enable_progress_bar = false")
        make_periods(connection, rows, with_foreign=has_foreign)
        for model, query in (
            ("stg_files__subscription_periods", "from periods"),
            ("stg_files__exchange_rates", _RATES),
        ):
            connection.execute(f"drop view staging.{model}")
            connection.execute(f"create table staging.{model} as {query}")
        connection.execute("drop table periods")
        for model in _BEFORE_THE_LEDGER:
            query = (compiled / f"{model}.sql").read_text(encoding="utf-8")
            connection.execute(f"create or replace table intermediate.{model} as ({query})")
        connection.execute("checkpoint")


def check_ledger(warehouse: Path) -> int:
    """Checks that the movements add up to what stands at the end.

    Returns:
        How many periods the ledger read.

    Raises:
        WrongResultError: They do not, to the last decimal.
    """
    with duckdb.connect(str(warehouse)) as connection:
        periods = connection.table("intermediate.int_subscription_periods").count("*").fetchall()
        moved, movements = connection.execute(
            "select sum(mrr_delta), count(*) from intermediate.int_mrr_movements"
        ).fetchall()[0]
        standing = connection.execute(
            """
            with positions as (
                select customer_id, currency, sum(mrr) as mrr
                from intermediate.int_subscription_states
                where to_on > date '2025-12-31' and mrr > 0
                group by customer_id, currency
            )
            select sum(cast(cast(mrr as decimal(28, 6)) * rate as decimal(28, 6)))
            from positions
            inner join intermediate.int_exchange_rates_daily as rates
                on positions.currency = rates.currency and rate_day = date '2025-12-31'
            """
        ).fetchall()[0][0]
    if not movements or moved != standing:
        raise WrongResultError(f"The movements add up to {moved}, but {standing} stands.")
    return int(periods[0][0])


def check_payments(home: Path, database: Path) -> int:
    """Checks that the loaded payments are those that DuckDB reads, value by value.

    Returns:
        How many there are.

    Raises:
        WrongResultError: A row or a value differs.
    """
    columns = ", ".join(PAYMENT_COLUMNS)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{Home(home).warehouse}' as loaded (read_only)")
        connection.execute(f"attach '{database}' as plain (read_only)")
        ours, theirs = (
            f"select {columns} from {table}"
            for table in ("loaded.raw_files.payments", "plain.main.payments")
        )
        (differences,) = connection.execute(
            f"select (select count(*) from ({ours} except all {theirs}))"
            f" + (select count(*) from ({theirs} except all {ours}))"
        ).fetchall()[0]
        rows = connection.table("plain.main.payments").count("*").fetchall()[0][0]
    if differences or not rows:
        raise WrongResultError(f"{differences} of {rows} payments differ.")
    return int(rows)
