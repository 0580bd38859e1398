"""What every channel is handed: one message for one recipient."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orchestration.delivery.ledger import Key
from orchestration.delivery.recipients import Recipient
from orchestration.reports.message import Message


@dataclass(frozen=True)
class Parcel:
    """One message for one recipient.

    Attributes:
        key: Its key in the ledger.
        recipient: Who gets it.
        message: What is said.
    """

    key: Key
    recipient: Recipient
    message: Message

    @property
    def message_id(self) -> str:
        """A digest of the key: a mail that is tried again is the same mail."""
        parts = "\0".join((self.key.report_key, self.key.channel, self.key.recipient))
        return hashlib.sha256(parts.encode("utf-8")).hexdigest()[:40]

    @property
    def name(self) -> str:
        """The report's key as a name of a file or folder."""
        return plain_name(self.key.report_key)


class Channel(Protocol):
    """A way to people."""

    def send(self, parcel: Parcel, sent_at: datetime) -> str:
        """Sends a parcel.

        Args:
            parcel: What goes to whom.
            sent_at: The moment, aware, UTC.

        Returns:
            What the other side gives for it; may be empty.

        Raises:
            NotSentError: It did not go out, and may go out next time.
            RefusedError: It was refused for good.
            UnknownFateError: It may have gone out.
        """
        ...


def plain_name(text: str) -> str:
    """A name any file system and object store takes: letters, digits, dots, dashes."""
    return re.sub(r"[^\w.=-]+", "-", text).strip("-.") or "unnamed"


def message_files(parcel: Parcel) -> dict[str, bytes]:
    """The message as files: text, page, the pictures it shows, and the attachments.

    Raises:
        OSError: An attachment cannot be read.
    """
    message = parcel.message
    page = message.html
    files: dict[str, bytes] = {}
    for cid, picture in message.images.items():
        file_name = f"{plain_name(cid)}.png"
        page = page.replace(f"cid:{cid}", file_name)
        files[file_name] = picture
    files.update({path.name: path.read_bytes() for path in message.attachments})
    files["message.html"] = page.encode("utf-8")
    files["message.txt"] = f"{message.subject}\n\n{message.text}\n".encode()
    return files
