"""Mail over a real SMTP server: each recipient once, whatever the server does."""

import subprocess
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from ingestion.settings import Settings
from orchestration.delivery.channels.email import build_mail, one_line
from orchestration.delivery.channels.parcel import Parcel
from orchestration.delivery.deliver import release, resend
from orchestration.delivery.errors import DeliveryError
from orchestration.delivery.ledger import Key, ledger_file
from orchestration.delivery.recipients import Recipient
from orchestration.delivery.settings import load_delivery_settings
from orchestration.publishing.publish import publish
from orchestration.reports.message import Message
from tests.orchestration.delivery.parts import (
    PERIOD,
    PICTURE,
    MailServer,
    Recipients,
    entries,
    fates_of_kills,
    free_port,
    mail_server,
    report_gives,
    row,
    send,
    states,
)
from tests.orchestration.samples import ROOT

BOB = {"who": "Bob", "address": "bob@company.example"}


def test_each_recipient_gets_one_mail_and_a_second_delivery_sends_nothing(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(**BOB))
    assert states(send(published)) == {"Ana": "sent", "Bob": "sent"}
    assert mails.addresses() == ["ana@company.example", "bob@company.example"]
    again = send(published)
    assert states(again) == {"Ana": "sent", "Bob": "sent"}
    assert not any(outcome.is_new for outcome in again.outcomes)
    assert len(mails.mails) == 2


def test_a_mail_names_one_recipient_and_carries_the_files(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(**BOB, attachments="no"))
    send(published)
    (_, to_ana), (_, to_bob) = mails.mails
    assert to_ana["To"] == "Ana <ana@company.example>"
    assert to_ana["From"] == "Perene <reports@company.example>"
    assert to_ana["Auto-Submitted"] == "auto-generated"
    assert to_ana["Date"]
    assert "bob" not in to_ana.as_string()
    assert [part.get_filename() for part in to_ana.iter_attachments()] == ["kpi-pack.csv"]
    assert not list(to_bob.iter_attachments())
    assert to_ana["Message-ID"] != to_bob["Message-ID"]


def test_a_real_pack_arrives_with_its_files_and_without_names_where_none_may_go(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    with duckdb.connect(str(whole.home.warehouse)) as connection:
        connection.execute(
            "alter table marts.dim_customers add column if not exists company text; checkpoint"
        )
    publish(whole, "run-2")
    recipients(row(), row(**BOB, language="pt_BR", may_receive_personal_data="no"))
    assert states(send(whole)) == {"Ana": "sent", "Bob": "sent"}
    (_, to_ana), (_, to_bob) = mails.mails
    for mail, is_named in ((to_ana, True), (to_bob, False)):
        workbook, pdf = mail.iter_attachments()
        assert workbook.get_filename() == "kpi-pack-2026-01.xlsx"
        assert pdf.get_filename() == "kpi-pack-2026-01.pdf"
        cells = openpyxl.load_workbook(BytesIO(workbook.get_content()))
        names = {str(cell.value) for sheet in cells for row in sheet.iter_rows() for cell in row}
        assert ("Ana" in names) == is_named
    assert to_ana["Subject"] != to_bob["Subject"]


def test_a_server_that_is_busy_once_is_tried_again_next_time_with_the_same_mail(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(**BOB))
    mails.answers["RCPT"] = ["451 try later"]
    first = send(published)
    assert states(first) == {"Ana": "failed", "Bob": "sent"}
    assert "451 try later" in first.outcomes[0].reason
    message_id = {entry.who: entry.message_id for entry in entries(published)}
    assert states(send(published)) == {"Ana": "sent", "Bob": "sent"}
    assert Counter(mails.addresses()) == {"ana@company.example": 1, "bob@company.example": 1}
    assert {entry.who: entry.message_id for entry in entries(published)} == message_id
    assert {entry.who: entry.attempts for entry in entries(published)} == {"Ana": 2, "Bob": 1}


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "550 no such user", "rejected"),
        ("RCPT", "drop", "failed"),
        ("MAIL", "451 try later", "failed"),
        ("MAIL", "550 no such sender", "rejected"),
        ("MAIL", "drop", "failed"),
        ("DATA", "451 try later", "failed"),
        ("DATA", "554 no valid recipients", "rejected"),
        ("DATA", "drop", "failed"),
        ("MESSAGE", "452 disk full", "failed"),
        ("MESSAGE", "554 looks like spam", "rejected"),
        ("MESSAGE", "drop", "unknown"),
        ("MESSAGE", "accept and drop", "unknown"),
    ],
)
def test_what_the_server_does_decides_and_only_what_certainly_failed_is_tried_again(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    command: str,
    answer: str,
    state: str,
) -> None:
    recipients(row())
    mails.answers[command] = [answer]
    assert states(send(published)) == {"Ana": state}
    took = len(mails.mails)
    assert took == (answer == "accept and drop")
    assert states(send(published)) == {"Ana": "sent" if state == "failed" else state}
    assert len(mails.mails) == took + (state == "failed")


