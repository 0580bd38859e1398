"""The helpdesk as it is at a moment: the fold of its log up to there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.sandbox.zendesk.log import Audit, Entry, Json, MetricEvent, Mutation, Ticket

# Exports leave out what changed within the last minute.
WITHHELD = 60


@dataclass(slots=True)
class State:
    """A ticket as it is now.

    Attributes:
        updated_at: When something last changed that left an event.
        generated_at: When anything last changed.
        audits: How many of the ticket's audits have happened.
        fields: Each field's value.
    """

    ticket: Ticket
    updated_at: int
    generated_at: int
    audits: int = 0
    fields: Json = field(default_factory=dict)

    @property
    def is_scrubbed(self) -> bool:
        """Whether it is gone for good."""
        return bool(self.fields.get("is_scrubbed"))


Row = tuple[int, int, Any]


class Fold:
    """The log folded up to a clock that only moves on."""

    def __init__(self, log: Sequence[Entry], clock: int) -> None:
        self._log = log
        self._next = 0
        self.clock = 0
        self.shelves: dict[str, dict[str, Mutation]] = {}
        self.tickets: dict[int, State] = {}
        self.events: list[Audit] = []
        self.metric_events: list[MetricEvent] = []
        self._rows: dict[str, list[Row]] = {}
        self.advance(clock)

    def advance(self, clock: int) -> None:
        """Let everything before the moment happen."""
        self.clock = max(clock, self.clock)
        self._rows.clear()
        while self._next < len(self._log) and self._log[self._next].at < self.clock:
            entry = self._log[self._next]
            self._next += 1
            if isinstance(entry, Audit):
                self._take(entry)
            elif isinstance(entry, MetricEvent):
                self.metric_events.append(entry)
            else:
                self.shelf(entry.kind)[entry.id] = entry

    def shelf(self, kind: str) -> dict[str, Mutation]:
        """The latest version of each object of a kind, those that are gone included."""
        return self.shelves.setdefault(kind, {})

    def rows(self, kind: str) -> list[Row]:
        """Everything an export shows, as moment, id and thing, in that order."""
        if kind not in self._rows:
            until = self.clock - WITHHELD
            self._rows[kind] = sorted(
                (row for row in self._all(kind) if row[0] < until), key=lambda row: row[:2]
            )
        return self._rows[kind]

    def _all(self, kind: str) -> list[Row]:
        if kind == "tickets":
            return [(one.generated_at, id_, one) for id_, one in self.tickets.items()]
        if kind == "ticket_events":
            gone = {id_ for id_, one in self.tickets.items() if one.is_scrubbed}
            return [(one.at, one.id, one) for one in self.events if one.ticket.id not in gone]
        if kind == "ticket_metric_events":
            return [(one.at, one.id, one) for one in self.metric_events]
        return [(one.at, int(one.id), one) for one in self.shelf(kind).values()]

    def _take(self, audit: Audit) -> None:
        ticket = audit.ticket
        state = self.tickets.get(ticket.id)
        if state is None:
            state = self.tickets[ticket.id] = State(ticket, audit.at, audit.at)
        state.audits += 1
        state.generated_at = audit.at
        for change in audit.changes:
            state.fields[change.field] = change.value
        if not audit.is_silent:
            state.updated_at = audit.at
            self.events.append(audit)
