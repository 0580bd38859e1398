"""Who writes: payers, colleagues, assistants, shared mailboxes, duplicates, and their companies."""

import random
from dataclasses import dataclass, field

from ingestion.sandbox.catalogue import FIRST_NAMES, FREE_MAIL_DOMAINS, LAST_NAMES
from ingestion.sandbox.people import Customer
from ingestion.sandbox.zendesk.log import Json, Mutation, Numbers
from ingestion.sandbox.zendesk.staff import user_body

HOUR, DAY = 3_600, 86_400
# How requests spread over who makes them, for a customer with a mail domain of its own.
WRITERS = {"payer": 0.52, "colleague": 0.26, "shared": 0.08, "assistant": 0.08, "duplicate": 0.06}


@dataclass(eq=False)
class Person:
    """One end user; `body` is the user as it is now."""

    id: int
    email: str
    body: Json


@dataclass(eq=False)
class Organization:
    """A company, as the desk knows it."""

    id: int
    body: Json


class Directory:
    """Keeps end users and organizations, and logs every change."""

    def __init__(self, numbers: Numbers) -> None:
        self.log: list[Mutation] = []
        self._numbers = numbers
        self._organizations: list[Organization] = []

    def add(self, name: str, email: str, at: int, **more: object) -> Person:
        """A user nobody has seen before."""
        user_id = self._numbers.new()
        person = Person(user_id, email, user_body(user_id, name, email, "end-user", at, **more))
        self.log.append(Mutation(at, "users", str(user_id), dict(person.body)))
        return person

    def change(self, person: Person, at: int, **changes: object) -> None:
        """Something about a user is another from now on."""
        person.body |= {**changes, "updated_at": at}
        self.log.append(Mutation(at, "users", str(person.id), dict(person.body)))

    def found(self, name: str, domains: list[str], at: int, **more: object) -> Organization:
        """An organization nobody has seen before."""
        organization_id = self._numbers.new()
        body: Json = {
            "id": organization_id,
            "url": f"organizations/{organization_id}",
            "name": name,
            "shared_tickets": False,
            "shared_comments": False,
            "external_id": None,
            "created_at": at,
            "updated_at": at,
            "domain_names": domains,
            "details": None,
            "notes": None,
            "group_id": None,
            "tags": [],
            "organization_fields": {},
            "children_count": 0,
            "ticket_restriction": "restricted",
            "deleted_at": None,
            **more,
        }
        self.log.append(Mutation(at, "organizations", str(organization_id), dict(body)))
        self._organizations.append(Organization(organization_id, body))
        return self._organizations[-1]

    def owner(self, domain: str, at: int) -> int | None:
        """The organization that a new user with such an address is put into, if any."""
        return next(
            (
                one.id
                for one in self._organizations
                if domain in one.body["domain_names"] and one.body["created_at"] <= at
            ),
            None,
        )

    def reshape(self, organization: Organization, at: int, **changes: object) -> None:
        """Something about an organization is another from now on."""
        organization.body |= {**changes, "updated_at": at}
        self.log.append(
            Mutation(at, "organizations", str(organization.id), dict(organization.body))
        )


@dataclass
class Circle:
    """A customer's people and its organization; people appear when they first write.

    Attributes:
        customer: Whose.
        billing_id: Its id at the biller, such as "cus_...".
        organization: Its company, if the desk knows it.
        people: Those seen so far, by what they are to the customer.
    """

    customer: Customer
    billing_id: str
    directory: Directory
    rng: random.Random
    organization: Organization | None = None
    people: dict[str, Person] = field(default_factory=dict)

    def sign_up(self, number: int, partner: "Circle | None") -> None:
        """Arrive at the desk with what the shop passes on.

        Args:
            number: The how manieth customer this is; some are special.
            partner: Who signed up before, to share an organization with.
        """
        rng, customer, at = self.rng, self.customer, int(self.customer.created_at.timestamp())
        if customer.domain and number % 23 == 11 and partner and partner.organization:
            self.organization = shared = partner.organization
            domains = [*shared.body["domain_names"], customer.domain]
            self.directory.reshape(shared, at + HOUR, domain_names=domains)
        elif customer.domain and rng.random() < 0.8:
            domains = [customer.domain]
            if number % 29 == 7:  # somebody meant well
                domains.append(FREE_MAIL_DOMAINS[0])
            self.organization = self.directory.found(
                customer.company,
                domains,
                at + HOUR,
                tags=["enterprise"] if customer.segment.name == "Enterprise" else [],
                external_id=self.billing_id if rng.random() < 0.35 else None,
            )
        if rng.random() < 0.4:
            self._add("payer", customer.name, customer.email, at + HOUR, self.billing_id)

    def writer(self, at: int) -> Person:
        """Somebody of the customer's who writes now."""
        rng, customer = self.rng, self.customer
        shares = WRITERS if customer.domain else {"payer": 0.94, "duplicate": 0.06}
        role = rng.choices(list(shares), list(shares.values()))[0]
        if role == "duplicate" and "payer" not in self.people:
            role = "payer"
        if role == "colleague":
            role += str(rng.randrange(3))
        if role in self.people:
            return self.people[role]
        domain = customer.domain
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        free = f"{first}.{last}.{customer.customer_id[4:]}".lower()
        if role == "payer":
            return self._add(role, customer.name, customer.email, at)
        if role == "shared":
            mailbox = rng.choice(("info", "support"))
            return self._add(role, f"{customer.company} {mailbox}", f"{mailbox}@{domain}", at)
        if role == "assistant":
            email = f"{free}@{rng.choice(FREE_MAIL_DOMAINS)}"
            return self._add(role, f"{first} {last}", email, at, in_organization=False)
        if role == "duplicate":
            local = customer.email.split("@")[0]
            email = f"{local}.{customer.customer_id[4:]}@{FREE_MAIL_DOMAINS[1]}"
            return self._add(role, customer.name, email, at, in_organization=False)
        return self._add(role, f"{first} {last}", f"{first}.{last}@{domain}".lower(), at)

    def merge_duplicate(self, at: int) -> tuple[Person, Person] | None:
        """Make one of two users for the same person; returns the lost and the surviving one."""
        lost, survivor = self.people.get("duplicate"), self.people.get("payer")
        if lost is None or survivor is None:
            return None
        self.directory.change(lost, at, active=False, permanently_deleted=False)
        self.directory.change(survivor, at)
        self.people["duplicate"] = survivor
        return lost, survivor

    def _add(
        self,
        role: str,
        name: str,
        email: str,
        at: int,
        external_id: str | None = None,
        *,
        in_organization: bool = True,
    ) -> Person:
        of = self.organization if in_organization else None
        self.people[role] = self.directory.add(
            name, email, at, external_id=external_id, organization_id=of and of.id
        )
        return self.people[role]
