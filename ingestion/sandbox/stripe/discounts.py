"""Gives coupons to subscriptions and takes them away again."""

from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.contract import Contract, later
from ingestion.sandbox.stripe.objects import Json, discount_body


class Discounts:
    """The discounts of one customer's subscriptions."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def give(self, at: int, contract: Contract, coupon_name: str) -> None:
        """Give a coupon: a percentage to the whole subscription, an amount to its plan."""
        client = self._client
        coupon = client.shop.coupons[coupon_name]
        months = coupon["duration_in_months"]
        end = later(at, months) if months else None
        id_ = client.ids.new("di")
        discount = discount_body(id_, coupon, client.id, contract.id, at, end)
        kind = "customer.subscription.updated"
        if coupon["amount_off"] is not None:
            discount["subscription_item"] = contract.main["id"]
            items = [contract.main | {"discounts": [discount]}, *contract.items[1:]]
            self._client.ledger.write(at, "customer.discount.created", discount)
            contract.set_items(at, items)
        else:
            self._client.ledger.write(at, "customer.discount.created", discount)
            self._client.ledger.change(at, kind, contract.body, discounts=[discount])
        if end is not None:
            client.timeline.plan(end, lambda day: self.take_away(day, contract, discount))

    def take_away(self, at: int, contract: Contract, discount: Json) -> None:
        """The discount is over; what was billed with it keeps it to its service period's end."""
        if not contract.is_live:
            return
        self._client.ledger.write(at, "customer.discount.deleted", discount, is_deleted=True)
        if discount["subscription_item"]:
            items = [
                item | {"discounts": [one for one in item["discounts"] if one is not discount]}
                for item in contract.items
            ]
            contract.set_items(at, items)
        else:
            left = [one for one in contract.body["discounts"] if one is not discount]
            kind = "customer.subscription.updated"
            self._client.ledger.change(at, kind, contract.body, discounts=left)
