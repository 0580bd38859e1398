"""The shape of a worked example, and the short words its histories are written with."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

Row = dict[str, str]
MovementRow = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class WorkedExample:
    """A small history and what must come of it.

    Attributes:
        kpis: By month (YYYY-MM) and column of kpis_monthly; amounts are texts of decimals and
            None is null.
        customers: By customer and month, columns of fct_customer_mrr_monthly.
        movements: All of fct_mrr_movements: customer, day, type, reason, delta, in the order of
            customer, day and type; an empty reason is left open. None: not looked at.
        cohorts: By cohort month and age, columns of retention_cohorts.
        cash: By month and native currency, what was collected, refunded and so on.
        dunning: By month, columns of dunning_monthly.
        trials: By month, columns of trials_monthly.
    """

    id: str
    description: str
    subscription_periods: list[Row]
    kpis: dict[str, dict[str, str | None]] = field(default_factory=dict)
    customers: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)
    movements: list[MovementRow] | None = None
    cohorts: dict[tuple[str, int], dict[str, str | None]] = field(default_factory=dict)
    cash: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)
    dunning: dict[str, dict[str, str | None]] = field(default_factory=dict)
    trials: dict[str, dict[str, str | None]] = field(default_factory=dict)
    payments: list[Row] = field(default_factory=list)
    exchange_rates: list[Row] = field(default_factory=list)
    as_of: datetime = datetime(2025, 7, 1, tzinfo=UTC)
    currency: str = "USD"
    time_zone: str = "UTC"
    policy: str = "default"

    def write(self, folder: Path) -> None:
        """Write the example in the files form; a table without rows has no file."""
        tables = {
            "subscription_periods": self.subscription_periods,
            "payments": self.payments,
            "exchange_rates": self.exchange_rates,
        }
        for name, rows in tables.items():
            if rows:
                write_table(folder / f"{name}.csv", rows)


def write_table(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV; the columns are those of all rows, in the order they first appear."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def period(customer: str, start: str, end: str = "", amount: str = "100", **more: str) -> Row:
    """A subscription period of a monthly USD plan; the customer's only subscription by default."""
    return {
        "subscription_id": f"{customer}-1",
        "customer_id": customer,
        "plan": "Team",
        "started_at": start,
        "ended_at": end,
        "interval": "month",
        "unit_amount": amount,
        "currency": "USD",
        **more,
    }


def many(
    count: int, prefix: str, start: str, end: str = "", amount: str = "100", **more: str
) -> list[Row]:
    """The same period for many customers, prefix0 and so on."""
    return [period(f"{prefix}{n}", start, end, amount, **more) for n in range(count)]


def payment(number: str, customer: str, day: str, amount: str, **more: str) -> Row:
    return {
        "payment_id": number,
        "customer_id": customer,
        "occurred_at": day,
        "amount": amount,
        "currency": "USD",
        **more,
    }


def euro(first: str, last: str, rate: str) -> list[Row]:
    """The euro's rate in USD, the same on every day from `first` to `last`."""
    day, rows = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        rows.append({"rate_date": day.isoformat(), "base": "EUR", "quote": "USD", "rate": rate})
        day += timedelta(days=1)
    return rows


def off(percent: str, duration: str) -> Row:
    return {"discount_percent": percent, "discount_duration": duration}
