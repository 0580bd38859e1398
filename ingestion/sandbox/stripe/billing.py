"""The billing engine: what a subscription does by itself as time goes by."""

from collections.abc import Callable
from dataclasses import dataclass

from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.collection import Collector, Habits
from ingestion.sandbox.stripe.contract import MONTHS_OF, Contract, later, with_price
from ingestion.sandbox.stripe.discounts import Discounts
from ingestion.sandbox.stripe.documents import DAY, HOUR
from ingestion.sandbox.stripe.invoicing import DAYS_UNTIL_DUE, Invoicing
from ingestion.sandbox.stripe.objects import Json, item_body, subscription_body
from ingestion.sandbox.stripe.payments import Till
from ingestion.sandbox.stripe.shop import Price

# How long before a renewal its invoice is announced.
UPCOMING = 7 * DAY


@dataclass(frozen=True)
class Order:
    """What a customer subscribes to: products with quantities, and how it pays."""

    basket: tuple[tuple[str, int | None], ...]
    interval: str
    coupon: str = ""
    trial_days: int = 0
    has_card: bool = True
    missing_card: str = "create_invoice"  # what happens at the trial's end without a card
    is_on_terms: bool = False
    one_off: str = ""  # a product sold once with the first invoice
    fails_at_once: bool = False  # the first charge fails, and that is all, unless
    tries_again: bool = False  # another succeeds in time


