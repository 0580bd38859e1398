"""Stripe's billing documents, with every key they have: invoices, their lines, invoice items."""

from ingestion.sandbox.stripe.objects import ACCOUNT_COUNTRY, ACCOUNT_NAME, Json, list_of

HOUR, DAY = 3600, 86_400


def tax_entry(amount: int, taxable: int, rate: str) -> Json:
    """One tax on a line, an invoice or a credit note."""
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": rate},
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def pricing(price: Json) -> Json:
    """How a line was priced."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def line_body(
    id_: str,
    price: Json,
    quantity: int,
    amount: int,
    period: tuple[int, int],
    description: str,
    parent: Json,
    subscription: str | None,
) -> Json:
    """A line, still without discounts, taxes and its invoice."""
    return {
        "id": id_,
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": True,
        "metadata": {},
        "parent": parent,
        "period": {"end": period[1], "start": period[0]},
        "pretax_credit_amounts": [],
        "pricing": pricing(price),
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }


def line_parent(
    subscription: str | None,
    item: str | None,
    invoice_item: str | None = None,
    credited: Json | None = None,
    *,
    is_proration: bool = False,
) -> Json:
    """Where a line comes from: a subscription's item, or an invoice item."""
    proration_details = {"credited_items": credited} if is_proration else None
    if item is None:
        return {
            "invoice_item_details": {
                "invoice_item": invoice_item,
                "proration": is_proration,
                "proration_details": proration_details,
                "subscription": subscription,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": invoice_item,
            "proration": is_proration,
            "proration_details": proration_details,
            "subscription": subscription,
            "subscription_item": item,
        },
        "type": "subscription_item_details",
    }


def invoice_item_body(
    id_: str,
    customer: str,
    price: Json,
    quantity: int,
    amount: int,
    period: tuple[int, int],
    description: str,
) -> Json:
    """An invoice item that waits for an invoice; a proration gets its details set."""
    return {
        "id": id_,
        "object": "invoiceitem",
        "amount": amount,
        "currency": price["currency"],
        "customer": customer,
        "customer_account": None,
        "date": period[0],
        "description": description,
        "discountable": False,
        "discounts": [],
        "invoice": None,
        "livemode": True,
        "metadata": {},
        "net_amount": amount,
        "parent": None,
        "period": {"end": period[1], "start": period[0]},
        "pricing": pricing(price),
        "proration": False,
        "proration_details": None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    }


def invoice_body(
    id_: str, customer: Json, subscription: Json | None, currency: str, reason: str, at: int
) -> Json:
    """A draft without lines."""
    subscription_id = subscription and subscription["id"]
    return {
        "id": id_,
        "object": "invoice",
        "account_country": ACCOUNT_COUNTRY,
        "account_name": ACCOUNT_NAME,
        "account_tax_ids": None,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": at + HOUR,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": at,
        "currency": currency,
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"account": None, "type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": list_of([], f"/v1/invoices/{id_}/lines"),
        "livemode": True,
        "metadata": {},
        "next_payment_attempt": at + HOUR,
        "number": None,
        "on_behalf_of": None,
        "parent": subscription_id
        and {
            "quote_details": None,
            "subscription_details": {
                "metadata": {},
                "subscription": subscription_id,
                "subscription_proration_date": None,
            },
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": at,
        "period_start": at,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": None,
        "threshold_reason": None,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": at,
    }


def invoice_payment_body(id_: str, invoice: Json, payment_intent: str, at: int) -> Json:
    """What joins an invoice to the payment intent that is to pay it."""
    return {
        "id": id_,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": at,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": True,
        "payment": {
            "charge": None,
            "payment_intent": payment_intent,
            "payment_record": None,
            "type": "payment_intent",
        },
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
