"""Compares the marts with the second, plain computation of the same numbers, to the last decimal."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from tests.oracle.numbers import Numbers
from tests.warehouse import Warehouse

Record = Mapping[str, Any]


def differences(warehouse: Warehouse, numbers: Numbers) -> list[str]:
    """Every value in which the warehouse and the oracle differ, as readable lines."""
    return [
        *_differing(
            "fct_mrr_movements",
            ("customer_id", "occurred_on", "movement_type"),
            (asdict(row) for row in numbers.movements),
            warehouse,
        ),
        *_differing(
            "fct_customer_mrr_monthly",
            ("customer_id", "metric_month"),
            (asdict(row) for row in numbers.customer_months),
            warehouse,
        ),
        *_differing(
            "kpis_monthly", ("metric_month",), (asdict(row) for row in numbers.kpis), warehouse
        ),
        *_differing(
            "retention_cohorts",
            ("cohort_month", "age_months"),
            (asdict(row) for row in numbers.cohorts),
            warehouse,
        ),
        *_differing(
            "cash_bridge_monthly",
            ("metric_month", "currency"),
            (asdict(row) for row in numbers.cash),
            warehouse,
        ),
    ]


def _differing(
    mart: str, key: tuple[str, ...], expected: Iterable[Record], warehouse: Warehouse
) -> list[str]:
    wanted = {tuple(row[name] for name in key): row for row in expected}
    found = {
        tuple(row[name] for name in key): row
        for row in warehouse.records(f"select * from marts.{mart}")
    }
    lines = []
    for cell in sorted(wanted.keys() | found.keys(), key=str):
        if cell not in found or cell not in wanted:
            side = "the warehouse lacks" if cell not in found else "only the warehouse has"
            lines.append(f"{mart} {cell}: {side} {wanted.get(cell) or found.get(cell)}")
            continue
        lines.extend(
            f"{mart} {cell}: {name} is {found[cell][name]}, should be {value}"
            for name, value in wanted[cell].items()
            if name in found[cell] and found[cell][name] != value
        )
    return lines
