"""What a customer does that no invoice tells of: lately, while events can still tell."""

from ingestion.sandbox.catalogue import ADD_ON, PLANS
from ingestion.sandbox.stripe.changes import Changes
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.contract import Contract
from ingestion.sandbox.stripe.documents import DAY

WHIMS = ("more_seats", "fewer_seats", "other_plan", "add_on", "break", "second_thoughts")
DAYS = 70  # from the first day that events can tell of


class Whims:
    """Changes without proration, breaks within a service period, and cancellations taken back."""

    def __init__(self, client: Client, changes: Changes) -> None:
        self._client = client
        self._changes = changes
        self._rng = client.whims
        self.contract: Contract | None = None  # the newest

    def plan(self) -> None:
        """Choose some moments of work, mostly none or one."""
        for _ in range(self._rng.choice((0, 0, 1, 1, 2))):
            day = self._client.remembered_from + self._rng.randrange(DAYS) * DAY
            at = day - day % DAY + self._rng.randrange(7 * 3600, 19 * 3600)
            self._client.timeline.plan(at, self._follow)

    def _follow(self, at: int) -> None:
        whim, contract = self._rng.choice(WHIMS), self.contract
        if contract is None or not contract.is_settled or not contract.number:
            return
        if at - DAY <= contract.start or at + 5 * DAY >= contract.end:
            return
        quantity, plan = contract.main["quantity"], contract.price(contract.main).product
        has_add_on = any(contract.price(item).product == ADD_ON for item in contract.items)
        if whim == "more_seats":
            self._set_quantity(at, contract, quantity + self._rng.randrange(1, 5))
        elif whim == "fewer_seats" and quantity > 1:
            self._set_quantity(at, contract, quantity - 1)
        elif whim == "other_plan" and plan in PLANS:
            other = self._rng.choice([one for one in PLANS if one != plan])
            self._changes.switch(at, contract, other, at_once=False, prorated=False)
        elif whim == "add_on" and not has_add_on:
            self._changes.add(at, contract, ADD_ON, 1, at_once=False, prorated=False)
        elif whim == "break" and not contract.carried:
            self._take_a_break(at, contract)
        elif whim == "second_thoughts":
            self._have_second_thoughts(at, contract)

    def _set_quantity(self, at: int, contract: Contract, quantity: int) -> None:
        self._changes.set_quantity(at, contract, quantity, at_once=False, prorated=False)

    def _take_a_break(self, at: int, contract: Contract) -> None:
        """Some days, at times beyond the service period's end."""
        self._changes.pause_now(at, contract, self._rng.choice(("void", "mark_uncollectible")))

        def come_back(then: int) -> None:
            if contract.is_paused and contract.body["status"] == "active":
                self._changes.resume_now(then, contract)

        self._client.timeline.plan(at + self._rng.randrange(2, 20) * DAY, come_back)

    def _have_second_thoughts(self, at: int, contract: Contract) -> None:
        self._changes.cancel_at_period_end(at, contract, "too_expensive")

        def stay(then: int) -> None:
            if contract.is_ending and contract.body["status"] == "active":
                self._changes.keep(then, contract)

        self._client.timeline.plan(at + self._rng.randrange(1, 5) * DAY, stay)
