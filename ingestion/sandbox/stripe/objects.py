"""Stripe's objects about customers and what they subscribe to, with every key they have."""

from typing import Any

Json = dict[str, Any]
ACCOUNT_NAME, ACCOUNT_COUNTRY = "Lumiboard", "US"


def list_of(data: list[Json], url: str) -> Json:
    """A nested list, whole."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def customer_body(id_: str, name: str, email: str, company: str, country: str, at: int) -> Json:
    """A customer as it signs up; currency and discount come later."""
    return {
        "id": id_,
        "object": "customer",
        "address": _address(country),
        "balance": 0,
        "business_name": company,
        "created": at,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": company,
        "discount": None,
        "email": email,
        "individual_name": name,
        "invoice_prefix": id_[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": True,
        "metadata": {},
        "name": name,
        "next_invoice_sequence": None,
        "phone": None,
        "preferred_locales": ["en"],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _address(country: str) -> Json:
    return {
        "city": None,
        "country": country,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }


def product_body(id_: str, name: str, at: int) -> Json:
    """A product."""
    return {
        "id": id_,
        "object": "product",
        "active": True,
        "created": at,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": True,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": at,
        "url": None,
    }


def price_body(
    id_: str,
    product: str,
    nickname: str,
    currency: str,
    unit_amount: int | None,
    interval: tuple[str, int] | None,
    at: int,
) -> Json:
    """A price; without an interval it is for one-off sales."""
    recurring = interval and {
        "interval": interval[0],
        "interval_count": interval[1],
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
    return {
        "id": id_,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": at,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": True,
        "lookup_key": None,
        "metadata": {},
        "nickname": nickname,
        "product": product,
        "recurring": recurring,
        "tax_behavior": "exclusive",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": None if unit_amount is None else str(unit_amount),
    }


def embedded_price(price: Json) -> Json:
    """A price within another object, where its tiers are not shown."""
    return {key: value for key, value in price.items() if key != "tiers"}


def plan_body(price: Json) -> Json:
    """The older object that stands beside the price of a subscription item."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": price["livemode"],
        "metadata": {},
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }


def coupon_body(
    id_: str,
    percent: int | None,
    off: tuple[int, str] | None,
    duration: str,
    months: int | None,
    at: int,
) -> Json:
    """A coupon; `off` is an amount and its currency."""
    return {
        "id": id_,
        "object": "coupon",
        "amount_off": off[0] if off else None,
        "created": at,
        "currency": off[1] if off else None,
        "duration": duration,
        "duration_in_months": months,
        "livemode": True,
        "max_redemptions": None,
        "metadata": {},
        "name": id_,
        "percent_off": None if percent is None else float(percent),
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }


def discount_body(
    id_: str, coupon: Json, customer: str, subscription: str, at: int, end: int | None
) -> Json:
    """A coupon given to a subscription; one given to its item gets `subscription_item` set."""
    return {
        "id": id_,
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "customer_account": None,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": coupon, "type": "coupon"},
        "start": at,
        "subscription": subscription,
        "subscription_item": None,
    }


def item_body(
    id_: str, subscription: str, price: Json, quantity: int | None, at: int, period: tuple[int, int]
) -> Json:
    """An item of a subscription; a metered one has no quantity."""
    return {
        "id": id_,
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": at,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "plan": plan_body(price),
        "price": embedded_price(price),
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def subscription_body(id_: str, customer: str, currency: str, at: int) -> Json:
    """A subscription as it is created; its items are put into `items` afterwards."""
    return {
        "id": id_,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": at,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": at,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"account": None, "type": "self"},
        },
        "items": list_of([], f"/v1/subscription_items?subscription={id_}"),
        "latest_invoice": None,
        "livemode": True,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "presentment_details": None,
        "schedule": None,
        "start_date": at,
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }
