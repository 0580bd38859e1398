"""What is sent to whom: dry runs, folders, segments, delays, and the commands."""

import fcntl
import json
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.settings import Settings
from orchestration.assets.deliveries import delivery_assets, no_delivery_is_of_unknown_fate
from orchestration.command_line import main
from orchestration.delivery.deliver import deliver, resend, tell_delays
from orchestration.delivery.errors import DeliveryError
from orchestration.delivery.ledger import ledger_file
from orchestration.delivery.reports import REPORTS
from orchestration.reports.message import Message
from tests.orchestration.delivery.parts import (
    NAME,
    PERIOD,
    PICTURE,
    MailServer,
    Recipients,
    entries,
    fates_of_kills,
    report_gives,
    row,
    send,
    states,
)
from tests.orchestration.samples import AS_OF


def test_without_a_configured_channel_mails_are_written_and_nothing_is_recorded(
    published: Settings, recipients: Recipients
) -> None:
    recipients(row(), row(who="Growth", channel="slack", address="C0123456789"))
    assert states(send(published)) == {"Ana": "dry run", "Growth": "dry run"}
    outbox = published.home.exports / "outbox"
    names = [
        "kpi_pack-2026-01-email-ana-company.example.eml",
        "kpi_pack-2026-01-slack-C0123456789.json",
    ]
    assert sorted(file.name for file in outbox.iterdir()) == names
    mail = message_from_bytes((outbox / names[0]).read_bytes(), policy=default)
    assert mail["Subject"] == "MRR is 10"
    post = json.loads((outbox / names[1]).read_text(encoding="utf-8"))
    assert post["channel"] == "C0123456789"
    assert post["text"].startswith("MRR is 10")
    assert entries(published) == []
    written = (outbox / names[0]).read_bytes()
    send(published)
    assert (outbox / names[0]).read_bytes() == written


def test_a_dry_run_sends_nothing_though_the_channel_is_configured(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row())
    assert states(deliver(published, "kpi_pack", PERIOD, dry_run=True)) == {"Ana": "dry run"}
    assert mails.mails == []
    assert entries(published) == []
    assert states(send(published)) == {"Ana": "sent"}


