"""Reports of one segment: its own figures and customers, sent beside the company's."""

import json
from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.delivery.deliver import deliver, resend
from orchestration.delivery.errors import DeliveryError
from tests.orchestration.delivery.parts import (
    PERIOD,
    MailServer,
    Recipients,
    entries,
    row,
    states,
)

_FAIR = row(segment="channel=fair")
_ANA_BY_NAME, _OTHER_BY_NAME = "Ana", "HYPERLINK"


def test_one_person_gets_the_company_and_a_segment_each_once_and_apart(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(_FAIR, row())
    first = deliver(whole, "kpi_pack")
    assert [outcome.state for outcome in first.outcomes] == ["sent", "sent"]
    (_, company), (_, fair) = mails.mails
    assert "KPI pack, January 2026" in company["Subject"]
    assert "KPI pack · Channel: fair, January 2026" in fair["Subject"]
    # Of the two customers, one came from a fair.
    assert _OTHER_BY_NAME in company.as_string()
    assert _OTHER_BY_NAME not in fair.as_string()
    assert _ANA_BY_NAME in fair.as_string()
    names = [str(part.get_filename()) for part in fair.iter_attachments()]
    assert names == [f"kpi-pack-{PERIOD}-channel=fair.{kind}" for kind in ("xlsx", "pdf")]
    assert {entry.key.report_key for entry in entries(whole)} == {
        f"kpi_pack/channel=fair/{PERIOD}",
        f"kpi_pack/{PERIOD}",
    }
    assert len({entry.message_id for entry in entries(whole)}) == 2
    deliver(whole, "kpi_pack")
    assert len(mails.mails) == 2, "nobody gets a report twice"

    folder = whole.home.exports / "kpi_pack"
    stored = json.loads((folder / "channel=fair" / PERIOD / "figures.json").read_text("utf-8"))
    assert stored["segment"] == {"kind": "channel", "value": "fair", "name": "fair"}
    assert not json.loads((folder / PERIOD / "figures.json").read_text("utf-8"))["segment"]


def test_a_segment_that_is_not_there_is_withheld_and_holds_no_other_back(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(who="Bob", segment="channel=radio"), _FAIR)
    delivered = deliver(whole, "kpi_pack")
    assert states(delivered) == {"Bob": "withheld", "Ana": "sent"}
    assert not delivered.is_good
    (reason,) = [one.reason for one in delivered.outcomes if one.state == "withheld"]
    assert (
        reason
        == "There is no segment channel=radio in what is published; of channel there is: fair."
    )
    assert len(mails.mails) == 1


def test_the_lists_of_a_segment_name_its_customers_only(
    whole: Settings, recipients: Recipients, tmp_path: Path
) -> None:
    """Both have tickets; only the one from the web is past due."""
    shared = tmp_path / "shared"
    shared.mkdir()
    recipients(
        row(what="lists", channel="folder", address=str(shared), segment="channel=fair"),
        row(what="lists", channel="folder", address=str(shared), segment="plan=prod_1"),
    )
    delivered = deliver(whole, "lists")
    assert [outcome.state for outcome in delivered.outcomes] == ["sent", "sent"]
    fair, plan = (
        shared / f"lists-{name}-{delivered.period}" for name in ("channel=fair", "plan=prod_1")
    )
    tickets, past_due = "long_open_tickets.csv", "past_due.csv"
    assert _OTHER_BY_NAME not in (fair / tickets).read_text("utf-8")
    assert _ANA_BY_NAME in (fair / tickets).read_text("utf-8")
    assert len((fair / past_due).read_text("utf-8").splitlines()) == 1, "a header alone"
    assert _OTHER_BY_NAME in (plan / past_due).read_text("utf-8")


def test_a_segment_is_sent_again_by_its_own_name(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), _FAIR)
    deliver(whole, "kpi_pack")
    resend(whole, "kpi_pack", PERIOD, "Ana", "she asked", segment="channel=fair")
    subjects = [str(mail["Subject"]) for _, mail in mails.mails]
    assert ["Channel" in subject for subject in subjects] == [False, True, True]
    with pytest.raises(DeliveryError, match=r"0 rows .* of channel=radio"):
        resend(whole, "kpi_pack", PERIOD, "Ana", "why not", segment="channel=radio")
