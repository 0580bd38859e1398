"""The company's month: one row of kpis_monthly."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.amounts import add_months
from tests.oracle.cash import cash_in_reporting_currency
from tests.oracle.history import History
from tests.oracle.money import ZERO, ratio, round_half_up, times
from tests.oracle.months import CustomerMonth, balance, is_closed
from tests.oracle.movements import Close, CustomerHistory, Movement, month_of
from tests.oracle.policy import Policy
from tests.oracle.positions import ItemDay
from tests.oracle.rates import Rates


@dataclass(frozen=True)
class KpiMonth:
    """Signed amounts in the reporting currency, counts, and rates as fractions; None: unknown."""

    metric_month: date
    currency: str
    opening_mrr: Decimal
    new_mrr: Decimal
    expansion_mrr: Decimal
    contraction_mrr: Decimal
    churned_mrr: Decimal
    reactivation_mrr: Decimal
    fx_mrr: Decimal
    restated_mrr: Decimal
    closing_mrr: Decimal
    closing_mrr_constant: Decimal
    committed_mrr: Decimal | None
    past_due_mrr: Decimal
    pipeline_mrr: Decimal
    net_new_mrr: Decimal
    voluntary_churned_mrr: Decimal
    involuntary_churned_mrr: Decimal
    arr: Decimal
    opening_customers: int
    new_customers: int
    reactivated_customers: int
    resumed_customers: int
    paused_customers: int
    churned_customers: int
    churned_of_opening: int
    churned_while_paused_customers: int
    closing_customers: int
    arpu: Decimal | None
    asp: Decimal | None
    customer_churn_rate: Decimal | None
    gross_mrr_churn_rate: Decimal | None
    net_mrr_churn_rate: Decimal | None
    nrr: Decimal | None
    grr: Decimal | None
    nrr_ttm: Decimal | None
    grr_ttm: Decimal | None
    quick_ratio: Decimal | None
    cltv_formula: Decimal | None
    collected_amount: Decimal
    refunded_amount: Decimal
    is_closed: bool


def kpis_monthly(
    customers: list[CustomerHistory],
    customer_months: list[CustomerMonth],
    history: History,
    rates: Rates,
    currency: str,
    policy: Policy,
) -> list[KpiMonth]:
    """Every month from the first movement's to that of the last day."""
    company = _Company(customers, customer_months, history, rates, currency, policy)
    return [company.kpis_of(month) for month in company.months]


