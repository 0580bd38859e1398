"""The commands of the deliveries: ``deliver`` and ``deliveries``."""

import argparse
from typing import TYPE_CHECKING

from ingestion.settings import Home, Settings
from orchestration.delivery.errors import DeliveryError
from orchestration.progress import say

if TYPE_CHECKING:
    from orchestration.delivery.deliver import Delivered


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to the program's."""
    deliver = commands.add_parser("deliver", help="send reports to those who have not got them")
    deliver.add_argument("--report", help="the report, such as kpi_pack; all of them if absent")
    deliver.add_argument("--period", help="its period, such as 2025-12; the newest if absent")
    deliver.add_argument(
        "--dry-run", action="store_true", help="send nothing, write exports/outbox"
    )
    deliver.add_argument("--resend", metavar="RECIPIENT", help="send it again to one recipient")
    deliver.add_argument(
        "--release", metavar="RECIPIENT", help="settle a delivery of unknown fate; see --outcome"
    )
    deliver.add_argument(
        "--outcome", choices=("arrived", "lost"), help="what became of it; lost is sent again"
    )
    deliver.add_argument(
        "--segment", default="", help="the segment it is of, for --resend and --release"
    )
    deliver.add_argument("--because", help="why, for --resend and --release")
    commands.add_parser("deliveries", help="list what was sent to whom")


def deliver(settings: Settings, command: argparse.Namespace) -> int:
    """Delivers, sends again or releases; 0 only if nothing is left that a person must look at."""
    from orchestration.delivery.deliver import deliver as deliver_report
    from orchestration.delivery.deliver import deliver_due, release, resend
    from orchestration.delivery.reports import REPORTS

    report, period = command.report, command.period
    if report is not None and report not in REPORTS:
        raise DeliveryError(f"{report!r} is no report; there are: {', '.join(REPORTS)}.")
    if period and not report:
        raise DeliveryError("--period is the period of a report; name it with --report.")
    if command.segment and not (command.resend or command.release):
        raise DeliveryError("--segment goes with --resend or --release.")
    if command.resend or command.release:
        if not (report and period and command.because):
            raise DeliveryError(
                "Say which report with --report and --period, and why with --because."
            )
        if command.resend and (command.release or command.dry_run):
            raise DeliveryError("--resend stands alone, with --because.")
    if command.release:
        if not command.outcome:
            raise DeliveryError("Say with --outcome whether it has arrived or is lost.")
        has_arrived = command.outcome == "arrived"
        entry = release(
            settings,
            report,
            period,
            command.release,
            has_arrived,
            command.because,
            command.segment,
        )
        after = "counts as sent" if has_arrived else "is sent by the next `deliver`"
        say(f"{entry.key.report_key} to {entry.who} by {entry.key.channel} {after}.")
        return 0
    if command.resend:
        again = resend(settings, report, period, command.resend, command.because, command.segment)
        return _told([again])
    if report:
        return _told([deliver_report(settings, report, period, command.dry_run)])
    return _told(deliver_due(settings, command.dry_run))


def deliveries(settings: Settings) -> int:
    """Lists the ledger; 0 only if no delivery is of unknown fate."""
    from orchestration.delivery.deliver import deliveries as read_deliveries
    from orchestration.delivery.ledger import State

    entries = read_deliveries(_existing(settings.home))
    if not entries:
        say("Nothing was delivered yet.")
    for entry in entries:
        key = entry.key
        say(
            f"  {entry.updated_at[:16]}  {entry.state:<9}{key.report_key:<28}{key.channel:<8}"
            f"{entry.who} ({key.recipient})"
        )
        for line in filter(None, (entry.reason, entry.because)):
            say(f"      {line}")
    return int(any(entry.state is State.UNKNOWN for entry in entries))


def _told(rounds: "list[Delivered]") -> int:
    for delivered in rounds:
        what = "is delayed: its data did not pass their checks" if delivered.is_delayed else ""
        if delivered.fault:
            what = f"could not be made. {delivered.fault}"
        say(" ".join(filter(None, (delivered.report, delivered.period, what))))
        if not delivered.outcomes and not delivered.fault:
            say("  nobody to tell")
        for outcome in delivered.outcomes:
            state = outcome.state if outcome.is_new else f"{outcome.state} before"
            row = outcome.recipient
            who = f"{row.who} ({', '.join(filter(None, (row.channel, row.segment)))})"
            say(f"  {who:<32}{state:<16}{outcome.reason}".rstrip())
    return int(not all(delivered.is_good for delivered in rounds))


def _existing(home: Home) -> Home:
    from orchestration.home import prepare_home

    prepare_home(home)
    return home
