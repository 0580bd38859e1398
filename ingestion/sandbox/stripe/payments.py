"""Collects invoices: payment intents, charges, and what comes back as refunds and disputes."""

from ingestion.sandbox.billing import Payment
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.credit_notes import credit_note_body, credit_note_line_body
from ingestion.sandbox.stripe.documents import DAY, invoice_payment_body
from ingestion.sandbox.stripe.money import (
    DISPUTE_FEE,
    FEE_FIXED,
    FEE_PER_MILLE,
    balance_transaction_body,
    charge_body,
    dispute_body,
    payment_intent_body,
    refund_body,
    share,
)
from ingestion.sandbox.stripe.objects import Json, list_of
from ingestion.sandbox.stripe.truth import major, moment


class Till:
    """Takes one customer's money, and gives some of it back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ledger = client.ledger
        self._waiting: dict[str, tuple[Json, Json]] = {}  # invoice: its intent and payment
        self._notes = 0

    def open(self, at: int, invoice: Json) -> None:
        """Make the payment intent of a finalized invoice."""
        intent = payment_intent_body(self._client.ids.new("pi"), invoice, at)
        link = invoice_payment_body(self._client.ids.new("inpay"), invoice, intent["id"], at)
        self._waiting[invoice["id"]] = intent, link
        self._ledger.write(at, "payment_intent.created", intent)
        self._ledger.write(at, None, link)

    def cancel(self, at: int, invoice: Json) -> None:
        """Give up an invoice that is void now."""
        if invoice["id"] not in self._waiting:
            return
        intent, link = self._waiting.pop(invoice["id"])
        changes = {"status": "canceled", "canceled_at": at, "cancellation_reason": "void_invoice"}
        self._ledger.change(at, "payment_intent.canceled", intent, **changes)
        passed = {"canceled_at": at, "paid_at": None}
        self._ledger.change(at, None, link, status="canceled", status_transitions=passed)

    def fail(self, at: int, invoice: Json, failure: str, next_at: int | None) -> None:
        """A charge that does not succeed."""
        intent, _ = self._waiting[invoice["id"]]
        charge = self._charge(at, intent, failure)
        self._ledger.write(at, "charge.failed", charge)
        error = {
            "charge": charge["id"],
            "code": failure,
            "doc_url": f"https://stripe.com/docs/error-codes/{failure.replace('_', '-')}",
            "message": charge["failure_message"],
            "type": "card_error",
        }
        self._ledger.change(
            at,
            "payment_intent.payment_failed",
            intent,
            last_payment_error=error,
            latest_charge=charge["id"],
        )
        self._ledger.change(
            at,
            "invoice.payment_failed",
            invoice,
            attempted=True,
            attempt_count=invoice["attempt_count"] + 1,
            next_payment_attempt=next_at,
        )
        self._note_charge(charge, invoice, 0)

    def collect(self, at: int, invoice: Json) -> Json:
        """A charge that succeeds and pays the invoice."""
        intent, link = self._waiting.pop(invoice["id"])
        charge = self._charge(at, intent, "")
        amount = charge["amount"]
        fee = share(amount, FEE_PER_MILLE, 1000) + FEE_FIXED
        self._book(at, "charge", "charge", charge, amount, fee)
        self._ledger.write(at, "charge.succeeded", charge)
        self._ledger.change(
            at,
            "payment_intent.succeeded",
            intent,
            status="succeeded",
            amount_received=amount,
            latest_charge=charge["id"],
            payment_method=self._client.method,
            last_payment_error=None,
        )
        self.mark_paid(at, invoice, attempts=1)
        passed = {"canceled_at": None, "paid_at": at}
        self._ledger.change(
            at,
            "invoice_payment.paid",
            link,
            status="paid",
            amount_paid=amount,
            status_transitions=passed,
        )
        self._note_charge(charge, invoice, fee)
        return charge

    def mark_paid(self, at: int, invoice: Json, attempts: int = 0) -> None:
        """The invoice is settled; of a total of zero without any charge."""
        self._ledger.change(
            at,
            "invoice.paid",
            invoice,
            status="paid",
            amount_paid=invoice["amount_due"],
            amount_remaining=0,
            attempted=True,
            attempt_count=invoice["attempt_count"] + attempts,
            next_payment_attempt=None,
            status_transitions=invoice["status_transitions"] | {"paid_at": at},
        )
        self._ledger.write(at, "invoice.payment_succeeded", invoice)

    # --- what comes back ------------------------------------------------------------------------

    def refund(self, at: int, charge: Json, invoice: Json, percent: int, *, noted: bool) -> None:
        """Give back a share of a charge; `noted` with a credit note that says so."""
        if charge["disputed"] or charge["refunded"]:
            return
        amount = min(share(charge["amount"], percent, 100), charge["amount"])
        refund = refund_body(self._client.ids.new("re"), charge, amount, at)
        self._book(at, "refund", "refund", refund, -amount, 0)
        self._ledger.write(at, "refund.created", refund)
        self._ledger.change(
            at,
            "charge.refunded",
            charge,
            amount_refunded=amount,
            refunded=amount == charge["amount"],
        )
        tax = share(_tax(charge, invoice), amount, charge["amount"])
        if noted:
            self._write_credit_note(at, invoice, refund, tax)
        self._note(refund, "refund", invoice, amount, tax, 0, at)

    def _write_credit_note(self, at: int, invoice: Json, refund: Json, tax: int) -> None:
        self._notes += 1
        id_, amount = self._client.ids.new("cn"), refund["amount"]
        note = credit_note_body(id_, invoice, self._notes, amount, tax, refund["id"], at)
        line = max(invoice["lines"]["data"], key=lambda one: int(one["amount"]))
        note["lines"] = list_of(
            [
                credit_note_line_body(
                    self._client.ids.new("cnli"),
                    line["id"],
                    line["description"],
                    amount - tax,
                    tax,
                    self._client.tax_rate,
                )
            ],
            f"/v1/credit_notes/{id_}/lines",
        )
        self._ledger.write(at, "credit_note.created", note)
        noted = invoice["post_payment_credit_notes_amount"] + amount
        self._ledger.change(at, "invoice.updated", invoice, post_payment_credit_notes_amount=noted)

    def dispute(self, at: int, charge: Json, invoice: Json, *, is_won: bool) -> None:
        """The customer's bank takes a charge back; it comes again if the dispute is won."""
        if charge["disputed"] or charge["amount_refunded"]:
            return
        dispute = dispute_body(self._client.ids.new("dp"), charge, at)
        amount = charge["amount"]
        self._ledger.write(at, "charge.dispute.created", dispute)
        self._ledger.change(at, "charge.updated", charge, disputed=True)
        taken = self._book(at, "adjustment", "dispute", dispute, -amount, DISPUTE_FEE)
        self._ledger.change(
            at, "charge.dispute.funds_withdrawn", dispute, balance_transactions=[dict(taken)]
        )
        tax = _tax(charge, invoice)
        self._note(dispute, "dispute", invoice, amount, tax, DISPUTE_FEE, at)
        self._client.timeline.plan(at + 6 * DAY, lambda day: self._defend(day, dispute))

        def close(day: int) -> None:
            if is_won:
                back = self._book(day, "adjustment", "dispute_reversal", dispute, amount, 0)
                both = [*dispute["balance_transactions"], dict(back)]
                kind = "charge.dispute.funds_reinstated"
                self._ledger.change(day, kind, dispute, balance_transactions=both, status="won")
                self._note(dispute, "dispute_reversal", invoice, amount, tax, 0, day)
                self._ledger.write(day, "charge.dispute.closed", dispute)
            else:
                self._ledger.change(day, "charge.dispute.closed", dispute, status="lost")

        self._client.timeline.plan(at + 35 * DAY, close)

    def _defend(self, at: int, dispute: Json) -> None:
        details = dispute["evidence_details"] | {"has_evidence": True, "submission_count": 1}
        self._ledger.change(
            at,
            "charge.dispute.updated",
            dispute,
            status="under_review",
            evidence_details=details,
        )

    # --- helpers --------------------------------------------------------------------------------

    def _charge(self, at: int, intent: Json, failure: str) -> Json:
        client = self._client
        return charge_body(client.ids.new("ch"), intent, client.body, client.method, failure, at)

    def _book(self, at: int, kind: str, category: str, source: Json, amount: int, fee: int) -> Json:
        """Write a balance transaction; its money is available two days later."""
        id_ = self._client.ids.new("txn")
        entry = balance_transaction_body(id_, kind, category, source, amount, fee, at)
        if "balance_transaction" in source:
            source["balance_transaction"] = id_
        self._ledger.write(at, None, entry)
        self._client.timeline.plan(
            entry["available_on"],
            lambda day: self._ledger.change(day, None, entry, status="available"),
        )
        return entry

    def _note_charge(self, charge: Json, invoice: Json, fee: int) -> None:
        amount, at, failure = charge["amount"], charge["created"], charge["failure_code"]
        tax = _tax(charge, invoice)
        self._note(charge, "charge", invoice, amount, tax, fee, at, failure or "")

    def _note(
        self,
        source: Json,
        kind: str,
        invoice: Json,
        amount: int,
        tax: int,
        fee: int,
        at: int,
        failure: str = "",
    ) -> None:
        """The truth about a payment."""
        client, parent = self._client, invoice["parent"]
        prices = [line["pricing"]["price_details"]["price"] for line in invoice["lines"]["data"]]
        client.payments.append(
            Payment(
                payment_id=source["id"] + ("_reversal" if kind == "dispute_reversal" else ""),
                customer_id=f"stripe_{client.id}",
                occurred_at=moment(at),
                amount=major(amount, client.currency),
                currency=client.currency.upper(),
                kind=kind,
                status="failed" if failure else "succeeded",
                subscription_id=parent["subscription_details"]["subscription"] if parent else "",
                tax=major(tax, client.currency),
                fee=major(fee, client.currency),
                is_recurring=any(client.shop.prices[price].interval for price in prices),
                failure_reason=failure,
            )
        )


def _tax(charge: Json, invoice: Json) -> int:
    """The tax within a charge; all of its invoice's, unless a balance paid a part."""
    tax = sum(entry["amount"] for entry in invoice["total_taxes"])
    return share(tax, charge["amount"], invoice["total"])
