"""Fixtures of delivery: a publication, a file of recipients, a mail server."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.settings import Home, Settings, load_settings
from orchestration.publishing.publish import publish
from orchestration.reports.message import Message
from tests.orchestration.delivery.parts import (
    NAME,
    MailServer,
    Recipients,
    mail_server,
    report_gives,
    write_recipients,
)


@pytest.fixture
def whole(warehouse: Home, settings: Settings) -> Settings:
    """A home with a good publication, whose newest month is January 2026."""
    assert warehouse.path == settings.home.path
    publish(settings, "run-1")
    return load_settings()


@pytest.fixture
def published(whole: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The same, with a pack of one message and one file."""
    file = tmp_path / "kpi-pack.csv"
    file.write_text("metric,value\nmrr,10\n", encoding="utf-8")
    message = Message("MRR is 10", f"{NAME} pays 10", f"<p>{NAME}</p>", attachments=(file,))
    report_gives(monkeypatch, message)
    return whole


@pytest.fixture
def recipients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipients:
    """Writes the file of recipients and names it in the settings."""
    file = tmp_path / "recipients.csv"
    monkeypatch.setenv("PERENE_RECIPIENTS", str(file))

    def write(*rows: dict[str, str]) -> None:
        write_recipients(file, rows)

    return write


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, named in the settings."""
    with mail_server() as server:
        monkeypatch.setenv("PERENE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("PERENE_SMTP_PORT", str(server.port))
        monkeypatch.setenv("PERENE_SMTP_SECURITY", "none")
        monkeypatch.setenv("PERENE_SMTP_FROM", "Perene <reports@company.example>")
        with smtplib.SMTP("127.0.0.1", server.port) as probe:  # it is up
            probe.noop()
        yield server
