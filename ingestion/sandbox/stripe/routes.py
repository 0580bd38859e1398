"""What the API answers: lists with pages and filters, single objects, events and the account."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import orjson

from ingestion.sandbox.stripe.fold import Event, Fold, Stored
from ingestion.sandbox.stripe.objects import plan_body
from ingestion.sandbox.stripe.rendering import as_of_acacia, folded_entry, rendered

Json = dict[str, Any]
Query = dict[str, list[str]]

ACCOUNT_VERSION = "2025-02-24.acacia"
ACCOUNT: Json = {
    "id": "acct_1Lumiboard",
    "object": "account",
    "settings": {"dashboard": {"display_name": "Lumiboard", "timezone": "Etc/UTC"}},
}
DEFAULT_LIMIT, MOST = 10, 100
MOST_TYPES, DEEPEST = 20, 4
# Keys that hold an id, or the object when it is asked for.
REFERENCES = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "customer": "customer",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "product": "product",
    "subscription": "subscription",
}


class ApiError(Exception):
    """An answer that is an error, in the API's form."""

    def __init__(self, status: int, kind: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = orjson.dumps({"error": {"type": kind, "message": message, **more}})


@dataclass(frozen=True)
class Route:
    """A list of the API: whose objects, and which keys it filters by."""

    kind: str
    scope: str
    filters: tuple[str, ...] = ()
    leaves_stub: bool = False


ROUTES = {
    "customers": Route("customer", "customer", ("email",), leaves_stub=True),
    "products": Route("product", "product", ("active",), leaves_stub=True),
    "prices": Route("price", "plan", ("active", "product"), leaves_stub=True),
    "coupons": Route("coupon", "coupon", leaves_stub=True),
    "subscriptions": Route("subscription", "subscription", ("customer", "status")),
    "invoices": Route("invoice", "invoice", ("customer", "status", "subscription")),
    "invoiceitems": Route("invoiceitem", "invoice", ("customer", "invoice", "pending")),
    "invoice_payments": Route("invoice_payment", "invoice", ("invoice", "status")),
    "charges": Route("charge", "charge", ("customer", "payment_intent")),
    "payment_intents": Route("payment_intent", "payment_intent", ("customer",)),
    "refunds": Route("refund", "charge", ("charge", "payment_intent")),
    "disputes": Route("dispute", "dispute", ("charge",)),
    "credit_notes": Route("credit_note", "credit_note", ("customer", "invoice")),
    "balance_transactions": Route("balance_transaction", "balance", ("source", "type")),
}
# Kinds that looked otherwise at the account's version.
OLDER = frozenset({"subscription", "invoice", "invoiceitem", "charge", "payment_intent"})
NESTED = {"invoices": "lines", "credit_notes": "lines"}


class Api:
    """Answers requests from a fold."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self.late: Callable[[Event], bool] = lambda _: False
        self.version = ""
        self._cache: dict[tuple[str, frozenset[str], str], tuple[bytes, bytes]] = {}
        self._told: dict[str, tuple[bytes, bool]] = {}

    def scope(self, path: str) -> str:
        """Return the name of the permission that a path needs."""
        name = path.removeprefix("/v1/").split("/")[0]
        if name == "subscription_items":
            return "subscription"
        return ROUTES[name].scope if name in ROUTES else name.removesuffix("s")

    def answer(self, path: str, query: Query, *, livemode: bool, version: str = "") -> bytes:
        """Return the JSON that answers a GET.

        Args:
            path: The path asked for.
            query: Its parameters.
            livemode: Whether live objects are shown, or else those of test mode.
            version: The version asked for; the account's own gets objects in their older shape.

        Raises:
            ApiError: The request cannot be answered.
        """
        self.version = version
        for deep in _all(query, "expand"):
            if deep.count(".") >= DEEPEST:
                raise ApiError(
                    400,
                    "invalid_request_error",
                    f"You cannot expand more than {DEEPEST} levels of a property. Property: {deep}",
                    param="expand",
                )
        parts = path.removeprefix("/v1/").strip("/").split("/")
        match parts:
            case ["account"] | ["accounts", "acct_1Lumiboard"]:
                return orjson.dumps(ACCOUNT)
            case ["plans"]:
                return self._plans(query, livemode)
            case ["events"]:
                return self._events(query, livemode)
            case ["events", identity]:
                for event in self.fold.visible_events():
                    if event.id == identity and not self.late(event):
                        body, is_live = self._event(event)
                        if is_live == livemode:
                            return body
                raise _missing("event", identity, "id", 404)
            case ["subscription_items"]:
                return self._subscription_items(query, livemode)
            case [name] if name in ROUTES:
                return self._list(name, query, livemode)
            case [name, identity] if name in ROUTES:
                return self._object(name, identity, query, livemode)
            case [name, identity, key] if NESTED.get(name) == key:
                stored = self._find(name, identity, livemode)
                return _page(orjson.loads(stored.body)[key]["data"], path, query)
        raise ApiError(404, "invalid_request_error", f"Unrecognized request URL (GET: {path}).")

    def _list(self, name: str, query: Query, livemode: bool) -> bytes:
        route, limit = ROUTES[name], _limit(query)
        expanded = _expanded(query, "data.")
        first, last = _created(query)
        shelf = self.fold.shelf(route.kind)
        after, before = _one(query, "starting_after"), _one(query, "ending_before")
        for cursor in (after, before):
            known = shelf.by_id.get(cursor or "")
            if cursor is not None and (known is None or known.livemode != livemode):
                raise _missing(route.kind, cursor, "starting_after" if after else "ending_before")
        found: list[bytes] = []
        has_more = False
        for stored in shelf.newest_first(first, last, after, before):
            if stored.livemode != livemode or not _matches(route, stored, query):
                continue
            if len(found) == limit:
                has_more = True
                break
            found.append(self._shown(route.kind, stored, expanded))
        if before is not None:
            found.reverse()
        return _envelope(found, f"/v1/{name}", has_more)

    def _object(self, name: str, identity: str, query: Query, livemode: bool) -> bytes:
        route = ROUTES[name]
        stored = self._find(name, identity, livemode)
        if stored.is_deleted:
            return orjson.dumps({"id": identity, "object": route.kind, "deleted": True})
        return self._shown(route.kind, stored, _expanded(query, ""))

    def _find(self, name: str, identity: str, livemode: bool) -> Stored:
        route = ROUTES[name]
        stored = self.fold.shelf(route.kind).by_id.get(identity)
        is_gone = stored is not None and stored.is_deleted and not route.leaves_stub
        if stored is None or stored.livemode != livemode or is_gone:
            raise _missing(route.kind, identity, "id", 404)
        return stored

    def _shown(self, kind: str, stored: Stored, expanded: frozenset[str]) -> bytes:
        roots = {path.split(".")[0] for path in expanded}
        if not roots.isdisjoint(REFERENCES):
            return self._with_references(kind, stored, expanded)
        key = (stored.id, expanded, self.version)
        cached = self._cache.get(key)
        if cached is None or cached[0] is not stored.body:
            cached = (stored.body, self._rendered(kind, stored.body, expanded))
            if cached[1] is not stored.body:
                self._cache[key] = cached
        return cached[1]

    def _rendered(self, kind: str, body: bytes, expanded: frozenset[str]) -> bytes:
        if self.version != ACCOUNT_VERSION or kind not in OLDER:
            return rendered(kind, body, expanded)
        return orjson.dumps(self._older(kind, body, expanded))

    def _older(self, kind: str, body: bytes, expanded: frozenset[str] = frozenset()) -> Json:
        item: Json = orjson.loads(body)
        intent = item.get("payment_intent") if kind == "charge" else item.get("id")
        return as_of_acacia(kind, item, expanded, self.fold.invoice_of.get(intent or ""))

    def _with_references(self, kind: str, stored: Stored, expanded: frozenset[str]) -> bytes:
        """An object that shows others in place of their ids, and so never stays the same."""
        item: Json = orjson.loads(self._rendered(kind, stored.body, expanded))
        for root in {path.split(".")[0] for path in expanded} & REFERENCES.keys():
            found = self.fold.shelf(REFERENCES[root]).by_id.get(str(item.get(root)))
            if found is None:
                continue
            inner = frozenset(
                path.partition(".")[2] for path in expanded if path.startswith(f"{root}.")
            )
            item[root] = (
                {"id": found.id, "object": REFERENCES[root], "deleted": True}
                if found.is_deleted
                else orjson.loads(self._shown(REFERENCES[root], found, inner))
            )
        return orjson.dumps(item)

    def _subscription_items(self, query: Query, livemode: bool) -> bytes:
        owner = _one(query, "subscription")
        stored = self.fold.shelf("subscription").by_id.get(owner or "")
        if stored is None or stored.is_deleted or stored.livemode != livemode:
            raise _missing("subscription", owner or "", "subscription")
        asked = frozenset(f"items.{path}" for path in _all(query, "expand"))
        entries = [
            folded_entry(entry, "items.data", asked)
            for entry in orjson.loads(stored.body)["items"]["data"]
        ]
        return _page(entries, "/v1/subscription_items", query)

    def _plans(self, query: Query, livemode: bool) -> bytes:
        """Recurring prices under their older name."""
        first, last = _created(query)
        prices = self.fold.shelf("price").newest_first(first, last)
        bodies = [orjson.loads(one.body) for one in prices if one.livemode == livemode]
        plans = [plan_body(body) for body in bodies if body["recurring"]]
        return _page(plans, "/v1/plans", query)

    def _events(self, query: Query, livemode: bool) -> bytes:
        limit, (first, last) = _limit(query), _created(query)
        types = {*_all(query, "types"), *_all(query, "type")}
        if len(types) > MOST_TYPES:
            raise ApiError(
                400,
                "invalid_request_error",
                f"You may only specify up to {MOST_TYPES} event types.",
                param="types",
            )
        visible = [event for event in self.fold.visible_events() if not self.late(event)]
        visible.reverse()
        after, before = _one(query, "starting_after"), _one(query, "ending_before")
        places = {event.id: place for place, event in enumerate(visible)} if after or before else {}
        for name, cursor in (("starting_after", after), ("ending_before", before)):
            if cursor is not None and cursor not in places:
                raise _missing("event", cursor, name)
        if after is not None:
            visible = visible[places[after] + 1 :]
        if before is not None:
            visible = visible[: places[before]][::-1]
        found: list[bytes] = []
        has_more = False
        for event in visible:
            is_outside = (first is not None and event.created < first) or (
                last is not None and event.created > last
            )
            told = event.mutation.event_type or ""
            if is_outside or (types and not any(fnmatchcase(told, one) for one in types)):
                continue
            body, is_live = self._event(event)
            if is_live != livemode:
                continue
            if len(found) == limit:
                has_more = True
                break
            found.append(body)
        if before is not None:
            found.reverse()
        return _envelope(found, "/v1/events", has_more)

    def _event(self, event: Event) -> tuple[bytes, bool]:
        """An event's JSON, which was written once at the account's version, and its mode."""
        told = self._told.get(event.id)
        if told is not None:
            return told
        mutation = event.mutation
        item = self._older(mutation.kind, mutation.body)
        data: Json = {"object": item}
        if mutation.previous is not None:
            data["previous_attributes"] = orjson.loads(mutation.previous)
        livemode = bool(item.get("livemode", True))
        body = {
            "id": event.id,
            "object": "event",
            "api_version": ACCOUNT_VERSION,
            "created": event.created,
            "data": data,
            "livemode": livemode,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": mutation.event_type,
        }
        self._told[event.id] = (orjson.dumps(body), livemode)
        return self._told[event.id]


def _matches(route: Route, stored: Stored, query: Query) -> bool:
    is_cancelled = b'"status":"canceled"' in stored.body
    status = _one(query, "status")
    if route.kind == "subscription" and status is None and is_cancelled:
        return False
    wanted = {key: _one(query, key) for key in route.filters if key in query}
    if route.kind == "subscription" and status in ("all", "ended"):
        wanted.pop("status", None)
    hides_clock = route.kind == "subscription" and "customer" not in query
    if not wanted and not hides_clock:
        return True
    if not wanted and b'"test_clock":null' in stored.body:
        return True
    item = orjson.loads(stored.body)
    if hides_clock and item.get("test_clock") and "test_clock" not in query:
        return False
    return all(_has(item, key, value) for key, value in wanted.items())


def _has(item: Json, key: str, value: str | None) -> bool:
    if key == "subscription":
        details = (item.get("parent") or {}).get("subscription_details") or {}
        return details.get("subscription") == value
    if key == "pending":
        return (item.get("invoice") is None) == (value == "true")
    found = item.get(key)
    return str(found).lower() == value if isinstance(found, bool) else found == value


def _page(entries: list[Json], path: str, query: Query) -> bytes:
    """A page of a nested list, in its own order."""
    limit, after = _limit(query), _one(query, "starting_after")
    begin = 0
    if after is not None:
        places = [place for place, entry in enumerate(entries) if entry["id"] == after]
        if not places:
            raise _missing("line_item", after, "starting_after")
        begin = places[0] + 1
    shown = entries[begin : begin + limit]
    return _envelope([orjson.dumps(entry) for entry in shown], path, begin + limit < len(entries))


def _envelope(found: list[bytes], url: str, has_more: bool) -> bytes:
    more = b"true" if has_more else b"false"
    return (
        b'{"object":"list","data":['
        + b",".join(found)
        + b'],"has_more":'
        + more
        + b',"url":"'
        + url.encode()
        + b'"}'
    )


def _limit(query: Query) -> int:
    text = _one(query, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= MOST:
        raise ApiError(
            400,
            "invalid_request_error",
            "This value must be between 1 and 100 (inclusive).",
            param="limit",
            code="parameter_invalid_integer",
        )
    return int(text)


def _created(query: Query) -> tuple[int | None, int | None]:
    """The first and the last second that a filter on `created` lets through."""
    exact = _one(query, "created")
    if exact is not None:
        return int(exact), int(exact)
    lower = [int(value) for value in _all(query, "created[gte]")]
    lower += [int(value) + 1 for value in _all(query, "created[gt]")]
    upper = [int(value) for value in _all(query, "created[lte]")]
    upper += [int(value) - 1 for value in _all(query, "created[lt]")]
    return (max(lower) if lower else None, min(upper) if upper else None)


def _expanded(query: Query, prefix: str) -> frozenset[str]:
    return frozenset(
        path.removeprefix(prefix) for path in _all(query, "expand") if path.startswith(prefix)
    )


def _one(query: Query, key: str) -> str | None:
    values = query.get(key)
    return values[-1] if values else None


def _all(query: Query, key: str) -> Iterator[str]:
    """Every value of a key, whichever way the list is written."""
    for name, values in query.items():
        if name == key or re.fullmatch(re.escape(key) + r"\[\d*\]", name):
            yield from values


def _missing(kind: str, identity: str, parameter: str, status: int = 400) -> ApiError:
    return ApiError(
        status,
        "invalid_request_error",
        f"No such {kind.replace('_', ' ')}: '{identity}'",
        code="resource_missing",
        param=parameter,
    )
