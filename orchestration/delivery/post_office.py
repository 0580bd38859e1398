"""Hands reports to the channels: to whom what may go, each once, with a record of its fate."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from itertools import groupby

from ingestion.settings import Settings
from orchestration.delivery.channels.email import EmailChannel, build_mail
from orchestration.delivery.channels.folder import FolderChannel
from orchestration.delivery.channels.objects import ObjectsChannel
from orchestration.delivery.channels.parcel import Channel, Parcel, plain_name
from orchestration.delivery.channels.slack import SlackChannel, build_post
from orchestration.delivery.errors import (
    DeliveryError,
    NotSentError,
    RefusedError,
    UnknownFateError,
)
from orchestration.delivery.ledger import NOTICE, Entry, Key, Ledger, State
from orchestration.delivery.recipients import Recipient, read_recipients
from orchestration.delivery.reports import REPORTS, Deliverable, ReportKind
from orchestration.delivery.settings import DeliverySettings
from orchestration.errors import ReportError
from orchestration.reports.notice import delayed_notice
from orchestration.reports.segment import Segment

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


class PostOffice:
    """One round of deliveries: the recipients, and the channels that are configured.

    Args:
        settings: The data folder.
        delivery: The settings of the channels.
        dry_run: Write mails to exports/outbox/ and send nothing.
    """

    def __init__(self, settings: Settings, delivery: DeliverySettings, dry_run: bool) -> None:
        self._home = settings.home
        self._delivery = delivery
        self._channels: Mapping[str, Channel] = {} if dry_run else _channels(delivery)

    def recipients(self, report: str) -> list[Recipient]:
        """Those who receive a report, in the file's order."""
        return [row for row in all_recipients(self._delivery) if row.what == report]

    def send_report(
        self, ledger: Ledger, report: ReportKind, period: str, recipients: Sequence[Recipient]
    ) -> Iterator[Outcome]:
        """Sends a report to those who have not got it: once made for each segment."""
        by_segment = sorted(recipients, key=lambda row: row.segment)
        for text, rows in groupby(by_segment, key=lambda row: row.segment):
            yield from self._send_segment(ledger, report, period, text, list(rows))

    def tell_delay(
        self, ledger: Ledger, report: ReportKind, period: str, recipients: Sequence[Recipient]
    ) -> Iterator[Outcome]:
        """Tells those who await a report, once, that it is delayed."""
        for row, entry in self._with_history(ledger, period, recipients):
            if not _is_due(entry) or _may_not_have(row):
                continue
            key = key_of(row, period, NOTICE)
            told = ledger.history(key)
            if told and not _is_due(told[-1]):
                yield Outcome(row, told[-1].state, told[-1].reason, is_new=False)
                continue
            notice = delayed_notice(report.name, period, Segment.parse(row.segment), row.language)
            yield self._hand_over(ledger, Parcel(key, row, notice))

    def send(
        self,
        ledger: Ledger,
        key: Key,
        recipient: Recipient,
        made: Deliverable,
        because: str = "",
    ) -> Outcome:
        """Sends a report to one recipient, as that one may have it."""
        if _may_not_have(recipient):
            reason = (
                f"{recipient.what} names customers; write yes under may_receive_personal_data, or "
                "remove the row."
            )
            return Outcome(recipient, WITHHELD, reason, is_new=True)
        message = made.message(
            recipient.language,
            with_personal_data=recipient.may_receive_personal_data,
            with_files=recipient.attachments,
        )
        return self._hand_over(ledger, Parcel(key, recipient, message), because)

    def _send_segment(
        self,
        ledger: Ledger,
        report: ReportKind,
        period: str,
        segment: str,
        recipients: Sequence[Recipient],
    ) -> Iterator[Outcome]:
        rows = self._with_history(ledger, period, recipients)
        languages = sorted({row.language for row, entry in rows if _is_due(entry)})
        made, why_not = None, ""
        if languages:  # made only if somebody is to have it
            try:
                made = report.make(self._home, period, languages, Segment.parse(segment))
            except ReportError as error:
                if not segment:
                    raise
                why_not = str(error)
        for row, entry in rows:
            if not _is_due(entry) and entry is not None:
                yield Outcome(row, entry.state, entry.reason, is_new=False)
            elif made is None:
                yield Outcome(row, WITHHELD, why_not, is_new=True)
            else:
                yield self.send(ledger, entry.key if entry else key_of(row, period), row, made)

    def _with_history(
        self, ledger: Ledger, period: str, recipients: Sequence[Recipient]
    ) -> list[tuple[Recipient, Entry | None]]:
        """Each recipient with the last delivery there was."""
        histories = [(row, ledger.history(key_of(row, period))) for row in recipients]
        return [(row, history[-1] if history else None) for row, history in histories]

    def _hand_over(self, ledger: Ledger, parcel: Parcel, because: str = "") -> Outcome:
        channel = self._channels.get(parcel.recipient.channel)
        if channel is None:
            return self._write_down(parcel)
        recipient = parcel.recipient
        if not ledger.claim(parcel.key, recipient.who, parcel.message_id, now(), because):
            raise DeliveryError(f"{parcel.key.report_key} was claimed meanwhile; deliver again.")
        reason = receipt = ""
        state = State.SENT
        try:
            receipt = channel.send(parcel, now())
        except NotSentError as error:
            state, reason = State.FAILED, str(error)
        except RefusedError as error:
            state, reason = State.REJECTED, str(error)
        except UnknownFateError as error:
            state, reason = State.UNKNOWN, str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may have gone out, and others wait
            state, reason = State.UNKNOWN, f"Unexpected: {type(error).__name__}: {error}"
        reason = self._delivery.redact(reason)
        ledger.finish(parcel.key, state, now(), reason, receipt)
        return Outcome(recipient, state, reason, is_new=True)

    def _write_down(self, parcel: Parcel) -> Outcome:
        outbox = self._home.exports / "outbox"
        outbox.mkdir(parents=True, exist_ok=True)
        channel = parcel.key.channel
        name = f"{parcel.name}-{channel}-{plain_name(parcel.key.recipient)}"
        if channel == "slack":
            file = outbox / f"{name}.json"
            post = json.dumps(build_post(parcel), ensure_ascii=False, indent=2)
            file.write_text(post, encoding="utf-8")
            return Outcome(parcel.recipient, DRY_RUN, str(file), is_new=True)
        smtp = self._delivery.smtp
        file = outbox / f"{name}.eml"
        try:
            mail = build_mail(parcel, smtp.sender if smtp else _NOBODY)
        except NotSentError as error:
            return Outcome(parcel.recipient, State.FAILED, str(error), is_new=True)
        file.write_bytes(mail.as_bytes())
        return Outcome(parcel.recipient, DRY_RUN, str(file), is_new=True)


def all_recipients(delivery: DeliverySettings) -> tuple[Recipient, ...]:
    """The whole file of recipients.

    Raises:
        DeliveryError: There is none.
        RecipientsError: It holds faults.
    """
    if delivery.recipients is None:
        raise DeliveryError(
            "Nobody receives anything: set PERENE_RECIPIENTS to a CSV file of recipients; "
            "docs/deliveries.md has an example."
        )
    return read_recipients(
        delivery.recipients, {kind.name: kind.segments for kind in REPORTS.values()}
    )


def key_of(recipient: Recipient, period: str, ending: str = "") -> Key:
    """What names the delivery of a report's period to a recipient."""
    report_key = report_key_of(recipient.what, recipient.segment, period)
    return Key(f"{report_key}{ending}", recipient.channel, recipient.identity)


def report_key_of(report: str, segment: str, period: str) -> str:
    """What names a report's period in the ledger, without what follows for notices and again."""
    return "/".join(filter(None, (report, segment, period)))


def now() -> datetime:
    """The moment. Mails have a date, and the ledger says when; no figure depends on this clock."""
    return datetime.now(UTC)


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


def _is_due(entry: Entry | None) -> bool:
    return entry is None or entry.state is State.FAILED
