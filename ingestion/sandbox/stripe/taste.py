"""What one customer buys.

Some customers have a role, so that even a small account shows everything that can happen.
"""

from ingestion.sandbox.catalogue import ADD_ON, API_CALLS, ONBOARDING, PLANS
from ingestion.sandbox.stripe.billing import Order
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.shop import EXTRAS, GRADUATED, VOLUME

ROLES = (  # by the customer's number within each sixty
    *("launch", "bundle", "terms", "bad_debt", "incomplete", "no_card_pause", "no_card_cancel"),
    *("quitter", "graduated", "volume", "metered", "setup_fee", "once_percent", "repeating"),
    *("forever_percent", "off_once", "off_repeating", "off_forever", "upgrade", "downgrade"),
    *("grow_at_once", "pause", "pause_uncollectible", "cancel_now", "comes_back", "recovers"),
    *("never_pays", "refund_full", "refund_part", "credit_note", "dispute_won", "dispute_lost"),
    *("yearly", "quarterly", "to_yearly", "add_on", "swap", "deleted", "one_off", "remove_add_on"),
    "tries_again",
)
COUPONS = {
    "once_percent": "HALF-ONCE",
    "repeating": "LAUNCH30",
    "forever_percent": "PARTNER20",
    "off_once": "OFF25",
    "off_repeating": "OFF5",
    "off_forever": "OFF10",
}


def role_of(number: int) -> str:
    """The role of the customer who signs up with the number, empty for many."""
    place = number % 60
    return ROLES[place] if place < len(ROLES) else ""


class Taste:
    """Decides on orders, trials and coupons."""

    def __init__(self, client: Client, role: str) -> None:
        self._client = client
        self._rng = client.rng
        self._role = role
        self._segment = client.person.segment

    def order(self, at: int, *, is_first: bool) -> Order:
        """A subscription that fits the customer; its role counts for the first one alone."""
        rng, role = self._rng, self._role if is_first else ""
        interval = self._interval(role)
        plan = rng.choices(PLANS, self._segment.plan_shares)[0]
        seats = rng.randint(*self._segment.seats)
        if role == "upgrade":
            plan = PLANS[0]
        elif role in ("downgrade", "swap"):
            plan = PLANS[1]
        chance = rng.random()
        if role == "graduated" or (not role and chance < 0.05):
            plan = GRADUATED
        elif role == "volume" or (not role and chance > 0.96):
            plan = VOLUME
        basket: list[tuple[str, int | None]] = [(plan, seats)]
        if role == "bundle":
            basket += [(extra, rng.randrange(1, 6)) for extra in EXTRAS]
        if role in ("add_on", "remove_add_on") or rng.random() < 0.05:
            basket.append((ADD_ON, 1))
        is_large = not role and self._segment.name == "Enterprise"
        if role == "metered" or (is_large and rng.random() < 0.5):
            basket.append((API_CALLS, None))
        is_on_terms = role in ("terms", "bad_debt") or (is_large and rng.random() < 0.6)
        trial, has_card, missing = self._trial(role, may_try=is_first and not is_on_terms)
        coupon = "" if trial else self.coupon(at, role, interval)
        fails = role == "incomplete" or (not role and not trial and rng.random() < 0.02)
        tries_again = role == "tries_again" or (
            fails and not role and self._client.whims.random() < 0.5
        )
        return Order(
            basket=tuple(basket),
            interval=interval,
            coupon=coupon,
            trial_days=trial,
            has_card=has_card and not is_on_terms,
            missing_card=missing,
            is_on_terms=is_on_terms,
            one_off=ONBOARDING if role == "setup_fee" or (is_large and not trial) else "",
            fails_at_once=fails or tries_again,
            tries_again=tries_again,
        )

    def _interval(self, role: str) -> str:
        fixed = {"yearly": "year", "quarterly": "quarter"}
        chance = self._rng.random()
        if role and role != "bundle":
            return fixed.get(role, "month")
        if chance < self._segment.yearly_share:
            return "year"
        return "quarter" if chance > 0.95 else "month"

    def _trial(self, role: str, *, may_try: bool) -> tuple[int, bool, str]:
        """Its days, whether there is a card, and what happens at its end without one."""
        rng = self._rng
        if role in ("no_card_pause", "no_card_cancel"):
            return 14, False, role.removeprefix("no_card_")
        if role == "quitter":
            return 14, True, "create_invoice"
        if role or not may_try or rng.random() > 0.55:
            return 0, True, "create_invoice"
        if rng.random() < 0.1:
            return 14, False, rng.choice(("pause", "cancel"))
        return 14, True, "create_invoice"

    def coupon(self, at: int, role: str, interval: str) -> str:
        """The name of a coupon it gets, mostly none."""
        name, chance = COUPONS.get(role, ""), self._rng.random()
        if not role and chance < 0.2:
            ways = ("PARTNER20", "HALF-ONCE", "OFF25", "OFF10")
            name = self._rng.choice(ways if interval != "month" else (*ways, "LAUNCH30", "OFF5"))
        if at >= self._client.shop.retired.get(name, at + 1):
            return ""
        return f"{name}-{self._client.currency.upper()}" if name.startswith("OFF") else name

    def gives_up_trial(self) -> bool:
        """Whether a trial is not for it."""
        return self._role == "quitter" or (not self._role and self._rng.random() < 0.18)