def test_customers_are_named_only_to_those_who_may_know(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(
        row(),
        row(who="Bob", address="bob@company.example", may_receive_personal_data="no"),
    )
    send(published)
    (_, to_ana), (_, to_bob) = mails.mails
    assert NAME in to_ana.as_string()
    assert NAME not in to_bob.as_string()
    assert not list(to_bob.iter_attachments())


def test_a_folder_gets_the_report_whole_and_is_never_overwritten(
    published: Settings, recipients: Recipients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    recipients(row(channel="folder", address=str(shared)))
    assert states(send(published)) == {"Ana": "failed"}, "a drive that is not there is not made"
    shared.mkdir()
    page = '<img src="cid:mrr">'
    report_gives(monkeypatch, Message("MRR", "text", page, images={"mrr": PICTURE}))
    assert states(send(published)) == {"Ana": "sent"}
    folder = shared / "kpi_pack-2026-01"
    assert {file.name for file in folder.iterdir()} == {"message.html", "message.txt", "mrr.png"}
    assert (folder / "message.html").read_text(encoding="utf-8") == '<img src="mrr.png">'

    ledger_file(published.home).unlink()  # as after a lost ledger
    assert states(send(published)) == {"Ana": "sent"}
    (folder / "message.txt").write_text("a note of mine", encoding="utf-8")
    ledger_file(published.home).unlink()
    assert states(send(published)) == {"Ana": "rejected"}
    assert (folder / "message.txt").read_text(encoding="utf-8") == "a note of mine"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
def test_killed_at_any_line_a_folder_has_the_whole_report_or_none(
    published: Settings, recipients: Recipients, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    recipients(row(channel="folder", address=str(shared)))

    def forget() -> None:
        shutil.rmtree(shared, ignore_errors=True)
        shared.mkdir()

    def arrived() -> tuple[str, ...]:
        return tuple(sorted(file.name for file in shared.glob("[!.]*/*")))

    whole = ("kpi-pack.csv", "message.html", "message.txt")
    fates = fates_of_kills(published, "channels/folder.py", forget, arrived)
    assert fates.total() > 150
    assert set(fates) == {("sent", whole), ("unknown", ()), ("unknown", whole)}, fates


def _block(settings: Settings, status: str) -> None:
    with duckdb.connect(str(settings.home.warehouse)) as connection:
        connection.execute(f"update operations.check_results set status = '{status}'")
        connection.execute("checkpoint")


def test_blocked_data_are_not_sent_but_one_notice_of_delay_and_later_the_report(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row(), row(who="Rui", address="rui@company.example", language="pt_PT"))
    _block(published, "fail")
    for _ in range(2):
        tell_delays(published)
        assert deliver(published, "kpi_pack").is_delayed
    subjects = [mail["Subject"] for _, mail in mails.mails]
    assert subjects == [
        "Delayed: KPI pack, January 2026",
        "Atrasado: Relatório de indicadores, janeiro de 2026",
    ]
    with pytest.raises(DeliveryError, match="did not pass"):
        resend(published, "kpi_pack", PERIOD, "Ana", "now")
    _block(published, "pass")
    tell_delays(published)
    assert len(mails.mails) == 2, "nothing is delayed any more"
    assert states(send(published)) == {"Ana": "sent", "Rui": "sent"}
    _block(published, "fail")
    tell_delays(published)
    assert len(mails.mails) == 4, "who has the report awaits nothing"


def test_who_may_not_have_the_lists_hears_nothing_of_their_delay(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    bob = row(
        who="Bob", what="lists", address="bob@company.example", may_receive_personal_data="no"
    )
    recipients(row(what="lists"), bob)
    _block(published, "fail")
    tell_delays(published)
    assert [address for address, _ in mails.mails] == ["ana@company.example"]


@pytest.mark.parametrize(
    ("day", "zone", "month"),
    [
        ("2026-01-04T00:00:00+00:00", "UTC", "2025-12"),
        ("2026-01-03T23:59:59+00:00", "UTC", "2025-11"),
        ("2026-01-04T01:00:00+00:00", "America/Sao_Paulo", "2025-11"),
    ],
)
def test_the_month_that_is_due_is_the_last_that_should_be_closed(
    day: str, zone: str, month: str
) -> None:
    moment = AS_OF.fromisoformat(day)
    assert REPORTS["kpi_pack"].expected_period(moment, zone) == month


def test_only_one_process_delivers_at_a_time(
    published: Settings, recipients: Recipients, mails: MailServer
) -> None:
    recipients(row())
    with (published.home.path / "deliveries.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DeliveryError, match="Another process is delivering"):
            send(published)
    assert mails.mails == []
    assert states(send(published)) == {"Ana": "sent"}


def test_the_commands_deliver_list_release_and_say_what_is_wrong(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert published.home.path.exists()
    recipients(row())
    mails.answers["MESSAGE"] = ["drop"]
    assert main(["deliver"]) == 1
    assert "unknown" in capsys.readouterr().out
    assert main(["deliveries"]) == 1
    assert "kpi_pack/2026-01" in capsys.readouterr().out
    named = ["--report", "kpi_pack", "--period", PERIOD]
    assert main(["deliver", *named, "--release", "Ana", "--outcome", "lost"]) == 1
    assert "--because" in capsys.readouterr().err
    lost = ["--release", "Ana", "--outcome", "lost", "--because", "asked"]
    assert main(["deliver", *named, *lost]) == 0
    assert main(["deliver", *named]) == 0
    assert main(["deliver", *named, "--resend", "Ana", "--because", "again"]) == 0
    assert len(mails.mails) == 2
    assert main(["deliveries"]) == 0
    assert main(["deliver", "--report", "invoices"]) == 1
    assert "there are: kpi_pack" in capsys.readouterr().err


def test_without_recipients_the_command_says_what_to_set(
    published: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert published.home.path.exists()
    assert main(["deliver"]) == 1
    assert "PERENE_RECIPIENTS" in capsys.readouterr().err


def test_dagster_tries_again_what_failed_and_its_check_shows_what_is_in_doubt(
    published: Settings,
    recipients: Recipients,
    mails: MailServer,
    instance: dg.DagsterInstance,
) -> None:
    assert published.home.path.exists()
    recipients(row(), row(who="Bob", address="bob@company.example"))
    mails.answers["RCPT"] = ["451 later"]
    mails.answers["MESSAGE"] = ["drop"]
    asset = delivery_assets(dg.RetryPolicy(max_retries=1))
    job = dg.Definitions(
        assets=[asset],
        asset_checks=[no_delivery_is_of_unknown_fate],
        jobs=[dg.define_asset_job("deliver")],
        executor=dg.in_process_executor,
    ).resolve_job_def("deliver")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert result.success, "the second attempt sent what the first could not"
    assert mails.addresses() == ["ana@company.example"]
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "company.example" not in repr(check.metadata)
