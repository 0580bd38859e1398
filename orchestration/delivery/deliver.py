"""Delivers reports: to each recipient once, what that recipient may see, and nothing unfit."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.errors import PereneError
from ingestion.settings import Home, Settings
from orchestration.delivery.delayed import blocked_build
from orchestration.delivery.errors import DeliveryError, NoPeriodYetError
from orchestration.delivery.ledger import Entry, Key, State, open_ledger
from orchestration.delivery.post_office import (
    Outcome,
    PostOffice,
    all_recipients,
    key_of,
    now,
    report_key_of,
)
from orchestration.delivery.reports import REPORTS, ReportKind
from orchestration.delivery.settings import load_delivery_settings
from orchestration.progress import say
from orchestration.reports.report import published_snapshot
from orchestration.reports.segment import Segment


@dataclass(frozen=True)
class Delivered:
    """A report that was delivered, as far as it could be.

    Attributes:
        report: Its name.
        period: Its period; empty where it could not be made.
        is_delayed: A notice of its delay went out instead.
        outcomes: One for each recipient.
        fault: Why it could not be made for anybody; empty if it could.
    """

    report: str
    period: str
    is_delayed: bool
    outcomes: tuple[Outcome, ...]
    fault: str = ""

    @property
    def is_good(self) -> bool:
        """Nobody has to look at it."""
        return not (self.is_delayed or self.fault) and all(one.is_good for one in self.outcomes)


def deliver(
    settings: Settings, report: str, period: str | None = None, dry_run: bool = False
) -> Delivered:
    """Sends a report to everybody who should have it and has not.

    What failed before is tried again; what was refused, or is of unknown fate, is not. A channel
    that is not configured gets a dry run: the mail that would be sent, in exports/outbox/.

    Args:
        settings: The data folder.
        report: The report's name.
        period: Its period; the newest one when not given.
        dry_run: Send nothing at all.

    Returns:
        What became of it.

    Raises:
        PereneError: It cannot be made, or the settings, the recipients or the ledger are at fault.
    """
    post = PostOffice(settings, load_delivery_settings(), dry_run)
    recipients = post.recipients(report)
    with open_ledger(settings.home, now()) as ledger:
        blocked = blocked_build(settings)
        known = REPORTS[report]
        if period is None and blocked:
            period = known.expected_period(blocked.as_of, blocked.time_zone)
        period = period or _newest(known, settings.home)
        if blocked:
            outcomes = post.tell_delay(ledger, known, period, recipients)
        else:
            outcomes = post.send_report(ledger, known, period, recipients)
        return Delivered(report, period, blocked is not None, tuple(outcomes))


def deliver_due(settings: Settings, dry_run: bool = False) -> list[Delivered]:
    """Sends the newest period of every report that somebody receives; see ``deliver``.

    A report that cannot be made holds no other back; it has its fault. One whose first period is
    still to come is left out.
    """
    wanted = {recipient.what for recipient in all_recipients(load_delivery_settings())}
    rounds = []
    for name in filter(wanted.__contains__, REPORTS):
        try:
            rounds.append(deliver(settings, name, None, dry_run))
        except NoPeriodYetError as error:
            say(str(error))
        except PereneError as error:
            rounds.append(Delivered(name, "", False, (), str(error)))
    return rounds


def tell_delays(settings: Settings) -> None:
    """After a failed run, tells those who await a report once that it is delayed.

    Does nothing where nobody receives reports, or where what the run left may be published. A
    fault of the deliveries is written to the log, lest it hide why the run failed.
    """
    try:
        if load_delivery_settings().recipients is not None and blocked_build(settings):
            deliver_due(settings)
    except PereneError as error:
        say(f"The notices of delay were not sent: {error}")


def resend(
    settings: Settings, report: str, period: str, who: str, because: str, segment: str = ""
) -> Delivered:
    """Sends a report again to one recipient who had it, or whose server refused it.

    Args:
        settings: The data folder.
        report: The report's name.
        period: Its period.
        who: The recipient's address, or name if it is one row's only.
        because: Why; kept in the ledger.
        segment: The segment it is of, ``kind=value``; empty for the whole company's.

    Returns:
        What became of it.

    Raises:
        PereneError: There is no such recipient, it was not sent yet, or it is of unknown fate.
    """
    post = PostOffice(settings, load_delivery_settings(), dry_run=False)
    found = [
        row
        for row in post.recipients(report)
        if who in (row.who, row.address, row.identity) and row.segment == segment
    ]
    if len(found) != 1:
        raise DeliveryError(
            f"{len(found)} rows of the file of recipients name {who!r} for {report}"
            f"{f' of {segment}' if segment else ''}; name one row by its address, and the segment "
            "of its report with --segment."
        )
    with open_ledger(settings.home, now()) as ledger:
        if blocked_build(settings):
            raise DeliveryError(
                "The data did not pass their checks, so nothing is sent. Correct what the last "
                "run named and run again."
            )
        base = key_of(found[0], period)
        history = ledger.history(base)
        if not history or history[-1].state not in (State.SENT, State.REJECTED):
            raise DeliveryError(_not_to_resend(history, report, period, who))
        key = Key(f"{base.report_key}#{len(history) + 1}", base.channel, base.recipient)
        languages = [found[0].language]
        made = REPORTS[report].make(settings.home, period, languages, Segment.parse(segment))
        outcome = post.send(ledger, key, found[0], made, because)
        return Delivered(report, period, False, (outcome,))


def release(
    settings: Settings,
    report: str,
    period: str,
    who: str,
    has_arrived: bool,
    because: str,
    segment: str = "",
) -> Entry:
    """Settles a delivery of unknown fate as a person has found it.

    Args:
        settings: The data folder.
        report: The report's name.
        period: Its period.
        who: The recipient's address or name, as the ledger has it.
        has_arrived: It arrived; else it counts as failed, and the next delivery sends it.
        because: How that is known; kept in the ledger.
        segment: The segment it is of, ``kind=value``; empty for the whole company's.

    Returns:
        The delivery as it was.

    Raises:
        DeliveryError: There is not exactly one such delivery.
    """
    report_key = report_key_of(report, segment, period)
    with open_ledger(settings.home, now()) as ledger:
        found = [
            entry
            for entry in ledger.entries()
            if entry.state is State.UNKNOWN
            and who in (entry.who, entry.key.recipient)
            and _is_of(entry.key, report_key)
        ]
        if len(found) != 1:
            raise DeliveryError(
                f"{len(found)} deliveries of {report_key} to {who!r} are of unknown fate; "
                "`python -m orchestration deliveries` lists them. Name one by its address, and the "
                "segment of its report with --segment."
            )
        state = State.SENT if has_arrived else State.FAILED
        ledger.decide(found[0].key, state, because, now())
        return found[0]


def deliveries(home: Home) -> list[Entry]:
    """Everything in the ledger, newest first; what a dead process left is settled before."""
    with open_ledger(home, now()) as ledger:
        return ledger.entries()


def _is_of(key: Key, report_key: str) -> bool:
    """Whether it is that report's, its notice of delay, or the report sent again."""
    return key.report_key == report_key or key.report_key.startswith(
        (f"{report_key}/", f"{report_key}#")
    )


def _newest(report: ReportKind, home: Home) -> str:
    period = report.newest_period(published_snapshot(home))
    if period is None:
        raise NoPeriodYetError(
            f"There is no {report.name} yet: no period of what is published is whole. Run "
            "`make run` when one is."
        )
    return period


def _not_to_resend(history: Sequence[Entry], report: str, period: str, who: str) -> str:
    if history and history[-1].state is State.UNKNOWN:
        return (
            f"Whether {report} {period} reached {who!r} is unknown. Find out, then say so with "
            "--release and --outcome arrived or lost."
        )
    return f"{report} {period} was not sent to {who!r} yet; `deliver` sends it without --resend."
