"""Who answers, and what the helpdesk is set up with: groups, brand, fields, rules, SLA policies."""

import random
from collections.abc import Sequence
from itertools import chain

from ingestion.sandbox.catalogue import FIRST_NAMES, LAST_NAMES
from ingestion.sandbox.zendesk.log import Json, Mutation, Numbers

BRAND, FORM = 360_000_111, 360_000_222
# Custom fields; the topic is an agent's choice, mostly made when the ticket is solved.
TOPIC_FIELD, SEATS_FIELD = 360_000_301, 360_000_302
GROUPS = {"Europe": 360_000_601, "Americas": 360_000_602, "Billing": 360_000_603}
GROUPS |= {"Technical": 360_000_604}
# Triggers and automations, by what they do.
RULES = {"priority": 360_000_701, "schedule": 360_000_702, "bot": 360_000_703}
RULES |= {"close": 360_000_704, "offer": 360_000_705}
AUTOMATIONS = frozenset({RULES["close"], RULES["offer"]})
STATUSES = {"new": 361, "open": 362, "pending": 363, "hold": 364, "solved": 365}
STANDARD, PREMIUM = 360_000_801, 360_000_802
# Minutes to the first reply, and of waiting in all, by priority; counted in business hours.
TARGETS = {
    STANDARD: {"urgent": (120, 960), "high": (240, 1440), "normal": (480, 2880)},
    PREMIUM: {"urgent": (30, 480), "high": (60, 720), "normal": (240, 1440)},
}
TARGETS[STANDARD]["low"] = (960, 5760)
TARGETS[PREMIUM]["low"] = (480, 2880)
# From half of the history on the company promises more.
TIGHTER = {"urgent": (60, 480), "high": (120, 960), "normal": (480, 2160), "low": (960, 4320)}
TITLES = {STANDARD: "Standard", PREMIUM: "Enterprise"}


def user_body(
    user_id: int, name: str, email: str | None, role: str, at: int, **more: object
) -> Json:
    """Return a user with every key of the API."""
    is_agent = role != "end-user"
    return {
        "id": user_id,
        "url": f"users/{user_id}",
        "name": name,
        "email": email,
        "created_at": at,
        "updated_at": at,
        "time_zone": "Lisbon",
        "iana_time_zone": "Europe/Lisbon",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": role,
        "verified": is_agent,
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": is_agent or None,
        "signature": "Best wishes, the Lumiboard team" if is_agent else None,
        "details": None,
        "notes": None,
        "role_type": {"end-user": None, "admin": 4}.get(role, 0),
        "custom_role_id": None,
        "moderator": is_agent,
        "ticket_restriction": None if is_agent else "requested",
        "only_private_comments": False,
        "restricted_agent": not is_agent,
        "suspended": False,
        "default_group_id": None,
        "report_csv": role == "admin",
        "user_fields": {},
        **more,
    }


class Staff:
    """The people of the desk; the bot, which answers by itself, is none of the humans."""

    def __init__(self, numbers: Numbers, made_at: int, rng: random.Random) -> None:
        self.log: list[Mutation] = []
        self._made_at = made_at
        self._numbers = numbers
        names = [f"{first} {last}" for first, last in zip(FIRST_NAMES, LAST_NAMES, strict=False)]
        rng.shuffle(names)
        self.admins = [self._hire(names.pop(), "admin", "Europe") for _ in range(2)]
        self.agents = {
            group: [self._hire(names.pop(), "agent", group) for _ in range(count)]
            for group, count in (("Europe", 4), ("Americas", 3), ("Billing", 2), ("Technical", 2))
        }
        self.humans = frozenset([*self.admins, *chain.from_iterable(self.agents.values())])
        self.bot = self._hire("Lumi Bot", "agent", "Europe", tags=["bot"])

    def _hire(self, name: str, role: str, group: str, **more: object) -> int:
        user_id = self._numbers.new()
        email = f"{name.lower().replace(' ', '.')}@lumiboard.example"
        body = user_body(
            user_id, name, email, role, self._made_at, default_group_id=GROUPS[group], **more
        )
        self.log.append(Mutation(self._made_at, "users", str(user_id), body))
        return user_id


def set_up(made_at: int, tightened_at: int) -> list[Mutation]:
    """The objects that are there from the beginning; one policy is tightened later."""
    log = []
    for name, group_id in GROUPS.items():
        body: Json = {
            "id": group_id,
            "url": f"groups/{group_id}",
            "is_public": True,
            "name": name,
            "description": "",
            "default": name == "Europe",
            "deleted": False,
            "created_at": made_at,
            "updated_at": made_at,
        }
        log.append(Mutation(made_at, "groups", str(group_id), body))
    brand: Json = {
        "id": BRAND,
        "url": f"brands/{BRAND}",
        "name": "Lumiboard",
        "brand_url": "https://lumiboard.zendesk.example",
        "subdomain": "lumiboard",
        "host_mapping": None,
        "has_help_center": True,
        "help_center_state": "enabled",
        "active": True,
        "default": True,
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": [FORM],
        "signature_template": "{{agent.signature}}",
        "created_at": made_at,
        "updated_at": made_at,
    }
    log.append(Mutation(made_at, "brands", str(BRAND), brand))
    fields = (
        (360_000_303, "subject", "Subject", True),
        (360_000_304, "priority", "Priority", True),
        (TOPIC_FIELD, "tagger", "Topic", False),
        (SEATS_FIELD, "integer", "Seats", False),
    )
    for position, (field_id, kind, title, is_system) in enumerate(fields):
        log.append(
            Mutation(
                made_at,
                "ticket_fields",
                str(field_id),
                {
                    "id": field_id,
                    "url": f"ticket_fields/{field_id}",
                    "type": kind,
                    "title": title,
                    "raw_title": title,
                    "description": "",
                    "position": position,
                    "active": True,
                    "required": False,
                    "removable": not is_system,
                    "tag": None,
                    "agent_description": None,
                    "created_at": made_at,
                    "updated_at": made_at,
                },
            )
        )
    for position, policy_id in enumerate((PREMIUM, STANDARD)):
        body = policy_body(policy_id, position, TARGETS[policy_id], made_at, made_at)
        log.append(Mutation(made_at, "sla_policies", str(policy_id), body))
    tighter = policy_body(STANDARD, 1, TIGHTER, made_at, tightened_at)
    log.append(Mutation(tightened_at, "sla_policies", str(STANDARD), tighter))
    return log


def policy_body(
    policy_id: int, position: int, targets: dict[str, tuple[int, int]], at: int, updated_at: int
) -> Json:
    """Return an SLA policy: for each priority a target of each metric, in minutes."""
    matches: Sequence[Json] = (
        [{"field": "organization_tags", "operator": "includes", "value": "enterprise"}]
        if policy_id == PREMIUM
        else []
    )
    return {
        "id": policy_id,
        "url": f"slas/policies/{policy_id}",
        "title": TITLES[policy_id],
        "description": "",
        "position": position,
        "filter": {"all": list(matches), "any": []},
        "policy_metrics": [
            {
                "priority": priority,
                "metric": metric,
                "target": minutes[which],
                "target_in_seconds": minutes[which] * 60,
                "business_hours": True,
            }
            for priority, minutes in targets.items()
            for which, metric in enumerate(("first_reply_time", "requester_wait_time"))
        ],
        "created_at": at,
        "updated_at": updated_at,
    }
