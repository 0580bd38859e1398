"""Tickets and their ratings; how well they go decides, in part, who stays."""

import random
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from ingestion.sandbox.catalogue import FIRST_NAMES, TOPICS, Topic
from ingestion.sandbox.people import Customer

PRIORITIES = {"low": 0.2, "normal": 0.55, "high": 0.19, "urgent": 0.06}
WAYS_IN = {"email": 0.45, "web": 0.3, "chat": 0.2, "phone": 0.05}
# In these months of the second year the support team was too small.
STRAINED_MONTHS = (6, 7, 8)


@dataclass(frozen=True)
class Ticket:
    """One ticket; the columns of the files form."""

    ticket_id: str
    created_at: datetime
    customer_id: str
    requester_email: str
    organization: str
    first_replied_at: datetime | None
    first_solved_at: datetime | None
    solved_at: datetime | None
    status: str
    priority: str
    channel: str
    type: str
    subject: str
    tags: str
    replies: int
    reopens: int


@dataclass(frozen=True)
class Rating:
    """One rating; a changed mind is a second row."""

    ticket_id: str
    rated_at: datetime
    score: str
    comment: str


TICKET_COLUMNS = [column.name for column in fields(Ticket)]
RATING_COLUMNS = [column.name for column in fields(Rating)]


class Desk:
    """The support desk of the made-up company."""

    def __init__(self, first_month: datetime, as_of: datetime) -> None:
        self._first_month = first_month
        self._as_of = as_of
        self.tickets: list[Ticket] = []
        self.ratings: list[Rating] = []

    def serve(self, customer: Customer, at: datetime, rng: random.Random) -> bool:
        """Take a customer's ticket; returns whether it went well."""
        requester = customer.email
        if customer.domain and rng.random() < 0.4:  # a colleague writes
            requester = f"{rng.choice(FIRST_NAMES).lower()}@{customer.domain}"
        customer_id = customer.customer_id if rng.random() < 0.85 else ""
        organization = customer.company if rng.random() < 0.6 else ""
        return self._open(customer_id, requester, organization, at, rng)

    def serve_stranger(self, number: int, at: datetime, rng: random.Random) -> None:
        """Take a ticket of someone who is no customer."""
        self._open("", f"visitor{number}@prospect-{number % 37}.example", "", at, rng)

    def _open(
        self, customer_id: str, requester: str, organization: str, at: datetime, rng: random.Random
    ) -> bool:
        if at >= self._as_of:
            return True
        topic = rng.choices(TOPICS, [topic.share for topic in TOPICS])[0]
        priority = rng.choices(list(PRIORITIES), list(PRIORITIES.values()))[0]
        went_well = rng.random() > self._chance_of_trouble(at, topic)
        reply_hours = rng.lognormvariate(0.2, 0.9) if went_well else rng.lognormvariate(3.1, 0.6)
        reply_hours *= {"low": 1.5, "normal": 1.0, "high": 0.7, "urgent": 0.4}[priority]
        work_hours = rng.lognormvariate(1.8, 0.9) if went_well else rng.lognormvariate(3.6, 0.7)
        replied_at = at + timedelta(hours=reply_hours)
        first_solved_at = replied_at + timedelta(hours=work_hours)
        reopens = 0 if went_well else rng.choices((0, 1, 2), (0.45, 0.4, 0.15))[0]
        solved_at = first_solved_at + timedelta(hours=reopens * rng.uniform(10, 60))
        ticket = Ticket(
            ticket_id=f"tic_{len(self.tickets) + 1:05}",
            created_at=at,
            customer_id=customer_id,
            requester_email=requester,
            organization=organization,
            first_replied_at=self._known(replied_at),
            first_solved_at=self._known(first_solved_at),
            solved_at=self._known(solved_at),
            status=self._status(replied_at, solved_at),
            priority=priority,
            channel=rng.choices(list(WAYS_IN), list(WAYS_IN.values()))[0],
            type=topic.kind,
            subject=rng.choice(topic.subjects),
            tags=topic.tags,
            replies=(1 if went_well else 3) + reopens + (rng.random() < 0.4),
            reopens=reopens if solved_at < self._as_of else 0,
        )
        self.tickets.append(ticket)
        self._rate(ticket, solved_at, went_well, rng)
        return went_well

    def _chance_of_trouble(self, at: datetime, topic: Topic) -> float:
        months = (at.year - self._first_month.year) * 12 + at.month - self._first_month.month
        strained = months >= 12 and months % 12 in STRAINED_MONTHS
        return (0.36 if strained else 0.15) + (0.08 if topic.kind == "incident" else 0.0)

    def _rate(
        self, ticket: Ticket, solved_at: datetime, went_well: bool, rng: random.Random
    ) -> None:
        if rng.random() > 0.42:
            return
        score = "good" if rng.random() < (0.95 if went_well else 0.22) else "bad"
        comment = "Thank you, that was quick." if score == "good" else "I had to ask twice."
        comment = comment if rng.random() < 0.3 else ""
        rated_at = solved_at + timedelta(hours=rng.uniform(0.5, 48))
        if rated_at < self._as_of:
            self.ratings.append(Rating(ticket.ticket_id, rated_at, score, comment))
        changed_at = rated_at + timedelta(days=1)
        if score == "bad" and rng.random() < 0.12 and changed_at < self._as_of:
            self.ratings.append(Rating(ticket.ticket_id, changed_at, "good", ""))

    def _known(self, at: datetime) -> datetime | None:
        return at if at < self._as_of else None

    def _status(self, replied_at: datetime, solved_at: datetime) -> str:
        if solved_at + timedelta(days=28) < self._as_of:
            return "closed"
        if solved_at < self._as_of:
            return "solved"
        return "pending" if replied_at < self._as_of else "new"
