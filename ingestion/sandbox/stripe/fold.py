"""The account as it is at a moment: the fold of its log up to there."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ingestion.sandbox.stripe.log import Mutation

EVENTS_KEPT = 30 * 86_400


@dataclass(slots=True)
class Stored:
    """One object as it is now."""

    id: str
    created: int
    livemode: bool
    body: bytes
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log that the API tells of."""

    id: str
    created: int
    mutation: Mutation


class Shelf:
    """All objects of one kind, in the order they were created."""

    def __init__(self) -> None:
        self.by_id: dict[str, Stored] = {}
        self._keys: list[tuple[int, int]] = []
        self._ids: list[str] = []
        self._count = 0
        self._place: dict[str, tuple[int, int]] = {}

    def put(self, mutation: Mutation) -> None:
        """Take an object as it is after a change."""
        known = self.by_id.get(mutation.id)
        if known is not None:
            known.body, known.is_deleted = mutation.body, mutation.is_deleted
            return
        head = orjson.loads(mutation.body)
        created = int(head.get("created") or head.get("date") or mutation.at)
        self._count += 1
        key = (created, self._count)
        at = bisect_right(self._keys, key)
        self._keys.insert(at, key)
        self._ids.insert(at, mutation.id)
        self._place[mutation.id] = key
        self.by_id[mutation.id] = Stored(
            mutation.id,
            created,
            bool(head.get("livemode", True)),
            mutation.body,
            mutation.is_deleted,
        )

    def newest_first(
        self,
        first: int | None = None,
        last: int | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> Iterator[Stored]:
        """Walk from the newest to the oldest, or towards newer ones from `before`.

        Args:
            first: No object created earlier.
            last: No object created later.
            after: Only what comes after this object in the list, that is older ones.
            before: Only what comes before this object in the list; nearest first.
        """
        low = bisect_left(self._keys, (first, 0)) if first is not None else 0
        high = bisect_left(self._keys, (last + 1, 0)) if last is not None else len(self._keys)
        if after is not None:
            high = min(high, bisect_left(self._keys, self._place[after]))
        if before is not None:
            low = max(low, bisect_right(self._keys, self._place[before]))
            places: Sequence[int] = range(low, high)
        else:
            places = range(high - 1, low - 1, -1)
        for place in places:
            stored = self.by_id[self._ids[place]]
            if not stored.is_deleted:
                yield stored


class Fold:
    """The log folded up to a clock that only moves on."""

    def __init__(self, log: Sequence[Mutation], clock: int) -> None:
        self._log = log
        self._next = 0
        self.clock = clock
        self.shelves: dict[str, Shelf] = {}
        self.events: list[Event] = []
        self.invoice_of: dict[str, str] = {}  # by payment intent: what it pays
        self.advance(clock)

    def advance(self, clock: int) -> None:
        """Let everything before the moment happen."""
        self.clock = max(clock, self.clock)
        while self._next < len(self._log) and self._log[self._next].at < self.clock:
            mutation = self._log[self._next]
            if mutation.id:
                self.shelves.setdefault(mutation.kind, Shelf()).put(mutation)
            if mutation.kind == "invoice_payment":
                link = orjson.loads(mutation.body)
                self.invoice_of[link["payment"].get("payment_intent") or ""] = link["invoice"]
            if mutation.event_type is not None:
                self.events.append(Event(f"evt_{self._next:014}", mutation.at, mutation))
            self._next += 1

    def shelf(self, kind: str) -> Shelf:
        """The objects of a kind, none at all included."""
        return self.shelves.setdefault(kind, Shelf())

    def visible_events(self) -> list[Event]:
        """The events that are kept, oldest first."""
        oldest = bisect_left(self.events, self.clock - EVENTS_KEPT, key=lambda event: event.created)
        return self.events[oldest:]

    def current(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every object of a kind that is there now, by id, whole."""
        return {
            stored.id: orjson.loads(stored.body)
            for stored in self.shelf(kind).by_id.values()
            if not stored.is_deleted
        }
