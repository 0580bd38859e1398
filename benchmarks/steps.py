"""What is measured, one step a process: ``python -m benchmarks.steps STEP ARGUMENTS``."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)

# The ledger, in the order in which its models read each other.
LEDGER = (
    "int_subscription_states",
    "int_mrr_item_changes",
    "int_mrr_customer_days",
    "int_mrr_native_legs",
    "int_mrr_foreign_days",
    "int_mrr_foreign_legs",
    "int_mrr_legs",
    "int_mrr_movements",
)

# The support marts and what they are made of, in the order in which the models read each other.
SUPPORT = (
    "int_ticket_keys",
    "int_requesters",
    "int_ticket_events",
    "int_schedule_versions",
    "int_zone_offsets",
    "int_schedule_windows",
    "int_schedule_hours",
    "int_ticket_status_stretches",
    "int_ticket_schedules",
    "int_tickets",
    "int_ticket_times",
    "int_ticket_ratings",
    "int_ticket_slas",
    "int_support_months",
    "int_backlog_days",
    "int_ticket_customers",
    "fct_ticket_events",
    "fct_tickets",
    "support_backlog_daily",
    "support_kpis_monthly",
)

# Name and DuckDB type of each column of the made-up payments.csv.
PAYMENT_COLUMNS = {
    "payment_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "amount": "DECIMAL(28,6)",
    "currency": "VARCHAR",
    "kind": "VARCHAR",
    "status": "VARCHAR",
    "subscription_id": "VARCHAR",
    "tax": "DECIMAL(28,6)",
    "fee": "DECIMAL(28,6)",
}


def ledger(warehouse: str, compiled: str) -> None:
    """Builds the ledger's models from their compiled SQL, as tables, and nothing else."""
    with duckdb.connect(warehouse, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for model in LEDGER:
            query = (Path(compiled) / f"{model}.sql").read_text(encoding="utf-8")
            connection.execute(f"create or replace table intermediate.{model} as ({query})")
        connection.execute("checkpoint")


def sort(warehouse: str) -> None:
    """Sorts the same periods, whole rows, by customer and start into a table."""
    with duckdb.connect(warehouse, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "create or replace table intermediate.sorted_periods as "
            "from intermediate.int_subscription_periods order by customer_id, started_on"
        )
        connection.execute("checkpoint")


def support(warehouse: str, compiled: str) -> None:
    """Builds the support marts from their compiled SQL, as tables, and nothing else."""
    with duckdb.connect(warehouse, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for model in SUPPORT:
            query = (Path(compiled) / f"{model}.sql").read_text(encoding="utf-8")
            schema = "intermediate" if model.startswith("int_") else "marts"
            connection.execute(f"create or replace table {schema}.{model} as ({query})")
        connection.execute("checkpoint")


def sort_events(warehouse: str) -> None:
    """Sorts the same events, whole rows, by ticket and time into a table."""
    with duckdb.connect(warehouse, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "create or replace table intermediate.sorted_events as "
            "from staging.stg_zendesk__ticket_events order by ticket_id, occurred_at"
        )
        connection.execute("checkpoint")


def load_files(home: str, folder: str) -> None:
    """Loads a folder with the source ``files`` into a new warehouse."""
    # Imported here, so that the other steps do not pay for it.
    from ingestion.load import load_source
    from ingestion.settings import Home, Settings

    settings = Settings(
        home=Home(Path(home)),
        sources=("files",),
        files_path=Path(folder),
        exchange_rates_location="",
        as_of=AS_OF,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    load_source("files", settings, AS_OF, lambda _: None)


def read_csv(database: str, folder: str) -> None:
    """Reads the same file with DuckDB alone, its columns declared, into a table."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in PAYMENT_COLUMNS.items())
    with duckdb.connect(database, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"create table payments as from read_csv('{folder}/payments.csv', header = true, "
            f"auto_detect = false, delim = ',', columns = {{{columns}}})"
        )
        connection.execute("checkpoint")


def load_stripe(home: str, folder: str) -> None:
    """Loads charges and invoices with the source ``stripe``, from lines instead of pages.

    All but the requests is the source's own: decoding, counting, comparing and the loads of so
    many objects each.
    """
    # Imported here, so that the other steps do not pay for it.
    from benchmarks.stripe_lines import load_lines

    load_lines(Path(home), Path(folder))


def read_json(database: str, folder: str) -> None:
    """Reads the same lines with DuckDB alone, the columns a table would have declared."""
    from benchmarks.stripe_lines import COLUMNS

    with duckdb.connect(database, config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for table, declared in COLUMNS.items():
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind in declared.items())
            connection.execute(
                f"create table {table} as from read_json('{folder}/{table}.jsonl', "
                f"format = 'newline_delimited', columns = {{{columns}}})"
            )
        connection.execute("checkpoint")


def run() -> None:
    """Does what ``python -m orchestration run`` does, with the settings of its environment only.

    The operator's ``.env`` may name a database to publish to, and people to write to.
    """
    # Imported here, so that the other steps do not pay for it.
    import ingestion.settings

    ingestion.settings.ENV_FILE = Path(os.devnull)
    from orchestration.command_line import main

    sys.exit(main(["run"]))


def pack(home: str, language: str) -> None:
    """Makes the KPI pack of the last closed month in one language: figures read, files written."""
    # Imported here, so that the other steps do not pay for it.
    from ingestion.settings import Home
    from orchestration.reports.kpi_pack import make_kpi_pack
    from orchestration.reports.reading import last_closed_month
    from orchestration.reports.report import published_snapshot

    month = last_closed_month(published_snapshot(Home(Path(home))))
    if month is None:
        sys.exit("No month is closed.")
    make_kpi_pack(Home(Path(home)), month, (language,))


STEPS: dict[str, Callable[..., None]] = {
    "ledger": ledger,
    "sort": sort,
    "support": support,
    "sort_events": sort_events,
    "load_files": load_files,
    "read_csv": read_csv,
    "load_stripe": load_stripe,
    "read_json": read_json,
    "run": run,
    "pack": pack,
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](*sys.argv[2:])
