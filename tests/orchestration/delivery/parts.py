"""Real parts for the stories of delivery: a mail server that misbehaves, recipients, a report."""

import asyncio
import csv
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from ingestion.settings import Settings
from orchestration.delivery.deliver import Delivered, deliver
from orchestration.delivery.ledger import Entry, ledger_file, open_ledger
from orchestration.delivery.recipients import COLUMNS
from orchestration.delivery.reports import REPORTS
from orchestration.reports.message import Message
from tests.orchestration.samples import AS_OF

PERIOD = "2026-01"
NAME = "Customer Acme"
# The smallest picture there is.
PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02")


@dataclass
class MailServer:
    """A real SMTP server on this machine, which answers as it is told to.

    Attributes:
        mails: What it accepted: the address, and the mail.
        answers: Per command what it says next instead of accepting; ``drop`` closes the line, and
            ``accept and drop`` takes the mail first. DATA is answered before the message, MESSAGE
            after it.
        password: Demanded from everybody if set.
    """

    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    password: str = ""
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._next("MAIL")
        if answer == "drop":
            self._drop(server)
        if answer:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._next("RCPT")
        if answer == "drop":
            self._drop(server)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._next("MESSAGE")
        if answer == "accept and drop" or not answer:
            content = cast(bytes, envelope.original_content)
            mail = message_from_bytes(content, policy=SMTP_POLICY)
            self.mails.append((envelope.rcpt_tos[0], mail))
            assert len(envelope.rcpt_tos) == 1, "one message per recipient"
        if answer and answer.endswith("drop"):
            self._drop(server)
        return answer or "250 OK"

    async def answer_to_data(self, server: SMTP) -> str:
        """What it says to DATA instead of asking for the message."""
        answer = self._next("DATA")
        if answer == "drop":
            self._drop(server)
        return answer

    def authenticate(self, *arguments: Any) -> AuthResult:
        given = arguments[-1].password.decode()
        if given != self.password:
            # A server may repeat what it was given.
            return AuthResult(success=False, handled=False, message=f"535 5.7.8 not {given}")
        return AuthResult(success=True)

    def addresses(self) -> list[str]:
        return [address for address, _ in self.mails]

    def _next(self, command: str) -> str:
        answers = self.answers.get(command, [])
        return answers.pop(0) if answers else ""

    @staticmethod
    def _drop(server: SMTP) -> None:
        cast(asyncio.Transport, server.transport).abort()


class _AskedFirst(SMTP):
    """aiosmtpd, which by itself takes every message before it says anything of it."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        answer = await cast(MailServer, self.event_handler).answer_to_data(self)
        if answer:
            await self.push(answer)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _AskedFirst(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(password: str = "") -> Iterator[MailServer]:
    """Starts the server; it ends with the block."""
    server = MailServer(password=password)
    controller = _Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=server.authenticate if password else None,
        auth_required=bool(password),
        auth_require_tls=False,
    )
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def row(**cells: str) -> dict[str, str]:
    """A row of the file of recipients: Ana, the pack, by mail, unless told otherwise."""
    usual = {
        "who": "Ana",
        "what": "kpi_pack",
        "language": "en",
        "channel": "email",
        "address": "ana@company.example",
        "segment": "",
        "may_receive_personal_data": "yes",
        "attachments": "yes",
    }
    return usual | cells


def write_recipients(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Writes the file of recipients."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def send(settings: Settings) -> Delivered:
    """Delivers the pack of the period."""
    return deliver(settings, "kpi_pack", PERIOD)


def states(delivered: Delivered) -> dict[str, str]:
    """The state each recipient is in."""
    return {outcome.recipient.who: outcome.state for outcome in delivered.outcomes}


def entries(settings: Settings) -> list[Entry]:
    """What the ledger holds."""
    with open_ledger(settings.home, AS_OF) as ledger:
        return ledger.entries()


@dataclass(frozen=True)
class MadeReport:
    """A report of one message: the stories are of what becomes of it, not of what it says."""

    content: Message

    def message(
        self, _: str, *, with_personal_data: bool = True, with_files: bool = True
    ) -> Message:
        if not with_personal_data:
            text = self.content.text.replace(NAME, "a customer")
            return replace(self.content, text=text, html="<p>no names</p>", attachments=())
        return self.content if with_files else replace(self.content, attachments=())


def report_gives(monkeypatch: pytest.MonkeyPatch, message: Message) -> None:
    """Lets the KPI pack be this message."""
    made = MadeReport(message)
    kind = replace(REPORTS["kpi_pack"], make=lambda *_: made)
    monkeypatch.setitem(REPORTS, "kpi_pack", kind)


Arrived = TypeVar("Arrived", bound=Hashable)

# What every delivery goes through before and after its channel.
KEEPING = ("delivery/deliver.py", "delivery/post_office.py", "delivery/ledger.py")


def fates_of_kills(
    settings: Settings,
    channel: str,
    forget: Callable[[], None],
    arrived: Callable[[], Arrived],
    step: int = 1,
) -> Counter[tuple[str, Arrived]]:
    """Delivers the pack once for each line of the deliveries and of a channel, and dies there.

    Args:
        settings: The data folder; the pack has one recipient.
        channel: The channel's file.
        forget: Empties the other side.
        arrived: What arrived there.
        step: Dies at every n-th of the lines that are run.

    Returns:
        How often the next delivery found which state, and what had arrived when it was over.
    """
    fates: Counter[tuple[str, Arrived]] = Counter()
    was_killed, stop_at = True, 0
    while was_killed:
        stop_at += step
        ledger_file(settings.home).unlink(missing_ok=True)
        forget()
        was_killed = killed_at(stop_at, (*KEEPING, channel), lambda: send(settings))
        (outcome,) = send(settings).outcomes
        fates[outcome.state, arrived()] += 1
    assert outcome.state == "sent", "nothing killed the last one"
    return fates


def killed_at(stop_at: int, watched: tuple[str, ...], action: Callable[[], object]) -> bool:
    """Runs in a child that is killed before its n-th line of these files; says whether it was."""
    child = os.fork()
    if child == 0:
        count = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal count
            if not frame.f_code.co_filename.endswith(watched):
                return None
            if event == "line":
                count += 1
                if count == stop_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


Recipients = Callable[..., None]
