"""Cohorts by the month of a customer's first MRR, and what is left of them at each age."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.oracle.amounts import add_months
from tests.oracle.history import History
from tests.oracle.money import ZERO, ratio, times
from tests.oracle.months import is_closed
from tests.oracle.movements import CustomerHistory, Movement, month_of
from tests.oracle.rates import Rates


@dataclass(frozen=True)
class CohortCell:
    """One cohort at one age; what lies in a month not yet closed is None."""

    cohort_month: date
    age_months: int
    customers: int
    customers_retained: int | None
    customer_retention: Decimal | None
    mrr_start: Decimal
    mrr_retained: Decimal | None
    mrr_retention: Decimal | None


def retention_cohorts(
    customers: list[CustomerHistory], history: History, rates: Rates
) -> list[CohortCell]:
    """Every cohort at every age from 0 to the month of the last day."""
    members: dict[date, list[tuple[CustomerHistory, Movement]]] = defaultdict(list)
    for customer in customers:
        for movement in customer.movements:
            if movement.movement_type == "new":
                members[month_of(movement.occurred_on)].append((customer, movement))
    cells = []
    for cohort_month, cohort in sorted(members.items()):
        month, age = cohort_month, 0
        while month <= month_of(history.last_day):
            cells.append(_cell(cohort_month, age, month, cohort, history, rates))
            month, age = add_months(month, 1), age + 1
    return cells


def _cell(
    cohort_month: date,
    age: int,
    month: date,
    cohort: list[tuple[CustomerHistory, Movement]],
    history: History,
    rates: Rates,
) -> CohortCell:
    mrr_start = sum((start.mrr_delta for _, start in cohort), ZERO)
    if not is_closed(month, history):
        return CohortCell(cohort_month, age, len(cohort), None, None, mrr_start, None, None)
    retained = 0
    mrr_retained = ZERO
    for customer, start in cohort:
        close = customer.closes[month]
        if close.standing == "paying":
            retained += 1
        for currency, amount in close.native.items():
            mrr_retained += times(amount, rates.on(currency, start.occurred_on))
    return CohortCell(
        cohort_month,
        age,
        len(cohort),
        retained,
        ratio(retained, len(cohort)),
        mrr_start,
        mrr_retained,
        ratio(mrr_retained, mrr_start),
    )
