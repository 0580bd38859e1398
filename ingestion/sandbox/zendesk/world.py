"""The company's helpdesk: its log of everything that happened, and the truth about it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from ingestion.sandbox.stripe.world import Account
from ingestion.sandbox.zendesk.crowd import Crowd
from ingestion.sandbox.zendesk.fates import deleted_list
from ingestion.sandbox.zendesk.life import Desk
from ingestion.sandbox.zendesk.log import Entry, Mutation, Numbers
from ingestion.sandbox.zendesk.metrics import Clocks, course_of, metric_events
from ingestion.sandbox.zendesk.people import Directory
from ingestion.sandbox.zendesk.ratings import opinions_of
from ingestion.sandbox.zendesk.schedules import Schedules
from ingestion.sandbox.zendesk.staff import Staff, set_up
from ingestion.sandbox.zendesk.truth import Truth

FIRST_ID, FIRST_EVENT_ID = 390_000_000_000, 39_771_000_000_000


@dataclass(frozen=True)
class Helpdesk:
    """Everything that happened at the desk, beyond `as_of` too, in the order it happened."""

    as_of: datetime
    log: list[Entry]
    truth: Truth


def make_helpdesk(account: Account, seed: int = 7, burst: int = 0) -> Helpdesk:
    """Make the helpdesk of a company that has an account; the same arguments give the same log.

    What customers ask and how it goes is what moved them in the account.

    Args:
        account: The company; its customers are the ones that write.
        seed: Another seed has other agents, other writers and other accidents.
        burst: How many tickets and organizations an import makes within one second, ten days
            before `as_of`.
    """
    start, until = account.start, account.log[-1].at + 1
    history = account.as_of - start
    made_at = int((start - timedelta(days=30)).timestamp())
    tightened_at = int((start + history / 2).timestamp())
    surveys_from = int((start + history * 2 / 3).timestamp())
    numbers = Numbers(FIRST_ID)
    schedules = Schedules(start, datetime.fromtimestamp(until, UTC), start + history / 3)
    staff = Staff(numbers, made_at, random.Random(f"{seed} staff"))  # noqa: S311 - a story
    crowd = Crowd(account, Desk(staff, schedules, until, surveys_from), Directory(numbers), seed)
    crowd.customers_write()
    crowd.strangers_write()
    if burst:
        crowd.burst(burst, int((account.as_of - timedelta(days=10)).timestamp()))
    crowd.close_organizations(int((account.as_of - timedelta(days=5)).timestamp()))
    tickets = sorted(crowd.tickets, key=attrgetter("created_at"))
    clocks = Clocks(schedules)
    log: list[Entry] = [*schedules.mutations(), *set_up(made_at, tightened_at), *staff.log]
    log += crowd.directory.log
    for number, ticket in enumerate(tickets, start=1):
        ticket.id = number
        log += ticket.audits
        log += opinions_of(ticket, surveys_from)
        log += deleted_list(ticket)
        course = course_of(ticket.audits, staff.humans)
        log += metric_events(ticket, course, clocks, tightened_at)
    log = sorted((entry for entry in log if entry.at < until), key=attrgetter("at"))
    for place, entry in enumerate(log):
        if not isinstance(entry, Mutation):
            entry.id = FIRST_EVENT_ID + place * 128
    return Helpdesk(account.as_of, log, Truth(tickets, staff.humans, clocks))
