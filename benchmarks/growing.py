"""A small company that gains a customer with every run, so that any mart tells which run made it.

The n-th run has an ``as_of`` n hours after the first and finds n added customers in the files. A
mart that holds n of them is of run n; two marts that hold different numbers are of two runs.
"""

from datetime import datetime, timedelta
from pathlib import Path

from ingestion.sandbox.company import AS_OF, write_sample

# Marts that hold an added customer as soon as the run that found them has published.
MARTS = (
    "dim_customers",
    "fct_payments",
    "fct_mrr_movements",
    "fct_customer_mrr_monthly",
    "fct_tickets",
    "customer_360",
)
_PREFIX = "added-"


def as_of(number: int) -> datetime:
    """The clock of the n-th run; the first is run 0."""
    return AS_OF + timedelta(hours=number)


def begin(folder: Path, customers: int = 300, months: int = 24) -> None:
    """Writes the files that run 0 finds.

    Args:
        folder: Where; made if absent.
        customers: How many customers.
        months: Months of history.
    """
    write_sample(folder, customers=customers, months=months)


def grow(folder: Path, number: int) -> None:
    """Adds to the files the customer that the n-th run is the first to find."""
    customer = f"{_PREFIX}{number}"
    _append(folder / "customers.csv", customer_id=customer, created_at="2025-12-01", country="PT")
    _append(
        folder / "subscription_periods.csv",
        subscription_id=customer,
        customer_id=customer,
        plan="team",
        started_at="2025-12-01",
        interval="month",
        quantity="1",
        unit_amount="100.00",
        currency="USD",
        status="active",
    )
    _append(
        folder / "payments.csv",
        payment_id=customer,
        customer_id=customer,
        occurred_at="2025-12-01",
        amount="100.00",
        currency="USD",
        kind="charge",
        status="succeeded",
        subscription_id=customer,
    )
    _append(
        folder / "tickets.csv", ticket_id=customer, customer_id=customer, created_at="2025-12-02"
    )


def run_queries() -> dict[str, str]:
    """A query for each table of a publication that gives the number of the run that made it.

    Returns:
        The queries, by table; good for DuckDB and for PostgreSQL.
    """
    added = f"where customer_id like '{_PREFIX}%'"
    return {
        "_published": f"select cast(extract(epoch from as_of - timestamp '{AS_OF:%Y-%m-%d}') / 3600"
        f" as integer) as run from marts._published",
    } | {
        mart: f"select cast(count(distinct customer_id) as integer) as run "
        f"from marts.{mart} {added}"
        for mart in MARTS
    }


def _append(file: Path, **values: str) -> None:
    """Adds a row to a file with a head; columns that are not named stay empty."""
    with file.open("r+", encoding="utf-8", newline="") as stream:
        columns = stream.readline().rstrip("\n").split(",")
        stream.seek(0, 2)
        stream.write(",".join(values.pop(column, "") for column in columns) + "\n")
    if values:
        raise ValueError(f"{file.name} has no column {', '.join(values)}.")
