"""The dashboard as a report of each day: one file in the recipient's language, naming nobody."""

from pathlib import Path

import pytest

from ingestion.settings import Settings
from orchestration.delivery.deliver import deliver, deliver_due
from orchestration.errors import ReportError
from tests.orchestration.delivery.parts import MailServer, Recipients, row, states

_DAY = "2026-02-09"  # the data end as February 10 begins


def test_the_dashboard_of_a_day_arrives_once_in_each_language(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    rui = {"who": "Rui", "address": "rui@company.example", "language": "pt_PT"}
    recipients(row(what="dashboard", may_receive_personal_data="no"), row(what="dashboard", **rui))
    delivered = deliver(whole, "dashboard")
    assert delivered.period == _DAY
    assert states(delivered) == {"Ana": "sent", "Rui": "sent"}
    (_, english), (_, portuguese) = mails.mails
    assert english["Subject"] == "MRR $300 (+50.0%) · Dashboard, Feb 9, 2026"
    assert portuguese["Subject"] == "MRR 300 US$ (+50,0%) · Painel, 09/02/2026"
    for mail, language in ((english, "en"), (portuguese, "pt-PT")):
        (page,) = mail.iter_attachments()
        assert page.get_filename() == f"dashboard-{_DAY}.html"
        assert f'<html lang="{language}"' in page.get_content()
        assert "HYPERLINK" not in page.get_content(), "no customer is named"
    assert "It opens in any browser" not in english.as_string()
    deliver(whole, "dashboard")
    assert len(mails.mails) == 2


def test_who_wants_no_files_is_not_told_of_any(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(
        row(what="dashboard", attachments="no"), row(attachments="no"), row(what="weekly_digest")
    )
    deliver_due(whole)
    by_subject = {str(mail["Subject"]).split(" · ")[1]: mail for _, mail in mails.mails}
    for subject, mail in by_subject.items():
        has_files = "digest" in subject
        text = mail.get_body(("plain",))
        assert text is not None
        assert ("attached" in text.get_content()) == has_files, subject
        assert bool(list(mail.iter_attachments())) == has_files, subject
    assert len(by_subject) == 3


def test_a_day_that_is_no_longer_published_has_no_dashboard_any_more(
    whole: Settings, recipients: Recipients
) -> None:
    recipients(row(what="dashboard"))
    with pytest.raises(ReportError, match=f"what is published ends on {_DAY}"):
        deliver(whole, "dashboard", "2026-02-01")


def test_a_report_that_cannot_be_made_holds_no_other_back(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(what="weekly_digest"))
    stored = whole.home.exports / "kpi_pack" / "2026-01"
    stored.mkdir(parents=True)
    (stored / "figures.json").write_text("{", encoding="utf-8")
    pack, digest = deliver_due(whole)
    assert "figures.json cannot be read" in pack.fault
    assert not pack.is_good
    assert digest.is_good
    assert len(mails.mails) == 1


def test_the_files_of_yesterday_are_not_kept(
    whole: Settings, recipients: Recipients, tmp_path: Path
) -> None:
    older = whole.home.exports / "dashboard" / "en" / "dashboard-2026-02-08.html"
    older.parent.mkdir(parents=True)
    older.write_text("old", encoding="utf-8")
    recipients(row(what="dashboard", channel="folder", address=str(tmp_path)))
    deliver(whole, "dashboard")
    assert [file.name for file in older.parent.iterdir()] == [f"dashboard-{_DAY}.html"]
    assert (tmp_path / f"dashboard-{_DAY}" / f"dashboard-{_DAY}.html").exists()
