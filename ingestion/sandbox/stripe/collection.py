"""Gets invoices paid: by card, with retries, or on the customer's own terms."""

from collections.abc import Callable
from typing import Protocol

from ingestion.sandbox.stripe.contract import Contract
from ingestion.sandbox.stripe.documents import DAY
from ingestion.sandbox.stripe.invoicing import DAYS_UNTIL_DUE, Invoicing
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.payments import Till

RETRY_AFTER_DAYS = (3, 5, 7)
EXHAUSTED_AFTER_DAYS = 21


class Habits(Protocol):
    """How a customer pays."""

    def failing_attempts(self) -> int | None:
        """How many charges of the next invoice fail before one succeeds; None: all of them."""

    def days_to_pay(self) -> int | None:
        """After how many days an invoice on terms is paid; None: never."""

    def failure(self) -> str:
        """Why a charge fails."""

    def regret(self, charge: Json, invoice: Json) -> None:
        """Perhaps want the money back."""


End = Callable[[int, Contract, str], None]


class Collector:
    """Collects finalized invoices; `end` is told when a subscription must end unpaid."""

    def __init__(self, till: Till, invoicing: Invoicing, habits: Habits, end: End) -> None:
        self._till = till
        self._invoicing = invoicing
        self._habits = habits
        self._end = end

    def collect(self, at: int, contract: Contract | None, invoice: Json) -> None:
        """Finalize the invoice and do what is needed to have it paid."""
        self._invoicing.finalize(at, invoice)
        if invoice["amount_due"] == 0:
            self._till.mark_paid(at, invoice)
            return
        self._till.open(at, invoice)
        if contract is None:
            self._take(at, contract, invoice)
        elif invoice["collection_method"] == "send_invoice":
            self._wait(at, contract, invoice)
        else:
            is_renewal = invoice["billing_reason"] == "subscription_cycle"
            failing = self._habits.failing_attempts() if is_renewal else 0
            self._attempt(at, contract, invoice, failing, 0)

    def fail_first(self, at: int, invoice: Json) -> None:
        """The very first charge of a subscription fails; there is no retry."""
        self._invoicing.finalize(at, invoice)
        self._till.open(at, invoice)
        self._till.fail(at, invoice, self._habits.failure(), None)

    def complete(self, at: int, contract: Contract, invoice: Json) -> None:
        """The charge of a subscription that was not complete succeeds at last."""
        charge = self._till.collect(at, invoice)
        kind = "customer.subscription.updated"
        contract.client.ledger.change(at, kind, contract.body, status="active")
        contract.look(at)
        self._habits.regret(charge, invoice)

    def drop(self, at: int, invoice: Json) -> None:
        """Void an invoice, with its intent."""
        self._till.cancel(at, invoice)
        self._invoicing.void(at, invoice)

    def _take(self, at: int, contract: Contract | None, invoice: Json) -> None:
        charge = self._till.collect(at, invoice)
        if contract is not None:
            self._set_status(at, contract, "active")
        self._habits.regret(charge, invoice)

    def _set_status(self, at: int, contract: Contract, status: str) -> None:
        if contract.is_live and contract.body["status"] != status:
            ledger, kind = contract.client.ledger, "customer.subscription.updated"
            ledger.change(at, kind, contract.body, status=status)
            contract.look(at)

    # --- by card --------------------------------------------------------------------------------

    def _attempt(
        self, at: int, contract: Contract, invoice: Json, failing: int | None, done: int
    ) -> None:
        if invoice["status"] != "open" or not contract.is_live:
            return
        if failing is not None and done >= failing:
            self._take(at, contract, invoice)
            return
        timeline = contract.client.timeline
        next_at = at + RETRY_AFTER_DAYS[done] * DAY if done < len(RETRY_AFTER_DAYS) else None
        self._till.fail(at, invoice, self._habits.failure(), next_at)
        self._set_status(at, contract, "past_due")
        if next_at is not None:
            timeline.plan(
                next_at, lambda day: self._attempt(day, contract, invoice, failing, done + 1)
            )
        else:
            given_up_at = at + (EXHAUSTED_AFTER_DAYS - sum(RETRY_AFTER_DAYS)) * DAY
            timeline.plan(given_up_at, lambda day: self._exhaust(day, contract, invoice))

    def _exhaust(self, at: int, contract: Contract, invoice: Json) -> None:
        if invoice["status"] != "open" or not contract.is_live:
            return
        # Lately the account leaves such subscriptions unpaid instead of ending them.
        if at >= contract.client.remembered_from:
            self._set_status(at, contract, "unpaid")
        else:
            self._end(at, contract, "payment_failed")

    # --- on terms -------------------------------------------------------------------------------

    def _wait(self, at: int, contract: Contract, invoice: Json) -> None:
        days, timeline = self._habits.days_to_pay(), contract.client.timeline
        if days is None or days > DAYS_UNTIL_DUE:
            timeline.plan(
                at + DAYS_UNTIL_DUE * DAY, lambda day: self._overdue(day, contract, invoice)
            )
        if days is not None:
            timeline.plan(at + days * DAY, lambda day: self._take(day, contract, invoice))
            return

        def give_up(day: int) -> None:
            self._invoicing.give_up(day, invoice)
            if contract.is_live:
                self._end(day, contract, "payment_failed")

        timeline.plan(at + (DAYS_UNTIL_DUE + 25) * DAY, give_up)

    def _overdue(self, at: int, contract: Contract, invoice: Json) -> None:
        contract.client.ledger.write(at, "invoice.overdue", invoice)
        self._set_status(at, contract, "past_due")
