"""Stripe's credit notes and their lines, with every key they have."""

from ingestion.sandbox.stripe.documents import tax_entry
from ingestion.sandbox.stripe.objects import Json, list_of


def credit_note_body(
    id_: str, invoice: Json, number: int, amount: int, tax: int, refund: str, at: int
) -> Json:
    """A note on a paid invoice whose amount, tax within it, was given back by a refund."""
    net = amount - tax
    rate = invoice["total_taxes"] and invoice["total_taxes"][0]["tax_rate_details"]["tax_rate"]
    taxes = [tax_entry(tax, net, rate)] if tax else []
    return {
        "id": id_,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": at,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": at,
        "invoice": invoice["id"],
        "lines": list_of([], f"/v1/credit_notes/{id_}/lines"),
        "livemode": True,
        "memo": None,
        "metadata": {},
        "number": f"{invoice['number']}-CN-{number:02}",
        "out_of_band_amount": None,
        "pdf": f"https://pay.stripe.example/credit_notes/{id_}/pdf",
        "post_payment_amount": amount,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": "product_unsatisfactory",
        "refunds": [
            {
                "amount_refunded": amount,
                "payment_record_refund": None,
                "refund": refund,
                "type": "refund",
            }
        ],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": net,
        "subtotal_excluding_tax": net,
        "total": amount,
        "total_excluding_tax": net,
        "total_taxes": taxes,
        "type": "post_payment",
        "voided_at": None,
    }


def credit_note_line_body(
    id_: str, line: str, description: str, net: int, tax: int, rate: str | None
) -> Json:
    """A line of a credit note, on a line of its invoice."""
    return {
        "id": id_,
        "object": "credit_note_line_item",
        "amount": net,
        "description": description,
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": line,
        "livemode": True,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [tax_entry(tax, net, rate)] if rate and tax else [],
        "type": "invoice_line_item",
        "unit_amount": net,
        "unit_amount_decimal": str(net),
    }