class Biller:
    """Runs the subscriptions of one customer; `on_end` hears of each that ended."""

    def __init__(
        self, client: Client, habits: Habits, on_end: Callable[[int, Contract], None]
    ) -> None:
        self._client = client
        self._ledger = client.ledger
        self.till = Till(client)
        self.invoicing = Invoicing(client)
        self.discounts = Discounts(client)
        self._collector = Collector(self.till, self.invoicing, habits, self.end)
        self._habits = habits
        self._on_end = on_end
        self._contracts: dict[str, Contract] = {}

    # --- the beginning --------------------------------------------------------------------------

    def subscribe(self, at: int, order: Order) -> Contract:
        """Begin a subscription, on trial or with a first invoice."""
        client = self._client
        self._settle_currency(at)
        body = subscription_body(client.ids.new("sub"), client.id, client.currency, at)
        anchor, end = at, later(at, MONTHS_OF[order.interval])
        if order.trial_days:
            anchor = end = at + order.trial_days * DAY
            settings = {"end_behavior": {"missing_payment_method": order.missing_card}}
            body.update(
                status="trialing",
                trial_start=at,
                trial_end=end,
                billing_cycle_anchor=anchor,
                trial_settings=settings,
            )
        if order.is_on_terms:
            body.update(collection_method="send_invoice", days_until_due=DAYS_UNTIL_DUE)
        if order.has_card:
            body["default_payment_method"] = client.method
        if order.fails_at_once:
            body["status"] = "incomplete"
        number = 0 if order.trial_days else 1
        contract = Contract(client, body, order.interval, anchor, at, end, number, order.has_card)
        self._contracts[contract.id] = contract
        for product, quantity in order.basket:
            price = client.shop.price(product, client.currency, order.interval, at)
            body["items"]["data"].append(self.new_item(at, contract, price, quantity))
        self._ledger.write(at, "customer.subscription.created", body)
        if order.one_off:
            self.invoicing.one_off(at, client.shop.price(order.one_off, client.currency, "", at))
        if order.coupon:
            self.discounts.give(at, contract, order.coupon)
        invoice = self._bill(at, contract, "subscription_create")
        if order.fails_at_once:
            self._collector.fail_first(at, invoice)
            if order.tries_again:
                self._try_again(at, contract, invoice)
            else:
                expires_at = at + 23 * HOUR
                client.timeline.plan(expires_at, lambda day: self._expire(day, contract, invoice))
            return contract
        contract.look(at)
        if order.is_on_terms:
            client.timeline.plan(
                at + HOUR, lambda then: self._collector.collect(then, contract, invoice)
            )
        else:
            self._collector.collect(at, contract, invoice)
        if order.trial_days:
            client.timeline.plan(end - 3 * DAY, lambda day: self._remind(day, contract))
        self._plan_renewal(contract)
        return contract

    def new_item(self, at: int, contract: Contract, price: Price, quantity: int | None) -> Json:
        """An item of a subscription, not yet within it."""
        id_ = self._client.ids.new("si", 14)
        period = (contract.start, contract.end)
        return item_body(id_, contract.id, price.body, quantity, at, period)

    def _remind(self, at: int, contract: Contract) -> None:
        if contract.is_live:
            kind = "customer.subscription.trial_will_end"
            self._ledger.write(at, kind, contract.body)

    def _settle_currency(self, at: int) -> None:
        client = self._client
        if client.body["currency"] is None:
            client.ledger.change(at, "customer.updated", client.body, currency=client.currency)

    def _try_again(self, at: int, contract: Contract, invoice: Json) -> None:
        plan = self._client.timeline.plan
        plan(at + 20 * HOUR, lambda then: self._collector.complete(then, contract, invoice))
        plan(contract.end, lambda then: self._renew(then, contract))

    def _expire(self, at: int, contract: Contract, invoice: Json) -> None:
        kind = "customer.subscription.updated"
        status = {"status": "incomplete_expired", "ended_at": at}
        self._ledger.change(at, kind, contract.body, **status)
        self._collector.drop(at, invoice)
        self._on_end(at, contract)

    # --- renewals -------------------------------------------------------------------------------

    def _plan_renewal(self, contract: Contract) -> None:
        timeline, end = self._client.timeline, contract.end
        if end - UPCOMING >= self._ledger.horizon:
            timeline.plan(end - UPCOMING, lambda day: self._announce(day, contract, end))
        timeline.plan(end, lambda day: self._renew(day, contract))

    def _announce(self, at: int, contract: Contract, end: int) -> None:
        """Tell of the invoice that the renewal will make, if it is to be collected by itself."""
        is_charged = contract.body["collection_method"] == "charge_automatically"
        if contract.is_live and contract.end == end and not contract.is_ending and is_charged:
            months = MONTHS_OF[contract.interval] * (contract.number + 1)
            items = [
                (item, contract.price(item), contract.discount_of(item))
                for item in contract.items
                if not contract.price(item).is_metered
            ]
            period = (end, later(contract.anchor, months))
            self.invoicing.announce(at, contract.body, items, period)

    def _renew(self, at: int, contract: Contract) -> None:
        if not contract.is_live or at != contract.end:
            return
        if contract.body["cancel_at"] == at:
            self._bill_rest(at, contract)
            self.end(at, contract, "cancellation_requested")
            return
        if contract.number == 0 and not self._convert(at, contract):
            return
        plans, contract.at_renewal = contract.at_renewal, []
        for plan in plans:
            plan(at)
        if not contract.is_live:
            return
        used = (contract.start, contract.end)
        contract.number += 1
        contract.start = at
        contract.end = later(contract.anchor, MONTHS_OF[contract.interval] * contract.number)
        self._move_items(at, contract)
        invoice = self._bill(at, contract, "subscription_cycle", used)
        contract.look(at)
        self._client.timeline.plan(at + HOUR, self._settler(contract, invoice))
        self._plan_renewal(contract)

    def _convert(self, at: int, contract: Contract) -> bool:
        """The trial is over; without a card that is the end of the matter."""
        kind = "customer.subscription.updated"
        if contract.has_card:
            self._ledger.change(at, kind, contract.body, status="active")
            return True
        missing = contract.body["trial_settings"]["end_behavior"]["missing_payment_method"]
        if missing == "pause":
            self._ledger.change(at, "customer.subscription.paused", contract.body, status="paused")
            contract.look(at)
        else:
            self.end(at, contract, None)
        return False

    def _move_items(self, at: int, contract: Contract) -> None:
        """Into the next service period, at the list price of the day unless on a pause."""
        items, shop = [], self._client.shop
        for item in contract.items:
            price = contract.price(item)
            risen = shop.price(price.product, price.currency, price.interval, at)
            if risen is not price and not contract.is_paused:
                item = with_price(item, risen)
            period = {"current_period_start": contract.start, "current_period_end": contract.end}
            items.append(item | period)
        contract.set_items(at, items)

    def _settler(self, contract: Contract, invoice: Json) -> Callable[[int], None]:
        pause = contract.body["pause_collection"]

        def settle(at: int) -> None:
            if pause is None:
                self._collector.collect(at, contract, invoice)
                return
            self.invoicing.finalize(at, invoice)
            if pause["behavior"] == "void":
                self.invoicing.void(at, invoice)
            else:
                self.invoicing.give_up(at, invoice)

        return settle

    # --- invoices -------------------------------------------------------------------------------

    def _bill(
        self, at: int, contract: Contract, reason: str, used: tuple[int, int] | None = None
    ) -> Json:
        """Draft the invoice of a service period: its licensed items, and use of the last one."""
        period, lines = (contract.start, contract.end), []
        contract.carried = {}
        for item in contract.items:
            price, discount = contract.price(item), contract.discount_of(item)
            if price.is_metered:
                if used is None:
                    continue
                units = self._client.rng.randrange(3, 90)
                line = self.invoicing.cycle_line(item, price, used, None, units)
            elif contract.number == 0:
                line = self.invoicing.trial_line(item, price, period)
            else:
                units = item["quantity"]
                line = self.invoicing.cycle_line(item, price, period, discount, units)
                if discount is not None:
                    contract.carried[item["id"]] = discount
            contract.billed[item["id"]] = {"line": line["id"]}
            lines.append(line)
        discounts = contract.discounts()
        span = used or (at, at)
        invoice = self.invoicing.draft(at, contract.body, reason, lines, span, discounts)
        for item_id in contract.billed:
            self._remember(contract, item_id, invoice)
        kind = "customer.subscription.updated"
        self._ledger.change(at, kind, contract.body, latest_invoice=invoice["id"])
        for discount in discounts:
            if discount["source"]["coupon"]["duration"] == "once":
                self.discounts.take_away(at, contract, discount)
        return invoice

    def _remember(self, contract: Contract, item_id: str, invoice: Json) -> None:
        line = contract.billed[item_id].pop("line", None)
        if line is not None:
            entry = {"invoice": invoice["id"], "invoice_line_items": [line]}
            contract.billed[item_id] = entry

    def bill_now(self, at: int, contract: Contract) -> None:
        """Collect what waits, at once."""
        period = (contract.start, contract.end)
        reason = "subscription_update"
        invoice = self.invoicing.draft(at, contract.body, reason, [], period, [])
        for line in invoice["lines"]["data"]:
            of = line["parent"]["subscription_item_details"]
            if of and of["proration_details"] and not of["proration_details"]["credited_items"]:
                entry = {"invoice": invoice["id"], "invoice_line_items": [line["id"]]}
                contract.billed[of["subscription_item"]] = entry
        kind = "customer.subscription.updated"
        self._ledger.change(at, kind, contract.body, latest_invoice=invoice["id"])
        self._collector.collect(at, contract, invoice)

    def restart(self, at: int, contract: Contract) -> None:
        """Begin a new cycle now, after the interval has changed, and collect it at once."""
        invoice = self._bill(at, contract, "subscription_update")
        contract.look(at)
        self._collector.collect(at, contract, invoice)
        self._plan_renewal(contract)

    def sell_once(self, at: int, product: str) -> None:
        """An invoice of a one-off service alone."""
        client = self._client
        self.invoicing.one_off(at, client.shop.price(product, client.currency, "", at))
        invoice = self.invoicing.draft(at, None, "manual", [], (at, at), [])
        self._collector.collect(at, None, invoice)

    def _bill_rest(self, at: int, contract: Contract) -> None:
        """A last invoice of changes that still wait when the subscription ends."""
        if self.invoicing.has_pending:
            used = (contract.start, contract.end)
            reason = "subscription_cycle"
            invoice = self.invoicing.draft(at, contract.body, reason, [], used, [])
            self._client.timeline.plan(
                at + HOUR, lambda then: self._collector.collect(then, None, invoice)
            )

    # --- the end --------------------------------------------------------------------------------

    def end(self, at: int, contract: Contract, reason: str | None, feedback: str = "") -> None:
        """The subscription is over, with Stripe's reason and perhaps the customer's."""
        body = contract.body
        details = body["cancellation_details"]
        feedback = feedback or details["feedback"] or ""
        changes = {
            "status": "canceled",
            "ended_at": at,
            "canceled_at": body["canceled_at"] or at,
            "cancellation_details": details | {"reason": reason, "feedback": feedback or None},
        }
        self._ledger.change(at, "customer.subscription.deleted", body, **changes)
        because = "payment_failed" if reason == "payment_failed" else feedback
        self._client.periods.end(contract.id, at, because or "customer_cancelled")
        self._on_end(at, contract)

    def end_disputed(self, at: int, invoice: Json) -> None:
        """Whose bank took the money back gets no more service, unless it was leaving anyway."""
        parent = invoice["parent"]
        contract = parent and self._contracts[parent["subscription_details"]["subscription"]]
        if contract and contract.is_live and not contract.is_ending:
            self.end(at, contract, "payment_disputed")
