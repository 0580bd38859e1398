"""Compares the marts with the second, plain computation, to the last decimal."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from tests.oracle.numbers import Numbers
from tests.warehouse import Warehouse

Record = Mapping[str, Any]

# What the second computation says besides, for its own checks.
NOT_IN_MARTS = {"crosses_pause"}


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
            where="collected <> 0 or refunded <> 0 or disputed <> 0",
        ),
        *_differing(
            "dunning_monthly",
            ("metric_month",),
            (asdict(row) for row in numbers.dunning),
            warehouse,
        ),
        *_differing(
            "trials_monthly", ("metric_month",), (asdict(row) for row in numbers.trials), warehouse
        ),
    ]


def _differing(
    mart: str,
    key: tuple[str, ...],
    expected: Iterable[Record],
    warehouse: Warehouse,
    where: str = "true",
) -> list[str]:
    wanted = {tuple(row[name] for name in key): row for row in expected}
    found = {
        tuple(row[name] for name in key): row
        for row in warehouse.records(f"select * from marts.{mart} where {where}")
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
            if name not in NOT_IN_MARTS and found[cell].get(name, "absent") != value
        )
    return lines
