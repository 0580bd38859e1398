"""What can be asked of a running subscription: other items, another interval, a pause, an end."""

from ingestion.sandbox.stripe.billing import Biller
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.contract import MONTHS_OF, Contract, later, with_price
from ingestion.sandbox.stripe.invoicing import discount_on
from ingestion.sandbox.stripe.money import share
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.shop import Price

UPDATED = "customer.subscription.updated"


class Changes:
    """Changes one customer's subscriptions."""

    def __init__(self, client: Client, biller: Biller) -> None:
        self._client = client
        self._biller = biller

    # --- items ----------------------------------------------------------------------------------

    def set_quantity(
        self, at: int, contract: Contract, quantity: int, *, at_once: bool, prorated: bool = True
    ) -> None:
        """More or fewer seats of the plan, from now on."""
        first, *others = contract.items
        items = [first | {"quantity": quantity}, *others]
        self._adjust(at, contract, items, at_once, prorated=prorated)

    def switch(
        self, at: int, contract: Contract, plan: str, *, at_once: bool, prorated: bool = True
    ) -> None:
        """Another plan for the same item."""
        first, *others = contract.items
        items = [with_price(first, self._price(at, contract, plan)), *others]
        self._adjust(at, contract, items, at_once, prorated=prorated)

    def swap(self, at: int, contract: Contract, plan: str, *, at_once: bool) -> None:
        """Another plan as another item, instead of the old one."""
        first, *others = contract.items
        price = self._price(at, contract, plan)
        new = self._biller.new_item(at, contract, price, first["quantity"])
        self._adjust(at, contract, [new, *others], at_once)

    def add(
        self,
        at: int,
        contract: Contract,
        product: str,
        quantity: int | None,
        *,
        at_once: bool,
        prorated: bool = True,
    ) -> None:
        """An add-on beside the plan."""
        new = self._biller.new_item(at, contract, self._price(at, contract, product), quantity)
        self._adjust(at, contract, [*contract.items, new], at_once, prorated=prorated)

    def remove(self, at: int, contract: Contract, item: Json, *, at_once: bool) -> None:
        """Take an add-on away."""
        left = [one for one in contract.items if one["id"] != item["id"]]
        self._adjust(at, contract, left, at_once)

    def _price(self, at: int, contract: Contract, product: str) -> Price:
        return self._client.shop.price(product, self._client.currency, contract.interval, at)

    def _adjust(
        self,
        at: int,
        contract: Contract,
        items: list[Json],
        at_once: bool,
        *,
        prorated: bool = True,
    ) -> None:
        """Put the items in place; credit what is unused of the old, charge the rest of the new."""
        before = {item["id"]: item for item in contract.items}
        after = {item["id"]: item for item in items}
        for item_id in {**before, **after} if prorated else ():
            old, new = before.get(item_id), after.get(item_id)
            if old is new:
                continue
            if old is not None:
                self._credit(at, contract, old)
            if new is not None and not contract.price(new).is_metered:
                price = contract.price(new)
                amount = self._rest(at, contract, new, price)
                self._biller.invoicing.prorate(new, price, amount, (at, contract.end), None)
        contract.set_items(at, items)
        contract.look(at)
        if at_once:
            self._biller.bill_now(at, contract)

    def _credit(self, at: int, contract: Contract, item: Json) -> None:
        price = contract.price(item)
        if not price.is_metered and item["id"] in contract.billed:
            amount, credited = self._rest(at, contract, item, price), contract.billed[item["id"]]
            self._biller.invoicing.prorate(item, price, -amount, (at, contract.end), credited)

    def _rest(self, at: int, contract: Contract, item: Json, price: Price) -> int:
        """What the item costs from now to the service period's end, its discount off."""
        amount = price.total(item["quantity"])
        amount -= discount_on(amount, contract.carried.get(item["id"]))
        return share(amount, contract.end - at, contract.end - contract.start)

    # --- at the next renewal --------------------------------------------------------------------

    def shrink_at_renewal(
        self, contract: Contract, *, plan: str = "", quantity: int = 0, without: str = ""
    ) -> None:
        """A smaller plan, fewer seats or one item less from the next service period on."""

        def shrink(at: int) -> None:
            first, *others = contract.items
            if plan:
                first = with_price(first, self._price(at, contract, plan))
            if quantity:
                first = first | {"quantity": quantity}
            others = [item for item in others if item["id"] != without]
            contract.set_items(at, [first, *others])

        contract.at_renewal.append(shrink)

    def discount_at_renewal(self, contract: Contract, coupon: str) -> None:
        """A coupon from the next service period on."""
        contract.at_renewal.append(lambda at: self._biller.discounts.give(at, contract, coupon))

    def pause_at_renewal(
        self, contract: Contract, periods: int, behavior: str, *, comes_back: bool
    ) -> None:
        """Collect nothing for some service periods; then go on, or leave."""

        def resume(at: int) -> None:
            if comes_back:
                self._client.ledger.change(at, UPDATED, contract.body, pause_collection=None)
            else:
                self.cancel_now(at, contract, "unused")

        def wait(at: int, left: int) -> None:
            if left == 0:
                resume(at)
            else:
                contract.at_renewal.append(lambda later_at: wait(later_at, left - 1))

        def pause(at: int) -> None:
            if contract.body["status"] != "active":
                return
            setting = {"behavior": behavior, "resumes_at": None}
            self._client.ledger.change(at, UPDATED, contract.body, pause_collection=setting)
            contract.at_renewal.append(lambda later_at: wait(later_at, periods - 1))

        contract.at_renewal.append(pause)

    # --- a pause within a service period ---------------------------------------------------------

    def pause_now(self, at: int, contract: Contract, behavior: str) -> None:
        """Collect nothing from now on."""
        setting = {"behavior": behavior, "resumes_at": None}
        self._client.ledger.change(at, UPDATED, contract.body, pause_collection=setting)
        contract.look(at)

    def resume_now(self, at: int, contract: Contract) -> None:
        """Collect again, what was served meanwhile excepted."""
        self._client.ledger.change(at, UPDATED, contract.body, pause_collection=None)
        contract.look(at)

    # --- the interval, and the end --------------------------------------------------------------

    def change_interval(self, at: int, contract: Contract, interval: str) -> None:
        """Begin a new cycle at once, with what is unused of the old one credited."""
        for item in contract.items:
            self._credit(at, contract, item)
        contract.interval, contract.anchor, contract.number = interval, at, 1
        contract.start, contract.end = at, later(at, MONTHS_OF[interval])
        period = {"current_period_start": contract.start, "current_period_end": contract.end}
        items = [
            with_price(item, self._price(at, contract, contract.price(item).product)) | period
            for item in contract.items
        ]
        contract.set_items(at, items, billing_cycle_anchor=at)
        self._biller.restart(at, contract)

    def cancel_at_period_end(self, at: int, contract: Contract, feedback: str) -> None:
        """Ask for the end; service goes on until it."""
        details = {"comment": None, "feedback": feedback, "reason": "cancellation_requested"}
        self._client.ledger.change(
            at,
            UPDATED,
            contract.body,
            cancel_at_period_end=True,
            cancel_at=contract.end,
            canceled_at=at,
            cancellation_details=details,
        )
        contract.look(at)

    def keep(self, at: int, contract: Contract) -> None:
        """Withdraw the request for the end."""
        self._client.ledger.change(
            at,
            UPDATED,
            contract.body,
            cancel_at_period_end=False,
            cancel_at=None,
            canceled_at=None,
            cancellation_details={"comment": None, "feedback": None, "reason": None},
        )
        contract.look(at)

    def cancel_now(self, at: int, contract: Contract, feedback: str) -> None:
        """End it at once."""
        self._biller.end(at, contract, "cancellation_requested", feedback)
