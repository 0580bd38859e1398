"""What one customer decides: how it pays, when it grows, shrinks, pauses, leaves and returns."""

from ingestion.sandbox.catalogue import ADD_ON, ONBOARDING, PLANS
from ingestion.sandbox.stripe.billing import Biller
from ingestion.sandbox.stripe.changes import Changes
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.contract import Contract
from ingestion.sandbox.stripe.documents import DAY
from ingestion.sandbox.stripe.money import FAILURES
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.taste import Taste, role_of
from ingestion.sandbox.stripe.timeline import Action
from ingestion.sandbox.stripe.whims import Whims

FEEDBACK = ("too_expensive", "missing_features", "switched_service", "unused", "customer_service")


class Shopper:
    """Lives one customer's life by planning it, a month at a time."""

    def __init__(self, client: Client, number: int) -> None:
        self._client = client
        self._rng = client.rng
        self._role = role_of(number)
        self._segment = client.person.segment
        self._taste = Taste(client, self._role)
        self._biller = Biller(client, self, self._left)
        self._changes = Changes(client, self._biller)
        self._whims = Whims(client, self._changes)
        self._invoices = 0
        self._months = 0
        self._subscriptions = 0
        self._regrets = 0

    def live(self) -> None:
        """Plan the first step; the rest follows from it."""
        self._client.timeline.plan(int(self._client.body["created"]), self._sign_up)
        self._whims.plan()

    # --- beginning ------------------------------------------------------------------------------

    def _sign_up(self, at: int) -> None:
        self._client.ledger.write(at, "customer.created", self._client.body)
        self._subscribe(at)

    def _subscribe(self, at: int) -> None:
        self._subscriptions += 1
        order = self._taste.order(at, is_first=self._subscriptions == 1)
        contract = self._biller.subscribe(at, order)
        self._whims.contract = contract
        if not contract.is_live:
            if order.tries_again:
                first_month = contract.anchor + DAY
                self._client.timeline.plan(
                    first_month, lambda then: self._plan_month(then, contract)
                )
            return
        if order.trial_days and not self._role:
            self._promise_discount(at, contract)
        if contract.number == 0 and self._taste.gives_up_trial():
            days = self._rng.randrange(3, 12)
            self._plan_at_day(at + days * DAY, lambda then: self._drop_trial(then, contract))
        self._plan_month(contract.anchor, contract)

    def _promise_discount(self, at: int, contract: Contract) -> None:
        """From the first paid period on, if it comes to that."""
        coupon = self._taste.coupon(at, "", contract.interval)
        if coupon:
            self._changes.discount_at_renewal(contract, coupon)

    def _drop_trial(self, at: int, contract: Contract) -> None:
        if not contract.is_live or contract.number:
            return
        if self._rng.random() < 0.5:
            self._changes.cancel_now(at, contract, self._rng.choice(FEEDBACK))
        else:
            self._changes.cancel_at_period_end(at, contract, self._rng.choice(FEEDBACK))

    # --- month by month -------------------------------------------------------------------------

    def _plan_at_day(self, at: int, action: Action) -> None:
        """Some time of work on the day."""
        self._client.timeline.plan(at - at % DAY + self._rng.randrange(7 * 3600, 19 * 3600), action)

    def _plan_month(self, at: int, contract: Contract) -> None:
        days = self._rng.randrange(16, 27)
        self._plan_at_day(at + days * DAY, lambda then: self._month(then, contract))

    def _month(self, at: int, contract: Contract) -> None:
        """Stay, leave, grow, shrink or pause; then think again in a month."""
        if contract.body["status"] in ("canceled", "incomplete_expired", "paused"):
            return
        self._client.timeline.plan(at + 30 * DAY, lambda then: self._month(then, contract))
        if contract.body["status"] != "active" or contract.is_paused or contract.is_ending:
            return
        if contract.at_renewal or at + DAY >= contract.end or at - DAY <= contract.start:
            return
        self._months += 1
        if self._act_out_role(at, contract):
            return
        chance, segment, mood = self._rng.random(), self._segment, self._client.mood(at)
        leaving = segment.leaving * 0.75 * mood.leaving
        growing = leaving + segment.growing * mood.growing
        shrinking = growing + segment.shrinking
        if chance < leaving:
            self._leave(at, contract)
        elif chance < growing:
            self._grow(at, contract)
        elif chance < shrinking:
            self._shrink(at, contract)
        elif chance < shrinking + 0.013:
            self._take_a_break(contract)
        elif chance < shrinking + 0.017 and contract.interval == "month":
            self._changes.change_interval(at, contract, "year")

    def _act_out_role(self, at: int, contract: Contract) -> bool:
        """Do what the role is there for, in the second month."""
        role, changes = self._role, self._changes
        if self._months != 1 or self._subscriptions > 1:
            return False
        if role == "upgrade":
            changes.switch(at, contract, PLANS[1], at_once=False)
        elif role == "downgrade":
            changes.switch(at, contract, PLANS[0], at_once=False)
        elif role == "swap":
            changes.swap(at, contract, PLANS[2], at_once=False)
        elif role == "grow_at_once":
            changes.set_quantity(at, contract, contract.main["quantity"] + 3, at_once=True)
        elif role in ("pause", "pause_uncollectible"):
            behavior = "void" if role == "pause" else "mark_uncollectible"
            changes.pause_at_renewal(contract, 2, behavior, comes_back=True)
        elif role == "cancel_now":
            changes.cancel_now(at, contract, "too_complex")
        elif role == "comes_back":
            changes.cancel_at_period_end(at, contract, "unused")
        elif role == "to_yearly":
            changes.change_interval(at, contract, "year")
        elif role == "remove_add_on":
            changes.remove(at, contract, contract.items[-1], at_once=False)
        elif role == "one_off":
            self._biller.sell_once(at, ONBOARDING)
        elif role == "deleted":
            changes.cancel_now(at, contract, "other")
        else:
            return False
        return True

    def _grow(self, at: int, contract: Contract) -> None:
        rng, changes = self._rng, self._changes
        at_once = contract.interval != "month" or rng.random() < 0.2
        way, plan, seats = rng.random(), contract.price(contract.main).product, contract.main
        others = [contract.price(item).product for item in contract.items[1:]]
        if way < 0.66 or (plan not in PLANS and ADD_ON in others):
            more = max(1, round(seats["quantity"] * rng.uniform(0.12, 0.42)))
            changes.set_quantity(at, contract, seats["quantity"] + more, at_once=at_once)
        elif way < 0.84 and plan in PLANS[:-1]:
            better = PLANS[PLANS.index(plan) + 1]
            if rng.random() < 0.3 and not contract.carried:
                changes.swap(at, contract, better, at_once=at_once)
            else:
                changes.switch(at, contract, better, at_once=at_once)
        elif ADD_ON not in others:
            changes.add(at, contract, ADD_ON, 1, at_once=at_once)

    def _shrink(self, at: int, contract: Contract) -> None:
        rng, changes, main = self._rng, self._changes, contract.main
        plan = contract.price(main).product
        lower = PLANS[PLANS.index(plan) - 1] if plan in PLANS[1:] else ""
        fewer = max(1, main["quantity"] - max(1, round(main["quantity"] * rng.uniform(0.08, 0.3))))
        add_on = [item for item in contract.items if contract.price(item).product == ADD_ON]
        waits = contract.interval != "month" or rng.random() < 0.4
        if add_on and waits:
            changes.shrink_at_renewal(contract, without=add_on[0]["id"])
        elif add_on:
            changes.remove(at, contract, add_on[0], at_once=False)
        elif lower and rng.random() < 0.25:
            if waits:
                changes.shrink_at_renewal(contract, plan=lower)
            else:
                changes.switch(at, contract, lower, at_once=False)
        elif fewer < main["quantity"] and waits:
            changes.shrink_at_renewal(contract, quantity=fewer)
        elif fewer < main["quantity"]:
            changes.set_quantity(at, contract, fewer, at_once=False)

    def _take_a_break(self, contract: Contract) -> None:
        """A pause, or some months for nothing."""
        rng = self._rng
        if contract.interval != "month" or contract.discounts() or contract.carried:
            return
        if contract.body["collection_method"] == "send_invoice" or rng.random() < 0.3:
            self._changes.discount_at_renewal(contract, "LOYAL100")
        else:
            behavior = rng.choice(("void", "void", "mark_uncollectible"))
            comes_back = rng.random() < 0.75
            self._changes.pause_at_renewal(
                contract, rng.randrange(1, 4), behavior, comes_back=comes_back
            )

    def _leave(self, at: int, contract: Contract) -> None:
        feedback = self._rng.choice(FEEDBACK)
        if self._rng.random() < 0.12:
            self._changes.cancel_now(at, contract, feedback)
        else:
            self._changes.cancel_at_period_end(at, contract, feedback)

    def _left(self, at: int, contract: Contract) -> None:
        """Gone; some come back, some are deleted."""
        rng = self._rng
        is_first = self._subscriptions == 1
        if contract.body["status"] == "incomplete_expired":
            if is_first and (self._role or rng.random() < 0.5):
                self._plan_at_day(at + 2 * DAY, self._subscribe)
        elif (is_first and self._role == "deleted") or (not self._role and rng.random() < 0.02):
            self._plan_at_day(at + 9 * DAY, self._delete)
        elif is_first and self._role == "comes_back":
            self._plan_at_day(at + 33 * DAY, self._subscribe)
        elif rng.random() < 0.2 and self._months:
            self._plan_at_day(at + rng.randrange(25, 190) * DAY, self._subscribe)

    def _delete(self, at: int) -> None:
        self._client.ledger.write(at, "customer.deleted", self._client.body, is_deleted=True)

    # --- paying ---------------------------------------------------------------------------------

    def failing_attempts(self) -> int | None:
        """How the next renewal goes; some roles have trouble with their second invoice."""
        self._invoices += 1
        rng = self._rng
        if self._role == "recovers" and self._invoices == 1:
            return 2
        if self._role == "never_pays" and self._invoices == 2:
            return None
        if rng.random() > 0.055:
            return 0
        return rng.choices((1, 2, 3, None), (0.45, 0.25, 0.14, 0.16))[0]

    def days_to_pay(self) -> int | None:
        """Mostly in time, at times late, rarely never."""
        self._invoices += 1
        if self._role == "terms" and self._invoices == 1:
            return 44
        chance = self._rng.random()
        if chance < 0.006 or (self._role == "bad_debt" and self._invoices == 3):
            return None
        return self._rng.randrange(31, 55) if chance < 0.1 else self._rng.randrange(5, 30)

    def failure(self) -> str:
        """One of the usual reasons."""
        return self._rng.choice(list(FAILURES))

    def regret(self, charge: Json, invoice: Json) -> None:
        """Rarely a refund, with or without a credit note, or a dispute."""
        self._regrets += 1
        rng, at, chance = self._rng, int(charge["created"]), self._rng.random()
        role = self._role if self._regrets == 2 else ""
        if role in ("refund_full", "refund_part", "credit_note") or chance < 0.008:
            is_noted = role == "credit_note" or (not role and rng.random() < 0.4)
            percent = 100 if role == "refund_full" or (not role and rng.random() < 0.4) else 25
            then = at + rng.randrange(1, 15) * DAY
            self._client.timeline.plan(
                then,
                lambda day: self._biller.till.refund(day, charge, invoice, percent, noted=is_noted),
            )
        elif role in ("dispute_won", "dispute_lost") or chance > 0.997:
            is_won = role == "dispute_won" or (not role and rng.random() < 0.5)

            def dispute(day: int) -> None:
                self._biller.till.dispute(day, charge, invoice, is_won=is_won)
                if charge["disputed"] and not is_won:
                    self._biller.end_disputed(day, invoice)

            self._client.timeline.plan(at + rng.randrange(10, 40) * DAY, dispute)
