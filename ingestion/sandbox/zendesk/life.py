"""One ticket from its first message to its end."""

import random
from dataclasses import dataclass

from ingestion.sandbox.experience import Request
from ingestion.sandbox.zendesk.log import SYSTEM, Audit, Change, Comment, Ticket
from ingestion.sandbox.zendesk.people import Person
from ingestion.sandbox.zendesk.schedules import AMERICAS, EUROPE, Schedules
from ingestion.sandbox.zendesk.staff import (
    BRAND,
    FORM,
    GROUPS,
    PREMIUM,
    RULES,
    STANDARD,
    STATUSES,
    TITLES,
    TOPIC_FIELD,
    Staff,
)

MINUTE, HOUR, DAY = 60, 3_600, 86_400
CLOSES_AFTER = 4 * DAY
# Zendesk's word for the way in, and the word the ticket event export has for it.
WAYS = {
    "email": ("email", "Mail"),
    "web": ("web", "Web form"),
    "chat": ("chat", "Chat"),
    "phone": ("voice", "Phone call (inbound)"),
    "api": ("api", "Web service"),
}
BY_HAND = "Web form"


@dataclass(frozen=True)
class Desk:
    """What all tickets share.

    Attributes:
        until: End of the simulated time.
        surveys_from: When the newer survey takes the place of the older rating.
    """

    staff: Staff
    schedules: Schedules
    until: int
    surveys_from: int


@dataclass(frozen=True)
class Sender:
    """Who asks, and for whom; `customer_id` is empty for strangers."""

    person: Person
    customer_id: str = ""
    is_american: bool = False
    is_premium: bool = False


