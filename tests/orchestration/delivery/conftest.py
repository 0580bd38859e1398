"""Fixtures of delivery: a publication, a file of recipients, a mail server."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.settings import Home, Settings, load_settings
from orchestration.publishing.publish import publish
from tests.orchestration.delivery.parts import (
    MailServer,
    Recipients,
    mail_server,
    write_recipients,
)


@pytest.fixture
def published(warehouse: Home, settings: Settings) -> Settings:
    """A home with a good publication, whose newest month is January 2026."""
    assert warehouse.path == settings.home.path
    publish(settings, "run-1")
    return load_settings()


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
