"""An API over real HTTP, on this machine alone: what the sandboxes' servers have in common."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from ingestion.sandbox.faults import Fault, FaultPlan

Headers = Message  # of a request
PAGE_FOR_PEOPLE = b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, a body, and headers beside the usual ones."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Sandbox:
    """Serves while its block lasts; says what it was asked and does what its faults tell.

    Attributes:
        requests: How often each path was asked for.
        faults: What goes wrong; may be exchanged at any time.
        skew: How far the `Date` header is off the clock.
    """

    def __init__(self, faults: FaultPlan | None, port: int, skew: timedelta) -> None:
        self.faults = faults or FaultPlan()
        self.requests: Counter[str] = Counter()
        self.skew = skew
        self.lock = threading.RLock()
        self.pages: dict[str, bytes] = {}
        self.numbers = itertools.count(1)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.sandbox = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop to answer."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def clock(self) -> datetime:
        """The account's present; what happens at this second or later has not happened."""
        raise NotImplementedError

    def respond(self, target: str, headers: Headers) -> Answer:
        """Return what answers a GET of a path with its query."""
        raise NotImplementedError

    def refusal(self, fault: Fault) -> Answer:
        """Return the answer of a request that is refused by a fault."""
        raise NotImplementedError

    def size(self, body: bytes) -> int:
        """Return how many objects a list shows; none if it is no list."""
        raise NotImplementedError

    def list_of(self, target: str) -> str:
        """Return what a path with its query shows a page of."""
        return target.split("?")[0]

    def no_writing(self) -> Answer:
        """Return the answer to anything that would change something."""
        raise NotImplementedError


REFUSALS = frozenset(
    {Fault.RATE_LIMITED, Fault.RATE_LIMITED_FOR, Fault.INTERNAL, Fault.UNAVAILABLE}
)
_HTML = {"Content-Type": "text/html; charset=utf-8"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    sandbox: Sandbox


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        sandbox = self.server.sandbox
        path = self.path.split("?")[0]
        if path in sandbox.faults.refused:
            self._send(Answer(sandbox.faults.refused[path], PAGE_FOR_PEOPLE, _HTML))
            return
        fault = sandbox.faults.draw(self.path)
        if fault is Fault.HTML:
            self._send(Answer(503, PAGE_FOR_PEOPLE, _HTML))
            return
        if fault in REFUSALS:
            self._send(sandbox.refusal(fault))
            return
        answer = sandbox.respond(self.path, self.headers)
        status, body = answer.status, answer.body
        if status == 200 and fault is Fault.REPEATED_PAGE:
            body = sandbox.pages.get(sandbox.list_of(self.path), body)
        sandbox.pages[sandbox.list_of(self.path)] = body
        if status == 200 and fault is Fault.RESET:
            self._send(Answer(200, body), sent=body[: len(body) // 2])
            self.close_connection = True
            return
        if status == 200 and fault is Fault.SLOW:
            self._send(Answer(200, body), sent=body[: len(body) // 2])
            time.sleep(sandbox.faults.slow_seconds)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body[len(body) // 2 :])
                self.wfile.flush()
            return
        is_cut = status == 200 and fault is Fault.TRUNCATED
        if is_cut and sandbox.size(body) > sandbox.faults.cut_above:
            body = body[: len(body) * 2 // 3]
        self._send(Answer(status, body, answer.headers))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(self.server.sandbox.no_writing())

    do_PUT = do_DELETE = do_POST  # noqa: N815 - the server's names

    def _send(self, answer: Answer, sent: bytes | None = None) -> None:
        sandbox = self.server.sandbox
        usual = {
            "Date": format_datetime(sandbox.clock + sandbox.skew, usegmt=True),
            "Content-Type": "application/json",
            "Content-Length": str(len(answer.body)),
        }
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response_only(answer.status)
            for name, value in {**usual, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body if sent is None else sent)
            self.wfile.flush()
