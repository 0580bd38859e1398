"""A helpdesk of a few objects made by hand, over real HTTP."""

import base64
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

from ingestion.zendesk.tables import RESOURCES, Form, Reading

Json = dict[str, Any]
Query = dict[str, str]

AS_OF = datetime(2026, 1, 6, tzinfo=UTC)
NOW = int(AS_OF.timestamp())
HOUR = 3_600
DAY = 24 * HOUR
BEFORE = NOW - 60 * DAY
EMAIL, TOKEN = "admin@helpdesk.example", "tokenCanary"
# As often a request can be repeated word for word before it is refused.
PATIENCE = 30
_EXPORTS = {one.path: one for one in RESOURCES if one.reading in (Reading.CURSOR, Reading.TIME)}
_LISTS = {one.path: one for one in RESOURCES if one.reading in (Reading.WHOLE, Reading.RECENT)}


class Reply(NamedTuple):
    """An answer as it goes out."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    promised: int | None = None


class SmallDesk:
    """Serves what was put into it, as it is at its clock.

    Attributes:
        clock: Its present.
        role: What its user is.
        page_rows: How many rows an export's page has.
        asked: Every path below /api/v2 that was asked for, with its query.
        replies: Per path what is answered instead; it is given the query and the usual answer.
    """

    def __init__(self, clock: datetime = AS_OF) -> None:
        self.clock = clock
        self.role = "admin"
        self.page_rows = 1_000
        self.asked: list[tuple[str, Query]] = []
        self.replies: dict[str, Callable[[Query, Reply], Reply]] = {}
        self.holidays: dict[int, list[Json]] = {}
        self._versions: dict[str, list[tuple[int, Json]]] = defaultdict(list)
        self._times: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.desk = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, key: str, body: Json, shows_at: int | None = None) -> None:
        """Note an object, or another version of it, as of when it says it was changed."""
        self._versions[key].append((shows_at or _moved(key, body), body))

    def remove(self, key: str, identity: int, at: int) -> None:
        """Take an object out of a list."""
        self._versions[key].append((at, {"id": identity, "is_removed": True}))

    def current(self, key: str, until: int) -> dict[object, Json]:
        """Return the newest version of each object that shows before a second."""
        found = {body["id"]: body for at, body in self._versions[key] if at < until}
        return {one: body for one, body in found.items() if "is_removed" not in body}

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)

    def answer(self, target: str, authorization: str) -> Reply:
        """Return what a request is answered with."""
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v2/")
        query = dict(parse_qsl(parts.query))
        self.asked.append((path, query))
        self._times[target] += 1
        pair = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if authorization not in (f"Basic {pair}", "Bearer oauthCanary"):
            return Reply(401, b'{"error":"Couldn\'t authenticate you"}')
        if self._times[target] > PATIENCE:
            return Reply(404)
        usual = self._usual(path, query)
        return self.replies[path](query, usual) if path in self.replies else usual

    def _usual(self, path: str, query: Query) -> Reply:
        now = int(self.clock.timestamp())
        if path == "users/me.json":
            return _json({"user": {"id": 1, "email": EMAIL, "role": self.role}})
        if path in _EXPORTS:
            return self._export(path, query, now - 60)
        if path in _LISTS:
            key = _LISTS[path].key
            return _json({key: list(self.current(key, now).values()), "meta": {"has_more": False}})
        if path == "deleted_tickets.json":
            return _json({"deleted_tickets": list(self.current("deleted_tickets", now).values())})
        if path.endswith("/holidays.json"):
            return _json({"holidays": self.holidays.get(int(path.split("/")[2]), [])})
        key, _, rest = path.partition("/")
        found = self.current(key, now).get(int(rest.removesuffix(".json") or 0))
        return _json({key.removesuffix("s"): found}) if found else Reply(404)

    def _export(self, path: str, query: Query, until: int) -> Reply:
        key = _EXPORTS[path].key
        rows = sorted(
            ((_moved(key, body), body["id"], body) for body in self.current(key, until).values()),
            key=lambda row: row[:2],
        )
        size = min(self.page_rows, int(query["per_page"]))
        begin = (int(query.get("start_time", 0)), 0)
        if "cursor" in query:
            at, identity = base64.b64decode(query["cursor"]).decode().split("||")
            begin = (int(at), int(identity) + 1)
        left = [row for row in rows if row[:2] >= begin]
        page = left[:size]
        end = len(page) == len(left)
        answer: Json = {key: [body for _, _, body in page], "end_of_stream": end}
        if path.endswith("cursor.json"):
            last = page[-1][:2] if page else (begin[0], begin[1] - 1)
            answer["after_cursor"] = base64.b64encode(f"{last[0]}||{last[1]}".encode()).decode()
            answer["after_url"] = f"https://elsewhere.example/{path}?cursor=x"
            sets = self.current("metric_sets", until + 60).values()
            ids = [body["id"] for _, _, body in page]
            answer["metric_sets"] = [one for one in sets if one["id"] - 1_000 in ids]
        else:
            answer["end_time"] = page[-1][0] if page else None
            answer["next_page"] = f"https://elsewhere.example/{path}?start_time=1"
        return _json(answer)


@contextmanager
def serving(desk: SmallDesk) -> Iterator[SmallDesk]:
    """Let a desk answer while the block lasts."""
    server = desk._server
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()


def ticket(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    return {
        "id": number,
        "created_at": iso(BEFORE),
        "updated_at": iso(at),
        "generated_timestamp": at,
        "status": "open",
        "subject": "It does not work",
        "description": "descriptionCanary",
        "requester_id": 100 + number,
        "organization_id": None,
        "custom_fields": [{"id": 7, "value": "billing"}],
        "fields": [{"id": 7, "value": "billing"}],
        "satisfaction_rating": {"score": "offered"},
        **changes,
    }


def metric_set(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    times = {"created_at": iso(BEFORE), "updated_at": iso(at)}
    return {"id": 1_000 + number, "ticket_id": number, "reopens": 0, **times, **changes}


def user(number: int = 101, at: int = BEFORE, **changes: Any) -> Json:
    return {
        "id": number,
        "created_at": iso(BEFORE),
        "updated_at": iso(at),
        "name": "Ada",
        "email": f"{number}@customer.example",
        "role": "end-user",
        "active": True,
        "phone": "phoneCanary",
        "external_id": None,
        "organization_id": None,
        **changes,
    }


def organization(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    times = {"created_at": iso(BEFORE), "updated_at": iso(at)}
    names = {"name": f"Company {number}", "domain_names": [f"{number}.example"]}
    return {"id": number, "external_id": None, **names, **times, **changes}


def event(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    comment = {"id": number * 10, "event_type": "Comment", "public": True, "author_id": 101}
    return {
        "id": number,
        "ticket_id": 1,
        "timestamp": at,
        "created_at": iso(at),
        "updater_id": 101,
        "event_type": "Audit",
        "system": {"client": "Mail", "ip_address": "addressCanary"},
        "child_events": [{**comment, "body": "bodyCanary", "html_body": "<p>bodyCanary</p>"}],
        **changes,
    }


def metric_event(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    kind = {"metric": "reply_time", "instance_id": 1, "type": "activate"}
    return {"id": number, "ticket_id": 1, "time": iso(at), **kind, **changes}


def rating(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    return {
        "id": number,
        "ticket_id": 1,
        "score": "offered",
        "comment": "remarkCanary",
        "created_at": iso(BEFORE),
        "updated_at": iso(at),
        **changes,
    }


def named(number: int = 1, at: int = BEFORE, **changes: Any) -> Json:
    """Return a group, a brand, a ticket field, a policy or a schedule."""
    times = {"created_at": iso(BEFORE), "updated_at": iso(at)}
    return {"id": number, "name": f"Number {number}", **times, **changes}


def iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def later(second: int) -> timedelta:
    """Return how long after the first load a second is."""
    return timedelta(seconds=second - NOW)


def _moved(key: str, body: Json) -> int:
    fields = [one.moved for one in RESOURCES if one.key == key]
    if not fields:
        return int(body.get("at", BEFORE))
    value = body.get(fields[0].path[0])
    if fields[0].form is Form.SECONDS:
        return value if isinstance(value, int) else BEFORE
    try:
        return int(datetime.fromisoformat(str(value)).timestamp())
    except ValueError:
        return BEFORE


def _json(document: Json) -> Reply:
    return Reply(body=orjson.dumps(document))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        desk: SmallDesk = self.server.desk  # type: ignore[attr-defined]
        reply = desk.answer(self.path, self.headers.get("Authorization", ""))
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(desk.clock, usegmt=True))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(reply.promised or len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.promised:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
