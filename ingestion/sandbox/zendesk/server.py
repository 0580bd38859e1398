"""The helpdesk's API over real HTTP, on this machine alone."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.serving import Answer, Headers, Sandbox
from ingestion.sandbox.zendesk.errors import ApiError, too_many
from ingestion.sandbox.zendesk.fold import Fold
from ingestion.sandbox.zendesk.keys import (
    AGENT_TOKEN,
    API_TOKEN,
    EMAIL,
    EXPIRED_TOKEN,
    OAUTH_TOKEN,
    admit,
)
from ingestion.sandbox.zendesk.log import Json
from ingestion.sandbox.zendesk.routes import Api
from ingestion.sandbox.zendesk.world import Helpdesk

ACCOUNT_LIMIT = 400


class ZendeskSandbox(Sandbox):
    """Serves a helpdesk while its block lasts.

    Attributes:
        email: Whose tokens these are.
        api_token: An admin's token.
        agent_token: The token of an agent, who may not export.
        expired_token: A token that is valid no more.
        oauth_token: An admin's token for OAuth.
        requests: How often each path was asked for.
        faults: What goes wrong; may be exchanged at any time.
    """

    email = EMAIL
    api_token = API_TOKEN
    agent_token = AGENT_TOKEN
    expired_token = EXPIRED_TOKEN
    oauth_token = OAUTH_TOKEN

    def __init__(
        self,
        helpdesk: Helpdesk,
        clock: datetime | None = None,
        faults: FaultPlan | None = None,
        port: int = 0,
        skew: timedelta = timedelta(),
        *,
        exports_a_minute: int = 0,
        seconds_a_minute: float = 60.0,
        splits_seconds: bool = False,
    ) -> None:
        """Prepare to serve.

        Args:
            helpdesk: What is served.
            clock: The present; the helpdesk's own if none is given.
            faults: What goes wrong.
            port: Where to listen; any free port by default.
            skew: How far the `Date` header is off the clock.
            exports_a_minute: How many exports are answered a minute, after which there is a 429;
                0 for any number. The users' cursor export has a count of its own, of twice as many.
            seconds_a_minute: How long that minute takes.
            splits_seconds: Whether exports by time cut a second in two, as they once did.
        """
        super().__init__(faults, port, skew)
        now = int((clock or helpdesk.as_of).timestamp())
        self.api = Api(Fold(helpdesk.log, now), helpdesk.truth, splits_seconds)
        self._limit, self._minute = exports_a_minute, seconds_a_minute
        self._exported: dict[str, deque[float]] = {}

    @property
    def clock(self) -> datetime:
        """The account's present; what happens at this second or later has not happened."""
        return datetime.fromtimestamp(self.api.fold.clock, UTC)

    def advance(self, by: timedelta | datetime) -> datetime:
        """Let time go by, or go on to a moment; returns the clock."""
        with self.lock:
            until = by if isinstance(by, datetime) else self.clock + by
            self.api.fold.advance(int(until.timestamp()))
            return self.clock

    def current(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every object of a kind that is there now, by id, as the API shows it.

        Kinds are called as their lists are: "tickets", "ticket_metrics" (by ticket), "users",
        "schedules" (with their holidays), "survey_responses", ...
        """
        with self.lock:
            found = self.api.bodies(kind, f"{self.url}/api/v2")
        return {id_: body for id_, body in found.items() if _is_there(kind, body)}

    def respond(self, target: str, headers: Headers) -> Answer:
        """Return what answers a GET of a path with its query."""
        path, usual = urlsplit(target).path, self._signature()
        try:
            with self.lock:
                self.requests[path] += 1
                usual |= self._count(path)
                origin = f"http://{headers.get('Host', '')}"
                body = self.answer(target, headers.get("Authorization", ""), origin)
        except ApiError as error:
            return Answer(error.status, error.body, {**usual, **error.headers})
        return Answer(200, orjson.dumps(body), usual)

    def answer(self, target: str, authorization: str, origin: str) -> Json:
        """Return what answers a GET; its links begin with the origin.

        Raises:
            ApiError: The answer is an error.
        """
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        body = self.api.answer(parts.path, query, admit(authorization), origin)
        self._damage(body)
        is_paged = "/incremental/" in parts.path or "page[size]" in query
        if self.faults.moves_while_paging and is_paged:
            self.advance(timedelta(seconds=self.faults.moves_while_paging))
        return body

    def refusal(self, fault: Fault) -> Answer:
        """Return the answer of a request that is refused by a fault."""
        status, headers = _STATUSES[fault]
        body = orjson.dumps({"error": fault.name, "description": fault.value})
        return Answer(status, body, {**self._signature(), **headers})

    def size(self, body: bytes) -> int:
        """Return how many objects a list shows; none if it is no list."""
        return sum(len(rows) for _, rows in _rows(orjson.loads(body)))

    def no_writing(self) -> Answer:
        """Return the answer to anything that would change something."""
        error = {"error": "Forbidden", "description": "This account is read only"}
        return Answer(403, orjson.dumps(error), self._signature())

    def _signature(self) -> dict[str, str]:
        return {
            "X-Request-Id": f"{next(self.numbers):016x}",
            "X-Rate-Limit": str(ACCOUNT_LIMIT),
            "X-Rate-Limit-Remaining": str(ACCOUNT_LIMIT - 1),
            "X-Zendesk-Api-Version": "v2",
        }

    def _count(self, path: str) -> dict[str, str]:
        """Hold exports to their limit, which is the one thing here that real time decides."""
        if "/incremental/" not in path or not self._limit:
            return {}
        is_users = "/incremental/users/cursor" in path
        name = f"zendesk-ratelimit-incremental-exports{'-cursor' if is_users else ''}"
        limit, now = self._limit * (2 if is_users else 1), time.monotonic()
        asked = self._exported.setdefault(name, deque())
        while asked and asked[0] <= now - self._minute:
            asked.popleft()
        resets = int(asked[0] + self._minute - now) + 1 if asked else 0
        if len(asked) >= limit:
            raise too_many(resets)
        asked.append(now)
        return {name: f"total={limit}; remaining={limit - len(asked)}; resets={resets}"}

    def _damage(self, body: Json) -> None:
        """Do to the objects in an answer what the plan does to them."""
        if not self.faults.damages and not self.faults.shares:
            return
        for kind, rows in _rows(body):
            for item in rows:
                damage = self.faults.damage(kind, str(item.get("id") or ""))
                if damage is not None:
                    damage(item)


def _rows(body: Mapping[str, Any]) -> Iterator[tuple[str, list[Json]]]:
    """The lists of objects in an answer, with what they are called."""
    for kind, rows in body.items():
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            yield kind, rows


def _is_there(kind: str, body: Json) -> bool:
    """Whether an object has not been deleted; each kind says so in its own way."""
    if kind == "tickets":
        return bool(body["status"] != "deleted")
    if kind == "users":
        return bool(body["active"])
    return kind != "organizations" or body["deleted_at"] is None


_STATUSES: dict[Fault, tuple[int, dict[str, str]]] = {
    Fault.RATE_LIMITED: (429, {}),
    Fault.RATE_LIMITED_FOR: (429, {"Retry-After": "0"}),
    Fault.INTERNAL: (500, {}),
    Fault.UNAVAILABLE: (503, {}),
}
