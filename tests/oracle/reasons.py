"""Why the MRR of one item changed from one day to the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.oracle.history import Period
from tests.oracle.money import ZERO
from tests.oracle.positions import Day, ItemDay, ItemKey

REASONS = (
    "plan_switch",
    "quantity",
    "price",
    "discount",
    "trial_converted",
    "resumed",
    "recovered",
    "started",
    "paused",
    "involuntary",
    "voluntary",
)

INVOLUNTARY_END_REASONS = {
    "payment_failed",
    "no_card",
    "fraud_review",
    "tax_not_supported",
    "currency_not_supported",
}


@dataclass(frozen=True)
class Leg:
    """One item's part in a customer's change of one day, in its own currency."""

    currency: str
    delta: Decimal
    reason: str


class LegReader:
    """Names the legs of one customer's days in order; remembers what an item went through."""

    def __init__(self) -> None:
        self._had_mrr: set[ItemKey] = set()
        self._was_on_trial: set[ItemKey] = set()
        self._lost_involuntarily: dict[str, bool] = {}  # by subscription: its last loss of MRR

    def legs(self, yesterday: Day, today: Day) -> list[Leg]:
        changed = [
            item
            for item in sorted(yesterday.keys() | today.keys())
            if yesterday.get(item) is not today.get(item)
        ]
        created = {item for item in changed if item not in yesterday and _mrr(today.get(item)) > 0}
        cancelled = {
            item for item in changed if item not in today and _mrr(yesterday.get(item)) > 0
        }
        switched = created | cancelled if created and cancelled else set()
        legs = []
        for item in changed:
            before, after = yesterday.get(item), today.get(item)
            # An item that changes its currency has a leg in each.
            for currency in sorted({day.currency for day in (before, after) if day}):
                delta = _mrr(after, currency) - _mrr(before, currency)
                if delta:
                    switch = item in switched
                    reason = "plan_switch" if switch else self._reason(item, before, after)
                    legs.append(Leg(currency, delta, reason))
        self._remember(changed, yesterday, today)
        return legs

    def _reason(self, item: ItemKey, before: ItemDay | None, after: ItemDay | None) -> str:
        if _mrr(after) > 0 and _mrr(before) == 0:
            return self._reason_of_gain(item, before) if _is_start(before) else _edit(before, after)
        if _mrr(after) == 0:
            return _reason_of_loss(before, after)
        return _edit(before, after)

    def _reason_of_gain(self, item: ItemKey, before: ItemDay | None) -> str:
        if before is not None and before.state in ("free_for_now", "free_for_long"):
            return "discount"
        was_paused = before is not None and before.state in ("paused", "pause_over")
        if was_paused and item in self._had_mrr:
            return "resumed"
        if item in self._was_on_trial and item not in self._had_mrr:
            return "trial_converted"
        if self._lost_involuntarily.get(item[0], False):
            return "recovered"
        return "started"

    def _remember(self, changed: list[ItemKey], yesterday: Day, today: Day) -> None:
        lost: dict[str, bool] = {}  # by subscription: whether any of it was lost involuntarily
        for item in changed:
            before, after = yesterday.get(item), today.get(item)
            if _mrr(after) > 0:
                self._had_mrr.add(item)
                self._lost_involuntarily[item[0]] = False
            elif _mrr(before) > 0:
                is_involuntary = _reason_of_loss(before, after) == "involuntary"
                lost[item[0]] = lost.get(item[0], False) or is_involuntary
            if after is not None and after.state == "pipeline":
                self._was_on_trial.add(item)
        gaining = {item[0] for item in changed if _mrr(today.get(item)) > 0}
        for subscription, is_involuntary in lost.items():
            if subscription not in gaining:
                self._lost_involuntarily[subscription] = is_involuntary


def largest(legs: Iterable[Leg], sizes: Iterable[Decimal]) -> str:
    """The reason of the leg with the largest reporting delta; ties by the order of the list."""
    ranked = [
        (-abs(size), REASONS.index(leg.reason)) for leg, size in zip(legs, sizes, strict=True)
    ]
    return REASONS[min(ranked)[1]]


def end_reason_is_involuntary(end_reason: str) -> bool:
    name = end_reason.strip().lower().replace(" ", "_").replace("-", "_")
    return name in INVOLUNTARY_END_REASONS


def _is_start(before: ItemDay | None) -> bool:
    """Whether the item did not run, or ran without being able to count, the day before."""
    return before is None or before.state != "free"


def _reason_of_loss(before: ItemDay | None, after: ItemDay | None) -> str:
    if after is None:
        end_reason = before.period.end_reason if before else ""
        return "involuntary" if end_reason_is_involuntary(end_reason) else "voluntary"
    if after.state == "dunning_exhausted":
        return "involuntary"
    if after.state in ("paused", "pause_over"):
        return "paused"
    if after.state in ("free_for_now", "free_for_long"):
        return "discount"
    if after.state == "excluded":
        return "voluntary"
    return _edit(before, after)


def _edit(before: ItemDay | None, after: ItemDay | None) -> str:
    """What was edited in an item that ran on both days."""
    if before is None or after is None:
        return "started"
    old, new = before.priced_by, after.priced_by
    if old.plan != new.plan:
        return "plan_switch"
    if old.quantity != new.quantity:
        return "quantity"
    if _price(old) != _price(new):
        return "price"
    return "discount"


def _price(period: Period) -> tuple[Decimal, str, int, str]:
    return (period.unit_amount, period.interval, period.interval_count, period.currency)


def _mrr(item_day: ItemDay | None, currency: str | None = None) -> Decimal:
    if item_day is None or (currency is not None and item_day.currency != currency):
        return ZERO
    return item_day.counted.headline
