"""One subscription's life as effective-dated periods, the way a biller would export it."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Period:
    """A stretch of one item in which nothing changed; the columns of the files form."""

    subscription_id: str
    item_id: str
    customer_id: str
    plan: str
    started_at: datetime
    interval: str
    unit_amount: Decimal
    currency: str
    ended_at: datetime | None = None
    quantity: int = 1
    status: str = "active"
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_duration: str = ""
    is_metered: bool = False
    is_recurring: bool = True
    cancel_requested_at: datetime | None = None
    cancel_scheduled_for: datetime | None = None
    end_reason: str = ""

    def amount(self) -> Decimal:
        """What the item costs an interval before tax, discount off."""
        amount = self.unit_amount * self.quantity
        amount -= amount * (self.discount_percent or Decimal(0)) / 100
        return max(amount - (self.discount_amount or Decimal(0)), Decimal(0))


PERIOD_COLUMNS = [column.name for column in fields(Period)]
NO_DISCOUNT = {"discount_percent": None, "discount_amount": None, "discount_duration": ""}


@dataclass
class Subscription:
    """The periods so far: those behind it, and the one each item is in."""

    past: list[Period] = field(default_factory=list)
    current: dict[str, Period] = field(default_factory=dict)

    def add(self, period: Period) -> None:
        """Begin an item."""
        self.current[period.item_id] = period

    def change(self, item_id: str, at: datetime, **changes: object) -> None:
        """Close the item's period and begin one that differs by `changes`."""
        period = self.current[item_id]
        if period.discount_duration == "once" and at > period.started_at:
            changes = {**NO_DISCOUNT, **changes}  # it was for the first invoice alone
        if at > period.started_at:
            self.past.append(replace(period, ended_at=at))
        self.current[item_id] = replace(period, started_at=at, **changes)  # type: ignore[arg-type]

    def replace_item(self, item_id: str, at: datetime, **changes: object) -> None:
        """End the item and create another on the same moment.

        What the item was so far gets an id of its own; the new one takes over its name.
        """
        old_id = f"{item_id}-{len(self.past)}"
        old = replace(self.current[item_id], ended_at=at, end_reason="switched_plan")
        self.past = [
            replace(period, item_id=old_id) if period.item_id == item_id else period
            for period in (*self.past, old)
        ]
        self.current[item_id] = replace(self.current[item_id], started_at=at, **changes)  # type: ignore[arg-type]

    def set_status(self, status: str, at: datetime) -> None:
        """Change the status of every item, as it is one of the subscription."""
        for item_id in list(self.current):
            self.change(item_id, at, status=status)

    def end_item(self, item_id: str, at: datetime, reason: str = "") -> None:
        """End one item; the others go on."""
        period = self.current.pop(item_id)
        self.past.append(replace(period, ended_at=at, end_reason=reason))

    def end(self, at: datetime, reason: str, requested_at: datetime | None = None) -> None:
        """End every item; a request known beforehand stands on the periods it ends."""
        for item_id in list(self.current):
            if requested_at is not None:
                self.current[item_id] = replace(
                    self.current[item_id],
                    cancel_requested_at=requested_at,
                    cancel_scheduled_for=at,
                )
            self.end_item(item_id, at, reason)

    @property
    def plan(self) -> Period:
        """The item that is sold by the seat."""
        return self.current["plan"]

    def invoice_amount(self) -> Decimal:
        """What one interval of the recurring items costs, before tax."""
        items = [item for item in self.current.values() if item.is_recurring]
        return sum((item.amount() for item in items if not item.is_metered), Decimal(0))


def known_at(periods: list[Period], as_of: datetime) -> list[Period]:
    """The periods as an export at `as_of` shows them: the future is not known."""
    known = []
    for period in periods:
        if period.started_at >= as_of:
            continue
        if period.cancel_requested_at and period.cancel_requested_at >= as_of:
            period = replace(period, cancel_requested_at=None, cancel_scheduled_for=None)
        if period.ended_at and period.ended_at >= as_of:
            period = replace(period, ended_at=None, end_reason="")
        known.append(period)
    return known
