"""The sandbox account's API over real HTTP, on this machine alone."""

import base64
import binascii
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.serving import Answer, Headers, Sandbox
from ingestion.sandbox.stripe.fold import Event, Fold
from ingestion.sandbox.stripe.keys import LIVE_KEY, TEST_KEY, Key, admit, default_keys
from ingestion.sandbox.stripe.routes import ACCOUNT_VERSION, Api, ApiError
from ingestion.sandbox.stripe.world import Account

# The oldest is what clients of others ask for. It is shown as acacia, the last version to have a
# subscription's own periods, an invoice's subscription and the prices of lines.
VERSIONS = ("2026-06-24.dahlia", ACCOUNT_VERSION, "2022-11-15")


class StripeSandbox(Sandbox):
    """Serves an account while its block lasts.

    Attributes:
        live_key: A key that reads everything live.
        test_key: A key that reads test objects.
        requests: How often each path was asked for.
        faults: What goes wrong; may be exchanged at any time.
    """

    live_key = LIVE_KEY
    test_key = TEST_KEY

    def __init__(
        self,
        account: Account,
        clock: datetime | None = None,
        keys: dict[str, Key] | None = None,
        faults: FaultPlan | None = None,
        port: int = 0,
        skew: timedelta = timedelta(),
    ) -> None:
        super().__init__(faults, port, skew)
        self.keys = default_keys() if keys is None else keys
        self._fold = Fold(account.log, int((clock or account.as_of).timestamp()))
        self.api = Api(self._fold)
        self.api.late = self._is_late
        self._answered: Counter[tuple[str, int]] = Counter()

    @property
    def clock(self) -> datetime:
        """The account's present; what happens at this second or later has not happened."""
        return datetime.fromtimestamp(self._fold.clock, UTC)

    def advance(self, by: timedelta | datetime) -> datetime:
        """Let time go by, or go on to a moment; returns the clock."""
        with self.lock:
            until = by if isinstance(by, datetime) else self.clock + by
            self._fold.advance(int(until.timestamp()))
            return self.clock

    def current(self, kind: str, *, livemode: bool = True) -> dict[str, dict[str, Any]]:
        """Every object of a kind that is there now, whole, by id."""
        with self.lock:
            found = self._fold.current(kind)
        return {key: item for key, item in found.items() if item.get("livemode", True) == livemode}

    def respond(self, target: str, headers: Headers) -> Answer:
        """Return what answers a GET of a path with its query."""
        version = headers.get("Stripe-Version") or None
        try:
            body, status = self.answer(target, headers.get("Authorization", ""), version), 200
        except ApiError as error:
            body, status = error.body, error.status
        except ValueError:
            body, status = _INVALID, 400
        reason = {"Stripe-Rate-Limited-Reason": "endpoint-rate"} if status == 429 else {}
        return Answer(status, body, {**self._signature(version), **reason})

    def refusal(self, fault: Fault) -> Answer:
        """Return the answer of a request that is refused by a fault."""
        status, headers = _STATUSES[fault]
        kind = "rate_limit_error" if status == 429 else "api_error"
        body = orjson.dumps({"error": {"type": kind, "message": fault.value}})
        return Answer(status, body, {**self._signature(None), **headers})

    def size(self, body: bytes) -> int:
        """Return how many objects a list shows; none if it is no list."""
        answer = orjson.loads(body)
        return len(answer["data"]) if answer.get("object") == "list" else 0

    def list_of(self, target: str) -> str:
        """Return the list that an address shows a page of."""
        return re.sub(r"&?(starting_after|ending_before)=[^&]*", "", target)

    def no_writing(self) -> Answer:
        """Return the answer to anything that would change something."""
        error = {"type": "invalid_request_error", "message": "This account is read only"}
        return Answer(405, orjson.dumps({"error": error}), self._signature(None))

    def _signature(self, version: str | None) -> dict[str, str]:
        number = next(self.numbers)
        return {"Request-Id": f"req_{number:014}", "Stripe-Version": version or VERSIONS[1]}

    def answer(self, target: str, authorization: str, version: str | None) -> bytes:
        """Return the body that answers a GET.

        Raises:
            ApiError: The answer is an error.
        """
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        with self.lock:
            self.requests[parts.path] += 1
            self._refuse_haste(parts.path)
            key = admit(self.keys, _given_key(authorization), self.api.scope(parts.path))
            if version is not None and version not in VERSIONS:
                raise ApiError(
                    400,
                    "invalid_request_error",
                    f"Invalid Stripe API version: {version}. This account has access to: "
                    f"{', '.join(VERSIONS)}.",
                )
            is_newest = version == VERSIONS[0]
            body = self.api.answer(
                parts.path,
                query,
                livemode=key.is_live,
                version=VERSIONS[0] if is_newest else ACCOUNT_VERSION,
            )
            if self.faults.moves_while_paging and "limit" in query:
                self._fold.advance(self._fold.clock + self.faults.moves_while_paging)
        return self._damaged(body)

    def _damaged(self, body: bytes) -> bytes:
        """Do to the objects in an answer what the plan does to them."""
        is_met = any(f'"id":"{identity}"'.encode() in body for identity in self.faults.damages)
        if not is_met and not self.faults.shares:
            return body
        answer = orjson.loads(body)
        for item in answer["data"] if answer.get("object") == "list" else [answer]:
            damage = self.faults.damage(item.get("object", ""), item.get("id") or "")
            if damage is not None:
                damage(item)
        return orjson.dumps(answer)

    def _refuse_haste(self, path: str) -> None:
        """Hold each path to its rate, which is the one thing here that real time decides."""
        if not self.faults.per_second:
            return
        moment = (path, int(time.monotonic()))
        self._answered[moment] += 1
        if self._answered[moment] > self.faults.per_second:
            raise ApiError(
                429,
                "rate_limit_error",
                "Request rate limit exceeded. Learn more about rate limits here "
                "https://docs.stripe.com/rate-limits.",
                code="rate_limit",
            )

    def _is_late(self, event: Event) -> bool:
        return event.created + self.faults.lateness(event.id) >= self._fold.clock


_STATUSES: dict[Fault, tuple[int, dict[str, str]]] = {
    Fault.RATE_LIMITED: (429, {"Stripe-Rate-Limited-Reason": "endpoint-rate"}),
    Fault.RATE_LIMITED_FOR: (
        429,
        {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": "0"},
    ),
    Fault.INTERNAL: (500, {}),
    Fault.UNAVAILABLE: (503, {}),
}
_INVALID = orjson.dumps(
    {"error": {"type": "invalid_request_error", "message": "Invalid integer or timestamp"}}
)


def _given_key(authorization: str) -> str | None:
    """The key of a request, which comes as a bearer or as the user of basic authentication."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
