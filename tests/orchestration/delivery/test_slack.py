"""Slack against a server of its web API on this machine, which answers as it is told to."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from ingestion.settings import Settings
from orchestration.delivery.ledger import ledger_file
from orchestration.reports.message import Message
from tests.orchestration.delivery.parts import (
    Recipients,
    entries,
    fates_of_kills,
    free_port,
    report_gives,
    row,
    send,
    states,
)

_TOKEN = "xoxb-canary-7d1e"  # noqa: S105 - a made-up one, looked for afterwards
_SLACK = row(who="Growth", channel="slack", address="C0123456789", attachments="no")


@dataclass
class Slack:
    """The web API, as far as a report needs it.

    Attributes:
        posts: Messages that were posted.
        shared: Files that were shared, by thread.
        uploads: Bytes that were uploaded.
        answers: Per method what it says next instead: a status with a body, or ``hang``, which
            posts first and never answers.
    """

    posts: list[dict[str, Any]] = field(default_factory=list)
    shared: list[tuple[str, list[str]]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, Any]] | str]] = field(default_factory=dict)
    url: str = ""

    def answer(self, method: str, call: dict[str, Any], body: bytes) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"ok": True}
            case "chat.postMessage":
                self.posts.append(call)
                return {"ok": True, "channel": "C0123456789", "ts": f"170.{len(self.posts)}"}
            case "files.getUploadURLExternal":
                return {"ok": True, "upload_url": f"{self.url}upload", "file_id": "F1"}
            case "upload":
                self.uploads.append(body)
                return {"ok": True}
            case "files.completeUploadExternal":
                files = call["files"]
                found = json.loads(files) if isinstance(files, str) else files
                self.shared.append((call["thread_ts"], [file["title"] for file in found]))
                return {"ok": True, "files": found}
            case _:
                return {"ok": False, "error": "unknown_method"}


def _call(handler: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    if "json" in handler.headers.get("Content-Type", ""):
        found: dict[str, Any] = json.loads(body or b"{}")
        return found
    return {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    made = Slack()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            method = self.path.rpartition("/")[2]
            if method != "upload":
                assert self.headers["Authorization"] == f"Bearer {_TOKEN}"
            call = _call(self, body)
            told = made.answers.get(method)
            answer = told.pop(0) if told else (200, {})
            if isinstance(answer, str):
                made.answer(method, call, body)
                over.wait(20)
                self.close_connection = True
                return
            status, said = answer
            content = json.dumps(said or made.answer(method, call, body)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", str(said.get("wait", 0)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("PERENE_SLACK_TOKEN", _TOKEN)
    monkeypatch.setenv("PERENE_SLACK_BASE_URL", made.url)
    # The wait that Slack's client adds to what Slack asks for.
    monkeypatch.setattr("slack_sdk.http_retry.builtin_handlers.random.random", lambda: 0.0)
    yield made
    over.set()
    server.shutdown()
    server.server_close()


def test_a_channel_gets_one_post_and_the_ledger_its_timestamp(
    published: Settings, recipients: Recipients, slack: Slack
) -> None:
    recipients(_SLACK)
    assert states(send(published)) == {"Growth": "sent"}
    assert states(send(published)) == {"Growth": "sent"}
    (post,) = slack.posts
    assert post["channel"] == "C0123456789"
    assert post["text"].startswith("MRR is 10\n")
    assert slack.uploads == []
    assert [entry.receipt for entry in entries(published)] == ["170.1"]


def test_files_go_into_the_thread_where_they_are_asked_for(
    published: Settings, recipients: Recipients, slack: Slack
) -> None:
    recipients(_SLACK | {"attachments": "yes"})
    assert states(send(published)) == {"Growth": "sent"}
    assert slack.uploads == [b"metric,value\nmrr,10\n"]
    assert slack.shared == [("170.1", ["kpi-pack.csv"])]


def test_a_hostile_name_mentions_nobody_and_is_no_link(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report_gives(monkeypatch, Message("MRR", "<!channel> <http://evil.example|click> A&B", ""))
    recipients(_SLACK)
    send(published)
    assert slack.posts[0]["text"] == (
        "MRR\n&lt;!channel&gt; &lt;http://evil.example|click&gt; A&amp;B"
    )


def test_blocks_go_with_the_text(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = {"type": "divider"}
    report_gives(monkeypatch, Message("MRR", "text", "", blocks=[block]))
    recipients(_SLACK)
    send(published)
    blocks = slack.posts[0]["blocks"]
    assert (json.loads(blocks) if isinstance(blocks, str) else blocks) == [block]


def test_slack_that_asks_to_wait_a_little_is_waited_for_and_one_that_asks_for_long_fails(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("slack_sdk.http_retry.builtin_handlers.time.sleep", waited.append)
    recipients(_SLACK)
    limited = {"ok": False, "error": "ratelimited"}
    slack.answers["chat.postMessage"] = [(429, limited | {"wait": 3600})]
    assert states(send(published)) == {"Growth": "failed"}
    assert waited == []
    slack.answers["chat.postMessage"] = [(429, limited | {"wait": 2})]
    assert states(send(published)) == {"Growth": "sent"}
    assert waited == [2]
    assert len(slack.posts) == 1


@pytest.mark.parametrize(
    ("method", "status", "error", "state"),
    [
        ("auth.test", 200, "invalid_auth", "failed"),
        ("auth.test", 503, "oops", "failed"),
        ("chat.postMessage", 200, "invalid_auth", "failed"),
        ("chat.postMessage", 200, "channel_not_found", "rejected"),
        ("chat.postMessage", 200, "internal_error", "unknown"),
        ("chat.postMessage", 503, "oops", "unknown"),
    ],
)
def test_what_slack_says_decides(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    method: str,
    status: int,
    error: str,
    state: str,
) -> None:
    recipients(_SLACK)
    slack.answers[method] = [(status, {"ok": False, "error": error, "echo": _TOKEN})]
    first = send(published)
    assert states(first) == {"Growth": state}, first
    assert states(send(published)) == {"Growth": "sent" if state == "failed" else state}
    assert len(slack.posts) == (state == "failed")


def test_a_post_that_is_taken_but_not_answered_is_of_unknown_fate_and_not_repeated(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orchestration.delivery.channels.slack._TIMEOUT_SECONDS", 1)
    recipients(_SLACK)
    slack.answers["chat.postMessage"] = ["hang"]
    assert states(send(published)) == {"Growth": "unknown"}
    assert states(send(published)) == {"Growth": "unknown"}
    assert len(slack.posts) == 1


def test_files_that_may_not_have_been_shared_are_noticed(
    published: Settings, recipients: Recipients, slack: Slack
) -> None:
    recipients(_SLACK | {"attachments": "yes"})
    slack.answers["files.completeUploadExternal"] = [(200, {"ok": False, "error": "fatal_error"})]
    delivered = send(published)
    assert states(delivered) == {"Growth": "unknown"}
    assert "170.1" in delivered.outcomes[0].reason


def test_an_upload_that_fails_posts_nothing_and_is_tried_again(
    published: Settings, recipients: Recipients, slack: Slack
) -> None:
    recipients(_SLACK | {"attachments": "yes"})
    slack.answers["upload"] = [(500, {"ok": False})]
    assert states(send(published)) == {"Growth": "failed"}
    assert slack.posts == []
    assert states(send(published)) == {"Growth": "sent"}
    assert len(slack.posts) == 1


def test_slack_that_is_not_there_fails_and_the_token_is_shown_nowhere(
    published: Settings,
    recipients: Recipients,
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    recipients(_SLACK)
    monkeypatch.setenv("PERENE_SLACK_BASE_URL", f"http://127.0.0.1:{free_port()}/api/")
    delivered = send(published)
    assert states(delivered) == {"Growth": "failed"}
    monkeypatch.setenv("PERENE_SLACK_BASE_URL", slack.url)
    assert states(send(published)) == {"Growth": "sent"}
    assert _TOKEN not in repr(delivered) + caplog.text
    assert _TOKEN.encode() not in ledger_file(published.home).read_bytes()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
def test_killed_at_any_line_a_channel_gets_no_two_posts_nor_files_and_no_loss_goes_unnoticed(
    published: Settings, recipients: Recipients, slack: Slack
) -> None:
    recipients(_SLACK | {"attachments": "yes"})

    def forget() -> None:
        slack.posts.clear()
        slack.shared.clear()

    fates = fates_of_kills(
        published, "channels/slack.py", forget, lambda: (len(slack.posts), len(slack.shared))
    )
    assert fates.total() > 150
    unknown = {("unknown", arrived) for arrived in ((0, 0), (1, 0), (1, 1))}
    assert set(fates) == {("sent", (1, 1)), *unknown}, fates
