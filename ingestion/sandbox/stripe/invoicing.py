"""Makes invoices: discounts and taxes of their lines, totals, and the customer's balance."""

from collections.abc import Iterable

from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.documents import (
    DAY,
    invoice_body,
    invoice_item_body,
    line_body,
    line_parent,
    tax_entry,
)
from ingestion.sandbox.stripe.money import share
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.shop import Price

DAYS_UNTIL_DUE = 30


def discount_on(amount: int, discount: Json | None) -> int:
    """What a discount takes off an amount, never more than all of it."""
    if discount is None or amount <= 0:
        return 0
    coupon = discount["source"]["coupon"]
    if coupon["percent_off"] is not None:
        return share(amount, round(coupon["percent_off"]), 100)
    return min(amount, int(coupon["amount_off"]))


class Invoicing:
    """Writes one customer's invoices and the items that wait for one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pending: list[Json] = []

    # --- lines ----------------------------------------------------------------------------------

    def cycle_line(
        self, item: Json, price: Price, period: tuple[int, int], discount: Json | None, units: int
    ) -> Json:
        """A line for a whole service period of an item."""
        amount = price.total(units)
        text = f"{units} x {price.product} (at {price.body['nickname']})"
        parent = line_parent(item["subscription"], item["id"])
        line = self._line(price, units, amount, period, text, parent, item["subscription"])
        _discount(line, discount)
        return line

    def trial_line(self, item: Json, price: Price, period: tuple[int, int]) -> Json:
        """A line for a trial, which costs nothing."""
        parent = line_parent(item["subscription"], item["id"])
        text = f"Trial period for {price.product}"
        units = item["quantity"] or 0
        return self._line(price, units, 0, period, text, parent, item["subscription"])

    def _line(
        self,
        price: Price,
        units: int,
        amount: int,
        period: tuple[int, int],
        text: str,
        parent: Json,
        subscription: str | None,
    ) -> Json:
        id_ = self._client.ids.new("il")
        return line_body(id_, price.body, units, amount, period, text, parent, subscription)

    # --- invoice items --------------------------------------------------------------------------

    def one_off(self, at: int, price: Price) -> None:
        """A one-off service, on the next invoice."""
        client = self._client
        item = invoice_item_body(
            client.ids.new("ii"), client.id, price.body, 1, price.total(1), (at, at), price.product
        )
        client.ledger.write(at, "invoiceitem.created", item)
        self._pending.append(item)

    def prorate(
        self, item: Json, price: Price, amount: int, period: tuple[int, int], credited: Json | None
    ) -> None:
        """A credit for unused time (with what it credits) or a charge for remaining time."""
        client, units = self._client, item["quantity"]
        what = "Unused time on" if credited else "Remaining time on"
        text = f"{what} {units} x {price.product}"
        body = invoice_item_body(
            client.ids.new("ii"), client.id, price.body, units, amount, period, text
        )
        details = {"subscription": item["subscription"], "subscription_item": item["id"]}
        body["parent"] = {"subscription_details": details, "type": "subscription_details"}
        body["proration"] = True
        body["proration_details"] = {
            "credited_items": credited
            and {
                "invoice_item": None,
                "invoice_line_item_details": credited,
                "type": "invoice_line_items",
            },
            "discount_amounts": [],
        }
        client.ledger.write(period[0], "invoiceitem.created", body)
        self._pending.append(body)

    @property
    def has_pending(self) -> bool:
        """Whether items wait for an invoice."""
        return bool(self._pending)

    def _take_pending(self, at: int, invoice: Json) -> list[Json]:
        lines = []
        for item in self._pending:
            price = self._client.shop.prices[item["pricing"]["price_details"]["price"]]
            of = item["parent"]["subscription_details"] if item["parent"] else {}
            credited = item["proration"] and item["proration_details"]["credited_items"]
            parent = line_parent(
                of.get("subscription"),
                of.get("subscription_item"),
                item["id"],
                credited["invoice_line_item_details"] if credited else None,
                is_proration=item["proration"],
            )
            period = (item["period"]["start"], item["period"]["end"])
            line = self._line(
                price,
                item["quantity"],
                item["amount"],
                period,
                item["description"],
                parent,
                of.get("subscription"),
            )
            line["discountable"] = False
            lines.append(line)
            self._client.ledger.change(at, None, item, invoice=invoice["id"])
        self._pending = []
        return lines

    # --- the invoice ----------------------------------------------------------------------------

    def draft(
        self,
        at: int,
        subscription: Json | None,
        reason: str,
        lines: Iterable[Json],
        period: tuple[int, int],
        discounts: list[Json],
    ) -> Json:
        """A draft with its lines and everything that waits, counted up."""
        client = self._client
        id_ = client.ids.new("in")
        invoice = invoice_body(id_, client.body, subscription, client.currency, reason, at)
        invoice["period_start"], invoice["period_end"] = period
        invoice["discounts"] = discounts
        invoice["lines"]["data"] = [*self._take_pending(at, invoice), *lines]
        if subscription and subscription["collection_method"] == "send_invoice":
            invoice["collection_method"] = "send_invoice"
            invoice["next_payment_attempt"] = None
        self._count_up(invoice)
        client.ledger.write(at, "invoice.created", invoice)
        return invoice

    def announce(
        self,
        at: int,
        subscription: Json,
        items: Iterable[tuple[Json, Price, Json | None]],
        period: tuple[int, int],
    ) -> None:
        """Tell of an invoice to come, which has no id: what its items will cost, with discounts."""
        client = self._client
        invoice = invoice_body(
            "upcoming", client.body, subscription, client.currency, "upcoming", period[0]
        )
        for item, price, discount in items:
            units = item["quantity"]
            parent = line_parent(item["subscription"], item["id"])
            id_, text = f"il_tmp_{item['id']}", f"{units} x {price.product}"
            line = line_body(
                *(id_, price.body, units, price.total(units), period, text, parent),
                item["subscription"],
            )
            _discount(line, discount)
            invoice["lines"]["data"].append(line)
        self._count_up(invoice)
        del invoice["id"]
        client.ledger.tell(at, "invoice.upcoming", invoice)

    def _count_up(self, invoice: Json) -> None:
        client, taken = self._client, dict[str, int]()
        subtotal = tax = net = 0
        for line in invoice["lines"]["data"]:
            line["invoice"] = invoice["id"]
            off = 0
            for entry in line["discount_amounts"]:
                off += entry["amount"]
                taken[entry["discount"]] = taken.get(entry["discount"], 0) + entry["amount"]
            taxable = line["amount"] - off
            if client.tax_per_mille:
                line_tax = share(taxable, client.tax_per_mille, 1000)
                line["taxes"] = [tax_entry(line_tax, taxable, client.tax_rate)]
                tax += line_tax
            subtotal += line["amount"]
            net += taxable
        invoice.update(
            subtotal=subtotal,
            subtotal_excluding_tax=subtotal,
            total=net + tax,
            total_excluding_tax=net,
            total_taxes=[tax_entry(tax, net, client.tax_rate)] if client.tax_per_mille else [],
            total_discount_amounts=[
                {"amount": amount, "discount": discount} for discount, amount in taken.items()
            ],
            total_pretax_credit_amounts=[
                {
                    "amount": amount,
                    "credit_balance_transaction": None,
                    "discount": discount,
                    "type": "discount",
                }
                for discount, amount in taken.items()
            ],
        )
        self._set_due(invoice)

    def _set_due(self, invoice: Json) -> None:
        """A balance below zero is the customer's money: it is used before anything is charged."""
        balance = self._client.body["balance"]
        due = max(0, invoice["total"] + balance)
        invoice.update(amount_due=due, amount_remaining=due, starting_balance=balance)

    def finalize(self, at: int, invoice: Json) -> None:
        """Number it and make it payable."""
        client = self._client
        client.invoices += 1
        number = f"{client.body['invoice_prefix']}-{client.invoices:04}"
        url = f"https://invoice.stripe.example/i/{invoice['id']}"
        self._set_due(invoice)
        left = min(0, invoice["total"] + invoice["starting_balance"])
        is_sent = invoice["collection_method"] == "send_invoice"
        client.ledger.change(
            at,
            "invoice.finalized",
            invoice,
            status="open",
            number=number,
            effective_at=at,
            automatically_finalizes_at=None,
            ending_balance=left,
            due_date=at + DAYS_UNTIL_DUE * DAY if is_sent else None,
            hosted_invoice_url=url,
            invoice_pdf=f"{url}/pdf",
            status_transitions=invoice["status_transitions"] | {"finalized_at": at},
        )
        if is_sent:
            client.ledger.write(at, "invoice.sent", invoice)
        if left != client.body["balance"]:
            client.ledger.change(at, "customer.updated", client.body, balance=left)

    def void(self, at: int, invoice: Json) -> None:
        """Take it back: nothing is owed."""
        self._close(at, invoice, "invoice.voided", "void", "voided_at")

    def give_up(self, at: int, invoice: Json) -> None:
        """It will not be paid."""
        kind = "invoice.marked_uncollectible"
        self._close(at, invoice, kind, "uncollectible", "marked_uncollectible_at")

    def _close(self, at: int, invoice: Json, kind: str, status: str, passed: str) -> None:
        self._client.ledger.change(
            at,
            kind,
            invoice,
            status=status,
            auto_advance=False,
            next_payment_attempt=None,
            status_transitions=invoice["status_transitions"] | {passed: at},
        )


def _discount(line: Json, discount: Json | None) -> None:
    amount = discount_on(line["amount"], discount)
    if discount is None or not amount:
        return
    line["discount_amounts"] = [{"amount": amount, "discount": discount["id"]}]
    line["pretax_credit_amounts"] = [
        {
            "amount": amount,
            "credit_balance_transaction": None,
            "discount": discount["id"],
            "type": "discount",
        }
    ]
    if discount["subscription_item"]:
        line["discounts"] = [discount]
