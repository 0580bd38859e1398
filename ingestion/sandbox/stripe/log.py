"""The event log that is the whole truth of a sandbox account: every list is a fold of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one object.

    Attributes:
        at: When, in Unix seconds.
        event_type: The event it makes, such as "invoice.paid"; None where the API has no event.
        kind: The object's name in the API, such as "invoice".
        id: The object's id; empty for an invoice to come, which is told of and in no list.
        body: JSON of the whole object after the change, at the pinned version, with nested lists
            complete and discounts expanded.
        is_deleted: Whether the object is gone from here on.
        previous: JSON of the attributes that the change replaced, for events `*.updated`.
    """

    at: int
    event_type: str | None
    kind: str
    id: str
    body: bytes
    is_deleted: bool = False
    previous: bytes | None = None
