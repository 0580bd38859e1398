"""What a helpdesk's API tells of its tickets is what truly happened to them."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion import settings
from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.world import make_account
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import Helpdesk, make_helpdesk
from tests.ingestion.company import own_settings
from tests.warehouse import Warehouse
from tests.zendesk_rows import build_support_marts

SPANS = (
    "first_reply",
    "first_resolution",
    "full_resolution",
    "requester_wait",
    "agent_wait",
    "on_hold",
)


def load(helpdesk: Helpdesk, home: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Load before a schedule and a policy change, and again at the end."""
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ENV_FILE", home / ".env")
    monkeypatch.setenv("PERENE_HOME", str(home))
    monkeypatch.setenv("ZENDESK_REQUESTS_PER_MINUTE", "100000")
    opened_at = datetime.fromtimestamp(helpdesk.truth.tickets[0].created_at, helpdesk.as_of.tzinfo)
    with ZendeskSandbox(helpdesk, clock=opened_at + timedelta(hours=1)) as sandbox:
        monkeypatch.setenv("ZENDESK_BASE_URL", sandbox.url)
        monkeypatch.setenv("ZENDESK_EMAIL", sandbox.email)
        monkeypatch.setenv("ZENDESK_API_TOKEN", sandbox.api_token)
        found = settings.load_settings()
        ensure_raw_tables(found)
        load_source("zendesk", found, sandbox.clock, lambda _: None)
        sandbox.advance(helpdesk.as_of)
        load_source("zendesk", found, helpdesk.as_of, lambda _: None)
    return Warehouse(found, helpdesk.as_of)


def as_it_happened(truth: dict[str, Any]) -> dict[str, Any]:
    """A ticket's true values in the words of fct_tickets."""
    scores = [one["score"] for one in sorted(truth["ratings"], key=lambda one: one["rated_at"])]
    is_solved = truth["status"] in ("solved", "closed")
    moments = {
        name: truth[name] and truth[name].replace(tzinfo=None)
        for name in ("created_at", "first_replied_at", "first_solved_at")
    }
    spans = {
        name: None if truth[name] is None else round(Decimal(truth[name]), 3)
        for span in SPANS
        if span != "full_resolution" or is_solved
        for name in (f"{span}_calendar_minutes", f"{span}_business_minutes")
    }
    return {
        "status": truth["status"],
        "replies": truth["replies"],
        "reopens": truth["reopens"],
        "rating_first": scores[0] if scores else None,
        "rating_latest": scores[-1] if scores else None,
        **moments,
        **spans,
    }


@pytest.mark.slow
def test_every_ticket_is_measured_as_it_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpdesk = make_helpdesk(make_account(customers=80, months=9, seed=3))
    warehouse = load(helpdesk, tmp_path, monkeypatch)
    build_support_marts(warehouse)
    found = {row["ticket_id"]: row for row in warehouse.records("select * from marts.fct_tickets")}
    truth = {row["ticket_id"]: row for row in helpdesk.truth.rows(helpdesk.as_of)}
    counted = {number for number, row in truth.items() if row["is_counted"]}
    assert {number for number, row in found.items() if row["is_counted"]} == counted
    assert len(counted) > 100
    for number in counted:
        expected = as_it_happened(truth[number])
        told = {name: found[number][name] for name in expected}
        for name, value in told.items():
            if isinstance(value, Decimal):
                told[name] = round(value, 3)
        assert told == expected, number
    assert warehouse.rows("select * from marts.support_faults") == []
