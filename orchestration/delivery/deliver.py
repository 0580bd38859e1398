"""Delivers reports: to each recipient once, what that recipient may see, and nothing unfit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address

from ingestion.errors import PereneError
from ingestion.settings import Home, Settings
from orchestration.delivery.channels.email import EmailChannel, build_mail
from orchestration.delivery.channels.folder import FolderChannel
from orchestration.delivery.channels.objects import ObjectsChannel
from orchestration.delivery.channels.parcel import Channel, Parcel, plain_name
from orchestration.delivery.channels.slack import SlackChannel
from orchestration.delivery.delayed import blocked_build, delayed_notice
from orchestration.delivery.errors import (
    DeliveryError,
    NotSentError,
    RefusedError,
    UnknownFateError,
    WithheldError,
)
from orchestration.delivery.ledger import Entry, Key, Ledger, State, open_ledger
from orchestration.delivery.recipients import Recipient, read_recipients
from orchestration.delivery.reports import REPORTS, ReportKind
from orchestration.delivery.settings import DeliverySettings, load_delivery_settings
from orchestration.progress import say
from orchestration.reports.message import Message
from orchestration.reports.report import Report, published_snapshot

DRY_RUN = "dry run"
WITHHELD = "withheld"

# Stands in dry runs where no sender is configured; ``invalid`` is nobody's.
_NOBODY = Address("Perene", "perene", "perene.invalid")
_DONE = (State.SENT, DRY_RUN)


@dataclass(frozen=True)
class Outcome:
    """What became of one recipient's report.

    Attributes:
        recipient: Who.
        state: A state of the ledger, DRY_RUN or WITHHELD.
        reason: Why, or where the dry run lies.
        is_new: It came about now; what was sent before is not new.
    """

    recipient: Recipient
    state: str
    reason: str
    is_new: bool

    @property
    def is_good(self) -> bool:
        """Nobody has to look at it."""
        return self.state in _DONE


@dataclass(frozen=True)
class Delivered:
    """A report that was delivered, as far as it could be.

    Attributes:
        report: Its name.
        period: Its period.
        is_delayed: A notice of its delay went out instead.
        outcomes: One for each recipient.
    """

    report: str
    period: str
    is_delayed: bool
    outcomes: tuple[Outcome, ...]


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
    post = _PostOffice(settings, load_delivery_settings(), dry_run)
    recipients = post.recipients(report)
    with open_ledger(settings.home, _now()) as ledger:
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
    """Sends the newest period of every report that somebody receives; see ``deliver``."""
    recipients = _recipients(load_delivery_settings())
    wanted = {recipient.what for recipient in recipients}
    return [deliver(settings, name, None, dry_run) for name in REPORTS if name in wanted]


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


def resend(settings: Settings, report: str, period: str, who: str, because: str) -> Delivered:
    """Sends a report again to one recipient who had it, or whose server refused it.

    Args:
        settings: The data folder.
        report: The report's name.
        period: Its period.
        who: The recipient's address, or name if it is one row's only.
        because: Why; kept in the ledger.

    Returns:
        What became of it.

    Raises:
        PereneError: There is no such recipient, it was not sent yet, or it is of unknown fate.
    """
    post = _PostOffice(settings, load_delivery_settings(), dry_run=False)
    found = [row for row in post.recipients(report) if who in (row.who, row.address, row.identity)]
    if len(found) != 1:
        raise DeliveryError(
            f"{len(found)} rows of the file of recipients name {who!r} for {report}; name one row "
            "by its address."
        )
    with open_ledger(settings.home, _now()) as ledger:
        if blocked_build(settings):
            raise DeliveryError(
                "The data did not pass their checks, so nothing is sent. Correct what the last "
                "run named and run again."
            )
        base = _key(found[0], period)
        history = ledger.history(base)
        if not history or history[-1].state not in (State.SENT, State.REJECTED):
            raise DeliveryError(_not_to_resend(history, report, period, who))
        key = Key(f"{base.report_key}#{len(history) + 1}", base.channel, base.recipient)
        made = REPORTS[report].make(settings.home, period, [found[0].language])
        outcome = post.send(ledger, key, found[0], made, because)
        return Delivered(report, period, False, (outcome,))


def release(
    settings: Settings, report: str, period: str, who: str, has_arrived: bool, because: str
) -> Entry:
    """Settles a delivery of unknown fate as a person has found it.

    Args:
        settings: The data folder.
        report: The report's name.
        period: Its period.
        who: The recipient's address or name, as the ledger has it.
        has_arrived: It arrived; else it counts as failed, and the next delivery sends it.
        because: How that is known; kept in the ledger.

    Returns:
        The delivery as it was.

    Raises:
        DeliveryError: There is not exactly one such delivery.
    """
    with open_ledger(settings.home, _now()) as ledger:
        found = [
            entry
            for entry in ledger.entries()
            if entry.state is State.UNKNOWN
            and who in (entry.who, entry.key.recipient)
            and _is_of(entry.key, report, period)
        ]
        if len(found) != 1:
            raise DeliveryError(
                f"{len(found)} deliveries of {report} {period} to {who!r} are of unknown fate; "
                "`python -m orchestration deliveries` lists them. Name one by its address."
            )
        state = State.SENT if has_arrived else State.FAILED
        ledger.decide(found[0].key, state, because, _now())
        return found[0]


def deliveries(home: Home) -> list[Entry]:
    """Everything in the ledger, newest first; what a dead process left is settled before."""
    with open_ledger(home, _now()) as ledger:
        return ledger.entries()


class _PostOffice:
    """One round of deliveries: the settings, and the channels that are configured."""

    def __init__(self, settings: Settings, delivery: DeliverySettings, dry_run: bool) -> None:
        self._home = settings.home
        self._delivery = delivery
        self._channels: Mapping[str, Channel] = {} if dry_run else _channels(delivery)

    def recipients(self, report: str) -> list[Recipient]:
        return [row for row in _recipients(self._delivery) if row.what == report]

    def send_report(
        self, ledger: Ledger, report: ReportKind, period: str, recipients: Sequence[Recipient]
    ) -> Iterator[Outcome]:
        rows = self._rows(ledger, period, recipients)
        languages = sorted({row.language for row, entry in rows if _is_due(entry)})
        # Made only if somebody is to have it.
        made = report.make(self._home, period, languages) if languages else None
        for row, entry in rows:
            if made and (entry is None or _is_due(entry)):
                yield self.send(ledger, entry.key if entry else _key(row, period), row, made)
            elif entry:
                yield Outcome(row, entry.state, entry.reason, is_new=False)

    def tell_delay(
        self, ledger: Ledger, report: ReportKind, period: str, recipients: Sequence[Recipient]
    ) -> Iterator[Outcome]:
        for row, entry in self._rows(ledger, period, recipients):
            if not _is_due(entry) or _may_not_have(row):
                continue
            base = _key(row, period)
            key = Key(f"{base.report_key}/delayed", base.channel, base.recipient)
            told = ledger.history(key)
            if told and not _is_due(told[-1]):
                yield Outcome(row, told[-1].state, told[-1].reason, is_new=False)
                continue
            notice = delayed_notice(report.titles[row.language], period, row.language)
            yield self._hand_over(ledger, Parcel(key, row, notice), "")

    def send(
        self,
        ledger: Ledger,
        key: Key,
        recipient: Recipient,
        made: Report,
        because: str = "",
    ) -> Outcome:
        try:
            message = _message_for(recipient, made)
        except WithheldError as error:
            return Outcome(recipient, WITHHELD, str(error), is_new=True)
        return self._hand_over(ledger, Parcel(key, recipient, message), because)

    def _rows(
        self, ledger: Ledger, period: str, recipients: Sequence[Recipient]
    ) -> list[tuple[Recipient, Entry | None]]:
        """Each recipient with the last delivery there was."""
        histories = [(row, ledger.history(_key(row, period))) for row in recipients]
        return [(row, history[-1] if history else None) for row, history in histories]

    def _hand_over(self, ledger: Ledger, parcel: Parcel, because: str) -> Outcome:
        channel = self._channels.get(parcel.recipient.channel)
        if channel is None:
            return self._write_down(parcel)
        recipient = parcel.recipient
        if not ledger.claim(parcel.key, recipient.who, parcel.message_id, _now(), because):
            raise DeliveryError(f"{parcel.key.report_key} was claimed meanwhile; deliver again.")
        reason = receipt = ""
        state = State.SENT
        try:
            receipt = channel.send(parcel, _now())
        except NotSentError as error:
            state, reason = State.FAILED, str(error)
        except RefusedError as error:
            state, reason = State.REJECTED, str(error)
        except UnknownFateError as error:
            state, reason = State.UNKNOWN, str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may have gone out, and others wait
            state, reason = State.UNKNOWN, f"Unexpected: {type(error).__name__}: {error}"
        reason = self._delivery.redact(reason)
        ledger.finish(parcel.key, state, _now(), reason, receipt)
        return Outcome(recipient, state, reason, is_new=True)

    def _write_down(self, parcel: Parcel) -> Outcome:
        smtp = self._delivery.smtp
        outbox = self._home.exports / "outbox"
        outbox.mkdir(parents=True, exist_ok=True)
        address = plain_name(parcel.key.recipient)
        file = outbox / f"{parcel.name}-{parcel.key.channel}-{address}.eml"
        try:
            mail = build_mail(parcel, smtp.sender if smtp else _NOBODY)
        except NotSentError as error:
            return Outcome(parcel.recipient, State.FAILED, str(error), is_new=True)
        file.write_bytes(mail.as_bytes())
        return Outcome(parcel.recipient, DRY_RUN, str(file), is_new=True)


def _recipients(delivery: DeliverySettings) -> tuple[Recipient, ...]:
    if delivery.recipients is None:
        raise DeliveryError(
            "Nobody receives anything: set PERENE_RECIPIENTS to a CSV file of recipients; "
            "docs/deliveries.md has an example."
        )
    return read_recipients(delivery.recipients, tuple(REPORTS))


def _channels(delivery: DeliverySettings) -> dict[str, Channel]:
    channels: dict[str, Channel] = {"folder": FolderChannel()}
    if delivery.smtp:
        channels["email"] = EmailChannel(delivery.smtp)
    if delivery.slack:
        channels["slack"] = SlackChannel(delivery.slack)
    if delivery.s3:
        channels["s3"] = ObjectsChannel(delivery.s3)
    return channels


def _may_not_have(recipient: Recipient) -> bool:
    """Whether all of the report names customers, and these may not be named here."""
    return REPORTS[recipient.what].is_personal and not recipient.may_receive_personal_data


def _message_for(recipient: Recipient, made: Report) -> Message:
    """The message as this recipient may have it."""
    if _may_not_have(recipient):
        raise WithheldError(
            f"{recipient.what} names customers; write yes under may_receive_personal_data, or "
            "remove the row."
        )
    message = made.message(
        recipient.language, with_personal_data=recipient.may_receive_personal_data
    )
    if not recipient.segment:
        return message
    if recipient.segment not in message.segments:
        raise WithheldError(
            f"{recipient.what} cannot be made for the segment {recipient.segment} alone; "
            "empty the row's segment, or remove the row."
        )
    return message.segments[recipient.segment]


def _key(recipient: Recipient, period: str) -> Key:
    parts = filter(None, (recipient.what, period, recipient.segment))
    return Key("/".join(parts), recipient.channel, recipient.identity)


def _is_of(key: Key, report: str, period: str) -> bool:
    return f"{key.report_key}/".replace("#", "/").startswith(f"{report}/{period}/")


def _is_due(entry: Entry | None) -> bool:
    return entry is None or entry.state is State.FAILED


def _newest(report: ReportKind, home: Home) -> str:
    period = report.newest_period(published_snapshot(home))
    if period is None:
        raise DeliveryError(
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


def _now() -> datetime:
    # Mails have a date, and the ledger says when; no figure depends on this clock.
    return datetime.now(UTC)
