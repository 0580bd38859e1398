"""Notices objects in the form of an older API version, of which columns would be left empty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingestion.errors import SourceError
from ingestion.stripe.client import BASE_URL_SETTING
from ingestion.stripe.decoding import Object
from ingestion.stripe.tables import API_VERSION


@dataclass(frozen=True)
class Former:
    """What older versions show of a kind of object.

    Attributes:
        keys: Keys that newer versions do not have.
        instead: The key that holds the same since then; empty if another object does.
    """

    keys: frozenset[str]
    instead: str = ""


FORMER = {
    "subscription": Former(frozenset({"current_period_end"}), "items.data.current_period_end"),
    "invoice": Former(frozenset({"subscription", "paid", "total_tax_amounts"}), "parent"),
    "line_item": Former(frozenset({"price", "plan", "proration", "tax_amounts"}), "parent"),
    "invoiceitem": Former(frozenset({"price", "plan", "subscription", "unit_amount"}), "pricing"),
    "charge": Former(frozenset({"invoice"})),
    "credit_note": Former(frozenset({"refund", "tax_amounts"}), "total_taxes"),
    "discount": Former(frozenset({"coupon"}), "source"),
}


def refuse_former(item: object) -> None:
    """Refuse an object that is, or holds, what only an older version of the API shows.

    Raises:
        SourceError: It does: whoever answers does not heed the version that is asked for.
    """
    if not isinstance(item, dict):
        return
    for part in _parts(item):
        former = FORMER.get(str(part.get("object")))
        if former is None or former.keys.isdisjoint(part):
            continue
        if former.instead and _has(part, former.instead.split(".")):
            continue
        old = min(former.keys & part.keys())
        place = f" instead of {former.instead}" if former.instead else ""
        raise SourceError(
            f"Stripe gave a {part['object']} ({part.get('id')}) in the form of an older API "
            f"version than {API_VERSION}, with {old}{place}; check {BASE_URL_SETTING}: what stands "
            "there must pass on the header Stripe-Version. Nothing was loaded."
        )


def _parts(item: Object) -> Iterator[Object]:
    """Yield an object, the entries of its nested lists, and the discounts of all of them."""
    parts = [item]
    for key in ("lines", "items"):
        nested = item.get(key)
        if isinstance(nested, dict) and isinstance(nested.get("data"), list):
            parts.extend(entry for entry in nested["data"] if isinstance(entry, dict))
    for part in parts:
        yield part
        discounts = part.get("discounts")
        if isinstance(discounts, list):
            yield from (one for one in discounts if isinstance(one, dict))


def _has(value: object, path: Sequence[str]) -> bool:
    """Return whether keys lead somewhere; of a list, from any of its entries."""
    if isinstance(value, list):
        return any(_has(entry, path) for entry in value)
    if not path:
        return True
    return isinstance(value, dict) and path[0] in value and _has(value[path[0]], path[1:])
