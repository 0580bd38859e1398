"""A segment of the company, such as the plan Pro: what a report may be of instead of all of it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

# What each kind of segment is called; texts of the catalogues.
KINDS: Final = {
    "country": "Country",
    "channel": "Channel",
    "segment": "Segment",
    "plan": "Plan",
    "interval": "Billing interval",
    "native_currency": "Currency",
    "biller": "Biller",
}
# In these a customer is wholly or not at all, by what is known of it when the data end; of the
# others a customer may have several at once, and move from one to another.
OF_CUSTOMERS: Final = ("country", "channel", "segment")


@dataclass(frozen=True)
class Segment:
    """One segment.

    Attributes:
        kind: Its ``segment_kind`` in the mart ``kpis_monthly_by_segment``.
        value: Its ``segment_value`` there.
        name: Its name for people, as the source gave it, so that it may hold anything.
    """

    kind: str
    value: str
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> "Segment | None":
        """The segment that ``kind=value`` names; None for an empty text, the whole company."""
        kind, _, value = text.partition("=")
        return cls(kind, value) if text else None

    def __str__(self) -> str:
        """As people write it: ``kind=value``."""
        return f"{self.kind}={self.value}"

    @property
    def is_of_customers(self) -> bool:
        """Whether each customer is wholly in it, or not at all."""
        return self.kind in OF_CUSTOMERS

    @property
    def path_name(self) -> str:
        """Its name in paths; no two segments have the same."""
        return quote(str(self), safe="=")
