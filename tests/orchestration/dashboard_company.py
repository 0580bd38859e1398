"""A published company for the dashboard's tests, in tables as the marts' contracts declare them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml  # type: ignore[import-untyped]

from ingestion.settings import Home
from tests.orchestration.samples import ROOT

HOSTILE = (
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    '"><svg onload="document.title=\'taken\'">',
    "{{ 7 * 7 }} ${document.title='taken'} $figures",
    "javascript:document.title='taken'",
    "<!--<script>",
    "\u202egnitaler \u2028\u2029 \x00\x07",
    "A & B &lt;b&gt; =1+1",
    "x" * 4000,
)
COUNTRIES = ("US", "BR", "PT", "unknown", "<b>XX</b>")
CURRENCIES = ("USD", "BRL", "JPY", "unknown")
MOVEMENTS = (
    *("new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr"),
    *("fx_mrr", "transferred_in_mrr", "transferred_out_mrr"),
)
COUNTS = (
    *("opening_customers", "new_customers", "reactivated_customers", "churned_customers"),
    "closing_customers",
)
RATES = ("customer_churn_rate", "nrr", "grr")


def publish_company(
    home: Home,
    plans: Sequence[str] = HOSTILE,
    countries: Sequence[str] = COUNTRIES,
    closed_months: int = 26,
    support: bool = True,
) -> Path:
    """Publishes a company with an open month after its closed ones, the last of them 2025-12.

    Args:
        home: Where it is published.
        plans: Names of its plans.
        countries: Its customers' countries.
        closed_months: How many months are closed.
        support: It has a helpdesk.

    Returns:
        The snapshot.
    """
    home.published.mkdir(parents=True, exist_ok=True)
    snapshot = home.published / "perene.duckdb"
    snapshot.unlink(missing_ok=True)
    chance = random.Random(7)  # noqa: S311 - the same company each time
    months = [_month(index - closed_months) for index in range(closed_months + 1)]
    segments = [
        *(("plan", f"plan_{number}", "USD") for number in range(len(plans))),
        *(("country", country, "USD") for country in countries),
        *(("native_currency", currency, currency) for currency in CURRENCIES),
        *(("interval", interval, "USD") for interval in ("1 month", "1 year")),
        ("biller", "stripe", "USD"),
    ]
    rows = [
        {"segment_kind": kind, "segment_value": value, **row}
        for kind, value, currency in segments
        for row in _history(chance, months, currency)
    ]
    company = [_sum([row for row in rows if row["metric_month"] == month]) for month in months]
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute(
            "create schema marts; create table marts._published as select "
            "'build-1' as run_id, timestamp '2026-01-06' as as_of, "
            "timestamp '2026-01-06 05:00' as published_at, '20260106-build-1' as version, "
            "'USD' as currency, 'America/Sao_Paulo' as time_zone, 'default' as policy"
        )
        _fill(connection, "kpis_monthly", company)
        _fill(connection, "kpis_monthly_by_segment", rows)
        _fill(
            connection,
            "dim_plans",
            [{"plan_id": f"plan_{number}", "name": name} for number, name in enumerate(plans)],
        )
        _fill(connection, "retention_cohorts", _cohorts(chance, months))
        _fill(connection, "dunning_monthly", _dunning(chance, months))
        _fill(connection, "data_quality", _checks())
        _fill(connection, "source_coverage", _coverage())
        _fill(connection, "source_control_totals", _totals())
        _fill(connection, "dim_customers", [{"customer_id": "c1", "name": "Secret Customer"}])
        if support:
            _fill(connection, "support_kpis_monthly", _support(chance, months))
    return snapshot


def contract(mart: str) -> dict[str, str]:
    """The columns of a mart and their types."""
    return _contracts()[mart]


@cache
def _contracts() -> dict[str, dict[str, str]]:
    return {
        model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
        for file in (ROOT / "dbt_project" / "models" / "marts").rglob("_*__models.yml")
        for model in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["models"]
    }


def _month(offset: int) -> date:
    number = 2026 * 12 + offset
    return date(number // 12, number % 12 + 1, 1)


def _decimal(chance: random.Random, low: float, high: float) -> Decimal:
    return Decimal(str(round(chance.uniform(low, high), 6)))


def _history(chance: random.Random, months: Sequence[date], currency: str) -> list[dict[str, Any]]:
    """Months in which opening and movements make the closing; the first has no rates."""
    rows: list[dict[str, Any]] = []
    closing, customers = _decimal(chance, 1000, 90000), chance.randint(5, 400)
    for index, month in enumerate(months):
        row: dict[str, Any] = {"metric_month": month, "currency": currency}
        row["opening_mrr"], row["opening_customers"] = closing, customers
        gains = [_decimal(chance, 0, 0.08) * closing for _ in range(3)]
        losses = [_decimal(chance, -0.06, 0) * closing for _ in range(2)]
        others = [_decimal(chance, -0.01, 0.01) * closing for _ in range(3)]
        for name, value in zip(MOVEMENTS, (*gains, *losses, *others), strict=True):
            row[name] = value.quantize(Decimal("0.000001"))
        row["restated_mrr"] = Decimal(0)
        closing = row["closing_mrr"] = closing + sum(row[name] for name in MOVEMENTS)
        row["net_new_mrr"] = closing - row["opening_mrr"] - row["fx_mrr"]
        row["new_customers"], row["churned_customers"] = chance.randint(0, 9), chance.randint(0, 4)
        row["reactivated_customers"] = chance.randint(0, 2)
        customers += row["new_customers"] + row["reactivated_customers"] - row["churned_customers"]
        row["closing_customers"] = customers
        row["arpu"] = (closing / customers).quantize(Decimal("0.000001"))
        for name in RATES:
            low, high = (0, 0.08) if name == "customer_churn_rate" else (0.8, 1.1)
            row[name] = _decimal(chance, low, high) if index else None
        row["cltv_formula"] = _decimal(chance, 900, 20000) if index > 5 else None
        row["is_closed"] = index < len(months) - 1
        row["policy"], row["policy_version"] = "default", "3"
        rows.append(row)
    return rows


def _sum(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The company of a month: its plans, added up; switches between them cancel out."""
    plans = [row for row in rows if row["segment_kind"] == "plan"]
    total = dict(plans[0])
    for name in ("opening_mrr", *MOVEMENTS, "net_new_mrr", "closing_mrr", *COUNTS):
        total[name] = sum(row[name] for row in plans)
    total["restated_mrr"] = total["transferred_in_mrr"] + total["transferred_out_mrr"]
    return {name: value for name, value in total.items() if name in contract("kpis_monthly")}


