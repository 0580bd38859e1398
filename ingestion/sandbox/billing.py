"""Charges that follow the plans, with their retries, refunds and disputes."""

import random
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ingestion.sandbox.people import Customer

CENT = Decimal("0.01")
FEE_SHARE, FEE_FIXED, DISPUTE_FEE = Decimal("0.029"), Decimal("0.30"), Decimal(15)
FAILURES = ("card_declined", "insufficient_funds", "expired_card", "authentication_required")


@dataclass(frozen=True)
class Payment:
    """One payment event; the columns of the files form."""

    payment_id: str
    customer_id: str
    occurred_at: datetime
    amount: Decimal
    currency: str
    kind: str
    status: str
    subscription_id: str
    tax: Decimal
    fee: Decimal
    is_recurring: bool
    failure_reason: str = ""


PAYMENT_COLUMNS = [column.name for column in fields(Payment)]


class Cashier:
    """Writes one customer's payments."""

    def __init__(self, customer: Customer, rng: random.Random) -> None:
        self._customer = customer
        self._rng = rng
        self.payments: list[Payment] = []

    def charge(
        self,
        subscription_id: str,
        net: Decimal,
        at: datetime,
        *,
        succeeds: bool = True,
        is_recurring: bool = True,
    ) -> None:
        """Try to collect; what is collected may come back later as a refund or a dispute."""
        if net <= 0:
            return
        tax = _cents(net * self._customer.country.tax)
        amount = _cents(net) + tax
        fee = _cents(amount * FEE_SHARE) + FEE_FIXED if succeeds else Decimal(0)
        failure = "" if succeeds else self._rng.choice(FAILURES)
        payment = self._write(
            "charge", subscription_id, at, amount, tax, fee, is_recurring, failure
        )
        if succeeds:
            self._regret(payment)

    def _regret(self, charge: Payment) -> None:
        chance = self._rng.random()
        if chance < 0.008:
            part = Decimal(1) if self._rng.random() < 0.4 else Decimal("0.25")
            self._give_back("refund", charge, part, self._rng.randrange(1, 15), Decimal(0))
        elif chance < 0.011:
            days = self._rng.randrange(10, 40)
            self._give_back("dispute", charge, Decimal(1), days, DISPUTE_FEE)
            if self._rng.random() < 0.5:
                self._give_back("dispute_reversal", charge, Decimal(1), days + 35, Decimal(0))

    def _give_back(
        self, kind: str, charge: Payment, part: Decimal, days: int, fee: Decimal
    ) -> None:
        self._write(
            kind,
            charge.subscription_id,
            charge.occurred_at + timedelta(days=days, hours=3),
            _cents(charge.amount * part),
            _cents(charge.tax * part),
            fee,
            charge.is_recurring,
        )

    def _write(
        self,
        kind: str,
        subscription_id: str,
        at: datetime,
        amount: Decimal,
        tax: Decimal,
        fee: Decimal,
        is_recurring: bool,
        failure_reason: str = "",
    ) -> Payment:
        payment = Payment(
            payment_id=f"pay_{self._customer.customer_id[4:]}_{len(self.payments) + 1:03}",
            customer_id=self._customer.customer_id,
            occurred_at=at,
            amount=amount,
            currency=self._customer.country.currency,
            kind=kind,
            status="failed" if failure_reason else "succeeded",
            subscription_id=subscription_id,
            tax=tax,
            fee=fee,
            is_recurring=is_recurring,
            failure_reason=failure_reason,
        )
        self.payments.append(payment)
        return payment


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