def test_a_server_that_is_not_there_fails_and_is_tried_again(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipients(row())
    monkeypatch.setenv("PERENE_SMTP_PORT", str(free_port()))
    first = send(published)
    assert states(first) == {"Ana": "failed"}
    assert "PERENE_SMTP_HOST" in first.outcomes[0].reason
    monkeypatch.setenv("PERENE_SMTP_PORT", str(mails.port))
    assert states(send(published)) == {"Ana": "sent"}


def test_a_mail_is_never_sent_in_the_clear_where_the_line_should_be_encrypted(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipients(row())
    monkeypatch.setenv("PERENE_SMTP_SECURITY", "starttls")  # the server has no certificate
    assert states(send(published)) == {"Ana": "failed"}
    assert mails.mails == []


def test_a_refused_login_shows_no_password(
    published: Settings, recipients: Recipients, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipients(row())
    with mail_server("right") as server:
        monkeypatch.setenv("PERENE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("PERENE_SMTP_PORT", str(server.port))
        monkeypatch.setenv("PERENE_SMTP_SECURITY", "none")
        monkeypatch.setenv("PERENE_SMTP_FROM", "reports@company.example")
        monkeypatch.setenv("PERENE_SMTP_USER", "perene")
        monkeypatch.setenv("PERENE_SMTP_PASSWORD", "canary-9f3b")
        delivered = send(published)
        assert states(delivered) == {"Ana": "failed"}
        assert "535" in delivered.outcomes[0].reason
        assert "canary" not in repr(delivered) + repr(load_delivery_settings())
        assert b"canary" not in ledger_file(published.home).read_bytes()
        monkeypatch.setenv("PERENE_SMTP_PASSWORD", "right")
        assert states(send(published)) == {"Ana": "sent"}


def test_a_secret_that_a_server_repeats_is_taken_out(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipients(row())
    monkeypatch.setenv("PERENE_SLACK_TOKEN", "xoxb-canary")
    mails.answers["RCPT"] = ["550 you said xoxb-canary"]
    delivered = send(published)
    assert delivered.outcomes[0].reason.endswith("550 you said ***")
    assert b"canary" not in ledger_file(published.home).read_bytes()


def test_a_sent_report_goes_out_again_only_on_request_and_says_why(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(**BOB))
    with pytest.raises(DeliveryError, match="was not sent"):
        resend(published, "kpi_pack", PERIOD, "Ana", "she asked")
    send(published)
    assert states(resend(published, "kpi_pack", PERIOD, "Ana", "she lost it")) == {"Ana": "sent"}
    assert Counter(mails.addresses())["ana@company.example"] == 2
    first, _, second = (mail["Message-ID"] for _, mail in mails.mails)
    assert first != second, "a mail program would hide a second mail of the same id"
    assert {entry.because for entry in entries(published)} == {"", "she lost it"}
    send(published)
    assert len(mails.mails) == 3


def test_a_resend_that_fails_is_tried_again_by_the_next_delivery(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row())
    send(published)
    mails.answers["RCPT"] = ["451 later"]
    assert states(resend(published, "kpi_pack", PERIOD, "Ana", "lost")) == {"Ana": "failed"}
    assert states(send(published)) == {"Ana": "sent"}
    assert len(mails.mails) == 2
    assert len({mail["Message-ID"] for _, mail in mails.mails}) == 2


@pytest.mark.parametrize("has_arrived", [True, False])
def test_a_delivery_of_unknown_fate_waits_for_a_person(
    published: Settings, recipients: Recipients, mails: MailServer, has_arrived: bool
) -> None:
    recipients(row())
    mails.answers["MESSAGE"] = ["accept and drop" if has_arrived else "drop"]
    send(published)
    with pytest.raises(DeliveryError, match="--release"):
        resend(published, "kpi_pack", PERIOD, "Ana", "to be sure")
    with pytest.raises(DeliveryError, match="0 deliveries"):
        release(published, "kpi_pack", PERIOD, "Bob", has_arrived, "asked")
    release(published, "kpi_pack", PERIOD, "ana@company.example", has_arrived, "asked her")
    assert states(send(published)) == {"Ana": "sent"}
    assert len(mails.mails) == 1
    assert entries(published)[0].because == "asked her"


def test_a_changed_case_of_an_address_is_the_same_recipient_and_a_new_address_a_new_one(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row())
    send(published)
    recipients(row(address="Ana@Company.example"))
    send(published)
    assert len(mails.mails) == 1
    recipients(row(address="ana@other.example"))
    send(published)
    assert mails.addresses()[1:] == ["ana@other.example"]


_PLAIN = Recipient("Ana", "kpi_pack", "en", "email", "a@company.example", "", True, True)


def _parcel(message: Message, recipient: Recipient = _PLAIN) -> Parcel:
    return Parcel(Key("kpi_pack/2026-01", "email", recipient.address), recipient, message)


def _sender(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PERENE_SMTP_HOST", "localhost")
    monkeypatch.setenv("PERENE_SMTP_FROM", "reports@company.example")
    smtp = load_delivery_settings().smtp
    assert smtp is not None
    return smtp.sender


@pytest.mark.parametrize(
    "break_", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00"]
)
def test_a_hostile_name_in_the_subject_begins_no_header(
    monkeypatch: pytest.MonkeyPatch, break_: str
) -> None:
    hostile = f"Acme{break_}Bcc: thief@evil.example{break_}{break_}<script>"
    mail = build_mail(_parcel(Message(hostile, "text", "<p>page</p>")), _sender(monkeypatch))
    written = mail.as_bytes()
    assert b"\nBcc:" not in written
    assert b"\rBcc:" not in written
    assert mail["Bcc"] is None
    assert one_line(hostile) == "Acme Bcc: thief@evil.example <script>"
    assert str(mail["Subject"]) == "Acme Bcc: thief@evil.example <script>"


def test_a_mail_holds_text_page_pictures_and_files_and_its_bytes_repeat(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "números.csv"
    file.write_text("a\n.\n", encoding="utf-8")
    message = Message(
        "MRR é 10",
        "olá\n.\nfim",
        '<img src="cid:mrr">',
        images={"mrr": PICTURE},
        attachments=(file,),
    )
    sender = _sender(monkeypatch)
    mail = build_mail(_parcel(message), sender)
    assert mail.as_bytes() == build_mail(_parcel(message), sender).as_bytes()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/csv",
    ]
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<mrr>"
    assert picture.get_content() == PICTURE
    assert [part.get_filename() for part in mail.iter_attachments()] == ["números.csv"]


def test_lines_of_dots_cross_the_wire_whole(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = Message(".", "one\n.\n..two\n", "<p>.</p>\n.\n")
    report_gives(monkeypatch, message)
    recipients(row())
    assert states(send(published)) == {"Ana": "sent"}
    body = mails.mails[0][1].get_body(("plain",))
    assert body is not None
    assert body.get_content() == "one\r\n.\r\n..two\r\n"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
def test_killed_at_any_line_nobody_gets_two_mails_and_no_loss_goes_unnoticed(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
) -> None:
    recipients(row())
    fates = fates_of_kills(
        published, "channels/email.py", mails.mails.clear, lambda: len(mails.mails)
    )
    assert fates.total() > 150
    assert set(fates) == {("sent", 1), ("unknown", 0), ("unknown", 1)}, fates


# A process of its own: what draws charts may not be forked once it has drawn one, so the forks
# that deliver and heal are all of a process that never does.
_DIE_AT_SOME_LINES = """
import shutil, sys
from pathlib import Path
import ingestion.settings
ingestion.settings.ENV_FILE = Path(sys.argv[1])
from ingestion.settings import load_settings
from orchestration.delivery.ledger import ledger_file
from tests.orchestration.delivery.parts import KEEPING, entries, killed_at, send
settings, step = load_settings(), int(sys.argv[2])
lines = (*KEEPING, "channels/email.py", "reports/report.py", "reports/kpi_pack.py")
was_killed, stop_at = True, 1
while was_killed:
    ledger_file(settings.home).unlink(missing_ok=True)
    shutil.rmtree(settings.home.exports, ignore_errors=True)
    was_killed = killed_at(stop_at, lines, lambda: send(settings))
    killed_at(0, (), lambda: send(settings))
    (entry,) = entries(settings)
    print(stop_at, was_killed, entry.state, flush=True)
    sys.stdin.readline()
    stop_at += step
"""


@pytest.mark.slow
def test_killed_while_a_real_pack_is_made_and_mailed_nobody_gets_two_and_none_gets_half(
    whole: Settings, recipients: Recipients, mails: MailServer, tmp_path: Path
) -> None:
    recipients(row(language="pt_BR"))
    command = [sys.executable, "-c", _DIE_AT_SOME_LINES, str(tmp_path / "no.env"), "41"]
    fates: Counter[tuple[str, int]] = Counter()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            _, was_killed, state = line.split()
            fates[state, len(mails.mails)] += 1
            folder = whole.home.exports / "kpi_pack" / PERIOD
            assert not list(folder.parent.glob(".building-*")) or state == "unknown"
            for _, mail in mails.mails:
                files = {part.get_filename(): part for part in mail.iter_attachments()}
                assert set(files) == {f"kpi-pack-{PERIOD}.{kind}" for kind in ("xlsx", "pdf")}
                for name, part in files.items():
                    assert part.get_content() == (folder / "pt_BR" / str(name)).read_bytes()
            mails.mails.clear()
            print(file=process.stdin, flush=True)
    assert process.returncode == 0
    assert (was_killed, state) == ("False", "sent")
    assert fates.total() > 8
    assert fates["sent", 1] > 1
    assert set(fates) <= {("sent", 1), ("unknown", 0), ("unknown", 1)}, fates
