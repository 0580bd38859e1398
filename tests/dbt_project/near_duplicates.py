"""A made-up company whose customers look alike: two billers, a helpdesk, and the truth."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ingestion.sandbox.stripe.log import Mutation
from ingestion.sandbox.stripe.objects import customer_body
from ingestion.sandbox.stripe.truth import Truth
from ingestion.sandbox.stripe.world import Account
from tests.oracle.example import Row
from tests.zendesk_rows import ZendeskRows

START, AS_OF = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
FREE_MAIL = "freemail.example"
NAMES = ("ana", "anna", "hanna", "joao", "joana")
COMPANIES = ("Acme", "Acme Ltd", "ACME", "Akme")
# How a company's two accounts are known to be one, if they are.
EVIDENCE = ("external_id", "file_id", "stripe_id", "address", "override", "mailbox", "none")
CERTAIN = EVIDENCE[:5]


@dataclass
class Asked:
    """What is known of a ticket beyond what the helpdesk says.

    Attributes:
        company: Whose it is in truth; None is a stranger's.
        method: How it can be found to be theirs; None where nothing is certain enough to say.
    """

    company: int | None
    method: str | None


@dataclass
class NearDuplicates:
    """Companies 0, 1, ...; in every twelfth pair two of them share what should tell them apart.

    Attributes:
        accounts: The company of each account, by provider and id there.
        evidence: By company with an account at both billers, what links them.
        tickets: By ticket key, what is true of it.
        overrides: Rows of the seed: provider, requester, customer_id, reason.
    """

    seed: int
    companies: int = 84
    accounts: dict[tuple[str, str], int] = field(default_factory=dict)
    evidence: dict[int, str] = field(default_factory=dict)
    tickets: dict[str, Asked] = field(default_factory=dict)
    overrides: list[tuple[str, str, str, str]] = field(default_factory=list)
    file_customers: list[Row] = field(default_factory=list)
    file_tickets: list[Row] = field(default_factory=list)
    stripe_log: list[Mutation] = field(default_factory=list)
    _domain_before: str = ""

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)  # noqa: S311 - a story, not a secret
        self.zendesk = ZendeskRows(AS_OF)
        self._number = 0
        self.zendesk.user("1", "agent", email="agent@helpdesk.example")
        for company in range(self.companies):
            self._company(company)
        for _ in range(30):
            self._stranger()

    @property
    def stripe(self) -> Account:
        """The account at Stripe: customers alone."""
        return Account(START, AS_OF, self.stripe_log, Truth(START.date(), self.seed))

    def _company(self, company: int) -> None:
        """Every company has people; one of each twelve pairs is made hard to tell apart."""
        rng, kind = self._rng, company // 2 % 12
        domain = f"{rng.choice(('acme', 'akme', 'acme-inc'))}{company}.example"
        if kind == 7:  # two companies of one holding
            domain = f"holding{company // 2}.example"
        name = f"{rng.choice(NAMES)}{company}"
        address = f"{name}@{domain}"
        if kind == 8:  # the same person looks after both
            address = f"maria@agency{company // 2}.example"
        elif kind == 9:
            address = f"{name}@{FREE_MAIL}"
        evidence = EVIDENCE[company % len(EVIDENCE)]
        provider = "files" if company % 2 else "stripe"
        if kind == 10:  # one address, one account at each biller, and two companies by their ids
            address = f"maria@agency{company // 2}.example"
        if kind == 8:  # ... at one biller
            self._account(company, "stripe", address, external_id=None)
        elif kind == 10:
            self._account(company, provider, address, external_id=f"X{company}")
        elif company % 3 == 2:
            address = f"billing@{domain}" if kind == 2 else address
            self._account(company, provider, address, external_id=None)
        else:
            address = self._two_accounts(company, evidence, address, domain)
        self._people(
            company,
            domain,
            address,
            knows_address=kind not in (8, 10),
            owns_domain=kind not in (7, 8, 9, 10),
        )

    def _two_accounts(self, company: int, evidence: str, address: str, domain: str) -> str:
        """One account at each biller; returns the address of the first."""
        self.evidence[company] = evidence
        external_id, file_id, stripe_id = f"X{company}", f"f{company}", f"cus_{company}"
        other = f"zoe{company}@{domain}"
        first, second, its_id = {
            "external_id": (external_id, external_id, other),
            "file_id": (None, file_id, other),
            "stripe_id": (stripe_id, None, other),
            "address": (None, external_id, f" {address.upper()} "),
            "override": (None, None, other),
            "mailbox": (None, None, None),
            "none": (None, None, other),
        }[evidence]
        if evidence == "mailbox":
            address = its_id = f"contato@{domain}"
        self._account(company, "files", address, first)
        self._account(company, "stripe", its_id or "", second)
        if evidence == "override":
            self.overrides.append(("stripe", stripe_id, file_id, "they said so"))
        if evidence == "external_id" and self._rng.random() < 0.5:
            self._account(company, "stripe", f"finance{company}@{domain}", external_id, "b")
        return address

    def _account(
        self, company: int, provider: str, address: str, external_id: str | None, more: str = ""
    ) -> None:
        name, made = self._rng.choice(COMPANIES), START + timedelta(days=self._rng.randrange(300))
        if provider == "files":
            id_ = f"f{company}{more}"
            self.file_customers.append(
                {
                    "customer_id": id_,
                    "name": name,
                    "email": address,
                    "external_id": external_id or "",
                    "created_at": made.isoformat(),
                }
            )
        else:
            id_, at = f"cus_{company}{more}", int(made.timestamp())
            body = customer_body(id_, name, address, name, "PT", at)
            if external_id:
                body["metadata"]["external_id"] = external_id
            event = "customer.created"
            self.stripe_log.append(Mutation(at, event, "customer", id_, orjson.dumps(body)))
        self.accounts[provider, id_] = company

    def _people(
        self, company: int, domain: str, address: str, *, knows_address: bool, owns_domain: bool
    ) -> None:
        is_one = self.evidence.get(company) not in ("mailbox", "none")
        provider, account_id = self._first_account(company)
        given = account_id if provider == "files" else f"stripe_{account_id}"
        by_domain = "domain" if is_one and owns_domain else None
        organization = str(900_000 + company)
        shared = company // 2 % 12 == 6  # an organisation of two customers
        if not shared or company % 2:
            domains = [domain, *([FREE_MAIL] if company % 5 == 0 else [])]
            if shared:
                domains.append(self._domain_before)
            _, first_id = self._first_account(company - shared)
            self.zendesk.organization(organization, domains, first_id if company % 4 == 1 else None)
        self._domain_before = domain
        is_exact = is_one and knows_address and not address.startswith("contato@")
        self._ask(company, f" {address.title()}", None, "email" if is_exact else None)
        self._ask(company, f"{company}@{FREE_MAIL}", account_id, "external_id")
        self._ask(company, f"rui{company}@{domain}", None, by_domain)
        self._ask(company, f"info@{domain}", None, by_domain)
        inside = organization if not shared or company % 2 else str(900_001 + company)
        self._ask(company, f"eva{company}@{FREE_MAIL}", None, None, organization=inside)
        self._ask(company, f"lia{company}@{domain}", None, by_domain, organization=inside)
        if company % 6 == 0:
            user = self._ask(company, f"override{company}@{FREE_MAIL}", None, "override")
            named = user if company % 12 else f" Override{company}@{FREE_MAIL}"
            self.overrides.append(("zendesk", named, given, "an assistant"))
        self._file_ticket(company, given, "", "given")
        self._file_ticket(company, "", address.upper(), "email" if is_exact else None)
        self._file_ticket(company, given, f"someone@{FREE_MAIL}", "given")

    def _first_account(self, company: int) -> tuple[str, str]:
        return next(account for account, owner in self.accounts.items() if owner == company)

    def _stranger(self) -> None:
        name, number = self._rng.choice(NAMES), self._rng.randrange(self.companies)
        domain = self._rng.choice((f"acme{number}.example.example", f"mail.acme{number}.example"))
        self._ask(None, f"{name}@{domain}", None, None)
        self._ask(None, f"{name}.{number}.x@{FREE_MAIL}", f"Y{number}", None)
        self._file_ticket(None, "", f"{name}@{domain}", None)
        self._file_ticket(None, "", "", None)

    def _ask(
        self,
        company: int | None,
        address: str,
        external_id: str | None,
        method: str | None,
        organization: str | None = None,
    ) -> str:
        """One user writes a few tickets; some of them were two users once."""
        user, rng = self._next(), self._rng
        self.zendesk.user(
            user, email=address, external_id=external_id, organization_id=organization
        )
        if rng.random() < 0.2:  # what is left of one who was merged into this one
            self.zendesk.user(self._next(), email=address, active=False)
        for _ in range(rng.randrange(1, 4)):
            number = int(self._next())
            fates: list[dict[str, Any]] = [{}, {}, {}, {"tags": ["spam"]}, {"status": "deleted"}]
            at = START + timedelta(days=rng.randrange(330))
            more = {"organization_id": organization, "subject": "Olá", **rng.choice(fates)}
            self.zendesk.ticket(number, at, user, **more)
            self.tickets[f"zendesk|{number}"] = Asked(company, method)
        return user

    def _file_ticket(
        self, company: int | None, customer_id: str, address: str, method: str | None
    ) -> None:
        number = self._next()
        row = {
            "ticket_id": number,
            "customer_id": customer_id,
            "requester_email": address,
            "created_at": (START + timedelta(days=self._rng.randrange(330))).isoformat(),
        }
        self.file_tickets.append(row)
        self.tickets[f"files|{number}"] = Asked(company, method)

    def _next(self) -> str:
        self._number += 1
        return str(1_000 + self._number)