class Case:
    """Lets a request become a ticket."""

    def __init__(self, desk: Desk, request: Request, sender: Sender, rng: random.Random) -> None:
        self._desk = desk
        self._request = request
        self._sender = sender
        self._rng = rng
        self._group = "Americas" if sender.is_american else "Europe"
        if "billing" in request.topic.tags:
            self._group = "Billing"
        self._agent = rng.choice(desk.staff.agents[self._group])
        self._schedule = EUROPE
        self._status = "new"
        self._assignee: int | None = None
        self._tags: list[str] = []
        self._topic_tag = request.topic.tags.split(";")[0]
        channel, via = WAYS[request.channel]
        self._is_by_agent = request.channel == "phone" or rng.random() < 0.04
        if self._is_by_agent and request.channel != "phone":
            channel, via = WAYS["web"]
        self._channel, self._via = channel, via
        person = sender.person
        self.ticket = Ticket(
            channel=channel,
            submitter_id=self._agent if self._is_by_agent else person.id,
            address=person.email,
            customer_id=sender.customer_id,
            topic=self._topic_tag,
        )

    def run(self) -> Ticket:
        """Live through everything before the end of the simulated time."""
        request, rng = self._request, self._rng
        self._open()
        if not self._is_by_agent and rng.random() < 0.22:
            self._bot_answers()
        reply_at = self._at_work(request.at + request.reply_after)
        if rng.random() < 0.4:
            looks_at = rng.randrange(request.at + MINUTE // 2, reply_at)
            self._write(looks_at, self._agent, *self._take())
        solved_at = self._answer(reply_at)
        self._offer_and_rate(self._reopen(solved_at))
        self.ticket.audits.sort(key=lambda audit: audit.at)
        self._cut()
        return self.ticket

    # --- steps ----------------------------------------------------------------------------------

    def _open(self) -> None:
        request, sender, rng = self._request, self._sender, self._rng
        person, topic = sender.person, request.topic
        opener = self.ticket.submitter_id
        by_rule = request.priority == "normal" and rng.random() < 0.4
        status = "open" if self._is_by_agent else "new"
        tags = sorted(topic.tags.split(";")) if rng.random() < 0.75 else []
        self._tags = tags
        changes = [
            Change("subject", rng.choice(topic.subjects)),
            Change("priority", None if by_rule else request.priority),
            Change("type", topic.kind if rng.random() < 0.7 else None),
            Change("status", status),
            Change("custom_status_id", STATUSES[status]),
            Change("requester_id", person.id),
            Change("group_id", GROUPS[self._group]),
            Change("brand_id", BRAND),
            Change("ticket_form_id", FORM),
            Change("organization_id", person.body["organization_id"]),
        ]
        if tags:
            changes.append(Change("tags", tags, []))
        if by_rule:
            changes.append(Change("priority", "normal", "0", RULES["priority"]))
        if sender.is_american:
            self._schedule = AMERICAS
            changes.append(Change("schedule", AMERICAS, None, RULES["schedule"]))
        policy = PREMIUM if sender.is_premium else STANDARD
        changes.append(Change("sla_policy", TITLES[policy]))
        self._status = status
        if self._is_by_agent:
            self._assignee = self._agent
            changes.append(Change("assignee_id", self._agent))
        text = "Good morning, " + rng.choice(topic.subjects)
        comment = Comment(opener, text, channel=self._channel)
        self._log(request.at, opener, self._via, changes, comment)

    def _bot_answers(self) -> None:
        bot = self._desk.staff.bot
        text = "Thank you, we have got your message and will be back to you."
        comment = Comment(bot, text, channel="rule", rel="trigger")
        self._log(self._request.at + 2, bot, "Rule", [], comment)

    def _answer(self, at: int) -> int:
        """The first answer and what follows, up to the solution; returns its moment."""
        request, rng = self._request, self._rng
        if request.solve_after == 0 and request.answers == 0:
            return self._solve(at)
        end = self._at_work(at + max(request.solve_after, HOUR * (1 + request.answers)))
        after = rng.choice(("pending", "pending", "open", "hold"))
        self._write(at, self._agent, *self._take(after), text="We are looking into it.")
        step = (end - at) // (2 * request.answers + 2)
        for _ in range(request.answers):
            at += rng.randrange(step // 2, step) + 1
            self._customer_writes(at, "Here is what you asked for.")
            if rng.random() < 0.3:
                self._note(at + 1 + step // 8)
            at += rng.randrange(step // 2, step) + 1
            if self._group != "Technical" and rng.random() < (0.35 if request.is_bad else 0.12):
                self._escalate(at - 1 - step // 8)
            after = rng.choice(("pending", "pending", "open", "hold"))
            self._write(at, self._agent, *self._turn(after), text="Could you try this?")
        return self._solve(max(end, at + MINUTE))

    def _solve(self, at: int) -> int:
        """Solve it, mostly with an answer; agents then sort it."""
        rng, changes = self._rng, self._take("solved")
        if rng.random() < 0.8:
            changes.append(Change(f"custom:{TOPIC_FIELD}", self._topic_tag.replace("-", "_")))
        if not self._tags:
            self._tags = sorted(self._request.topic.tags.split(";"))
            changes.append(Change("tags", self._tags, []))
        is_first = not any(audit.comment and audit.updater_id == self._agent for audit in self._own)
        text = "This is solved now." if is_first or rng.random() < 0.75 else ""
        self._write(at, self._agent, *changes, text=text)
        return at

    def _reopen(self, solved_at: int) -> int:
        """Come back with it as often as it takes; returns the last solution's moment."""
        rng = self._rng
        for _ in range(self._request.reopens):
            back_at = solved_at + rng.randrange(2 * HOUR, 60 * HOUR)
            self._customer_writes(back_at, "It is still the same.")
            solved_at = self._at_work(back_at + int(rng.lognormvariate(2.2, 0.7) * HOUR))
            changes = self._turn("solved")
            self._write(solved_at, self._agent, *changes, text="Now it should work.")
        closed_at = solved_at + CLOSES_AFTER + rng.randrange(HOUR)
        self._log(closed_at, SYSTEM, "Rule", self._turn("closed", RULES["close"]))
        if rng.random() < 0.1:  # something of the system's, which no event tells of
            touched_at = closed_at + rng.randrange(DAY, 90 * DAY)
            self.ticket.audits.append(
                Audit(touched_at, self.ticket, SYSTEM, "Web service", is_silent=True)
            )
        return solved_at

    def _offer_and_rate(self, solved_at: int) -> None:
        request, rng = self._request, self._rng
        if rng.random() > 0.9 and not request.score:
            return
        is_survey = solved_at >= self._desk.surveys_from
        offered_at = solved_at + (2 if is_survey else DAY)
        rule = None if is_survey else RULES["offer"]
        self._opine(offered_at, 0, "unoffered", SYSTEM, rule)
        if not request.score:
            return
        rater = SYSTEM if is_survey else self._sender.person.id
        rated_at = offered_at + request.rate_after
        self._opine(rated_at, request.score, "offered", rater)
        if request.changed_score:
            before = _word(request.score)
            self._opine(rated_at + rng.randrange(HOUR, DAY), request.changed_score, before, rater)

    def _opine(
        self, at: int, score: int, before: str, updater: int, rule: int | None = None
    ) -> None:
        if at >= self._desk.until:
            return
        self.ticket.opinions.append((at, score))
        change = Change("satisfaction_score", _word(score), before, rule)
        self._log(at, updater, "Rule" if rule else "Web service", [change])

    def _escalate(self, at: int) -> None:
        before, was = self._group, self._agent
        self._group = "Technical"
        self._agent = self._rng.choice(self._desk.staff.agents["Technical"])
        changes = [
            Change("group_id", GROUPS["Technical"], GROUPS[before]),
            *self._take(),
        ]
        if self._schedule == AMERICAS and self._rng.random() < 0.5:
            self._schedule = EUROPE
            changes.append(Change("schedule", EUROPE, AMERICAS, RULES["schedule"]))
        comment = Comment(was, "Please have a look at the logs.", is_public=False)
        self._log(at, was, BY_HAND, changes, comment)

    def _note(self, at: int) -> None:
        comment = Comment(self._agent, "Same as last month, I think.", is_public=False)
        self._log(at, self._agent, BY_HAND, [], comment)

    def _customer_writes(self, at: int, text: str) -> None:
        author = self._sender.person.id
        changes = self._turn("open") if self._status in ("pending", "solved") else []
        channel = self._channel if self._channel in ("email", "web") else "email"
        comment = Comment(author, text, channel=channel)
        self._log(at, author, WAYS[channel][1], changes, comment)

    # --- small parts ----------------------------------------------------------------------------

    @property
    def _own(self) -> list[Audit]:
        return self.ticket.audits[1:]

    def _take(self, status: str = "open") -> list[Change]:
        """The agent makes it its own."""
        changes = self._turn(status)
        if self._assignee != self._agent:
            changes.append(Change("assignee_id", self._agent, self._assignee))
            self._assignee = self._agent
        return changes

    def _turn(self, status: str, rule: int | None = None) -> list[Change]:
        """The changes that another status is, none if it is the same."""
        before, self._status = self._status, status
        if before == status:
            return []
        changes = [Change("status", status, before, rule)]
        own, old = STATUSES.get(status, STATUSES["solved"]), STATUSES[before]
        if own != old:
            changes.append(Change("custom_status_id", own, old, rule))
        return changes

    def _write(self, at: int, agent: int, *changes: Change, text: str = "") -> None:
        comment = Comment(agent, text) if text else None
        self._log(at, agent, BY_HAND, list(changes), comment)

    def _log(
        self,
        at: int,
        updater: int,
        via: str,
        changes: list[Change],
        comment: Comment | None = None,
    ) -> None:
        self.ticket.audits.append(Audit(at, self.ticket, updater, via, tuple(changes), comment))

    def _at_work(self, at: int) -> int:
        """The moment, or mostly the next one at which the desk is open."""
        version = self._desk.schedules.at(self._schedule, self._request.at)
        opens_at = version.time.opens(at)
        if opens_at == at or self._rng.random() < 0.15:
            return at
        return opens_at + self._rng.randrange(HOUR)

    def _cut(self) -> None:
        until = self._desk.until
        self.ticket.audits = [audit for audit in self.ticket.audits if audit.at < until]


def _word(score: int) -> str:
    return "offered" if score == 0 else "good" if score > 3 else "bad"
