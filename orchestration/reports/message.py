"""A message to people: what every channel sends, made by a report that knows none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Message:
    """A report in one language, as a mail and as a chat message.

    Attributes:
        subject: One line; holds the headline figure.
        text: The whole message as plain text: a mail's alternative, a chat's fallback.
        html: The whole message as a page for mail programs; names its pictures by ``cid:<id>``.
        images: PNG pictures by content id, without angle brackets.
        attachments: Files that go with it.
        blocks: The same as blocks of Slack's Block Kit, for chats.
    """

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes] = field(default_factory=dict)
    attachments: tuple[Path, ...] = ()
    blocks: Sequence[Mapping[str, Any]] = ()