class _Company:
    """All customers, and the questions one asks of them about a month."""

    def __init__(
        self,
        customers: list[CustomerHistory],
        customer_months: list[CustomerMonth],
        history: History,
        rates: Rates,
        currency: str,
        policy: Policy,
    ) -> None:
        self._customers = {customer.customer_id: customer for customer in customers}
        self._history = history
        self._rates = rates
        self._currency = currency
        self._policy = policy
        self._movements = [movement for one in customers for movement in one.movements]
        self._customer_months = customer_months
        self._cash = cash_in_reporting_currency(history, rates)
        self._first_days: dict[str, date] = {}
        for customer in customers:
            for native, day in customer.first_days.items():
                self._first_days[native] = min(day, self._first_days.get(native, day))
        self.months: list[date] = []
        if self._movements:
            month = month_of(min(movement.occurred_on for movement in self._movements))
            while month <= month_of(history.last_day):
                self.months.append(month)
                month = add_months(month, 1)

    def kpis_of(self, month: date) -> KpiMonth:
        before = add_months(month, -1)
        moves = [move for move in self._movements if month_of(move.occurred_on) == month]
        by_type = {
            kind: _total(move for move in moves if move.movement_type == kind)
            for kind in ("new", "expansion", "contraction", "churn", "reactivation", "fx")
        }
        opening = self.mrr(before)
        closing = self.mrr(month)
        payers = self.standing(month, "paying")
        base = self.base(month)
        gone = self.gone_of_base(month)
        news = [move for move in moves if move.movement_type == "new"]
        churns = [move for move in moves if move.movement_type == "churn"]
        of_base = [move for move in moves if move.customer_id in base]
        lost = -_total(m for m in of_base if m.movement_type in ("churn", "contraction"))
        regained = _total(m for m in of_base if m.movement_type == "expansion")
        gained = by_type["new"] + by_type["expansion"]
        if self._policy.quick_ratio_counts_reactivation:
            gained += by_type["reactivation"]
        nrr, grr = self.retention(before, month)
        year_ago = add_months(month, -12)
        has_year = year_ago in self.months
        nrr_ttm, grr_ttm = self.retention(year_ago, month) if has_year else (None, None)
        collected, refunded = self._cash.get(month, (ZERO, ZERO))
        return KpiMonth(
            metric_month=month,
            currency=self._currency,
            opening_mrr=opening,
            new_mrr=by_type["new"],
            expansion_mrr=by_type["expansion"],
            contraction_mrr=by_type["contraction"],
            churned_mrr=by_type["churn"],
            reactivation_mrr=by_type["reactivation"],
            fx_mrr=by_type["fx"],
            restated_mrr=ZERO,
            closing_mrr=closing,
            closing_mrr_constant=self.closing_at_first_rates(month),
            committed_mrr=self.committed(month),
            past_due_mrr=self.balance_at_close(month, _past_due),
            pipeline_mrr=self.balance_at_close(month, _pipeline),
            net_new_mrr=_total(move for move in moves if move.movement_type != "fx"),
            voluntary_churned_mrr=_total(m for m in churns if m.reason != "involuntary"),
            involuntary_churned_mrr=_total(m for m in churns if m.reason == "involuntary"),
            arr=closing * 12,
            opening_customers=len(self.standing(before, "paying")),
            new_customers=len(news),
            reactivated_customers=sum(m.movement_type == "reactivation" for m in moves),
            resumed_customers=sum(move.crosses_pause for move in moves if move.mrr_delta > 0),
            paused_customers=sum(move.crosses_pause for move in moves if move.mrr_delta < 0),
            churned_customers=sum(move.mrr_delta != 0 for move in churns),
            churned_of_opening=len(gone),
            churned_while_paused_customers=sum(move.mrr_delta == 0 for move in churns),
            closing_customers=len(payers),
            arpu=ratio(closing, len(payers)),
            asp=ratio(_total(news), len(news)),
            customer_churn_rate=ratio(len(gone), len(base)),
            gross_mrr_churn_rate=ratio(lost, opening),
            net_mrr_churn_rate=ratio(lost - regained - by_type["reactivation"], opening),
            nrr=nrr,
            grr=grr,
            nrr_ttm=nrr_ttm,
            grr_ttm=grr_ttm,
            quick_ratio=ratio(gained, -(by_type["contraction"] + by_type["churn"])),
            cltv_formula=self.lifetime_value(month, closing, len(payers)),
            collected_amount=collected,
            refunded_amount=refunded,
            is_closed=is_closed(month, self._history),
        )

    def closes(self, month: date) -> dict[str, Close]:
        return {
            customer_id: customer.closes[month]
            for customer_id, customer in self._customers.items()
            if month in customer.closes
        }

    def standing(self, month: date, standing: str) -> set[str]:
        """The customers who stand so at the month's close."""
        return {key for key, close in self.closes(month).items() if close.standing == standing}

    def base(self, month: date) -> set[str]:
        """Paying or paused at the month's opening."""
        before = add_months(month, -1)
        return self.standing(before, "paying") | self.standing(before, "paused")

    def gone_of_base(self, month: date) -> set[str]:
        staying = self.standing(month, "paying") | self.standing(month, "paused")
        return self.base(month) - staying

    def mrr(self, month: date) -> Decimal:
        return sum((close.mrr for close in self.closes(month).values()), ZERO)

    def closing_at_first_rates(self, month: date) -> Decimal:
        """Closing MRR at each currency's rate of the first day the company had MRR in it."""
        return sum(
            (
                times(amount, self._rates.on(native, self._first_days[native]))
                for close in self.closes(month).values()
                for native, amount in close.native.items()
            ),
            ZERO,
        )

    def committed(self, month: date) -> Decimal | None:
        """Unknown as soon as it is unknown for one customer."""
        if not self._history.knows_cancel_requests:
            return None
        total = ZERO
        for row in self._customer_months:
            if row.metric_month == month:
                if row.committed_mrr is None:
                    return None
                total += row.committed_mrr
        return total

    def balance_at_close(self, month: date, kind: Callable[[ItemDay], Decimal]) -> Decimal:
        return sum(
            (balance(close, self._rates, kind) for close in self.closes(month).values()), ZERO
        )

    def retention(self, earlier: date, later: date) -> tuple[Decimal | None, Decimal | None]:
        """Net and gross retention of the earlier close's payers, both at its rates."""
        then_total = now_total = kept_total = ZERO
        closes_now = self.closes(later)
        for customer_id, close in self.closes(earlier).items():
            if close.standing != "paying":
                continue
            then = self._at_rates_of(close.day, close.native)
            now = self._at_rates_of(close.day, closes_now[customer_id].native)
            then_total += then
            now_total += now
            kept_total += min(then, now)
        return ratio(now_total, then_total), ratio(kept_total, then_total)

    def _at_rates_of(self, day: date, native: dict[str, Decimal]) -> Decimal:
        return sum(
            (times(amount, self._rates.on(currency, day)) for currency, amount in native.items()),
            ZERO,
        )

    def lifetime_value(self, month: date, closing: Decimal, payers: int) -> Decimal | None:
        """ARPU over the churn rate of the six months before; all of them must be closed."""
        six = [add_months(month, -back) for back in range(6, 0, -1)]
        if any(m not in self.months or not is_closed(m, self._history) for m in six):
            return None
        gone = sum(len(self.gone_of_base(m)) for m in six)
        base = sum(len(self.base(m)) for m in six)
        if gone == 0 or payers == 0:
            return None
        return round_half_up(Fraction(closing) / payers / Fraction(gone, base))


def _past_due(item: ItemDay) -> Decimal:
    return item.counted.headline if item.is_past_due else ZERO


def _pipeline(item: ItemDay) -> Decimal:
    return item.would_be.headline if item.state == "pipeline" else ZERO


def _total(movements: Iterable[Movement]) -> Decimal:
    return sum((movement.mrr_delta for movement in movements), ZERO)
