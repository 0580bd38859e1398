"""What goes wrong between a client and the API: bounded, from a seed, off unless asked for."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = dict[str, Any]
Damage = Callable[[Json], None]


class Fault(Enum):
    """What a request can meet."""

    RATE_LIMITED = "429 without Retry-After"
    RATE_LIMITED_FOR = "429 with Retry-After"
    INTERNAL = "500"
    UNAVAILABLE = "503"
    RESET = "the connection breaks in the middle of the body"
    TRUNCATED = "a complete answer whose JSON is cut"
    REPEATED_PAGE = "a page is the one before"
    SLOW = "the body comes in pieces"
    HTML = "503 with a page for people"


@dataclass
class FaultPlan:
    """Which faults happen, and to whom.

    Attributes:
        seed: The same seed and the same requests meet the same faults.
        share: The share of requests that meet one of `kinds`.
        kinds: The faults to choose from.
        under: Only requests whose path begins so meet a fault.
        cut_above: Only answers of more than so many objects have their JSON cut, so that half a
            page helps.
        slow_seconds: How long a slow body takes.
        per_second: How many requests each path answers a second of real time; then 429.
        at_most: How often one address (path and page) meets a fault, so that a client that tries
            again gets through.
        damages: By object id, what is done to the object wherever it is shown.
        shares: By kind, the share of its objects that are damaged, and how.
        late_seconds: Up to how long after its time an event becomes visible.
        moves_while_paging: By how many seconds the clock moves on with every page of a list.
        refused: By path, the status with which it is refused for good, with a page for people.
    """

    seed: int = 0
    share: float = 0.0
    kinds: tuple[Fault, ...] = (
        Fault.RATE_LIMITED,
        Fault.RATE_LIMITED_FOR,
        Fault.INTERNAL,
        Fault.UNAVAILABLE,
        Fault.RESET,
        Fault.TRUNCATED,
    )
    at_most: int = 2
    under: str = ""
    cut_above: int = 0
    slow_seconds: float = 0.2
    per_second: int = 0
    damages: Mapping[str, Damage] = field(default_factory=dict)
    shares: Mapping[str, tuple[float, Damage]] = field(default_factory=dict)
    late_seconds: int = 0
    moves_while_paging: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    met: Counter[Fault] = field(default_factory=Counter)
    _by_address: Counter[str] = field(default_factory=Counter)
    _asked: Counter[str] = field(default_factory=Counter)

    def draw(self, address: str) -> Fault | None:
        """Return what this request meets, if anything."""
        self._asked[address] += 1
        is_meant = bool(self.share) and address.startswith(self.under)
        if not is_meant or self._by_address[address] >= self.at_most:
            return None
        rng = random.Random(f"{self.seed} {address} {self._asked[address]}")  # noqa: S311 - a fault
        if rng.random() >= self.share:
            return None
        self._by_address[address] += 1
        fault = rng.choice(self.kinds)
        self.met[fault] += 1
        return fault

    def damage(self, kind: str, identity: str) -> Damage | None:
        """Return what is done to an object, the same at every showing."""
        share, damage = self.shares.get(kind, (0.0, None))
        is_hit = bool(share) and random.Random(f"{self.seed} {identity}").random() < share  # noqa: S311
        return self.damages.get(identity) or (damage if is_hit else None)

    def lateness(self, event_id: str) -> int:
        """Return how many seconds after its time an event becomes visible."""
        if not self.late_seconds:
            return 0
        return random.Random(f"{self.seed} {event_id}").randrange(self.late_seconds)  # noqa: S311
