"""Objects as the API shows them: ids unless expanded, nested lists cut, older shapes in events."""

from collections.abc import Iterable
from typing import Any

import orjson

Json = dict[str, Any]

NESTED = 10  # how many entries of a nested list are shown
# What is kept whole in the log and shown as an id, or not at all, unless it is asked for.
_FOLDED = {"invoice", "subscription", "invoiceitem", "price", "credit_note"}


def rendered(kind: str, body: bytes, expanded: frozenset[str]) -> bytes:
    """Return an object's JSON as shown at the pinned version.

    Args:
        kind: The object's kind.
        body: Its JSON in the log.
        expanded: Paths within the object that are to be shown whole, such as "discounts".
    """
    if kind not in _FOLDED:
        return body
    item: Json = orjson.loads(body)
    fold(kind, item, expanded)
    return orjson.dumps(item)


def fold(kind: str, item: Json, expanded: Iterable[str] = ()) -> None:
    """Show as ids what is not expanded, and the first entries of nested lists."""
    asked = frozenset(expanded)
    if kind == "price" and "tiers" not in asked:
        item.pop("tiers", None)
    if "discounts" in item:
        item["discounts"] = _discounts(item["discounts"], "discounts", asked)
    for key in ("lines", "items"):
        nested = item.get(key)
        if isinstance(nested, dict) and nested.get("object") == "list":
            entries = nested["data"]
            nested["has_more"] = len(entries) > NESTED
            nested["data"] = [
                folded_entry(entry, f"{key}.data", asked) for entry in entries[:NESTED]
            ]


def folded_entry(entry: Json, path: str, asked: frozenset[str]) -> Json:
    """Return an entry of a nested list as it is shown."""
    if "discounts" not in entry and "price" not in entry:
        return entry
    shown = dict(entry)
    if "discounts" in shown:
        shown["discounts"] = _discounts(shown["discounts"], f"{path}.discounts", asked)
    if isinstance(shown.get("price"), dict):
        shown["price"] = {key: value for key, value in shown["price"].items() if key != "tiers"}
    return shown


def _discounts(discounts: list[Any], path: str, asked: frozenset[str]) -> list[Any]:
    shown: list[Any] = []
    for discount in discounts:
        if not isinstance(discount, dict):
            shown.append(discount)
        elif not any(one == path or one.startswith(f"{path}.") for one in asked):
            shown.append(discount["id"])
        elif f"{path}.source.coupon" in asked:
            shown.append(discount)
        else:
            coupon = discount["source"]["coupon"]
            identity = coupon["id"] if isinstance(coupon, dict) else coupon
            shown.append({**discount, "source": {**discount["source"], "coupon": identity}})
    return shown


def as_of_acacia(
    kind: str, item: Json, expanded: Iterable[str] = (), invoice: str | None = None
) -> Json:
    """Return an object in the shape of 2025-02-24.acacia, as an older account's events hold it.

    Args:
        kind: The object's kind.
        item: The object in the log; it is changed.
        expanded: Paths within the object that are to be shown whole.
        invoice: What a charge or a payment intent pays, which older versions say of themselves.
    """
    whole = [one for one in item.get("discounts") or [] if isinstance(one, dict)]
    discounts = {one["id"]: _acacia_discount(one) for one in whole}
    fold(kind, item, expanded)
    if discounts:
        shown = item["discounts"]
        item["discounts"] = [
            discounts[one["id"]] if isinstance(one, dict) else one for one in shown
        ]
    if kind in ("subscription", "invoice"):
        item["discount"] = next(iter(discounts.values()), None)
    if kind == "subscription":
        first = item["items"]["data"][0] if item["items"]["data"] else {}
        item["current_period_start"] = first.get("current_period_start")
        item["current_period_end"] = first.get("current_period_end")
        item["items"]["data"] = [
            {
                key: value
                for key, value in entry.items()
                if key not in ("current_period_start", "current_period_end")
            }
            for entry in item["items"]["data"]
        ]
    elif kind == "invoice":
        details = (item.pop("parent", None) or {}).get("subscription_details") or {}
        item["subscription"] = details.get("subscription")
        item["paid"] = item["status"] == "paid"
        taxes = item.pop("total_taxes", None) or []
        item["tax"] = sum(tax["amount"] for tax in taxes)
        item["total_tax_amounts"] = [_acacia_tax(tax) for tax in taxes]
        item["charge"] = item["payment_intent"] = None
        item.pop("amount_overpaid", None)
        item["lines"]["data"] = [_acacia_line(line) for line in item["lines"]["data"]]
    elif kind == "invoiceitem":
        details = (item.pop("parent", None) or {}).get("subscription_details") or {}
        item["subscription"] = details.get("subscription")
        item["subscription_item"] = details.get("subscription_item")
        item["price"] = _acacia_price(item.pop("pricing", None))
        item.pop("net_amount", None)
        item.pop("proration_details", None)
    elif kind == "discount":
        item = _acacia_discount(item)
    elif kind in ("charge", "payment_intent"):
        item["invoice"] = invoice
    return item


def _acacia_discount(discount: Json) -> Json:
    old = {key: value for key, value in discount.items() if key != "source"}
    old["coupon"] = discount["source"]["coupon"]
    return old


def _acacia_price(pricing: Json | None) -> Json | None:
    price = ((pricing or {}).get("price_details") or {}).get("price")
    return {"id": price, "object": "price"} if price else None


def _acacia_tax(tax: Json) -> Json:
    return {
        "amount": tax["amount"],
        "inclusive": tax.get("tax_behavior") == "inclusive",
        "tax_rate": (tax.get("tax_rate_details") or {}).get("tax_rate"),
        "taxable_amount": tax.get("taxable_amount"),
    }


def _acacia_line(line: Json) -> Json:
    old = {key: value for key, value in line.items() if key not in ("parent", "pricing", "taxes")}
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    old["tax_amounts"] = [_acacia_tax(tax) for tax in line.get("taxes") or []]
    old["type"] = "subscription" if details else "invoiceitem"
    old["proration"] = bool(details.get("proration"))
    old["subscription_item"] = details.get("subscription_item")
    old["price"] = _acacia_price(line.get("pricing"))
    return old
