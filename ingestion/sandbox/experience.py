"""What a customer asks its support, how that goes, and what the customer makes of it.

It is decided before anything else in the customer's life and from a random stream of its own, so
that billing and helpdesk tell of the same requests, and so that nothing else moves with them.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingestion.sandbox.catalogue import TOPICS, Topic
from ingestion.sandbox.people import Customer
from ingestion.sandbox.support import PRIORITIES, STRAINED_MONTHS, WAYS_IN

DAY, HOUR = 86_400, 3_600
# For so long an experience counts when a customer thinks about staying.
REMEMBERED = 90 * DAY
AMERICAN = frozenset({"US", "CA", "BR"})  # countries served from São Paulo
HASTE = {"low": 1.5, "normal": 1.0, "high": 0.7, "urgent": 0.4}
# How strongly a company such as this one is moved; see `moods`.
USUAL_EFFECT = 1.5
# A first reply that takes longer is remembered as slow.
SLOW = 10 * HOUR


@dataclass(frozen=True, slots=True)
class Request:
    """One thing a customer asks for; times in Unix seconds and spans in seconds.

    Attributes:
        at: When it asks.
        topic: What about.
        priority: How much it hurts.
        channel: Which way it comes in, in the words of the files form.
        reply_after: How long the first human answer takes.
        solve_after: How long it takes from there to the first solution.
        reopens: How often the solution turns out to be none.
        answers: How many more answers it takes, in between.
        score: What it says afterwards: 1 to 5, or 0 for nothing.
        changed_score: What it says after thinking again, or 0.
        rate_after: How long it takes to say so.
    """

    at: int
    topic: Topic
    priority: str
    channel: str
    reply_after: int
    solve_after: int
    reopens: int
    answers: int
    score: int
    changed_score: int
    rate_after: int

    @property
    def is_bad(self) -> bool:
        """Whether it leaves the customer angry: slow, reopened or badly rated."""
        return self.reply_after > SLOW or self.reopens > 0 or 0 < self.score < 3

    @property
    def felt_at(self) -> int:
        """When the customer has made up its mind about it."""
        return self.at + self.reply_after + self.solve_after


@dataclass(frozen=True, slots=True)
class Mood:
    """By what a customer's monthly chances of leaving and of growing are multiplied."""

    leaving: float = 1.0
    growing: float = 1.0


UNMOVED = Mood()


def requests_of(customer: Customer, seed: int, first_month: datetime, until: int) -> list[Request]:
    """Return what a customer would ask from its sign-up on, if it stayed to the end.

    Args:
        customer: Who asks.
        seed: The company's seed; the same seed gives the same requests.
        first_month: First instant of the company's history.
        until: Unix seconds before which the last one is made.
    """
    rng = random.Random(f"{seed} requests {customer.customer_id}")  # noqa: S311 - a story
    gap = 30 * DAY / customer.segment.tickets
    opens_at = 12 * HOUR if customer.country.code in AMERICAN else 8 * HOUR
    at = customer.created_at.timestamp() + rng.expovariate(1 / gap)
    requests = []
    while at < until:
        requests.append(request_at(at_work(int(at), opens_at, rng), first_month, rng))
        at += rng.expovariate(1 / gap)
    return sorted((one for one in requests if one.at < until), key=lambda one: one.at)


def at_work(at: int, opens_at: int, rng: random.Random) -> int:
    """Return the moment, or mostly a later one in nine hours of work; seconds, UTC."""
    if rng.random() < 0.15:
        return at
    day = at - at % DAY + DAY
    weekday = (day // DAY + 3) % 7  # Monday is 0
    day += max(0, 7 - weekday) * DAY if weekday > 4 else 0
    return day + opens_at + rng.randrange(9 * HOUR)


def moods(requests: Sequence[Request], strength: float) -> Callable[[int], Mood]:
    """Return how experiences of the last 90 days move a customer at a moment.

    Args:
        requests: What it asked.
        strength: 0 for not at all; with 1 a bad experience makes leaving two and a half times as
            likely.
    """

    def mood(at: int) -> Mood:
        recent = [one for one in requests if at - REMEMBERED < one.felt_at <= at]
        bad = min(2, sum(one.is_bad for one in recent))
        if bad:
            return Mood(1 + 1.5 * strength * bad, 1 / (1 + strength * bad))
        if recent:
            return Mood(1 / (1 + 0.5 * strength), 1 + 0.4 * strength)
        return UNMOVED

    return mood


def request_at(at: int, first_month: datetime, rng: random.Random) -> Request:
    """Return something that somebody asks at a moment."""
    topic = rng.choices(TOPICS, [topic.share for topic in TOPICS])[0]
    priority = rng.choices(list(PRIORITIES), list(PRIORITIES.values()))[0]
    goes_well = rng.random() > _chance_of_trouble(at, first_month, topic)
    reply_hours = rng.lognormvariate(0.2, 0.9) if goes_well else rng.lognormvariate(3.1, 0.6)
    work_hours = rng.lognormvariate(1.8, 0.9) if goes_well else rng.lognormvariate(3.6, 0.7)
    reopens = 0 if goes_well else rng.choices((0, 1, 2), (0.45, 0.4, 0.15))[0]
    is_rated, is_happy = rng.random() < 0.42, rng.random() < (0.95 if goes_well else 0.22)
    score = (rng.choice((4, 5, 5)) if is_happy else rng.choice((1, 1, 2))) if is_rated else 0
    thinks_again = 0 < score < 3 and rng.random() < 0.15
    is_late = rng.random() < 0.08
    return Request(
        at=at,
        topic=topic,
        priority=priority,
        channel=rng.choices(list(WAYS_IN), list(WAYS_IN.values()))[0],
        reply_after=60 + int(reply_hours * HASTE[priority] * HOUR),
        # What needs one answer alone is solved by it.
        solve_after=int(work_hours * HOUR) if rng.random() < 0.7 or not goes_well else 0,
        reopens=reopens,
        answers=rng.choice((0, 0, 1)) if goes_well else rng.choice((1, 2, 3)),
        score=score,
        changed_score=4 if thinks_again else 0,
        rate_after=rng.randrange(9 * DAY, 27 * DAY) if is_late else rng.randrange(HOUR, 3 * DAY),
    )


def _chance_of_trouble(at: int, first_month: datetime, topic: Topic) -> float:
    """Higher in some months of the later years, when the desk was too small."""
    months = int((at - first_month.timestamp()) / (30.44 * DAY))
    is_strained = months >= 12 and months % 12 in STRAINED_MONTHS
    return (0.36 if is_strained else 0.15) + (0.08 if topic.kind == "incident" else 0.0)