def _cohorts(chance: random.Random, months: Sequence[date]) -> list[dict[str, Any]]:
    rows = []
    for start, cohort in enumerate(months):
        customers = chance.randint(3, 30)
        for age in range(len(months) - start):
            is_closed = start + age < len(months) - 1
            rows.append(
                {
                    "cohort_month": cohort,
                    "age_months": age,
                    "currency": "USD",
                    "customers": customers,
                    "customer_retention": _decimal(chance, 0.3, 1) if is_closed else None,
                    "mrr_start": _decimal(chance, 900, 9000),
                    "mrr_retention": _decimal(chance, 0.3, 1.4) if is_closed else None,
                }
            )
    return rows


def _dunning(chance: random.Random, months: Sequence[date]) -> list[dict[str, Any]]:
    return [
        {
            "metric_month": month,
            "currency": "USD",
            **{
                name: _decimal(chance, 0, 9000)
                for name in (
                    *("entered_mrr", "recovered_mrr", "lost_mrr", "otherwise_ended_mrr"),
                    *("closing_at_risk_mrr", "failed_charges_amount", "median_days_to_recovery"),
                )
            },
            "mrr_recovery_rate": None if index == 3 else _decimal(chance, 0, 1),
            "failed_charges": chance.randint(0, 60),
        }
        for index, month in enumerate(months)
    ]


def _support(chance: random.Random, months: Sequence[date]) -> list[dict[str, Any]]:
    return [
        {
            "metric_month": month,
            "created_tickets": chance.randint(10, 90),
            "csat": None if index % 7 == 3 else _decimal(chance, 0.5, 1),
            "backlog_tickets": chance.randint(0, 40),
        }
        for index, month in enumerate(months)
    ]


def _checks() -> list[dict[str, Any]]:
    checks = [("fine", "error", "pass", 0), ("fine_too", "warn", "pass", 0)]
    checks.append(("few_tickets_are_unmatched", "warn", "warn", 12))
    return [
        {
            "check_name": name,
            "checked_table": "fct_tickets",
            "severity": severity,
            "status": status,
            "failures": failures,
            "description": f"<b>What {name} says</b>",
            "is_blocking": severity == "error",
        }
        for name, severity, status, failures in checks
    ]


def _coverage() -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "source_table": table,
            "is_present": hours is not None,
            "row_count": rows,
            "last_fact_at": None if hours is None else f"2026-01-05 {24 - hours:02}:00:00",
            "hours_since_last_fact": hours,
        }
        for source, table, rows, hours in (
            ("files", "tickets", 1605, 9),
            ("files", "payments", 0, None),
            ("stripe", "charges", 6137, 5),
            ("stripe", "invoices", 5886, 8),
        )
    ]


def _totals() -> list[dict[str, Any]]:
    return [
        {
            "total_key": f"{source}|{rows}",
            "source": source,
            "served_rows": rows,
            "loaded_rows": rows,
        }
        for source, rows in (("files", 1605), ("stripe", 6137), ("stripe", 5886))
    ]


def _fill(
    connection: duckdb.DuckDBPyConnection, mart: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in contract(mart).items())
    connection.execute(f"create table marts.{mart} ({columns})")
    table = pa.Table.from_pylist(list(rows))
    connection.register("given", table)
    connection.execute(f"insert into marts.{mart} by name from given")
    connection.unregister("given")
