"""The log that is the whole truth of a helpdesk: tickets are folds of their audits.

What there is little of (people, schedules, ratings, ...) is logged as the whole object after each
change; a ticket is logged as what changed, as Zendesk itself keeps it.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]
SYSTEM = -1  # who acts where no person does


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one object, with the whole object after it; `at` in Unix seconds."""

    at: int
    kind: str
    id: str
    body: Json
    is_deleted: bool = False


class Change(NamedTuple):
    """A field of a ticket got another value; `rule` is the trigger or automation that did it."""

    field: str
    value: Any
    previous: Any = None
    rule: int | None = None


class Comment(NamedTuple):
    """What somebody wrote; `channel` and `rel` say which way it came."""

    author_id: int
    text: str
    is_public: bool = True
    channel: str = "web"
    rel: str | None = None


@dataclass(slots=True, eq=False)
class Audit:
    """One update of one ticket.

    Attributes:
        at: When, in Unix seconds.
        ticket: Whose.
        updater_id: Who did it.
        via: Which way, in the words of the ticket event export.
        changes: Which fields changed.
        comment: What was written.
        is_silent: A change by the system that leaves no event and keeps `updated_at`.
        id: Its id; the ids of its parts follow it.
    """

    at: int
    ticket: "Ticket"
    updater_id: int
    via: str
    changes: tuple[Change, ...] = ()
    comment: Comment | None = None
    is_silent: bool = False
    id: int = 0


@dataclass(slots=True, eq=False)
class MetricEvent:
    """One event of a ticket's clocks; `more` holds what its type adds."""

    at: int
    ticket: "Ticket"
    metric: str
    instance: int
    type: str
    more: Json
    id: int = 0


@dataclass(slots=True, eq=False)
class Ticket:
    """A ticket's beginning, and everything that happens to it.

    Attributes:
        channel: Which way it came, in Zendesk's words.
        submitter_id: Who opened it.
        address: The requester's address, as the mail it came with says.
        customer_id: Whose it truly is, as in the account's truth; empty for strangers.
        topic: What it is truly about.
        audits: Its updates, oldest first.
        opinions: When the requester was asked or said what, as 0 for asked and 1 to 5.
        id: Its number, given in the order of creation.
    """

    channel: str
    submitter_id: int
    address: str
    customer_id: str
    topic: str
    audits: list[Audit] = field(default_factory=list)
    opinions: list[tuple[int, int]] = field(default_factory=list)
    id: int = 0

    @property
    def created_at(self) -> int:
        """When it was opened."""
        return self.audits[0].at


Entry = Mutation | Audit | MetricEvent


class Numbers:
    """Ids as Zendesk makes them: large, growing, with gaps."""

    def __init__(self, first: int) -> None:
        self._next = first

    def new(self) -> int:
        """Another id."""
        self._next += 1408
        return self._next
