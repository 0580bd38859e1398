"""What a customer is offered: prices of the day, the first plan, and later changes of it."""

import random
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ingestion.sandbox.catalogue import (
    ADD_ON,
    ADD_ON_PRICES,
    MONTHS_PAID_A_YEAR,
    PLANS,
    PRICE_RISE,
    SEAT_PRICES,
)
from ingestion.sandbox.people import Customer
from ingestion.sandbox.subscriptions import NO_DISCOUNT, Period, Subscription


@dataclass(frozen=True)
class Sales:
    """Makes offers to one customer; at `price_rise_at` list prices go up."""

    customer: Customer
    price_rise_at: datetime
    rng: random.Random

    def price(self, plan: str, interval: str, at: datetime) -> Decimal:
        """One seat's price for an interval, for who buys on the day."""
        price = SEAT_PRICES[self.customer.country.currency][plan]
        if at >= self.price_rise_at:
            price = (price * PRICE_RISE).quantize(Decimal("0.1"))
        return price * MONTHS_PAID_A_YEAR if interval == "year" else price

    def first_plan(self, subscription_id: str, at: datetime) -> Period:
        """A plan that fits the customer's segment, at times with a discount."""
        rng, customer = self.rng, self.customer
        interval = "year" if rng.random() < customer.segment.yearly_share else "month"
        name = rng.choices(PLANS, customer.segment.plan_shares)[0]
        period = Period(
            subscription_id=subscription_id,
            item_id="plan",
            customer_id=customer.customer_id,
            plan=name,
            started_at=at,
            interval=interval,
            unit_amount=self.price(name, interval, at),
            currency=customer.country.currency,
            quantity=rng.randint(*customer.segment.seats),
        )
        chance = rng.random()
        if chance < 0.05:
            return replace(period, discount_percent=Decimal(20), discount_duration="forever")
        if chance < 0.16 and interval == "month":
            return replace(period, discount_percent=Decimal(30), discount_duration="repeating")
        if chance < 0.24:
            return replace(period, discount_amount=Decimal(25), discount_duration="once")
        return period

    def grow(self, subscription: Subscription, at: datetime) -> None:
        """More seats, the next plan or the add-on."""
        rng, plan = self.rng, subscription.plan
        way = rng.random()
        if way < 0.66:
            more = max(1, round(plan.quantity * rng.uniform(0.12, 0.42)))
            subscription.change("plan", at, quantity=plan.quantity + more)
        elif way < 0.84 and plan.plan != PLANS[-1]:
            self._switch(subscription, PLANS[PLANS.index(plan.plan) + 1], at)
        elif "add-on" not in subscription.current:
            price = ADD_ON_PRICES[plan.currency]
            price *= MONTHS_PAID_A_YEAR if plan.interval == "year" else 1
            subscription.add(
                replace(
                    plan,
                    item_id="add-on",
                    plan=ADD_ON,
                    started_at=at,
                    quantity=1,
                    unit_amount=price,
                    **NO_DISCOUNT,  # type: ignore[arg-type]
                )
            )

    def shrink(self, subscription: Subscription, at: datetime) -> None:
        """Without the add-on, on the plan below, or with fewer seats."""
        rng, plan = self.rng, subscription.plan
        if "add-on" in subscription.current:
            subscription.end_item("add-on", at, "customer_cancelled")
        elif plan.plan != PLANS[0] and rng.random() < 0.25:
            self._switch(subscription, PLANS[PLANS.index(plan.plan) - 1], at)
        elif plan.quantity > 1:
            fewer = max(1, round(plan.quantity * rng.uniform(0.08, 0.3)))
            subscription.change("plan", at, quantity=max(1, plan.quantity - fewer))

    def _switch(self, subscription: Subscription, plan_name: str, at: datetime) -> None:
        """An edit of the item or, for some, the end of one item and the start of another."""
        plan = subscription.plan
        price = self.price(plan_name, plan.interval, at)
        if self.rng.random() < 0.3:
            subscription.replace_item("plan", at, plan=plan_name, unit_amount=price)
        else:
            subscription.change("plan", at, plan=plan_name, unit_amount=price)
