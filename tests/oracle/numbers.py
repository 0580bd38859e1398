"""All the numbers of one folder: the oracle's front door."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.oracle.cash import CashMonth, cash_monthly
from tests.oracle.cohorts import CohortCell, retention_cohorts
from tests.oracle.dunning import DunningMonth, dunning_monthly
from tests.oracle.history import Period, read_history
from tests.oracle.kpis import KpiMonth, kpis_monthly
from tests.oracle.months import CustomerMonth, customer_months
from tests.oracle.movements import Movement, history_of_customer
from tests.oracle.policy import POLICIES
from tests.oracle.rates import Rates
from tests.oracle.trials import TrialMonth, trials_monthly


@dataclass(frozen=True)
class Numbers:
    """What the marts of the same names must say, in their natural order."""

    movements: list[Movement]
    customer_months: list[CustomerMonth]
    kpis: list[KpiMonth]
    cohorts: list[CohortCell]
    cash: list[CashMonth]
    dunning: list[DunningMonth]
    trials: list[TrialMonth]


def compute_numbers(
    folder: Path, as_of: datetime, currency: str, time_zone: str, policy: str = "default"
) -> Numbers:
    """Read the folder and compute everything.

    Raises:
        MissingRateError: A currency has no rate on a day it must be valued.
    """
    rules = POLICIES[policy]
    history = read_history(folder, as_of, time_zone)
    rates = Rates(history.published_rates, currency)
    periods: dict[str, list[Period]] = defaultdict(list)
    for period in history.periods:
        periods[period.customer_id].append(period)
    customers = [
        history_of_customer(customer_id, theirs, rates, rules, history.last_day)
        for customer_id, theirs in sorted(periods.items())
    ]
    months = [row for one in customers for row in customer_months(one, history, rates)]
    kpis = kpis_monthly(customers, months, history, rates, currency, rules)
    standings = {one.customer_id: one.standings for one in customers}
    return Numbers(
        movements=[movement for one in customers for movement in one.movements],
        customer_months=months,
        kpis=kpis,
        cohorts=retention_cohorts(customers, history, rates),
        cash=cash_monthly(history),
        dunning=dunning_monthly(periods, history, rates, rules, [row.metric_month for row in kpis]),
        trials=trials_monthly(periods, standings, history, rates, rules),
    )
