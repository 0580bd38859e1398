"""The ledger: what was sent to whom, kept so that nobody gets a report twice.

A delivery is claimed, and the claim committed, before anything leaves the machine. What a process
that died left claimed is of unknown fate: it may have gone out. It is never sent again by itself.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ingestion.settings import Home
from orchestration.delivery.errors import DeliveryError

_TABLE = """
create table if not exists deliveries (
    report_key text not null,
    channel text not null,
    recipient text not null,
    who text not null,
    state text not null check (state in ('sending', 'sent', 'failed', 'rejected', 'unknown')),
    attempts integer not null,
    message_id text not null,
    receipt text not null,
    reason text not null,
    because text not null,
    updated_at text not null,
    primary key (report_key, channel, recipient)
) strict
"""
_COLUMNS = (
    "report_key, channel, recipient, who, state, attempts, message_id, receipt, reason, because, "
    "updated_at"
)
NOTICE = "/delayed"
_INTERRUPTED = "The process ended while it was sending."


class State(StrEnum):
    """What became of a delivery."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Key:
    """What names a delivery.

    Attributes:
        report_key: ``report/period``, or ``report/segment/period``; with ``/delayed`` for a
            notice, and with ``#2`` and so on where it was asked for again.
        channel: The channel.
        recipient: The address.
    """

    report_key: str
    channel: str
    recipient: str


@dataclass(frozen=True)
class Entry:
    """A row of the ledger.

    Attributes:
        key: What names it.
        who: The recipient's name.
        state: What became of it.
        attempts: How often it was tried.
        message_id: The id it carries, the same at every attempt.
        receipt: What the other side gave for it, such as Slack's timestamp.
        reason: Why it is in this state; never a secret.
        because: Why a person asked for it again, or decided on its fate.
        updated_at: When it came into this state, ISO 8601 in UTC.
    """

    key: Key
    who: str
    state: State
    attempts: int
    message_id: str
    receipt: str
    reason: str
    because: str
    updated_at: str


class Ledger:
    """An open ledger. Every change is committed, and on the disk, when its method returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def claim(self, key: Key, who: str, message_id: str, at: datetime, because: str = "") -> bool:
        """Claims a delivery that was never tried, or failed.

        Returns:
            Whether it may be sent now; if not, it was sent, refused, or is of unknown fate.
        """
        return self._change(
            "insert into deliveries values (?, ?, ?, ?, 'sending', 1, ?, '', '', ?, ?) "
            "on conflict (report_key, channel, recipient) do update set state = 'sending', "
            "attempts = attempts + 1, reason = '', updated_at = excluded.updated_at "
            "where state = 'failed'",
            (key.report_key, key.channel, key.recipient, who, message_id, because, _text(at)),
        )

    def finish(
        self, key: Key, state: State, at: datetime, reason: str = "", receipt: str = ""
    ) -> None:
        """Records what became of a claimed delivery."""
        self._change(
            "update deliveries set state = ?, reason = ?, receipt = ?, updated_at = ? "
            "where report_key = ? and channel = ? and recipient = ? and state = 'sending'",
            (state, reason, receipt, _text(at), key.report_key, key.channel, key.recipient),
        )

    def decide(self, key: Key, state: State, because: str, at: datetime) -> bool:
        """Records a person's decision on a delivery of unknown fate; False if it is none."""
        return self._change(
            "update deliveries set state = ?, because = ?, updated_at = ? "
            "where report_key = ? and channel = ? and recipient = ? and state = 'unknown'",
            (state, because, _text(at), key.report_key, key.channel, key.recipient),
        )

    def give_up_interrupted(self, at: datetime) -> None:
        """Marks what a dead process left claimed as of unknown fate."""
        self._change(
            "update deliveries set state = 'unknown', reason = ?, updated_at = ? "
            "where state = 'sending'",
            (_INTERRUPTED, _text(at)),
        )

    def entries(self) -> list[Entry]:
        """Everything, newest change first."""
        return self._read("order by updated_at desc, report_key, channel, recipient", ())

    def history(self, key: Key) -> list[Entry]:
        """A delivery and those that were asked for again, oldest first."""
        found = self._read(
            "where (report_key = ? or substr(report_key, 1, ?) = ?) "
            "and channel = ? and recipient = ?",
            (
                key.report_key,
                len(key.report_key) + 1,
                f"{key.report_key}#",
                key.channel,
                key.recipient,
            ),
        )
        return sorted(found, key=lambda entry: _revision(entry.key.report_key))

    def _read(self, clause: str, values: tuple[object, ...]) -> list[Entry]:
        rows = self._connection.execute(
            f"select {_COLUMNS} from deliveries {clause}",  # noqa: S608 - the clauses above
            values,
        ).fetchall()
        return [Entry(Key(*row[:3]), row[3], State(row[4]), *row[5:]) for row in rows]

    def _change(self, statement: str, values: tuple[object, ...]) -> bool:
        with self._connection:
            return self._connection.execute(statement, values).rowcount > 0


def ledger_file(home: Home) -> Path:
    """The ledger's file; it holds addresses."""
    return home.path / "deliveries.sqlite"


@contextmanager
def open_ledger(home: Home, now: datetime) -> Iterator[Ledger]:
    """Opens the ledger for one process at a time, and settles what a dead one left.

    Args:
        home: The data folder's paths.
        now: The moment that is written to what is settled.

    Raises:
        DeliveryError: Another process is delivering, or the ledger cannot be used.
    """
    with _only_one(home):
        try:
            with closing(_connect(ledger_file(home))) as connection:
                ledger = Ledger(connection)
                ledger.give_up_interrupted(now)
                yield ledger
        except sqlite3.Error as error:
            raise DeliveryError(
                f"The ledger of deliveries {ledger_file(home)} cannot be used ({error}). Free some "
                "space or restore it from a backup; without it a report might be sent twice."
            ) from error


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    """Holds a lock that a dead process gives back by itself."""
    home.path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(
        home.path / "deliveries.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DeliveryError(
                "Another process is delivering. Wait for it to end, then ask again."
            ) from error
        yield
    finally:
        os.close(descriptor)


def _connect(file: Path) -> sqlite3.Connection:
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(file)
    # A claim must outlive a loss of power, or what it guards could be sent twice.
    connection.execute("pragma synchronous = extra")
    connection.execute(_TABLE)
    return connection


def _revision(report_key: str) -> int:
    return int(report_key.rpartition("#")[2]) if "#" in report_key else 1


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
