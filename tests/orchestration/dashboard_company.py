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
        _found(connection, "2026-01-06")
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


def publish_readme_company(home: Home, closed_months: int = 22, price: str = "49") -> Path:
    """Publishes the company of README.md: three customers of whom one left, and no payments.

    Args:
        home: Where it is published.
        closed_months: How many months are closed, the first of them 2025-01; another is open.
        price: What a month of the cheaper plan costs; README's costs 49.

    Returns:
        The snapshot.
    """
    home.published.mkdir(parents=True, exist_ok=True)
    snapshot = home.published / "perene.duckdb"
    snapshot.unlink(missing_ok=True)
    months = [_month(index - 12) for index in range(closed_months + 1)]
    team = Decimal(price)
    # The plan and its MRR, from which month on, and the month in which it ended.
    periods = [("Team", team, 0, 99), ("Team", team, 1, 7), ("Business", team * 99 / 49, 2, 99)]
    periods = [(plan, _amount(mrr), begin, end) for plan, mrr, begin, end in periods]
    of_kind = {
        "plan": {plan: [one for one in periods if one[0] == plan] for plan in ("Team", "Business")},
        "interval": {"1 month": periods[:2], "1 year": periods[2:]},
    }
    with duckdb.connect(str(snapshot)) as connection:
        _found(connection, f"{months[-1]:%Y-%m}-27 22:28")
        _fill(connection, "kpis_monthly", _of_company(_months_of(periods, months)))
        _fill(
            connection,
            "kpis_monthly_by_segment",
            [
                {"segment_kind": kind, "segment_value": value, **row}
                for kind, values in of_kind.items()
                for value, some in values.items()
                for row in _months_of(some, months)
            ],
        )
        _fill(
            connection, "dim_plans", [{"plan_id": name, "name": name} for name in of_kind["plan"]]
        )
        _fill(
            connection,
            "retention_cohorts",
            [
                {
                    "cohort_month": months[begin],
                    "age_months": age,
                    "currency": "USD",
                    "customers": 1,
                    "customer_retention": kept if begin + age < closed_months else None,
                    "mrr_start": mrr,
                    "mrr_retention": kept if begin + age < closed_months else None,
                }
                for _, mrr, begin, end in periods
                if begin <= closed_months
                for age in range(closed_months - begin + 1)
                for kept in (Decimal(begin + age < end),)
            ],
        )
        zeros = ("entered_mrr", "recovered_mrr", "lost_mrr", "otherwise_ended_mrr")
        _fill(
            connection,
            "dunning_monthly",
            [
                {"metric_month": month, "currency": "USD", "closing_at_risk_mrr": Decimal(0)}
                | dict.fromkeys(zeros, Decimal(0))
                for month in months
            ],
        )
        _fill(
            connection,
            "data_quality",
            [
                {"check_name": "fine", "severity": "error", "status": "pass", "failures": 0},
                {
                    "check_name": "customers_are_described",
                    "checked_table": "dim_customers",
                    "severity": "warn",
                    "status": "warn",
                    "failures": 3,
                    "description": "Every customer that other tables name is in the customers of "
                    "its source, or named by an invoice.",
                },
            ],
        )
        _fill(
            connection,
            "source_coverage",
            [
                {
                    "source": "files",
                    "source_table": "subscription_periods",
                    "is_present": True,
                    "row_count": 3,
                    "last_fact_at": "2025-03-01 00:00:00",
                    "hours_since_last_fact": Decimal("15286.466667"),
                }
            ],
        )
        _fill(
            connection,
            "source_control_totals",
            [{"total_key": "files|3", "source": "files", "served_rows": 3, "loaded_rows": 3}],
        )
        _fill(connection, "support_kpis_monthly", [])
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


def _found(connection: duckdb.DuckDBPyConnection, as_of: str) -> None:
    connection.execute(
        f"create schema marts; create table marts._published as select "
        f"'build-1' as run_id, timestamp '{as_of}' as as_of, "
        "timestamp '2026-01-06 05:00' as published_at, '20260106-build-1' as version, "
        "'USD' as currency, 'America/Sao_Paulo' as time_zone, 'default' as policy"
    )


def _months_of(
    periods: Sequence[tuple[str, Decimal, int, int]], months: Sequence[date]
) -> list[dict[str, Any]]:
    """The months of some subscriptions; what has no denominator is unknown."""
    rows = []
    for index, month in enumerate(months):
        before = [mrr for _, mrr, begin, end in periods if begin < index <= end]
        now = [mrr for _, mrr, begin, end in periods if begin <= index < end]
        new = [mrr for _, mrr, begin, _ in periods if begin == index]
        lost = [mrr for _, mrr, _, end in periods if end == index]
        row: dict[str, Any] = {"metric_month": month, "currency": "USD"}
        row |= dict.fromkeys((*MOVEMENTS, "restated_mrr"), Decimal(0))
        row |= dict.fromkeys(COUNTS, 0)
        row |= {
            "opening_mrr": sum(before, Decimal(0)),
            "new_mrr": sum(new, Decimal(0)),
            "churned_mrr": -sum(lost, Decimal(0)),
            "closing_mrr": sum(now, Decimal(0)),
            "net_new_mrr": sum(now, Decimal(0)) - sum(before, Decimal(0)),
            "opening_customers": len(before),
            "new_customers": len(new),
            "churned_customers": len(lost),
            "closing_customers": len(now),
            "arpu": _amount(sum(now, Decimal(0)) / len(now)) if now else None,
            "is_closed": index < len(months) - 1,
            "policy": "default",
            "policy_version": "3",
        }
        if before:
            kept = _amount(1 - sum(lost, Decimal(0)) / sum(before))
            row |= {"customer_churn_rate": _amount(Decimal(len(lost)) / len(before))}
            row |= {"nrr": kept, "grr": kept}
        rows.append(row)
    return rows


def _amount(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"))


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
    return _of_company([total])[0]


def _of_company(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Without the columns that only segments have."""
    columns = contract("kpis_monthly")
    return [{name: value for name, value in row.items() if name in columns} for row in rows]


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
    given = list(rows)
    if not given:
        return
    names = {name: None for row in given for name in row}  # a row may lack what is unknown
    table = pa.Table.from_pylist([names | dict(row) for row in given])
    connection.register("given", table)
    connection.execute(f"insert into marts.{mart} by name from given")
    connection.unregister("given")
