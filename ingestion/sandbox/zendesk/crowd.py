"""Lets customers and strangers write, and keeps the tickets that makes."""

import random
from collections import defaultdict
from dataclasses import replace

from ingestion.sandbox.catalogue import FIRST_NAMES, FREE_MAIL_DOMAINS
from ingestion.sandbox.experience import AMERICAN, Request, at_work, request_at, requests_of
from ingestion.sandbox.stripe.world import Account
from ingestion.sandbox.zendesk.fates import delete, spam, state_at, write_twice
from ingestion.sandbox.zendesk.life import Case, Desk, Sender
from ingestion.sandbox.zendesk.log import SYSTEM, Audit, Change, Comment, Ticket
from ingestion.sandbox.zendesk.people import Circle, Directory, Person
from ingestion.sandbox.zendesk.staff import BRAND, FORM, GROUPS, STANDARD, STATUSES, TITLES

HOUR, DAY = 3_600, 86_400
# Some still write for a while after the end of what they paid for.
FAREWELL = 10 * DAY
Stretch = tuple[int, int]


class Crowd:
    """Everybody who writes to one desk."""

    def __init__(self, account: Account, desk: Desk, directory: Directory, seed: int) -> None:
        self.tickets: list[Ticket] = []
        self._circles: list[Circle] = []
        self._account = account
        self._desk = desk
        self.directory = directory
        self._seed = seed

    # --- customers ------------------------------------------------------------------------------

    def customers_write(self) -> None:
        """Let every customer ask what it asks for as long as it is one."""
        truth, stretches = self._account.truth, self._stretches()
        partner: Circle | None = None
        for number, true in enumerate(truth.customers):
            customer, rng = true.person, self._random(true.customer_id)
            billing_id = true.customer_id.removeprefix("stripe_")
            circle = Circle(customer, billing_id, self.directory, rng)
            circle.sign_up(number, partner)
            self._circles.append(circle)
            partner = circle if circle.organization else partner
            requests = requests_of(customer, truth.seed, self._account.start, self._desk.until)
            theirs = stretches[true.customer_id]
            asked = [one for one in requests if any(a <= one.at < b for a, b in theirs)]
            self._live(circle, asked, true.customer_id)

    def _live(self, circle: Circle, requests: list[Request], customer_id: str) -> None:
        rng, merges_at, first = circle.rng, 0, len(self.tickets)
        for request in requests:
            if merges_at and request.at > merges_at:
                self._merge_duplicate(circle, merges_at, first)
                merges_at = 0
            person = circle.writer(request.at)
            is_new_duplicate = circle.people.get("duplicate") is person
            if is_new_duplicate and person is not circle.people.get("payer") and not merges_at:
                merges_at = request.at + rng.randrange(20 * DAY, 120 * DAY)
            self._ask(request, self._sender(circle, person, customer_id), rng)
        if merges_at and merges_at < self._desk.until:
            self._merge_duplicate(circle, merges_at, first)

    def _ask(self, request: Request, sender: Sender, rng: random.Random) -> None:
        ticket = Case(self._desk, request, sender, rng).run()
        self.tickets.append(ticket)
        fate = rng.random()
        if fate < 0.015:
            again_at = request.at + rng.randrange(HOUR, 6 * HOUR)
            again = replace(request, at=again_at)
            if again_at < self._desk.until:
                case = Case(self._desk, again, sender, rng)
                self.tickets.append(write_twice(ticket, case, self._desk, rng))
        elif fate < 0.035:
            delete(ticket, self._desk, rng)

    def _merge_duplicate(self, circle: Circle, at: int, first: int) -> None:
        """Two users become one; the tickets of the lost one are rewritten without an event."""
        merged = circle.merge_duplicate(at)
        if merged is None:
            return
        lost, survivor = merged
        for ticket in self.tickets[first:]:
            opened = {change.field: change.value for change in ticket.audits[0].changes}
            if opened["requester_id"] != lost.id:
                continue
            for audit in ticket.audits:
                if audit.at > at and audit.updater_id == lost.id:
                    audit.updater_id = survivor.id
                if audit.at > at and audit.comment and audit.comment.author_id == lost.id:
                    audit.comment = audit.comment._replace(author_id=survivor.id)
            change = Change("requester_id", survivor.id, lost.id)
            _insert(Audit(at, ticket, SYSTEM, "Web service", (change,), is_silent=True))

    def _sender(self, circle: Circle, person: Person, customer_id: str) -> Sender:
        customer = circle.customer
        return Sender(
            person,
            customer_id,
            is_american=customer.country.code in AMERICAN,
            is_premium=customer.segment.name == "Enterprise",
        )

    def _stretches(self) -> dict[str, list[Stretch]]:
        """When each customer is one."""
        found: dict[str, list[Stretch]] = defaultdict(list)
        for period in self._account.truth.periods:
            end = self._desk.until
            if period.ended_at is not None:
                end = min(end, int(period.ended_at.timestamp()) + FAREWELL)
            found[period.customer_id].append((int(period.started_at.timestamp()), end))
        return found

    # --- others ---------------------------------------------------------------------------------

    def strangers_write(self) -> None:
        """Visitors, and rubbish."""
        rng, desk = self._random("strangers"), self._desk
        start = int(self._account.start.timestamp())
        count = len(self._account.truth.customers) // 6
        for number in range(count):
            at = at_work(rng.randrange(start, desk.until - 5 * DAY), 9 * HOUR, rng)
            request = request_at(at, self._account.start, rng)
            domain = f"prospect-{number % 37}.example" if number % 3 else FREE_MAIL_DOMAINS[0]
            first = rng.choice(FIRST_NAMES)
            email = f"{first.lower()}.visitor{number}@{domain}"
            # Free mail that an organization lists by mistake makes visitors its members.
            organization_id = self.directory.owner(domain, at)
            person = self.directory.add(
                f"{first} Visitor", email, at, organization_id=organization_id
            )
            sender = Sender(person, is_american=number % 2 == 0)
            self.tickets.append(Case(desk, request, sender, rng).run())
            if number % 10 == 9:  # asked to be forgotten
                gone_at = request.at + 200 * DAY
                more = {"permanently_deleted": True, "email": None}
                name = "Permanently Deleted User"
                if gone_at < desk.until:
                    self.directory.change(person, gone_at, active=False, name=name, **more)
        for number in range(max(2, count // 8)):
            at = rng.randrange(start, desk.until)
            email = f"win{number}@lottery-{number}.example"
            sender = Sender(self.directory.add("Winner", email, at))
            request = request_at(at, self._account.start, rng)
            ticket, thrown_at = spam(desk, Case(desk, request, sender, rng), rng)
            self.tickets.append(ticket)
            if thrown_at < desk.until:
                self.directory.change(sender.person, thrown_at, suspended=True)

    def burst(self, count: int, at: int) -> None:
        """An import: so many tickets and organizations within one second."""
        person = self.directory.add("Import", "import@lumiboard.example", at - DAY)
        for number in range(count):
            self.directory.found(f"Imported {number}", [f"imported-{number}.example"], at)
            ticket = Ticket("api", person.id, person.email, "", "import")
            changes = (
                Change("subject", f"Imported ticket {number}"),
                Change("priority", "low"),
                Change("type", None),
                Change("status", "closed"),
                Change("custom_status_id", STATUSES["solved"]),
                Change("requester_id", person.id),
                Change("group_id", GROUPS["Europe"]),
                Change("brand_id", BRAND),
                Change("ticket_form_id", FORM),
                Change("organization_id", None),
                Change("tags", ["import"], []),
                Change("sla_policy", TITLES[STANDARD]),
            )
            comment = Comment(person.id, "From the old helpdesk.", is_public=False, channel="api")
            ticket.audits.append(Audit(at, ticket, person.id, "Web service", changes, comment))
            self.tickets.append(ticket)

    def close_organizations(self, at: int) -> None:
        """Delete some customers' organizations; their users and tickets lose them."""
        for circle in self._circles[40::97]:
            organization = circle.organization
            if organization is None or organization.body["created_at"] >= at:
                continue
            name = f"{organization.id}_deleted_{organization.body['name']}"
            self.directory.reshape(organization, at, name=name, deleted_at=at)
            members = [one for one in self._circles if one.organization is organization]
            people = {one.id: one for member in members for one in member.people.values()}
            for person in people.values():
                if person.body["organization_id"] == organization.id:
                    self.directory.change(person, at, organization_id=None)
            customers = {f"stripe_{member.billing_id}" for member in members}
            for ticket in self.tickets:
                if ticket.customer_id not in customers:
                    continue
                state = state_at(ticket, at)
                if state.get("organization_id") == organization.id and ticket.created_at < at:
                    change = Change("organization_id", None, organization.id)
                    _insert(Audit(at, ticket, SYSTEM, "Web form", (change,), is_silent=True))

    def _random(self, of: str) -> random.Random:
        return random.Random(f"{self._seed} desk {of}")  # noqa: S311 - a story, not a secret


def _insert(audit: Audit) -> None:
    """Put an audit where it belongs among those of its ticket."""
    audit.ticket.audits.append(audit)
    audit.ticket.audits.sort(key=lambda one: one.at)
