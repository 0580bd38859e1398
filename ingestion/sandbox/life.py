"""A customer's life, one billing month at a time: what it buys, asks, pays, and when it leaves."""

import calendar
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ingestion.sandbox.billing import Cashier
from ingestion.sandbox.catalogue import API_CALLS, API_PRICE, ONBOARDING, ONBOARDING_PRICE
from ingestion.sandbox.offers import Sales
from ingestion.sandbox.people import Customer
from ingestion.sandbox.subscriptions import NO_DISCOUNT, Subscription
from ingestion.sandbox.support import Desk

TRIAL = timedelta(days=14)


@dataclass(frozen=True)
class World:
    """What all customers live in; `price_rise_at` is when list prices go up."""

    as_of: datetime
    price_rise_at: datetime
    desk: Desk


class Life:
    """Runs one customer from its sign-up until it has left for good or `as_of` is reached."""

    def __init__(self, customer: Customer, world: World, rng: random.Random) -> None:
        self.customer = customer
        self.cashier = Cashier(customer, rng)
        self.subscriptions: list[Subscription] = []
        self._world = world
        self._sales = Sales(customer, world.price_rise_at, rng)
        self._rng = rng
        self._discount_over_at = customer.created_at
        self._trouble = 0.0  # recent bad support, fading by the month
        self._is_contacted = False

    def run(self) -> None:
        """Live through everything; the periods and payments may reach beyond `as_of`."""
        left_at = self._subscribe(self.customer.created_at, is_first=True)
        while left_at is not None and self._rng.random() < 0.22:
            back_at = left_at + timedelta(days=self._rng.randrange(25, 190))
            if back_at >= self._world.as_of:
                return
            left_at = self._subscribe(back_at, is_first=False)

    # --- from the sign-up to the first charge -------------------------------------------------

    def _subscribe(self, at: datetime, *, is_first: bool) -> datetime | None:
        """Live through one subscription; returns when its customer left, if it did."""
        subscription = Subscription()
        self.subscriptions.append(subscription)
        self._sub = subscription
        self._sub_id = f"sub_{self.customer.customer_id[4:]}_{len(self.subscriptions)}"
        subscription.add(self._sales.first_plan(self._sub_id, at))
        if is_first and self.customer.segment.name != "Enterprise" and self._rng.random() < 0.55:
            paid_at = self._try_out(at)
            if paid_at is None:
                return None
            at = paid_at
        elif is_first and self.customer.segment.name == "Enterprise":
            self._onboard(at)
        return self._stay(at)

    def _try_out(self, at: datetime) -> datetime | None:
        """A trial; returns when it became a paid subscription."""
        rng, plan = self._rng, self._sub.plan
        self._sub.current["plan"] = replace(plan, status="trialing", **NO_DISCOUNT)  # type: ignore[arg-type]
        over_at = at + TRIAL
        if rng.random() < 0.22:
            no_card = rng.random() < 0.4
            ends_at = over_at if no_card else at + timedelta(days=rng.randrange(3, 14), hours=2)
            self._sub.end(ends_at, "no_card" if no_card else "trial_not_converted")
            return None
        if rng.random() < 0.05:  # the first charge fails, and nobody answers
            self._sub.set_status("past_due", over_at)
            for days in (0, 3, 7):
                self._charge(over_at + timedelta(days=days), succeeds=False)
            self._sub.end(over_at + timedelta(days=10), "payment_failed")
            return None
        discount = {column: getattr(plan, column) for column in NO_DISCOUNT}
        self._sub.change("plan", over_at, status="active", **discount)
        return over_at

    def _onboard(self, at: datetime) -> None:
        """A one-off service, and metered calls beside the plan; neither has MRR."""
        plan = self._sub.plan
        onboarding = replace(
            plan,
            item_id="onboarding",
            plan=ONBOARDING,
            interval="month",
            quantity=1,
            unit_amount=ONBOARDING_PRICE,
            is_recurring=False,
            **NO_DISCOUNT,  # type: ignore[arg-type]
        )
        self._sub.past.append(replace(onboarding, ended_at=add_months(at, 1)))
        self.cashier.charge(self._sub_id, ONBOARDING_PRICE, at, is_recurring=False)
        if self._rng.random() < 0.5:
            calls = {"item_id": "api", "plan": API_CALLS, "is_metered": True, "quantity": 1}
            self._sub.add(
                replace(onboarding, **calls, unit_amount=API_PRICE, is_recurring=True)  # type: ignore[arg-type]
            )

    # --- month by month -----------------------------------------------------------------------

    def _stay(self, first: datetime) -> datetime | None:
        """Bill and live month by month; returns when the customer left."""
        self._discount_over_at = add_months(first, 3)
        month = 0
        while (at := add_months(first, month)) < self._world.as_of:
            is_billed = self._sub.plan.interval == "month" or month % 12 == 0
            if is_billed:
                if self._is_discount_over(at, first):
                    self._sub.change("plan", at, **NO_DISCOUNT)
                self._follow_price_rise(at, first)
                busy_until = self._collect(at)
                if not self._sub.current:
                    return busy_until
                if busy_until > add_months(first, month + 1):
                    month += 2  # in dunning for so long that nothing else happens
                    continue
            renews_at = add_months(first, month + 12 - month % 12)
            if self._sub.plan.interval == "month":
                renews_at = add_months(first, month + 1)
            self._ask_for_help(at, month)
            left_at = self._decide(at, renews_at)
            if left_at is not None:
                return left_at
            if self._sub.plan.status in ("paused", "trialing"):
                away = self._months_away()
                back_at = add_months(first, month + 1 + away)
                if away > 3:
                    self._sub.end(back_at, "customer_cancelled")
                    return back_at
                self._sub.set_status("active", back_at)
                month += away
            month += 1
        return None

    def _is_discount_over(self, at: datetime, first: datetime) -> bool:
        duration = self._sub.plan.discount_duration
        if duration == "once":  # it was for the first invoice alone
            return at > first
        return duration == "repeating" and at >= self._discount_over_at

    def _follow_price_rise(self, at: datetime, first: datetime) -> None:
        plan = self._sub.plan
        if self._world.price_rise_at <= at and first < self._world.price_rise_at:
            price = self._sales.price(plan.plan, plan.interval, at)
            if price > plan.unit_amount:
                self._sub.change("plan", at, unit_amount=price)

    def _charge(self, at: datetime, *, succeeds: bool = True) -> None:
        self.cashier.charge(self._sub_id, self._sub.invoice_amount(), at, succeeds=succeeds)

    def _collect(self, at: datetime) -> datetime:
        """Charge the invoice; returns when the matter is settled, one way or the other."""
        rng = self._rng
        if rng.random() > 0.055:
            self._charge(at)
            return at
        self._charge(at, succeeds=False)
        self._sub.set_status("past_due", at)
        outcome = rng.random()
        if outcome < 0.76:  # a retry or a new card works
            settled_at = at + timedelta(days=rng.choice((3, 3, 7, 14)))
        elif outcome < 0.84:  # it takes longer than the grace of 30 days
            settled_at = at + timedelta(days=rng.randrange(33, 45))
        else:
            for days in (3, 7, 14):
                self._charge(at + timedelta(days=days), succeeds=False)
            settled_at = at + timedelta(days=21)
            if rng.random() < 0.4:
                self._sub.set_status("unpaid", settled_at)
                settled_at += timedelta(days=20)
            self._sub.end(settled_at, "payment_failed")
            return settled_at
        self._charge(settled_at)
        self._sub.set_status("active", settled_at)
        return settled_at

    def _ask_for_help(self, at: datetime, month: int) -> None:
        rng, segment = self._rng, self.customer.segment
        self._trouble *= 0.72
        expected = segment.tickets * (2.2 if month == 0 else 1.0)
        count = int(expected) + (rng.random() < expected % 1) + (rng.random() < 0.1)
        for _ in range(count):
            asked_at = at + timedelta(hours=rng.uniform(1, 29 * 24))
            went_well = self._world.desk.serve(self.customer, asked_at, rng)
            self._trouble += 0.0 if went_well else 1.0
            self._is_contacted = True

    def _decide(self, at: datetime, renews_at: datetime) -> datetime | None:
        """Stay, leave, grow or shrink; returns when the customer left."""
        rng, segment = self._rng, self.customer.segment
        some_day = at + timedelta(days=rng.randrange(16, 27), hours=rng.randrange(1, 9))
        leaving = segment.leaving * (0.35 + 2.2 * min(self._trouble, 2.5))
        leaving *= 1.0 if self._is_contacted else 1.25
        if rng.random() < leaving:
            reason = "bad_support" if rng.random() < self._trouble / 2 else "customer_cancelled"
            is_at_once = rng.random() < 0.12
            ends_at = some_day if is_at_once else renews_at
            self._sub.end(ends_at, reason, requested_at=None if is_at_once else some_day)
            return ends_at
        chance = rng.random()
        if "add-on" in self._sub.current and chance > 0.985:
            self._sub.end_item("add-on", some_day, "customer_cancelled")
        growing = segment.growing * (1.0 if self._trouble < 1 else 0.4)
        if chance < growing:
            before = self._sub.invoice_amount()
            self._sales.grow(self._sub, some_day)
            if self._sub.plan.interval == "year":  # the rest of the paid year is charged at once
                rest = Decimal((renews_at - some_day).days) / 365
                more = (self._sub.invoice_amount() - before) * rest
                self.cashier.charge(self._sub_id, more, some_day)
        elif chance < growing + segment.shrinking:
            self._sales.shrink(self._sub, some_day)
        elif chance < growing + segment.shrinking + 0.013 and self._sub.plan.interval == "month":
            self._take_a_break(renews_at)
        return None

    def _take_a_break(self, renews_at: datetime) -> None:
        """From the next renewal: a pause, a free month as a trial, or some as a discount."""
        way = self._rng.random()
        if way < 0.66:
            self._sub.set_status("paused", renews_at)
        elif way < 0.76:
            self._sub.set_status("trialing", renews_at)
        else:
            self._discount_over_at = add_months(renews_at, 2)
            self._sub.change(
                "plan", renews_at, discount_percent=Decimal(100), discount_duration="repeating"
            )

    def _months_away(self) -> int:
        if self._sub.plan.status == "trialing":
            return 1
        return self._rng.choices((1, 2, 3, 4), (0.4, 0.25, 0.1, 0.25))[0]


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time of a later month, or its last day if the month is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
