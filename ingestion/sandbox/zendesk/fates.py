"""How some tickets end otherwise: merged, deleted, brought back, gone for good, spam."""

import random

from ingestion.sandbox.zendesk.life import BY_HAND, Case, Desk
from ingestion.sandbox.zendesk.log import SYSTEM, Audit, Change, Comment, Mutation, Ticket

HOUR, DAY = 3_600, 86_400
KEPT = 30 * DAY  # a deleted ticket can be brought back for so long
MERGED_TAG = "closed_by_merge"


def state_at(ticket: Ticket, at: int) -> dict[str, object]:
    """A ticket's fields at a moment."""
    return {
        change.field: change.value
        for audit in ticket.audits
        if audit.at <= at
        for change in audit.changes
    }


def write_twice(first: Ticket, case: Case, desk: Desk, rng: random.Random) -> Ticket:
    """Open the same thing again; an agent merges the second ticket into the first."""
    twin = case.run()
    at = twin.created_at + rng.randrange(HOUR // 2, 3 * HOUR)
    twin.audits = twin.audits[:1]
    twin.opinions.clear()
    if at >= desk.until:
        return twin
    before = state_at(twin, at)
    agent = rng.choice(desk.staff.agents["Europe"])
    tags = [*before.get("tags", [])]  # type: ignore[misc]
    changes = (
        Change("status", "closed", before["status"]),
        Change("tags", sorted([*tags, MERGED_TAG]), tags),
        Change("assignee_id", agent, before.get("assignee_id")),
    )
    text = "This request was closed and merged into another one."
    note = Comment(agent, text, is_public=False, rel="merge")
    twin.audits.append(Audit(at, twin, agent, BY_HAND, changes, note))
    text = "Another request was closed and merged into this one."
    note = Comment(agent, text, is_public=False, rel="merge")
    first.audits.append(Audit(at, first, agent, BY_HAND, (), note))
    first.audits.sort(key=lambda audit: audit.at)
    return twin


def delete(ticket: Ticket, desk: Desk, rng: random.Random) -> None:
    """An agent throws it away; it may be brought back, and is scrubbed in the end."""
    at = ticket.created_at + rng.randrange(HOUR, 12 * DAY)
    if at >= desk.until:
        return
    before = state_at(ticket, at)["status"]
    admin, way = desk.staff.admins[0], rng.random()
    later = [audit for audit in ticket.audits if audit.at > at]
    ticket.audits = [audit for audit in ticket.audits if audit.at <= at]
    _note(ticket, at, admin, Change("status", "deleted", before))
    if way < 0.25 and (not later or later[0].at > at + 2 * HOUR):
        _note(ticket, at + HOUR, admin, Change("status", before, "deleted"))
        ticket.audits += later
        return
    ticket.opinions = [one for one in ticket.opinions if one[0] <= at]
    _scrub(ticket, at + (HOUR if way < 0.5 else KEPT), desk.until)


def spam(desk: Desk, case: Case, rng: random.Random) -> tuple[Ticket, int]:
    """Rubbish, thrown away with its sender; returns the ticket and when."""
    ticket = case.run()
    ticket.audits = ticket.audits[:1]
    ticket.opinions.clear()
    at = ticket.created_at + rng.randrange(HOUR // 4, 20 * HOUR)
    if at < desk.until:
        before = state_at(ticket, at)["status"]
        _note(ticket, at, desk.staff.admins[1], Change("status", "deleted", before))
        _scrub(ticket, at + KEPT, desk.until)
    return ticket, at


def deleted_list(ticket: Ticket) -> list[Mutation]:
    """The versions of a ticket's entry in the list of deleted tickets."""
    log: list[Mutation] = []
    subject = next(one.value for one in ticket.audits[0].changes if one.field == "subject")
    entry = {"id": ticket.id, "subject": subject, "description": None}
    for audit in ticket.audits:
        for change in audit.changes:
            if change.field == "status" and change.value == "deleted":
                more = {
                    "actor": {"id": audit.updater_id, "name": "An admin"},
                    "deleted_at": audit.at,
                    "previous_state": change.previous,
                }
                log.append(Mutation(audit.at, "deleted_tickets", str(ticket.id), entry | more))
            elif log and (change.previous == "deleted" or change.field == "is_scrubbed"):
                log.append(Mutation(audit.at, "deleted_tickets", str(ticket.id), entry, True))
    return log


def _scrub(ticket: Ticket, at: int, until: int) -> None:
    """Gone for good: what was written is no more, and no event tells of it."""
    if at < until:
        change = Change("is_scrubbed", True)
        ticket.audits.append(Audit(at, ticket, SYSTEM, "Web service", (change,), is_silent=True))


def _note(ticket: Ticket, at: int, updater: int, change: Change) -> None:
    ticket.audits.append(Audit(at, ticket, updater, BY_HAND, (change,)))
