"""A subscription with what the engine remembers about it, and its truth."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingestion.sandbox.life import add_months
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.objects import Json, embedded_price, list_of, plan_body
from ingestion.sandbox.stripe.shop import Price
from ingestion.sandbox.stripe.timeline import Action

MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
LIVE = ("active", "past_due", "trialing")


def later(at: int, months: int) -> int:
    """The same day and time some months later."""
    return int(add_months(datetime.fromtimestamp(at, UTC), months).timestamp())


@dataclass(eq=False)
class Contract:
    """One subscription; `number` counts its service periods, a trial being number 0."""

    client: Client
    body: Json
    interval: str
    anchor: int
    start: int
    end: int
    number: int
    has_card: bool = True
    carried: dict[str, Json] = field(default_factory=dict)  # item: the discount it was billed with
    billed: dict[str, Json] = field(default_factory=dict)  # item: the line that billed it last
    at_renewal: list[Action] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The subscription's id."""
        return str(self.body["id"])

    @property
    def items(self) -> list[Json]:
        """Its items, none of which may be changed in place."""
        return list(self.body["items"]["data"])

    @property
    def main(self) -> Json:
        """The item that is the plan."""
        item: Json = self.body["items"]["data"][0]
        return item

    @property
    def is_live(self) -> bool:
        """Whether it goes on by itself."""
        return self.body["status"] in LIVE

    @property
    def is_settled(self) -> bool:
        """Whether it runs, and nothing is asked of it for later."""
        is_asked = self.is_ending or self.is_paused or self.at_renewal
        return self.body["status"] == "active" and not is_asked

    @property
    def is_ending(self) -> bool:
        """Whether its end is asked for."""
        return self.body["cancel_at"] is not None

    @property
    def is_paused(self) -> bool:
        """Whether its invoices are not collected."""
        return self.body["pause_collection"] is not None

    def price(self, item: Json) -> Price:
        """The price of an item."""
        return self.client.shop.prices[item["price"]["id"]]

    def discounts(self) -> list[Json]:
        """Every discount that its next invoice will carry."""
        return [*self.body["discounts"], *(one for item in self.items for one in item["discounts"])]

    def discount_of(self, item: Json) -> Json | None:
        """The discount of an item's next line: its own before that of the whole."""
        mine = [*item["discounts"], *self.body["discounts"]]
        return mine[0] if mine else None

    def set_items(self, at: int, items: list[Json], **changes: object) -> None:
        """Put other items in place of what it has."""
        url = self.body["items"]["url"]
        changed = {"items": list_of(items, url), **changes}
        kind = "customer.subscription.updated"
        self.client.ledger.change(at, kind, self.body, **changed)

    def look(self, at: int) -> None:
        """Let the truth see how it is now."""
        periods = self.client.periods
        rows = [
            periods.period(self.body, item, self.price(item), self.carried.get(item["id"]))
            for item in self.items
        ]
        periods.look(at, self.id, rows)


def with_price(item: Json, price: Price) -> Json:
    """The item at another price."""
    return item | {"price": embedded_price(price.body), "plan": plan_body(price.body)}
