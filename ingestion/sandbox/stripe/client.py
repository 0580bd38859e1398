"""One customer as the engine sees it: who it is, what it owes, and where its story is written."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ingestion.sandbox.billing import Payment
from ingestion.sandbox.experience import Mood
from ingestion.sandbox.people import Customer
from ingestion.sandbox.stripe.objects import Json
from ingestion.sandbox.stripe.shop import Ids, Shop
from ingestion.sandbox.stripe.timeline import Ledger, Timeline
from ingestion.sandbox.stripe.truth import PeriodBook


@dataclass(eq=False)
class Client:
    """What billing, payments and the customer's own life share."""

    person: Customer
    body: Json
    currency: str
    tax_per_mille: int
    tax_rate: str  # the id of the tax rate, empty without tax
    method: str  # the id of the payment method
    shop: Shop
    ids: Ids
    rng: random.Random
    whims: random.Random  # for what no invoice tells of, so that the rest stays as it is
    remembered_from: int  # what happens from here on can be told by events
    ledger: Ledger
    timeline: Timeline
    periods: PeriodBook
    mood: Callable[[int], Mood]  # what recent support makes of its chances, at a moment
    payments: list[Payment] = field(default_factory=list)
    invoices: int = 0

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.body["id"])
