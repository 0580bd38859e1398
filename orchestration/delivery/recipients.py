"""Who gets which report, how, and in which language: one CSV file that people keep.

The file is checked as a whole, and refused with every fault at once, each with its line.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ingestion.settings import LANGUAGES
from orchestration.delivery.errors import RecipientsError

CHANNELS = ("folder", "email", "slack", "s3")
COLUMNS = (
    "who",
    "what",
    "language",
    "channel",
    "address",
    "segment",
    "may_receive_personal_data",
    "attachments",
)

_YES_OR_NO = {"yes": True, "no": False}
# Only what every mail server takes: no quoted names, no address literals, ASCII throughout.
_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
_ADDRESSES = {
    "folder": (r"(/|[A-Za-z]:\\).*", "the absolute path of a folder"),
    "email": (_EMAIL, "one e-mail address such as ana@company.example"),
    "slack": (r"[CDGU][A-Z0-9]{4,}|#[^\s#]+", "the id of a channel such as C0123456789"),
    "s3": (
        r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*",
        "a prefix below PERENE_S3_URL such as finance/reports",
    ),
}


@dataclass(frozen=True)
class Recipient:
    """One row of the file: one report for one address.

    Attributes:
        who: A person's or a team's name.
        what: The report's name.
        language: Such as ``pt_BR``.
        channel: One of CHANNELS.
        address: Where it goes, as the channel understands it.
        segment: ``kind=value`` for a report of one segment only, else empty.
        may_receive_personal_data: Customers' names may be sent there.
        attachments: The report's files go with it.
    """

    who: str
    what: str
    language: str
    channel: str
    address: str
    segment: str
    may_receive_personal_data: bool
    attachments: bool

    @property
    def identity(self) -> str:
        """The address as the ledger keeps it: a mail address in another case is the same."""
        return self.address.lower() if self.channel == "email" else self.address


def read_recipients(file: Path, reports: Mapping[str, Sequence[str]]) -> tuple[Recipient, ...]:
    """Reads and checks the file of recipients.

    Args:
        file: A CSV file in UTF-8 with a header line; its columns are COLUMNS.
        reports: The reports there are, each with the kinds of segments that it can be of.

    Returns:
        The recipients in the file's order.

    Raises:
        RecipientsError: The file cannot be read, or holds faults; the message has all of them.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipientsError(
            f"The file of recipients {file} cannot be read ({type(error).__name__}). Point "
            "PERENE_RECIPIENTS at a CSV file in UTF-8; docs/deliveries.md has an example."
        ) from error
    faults: list[str] = []
    lines: dict[tuple[str, ...], int] = {}
    recipients: list[Recipient] = []
    for line, row in _rows(text, faults):
        found = list(_faults(row, reports))
        faults += [f"line {line}: {fault}" for fault in found]
        if found:
            continue
        recipient = _recipient(row)
        same = (recipient.what, recipient.segment, recipient.channel, recipient.identity)
        if same in lines:
            faults.append(
                f"line {line}: {recipient.address!r} gets {recipient.what} by line {lines[same]} "
                "already; keep one of the two"
            )
        lines.setdefault(same, line)
        recipients.append(recipient)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise RecipientsError(
            f"The file of recipients {file} is refused for {count}; nothing was sent.\n"
            + "\n".join(faults)
        )
    return tuple(recipients)


def _rows(text: str, faults: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The data rows with the line on which each starts; puts faults of the form aside."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            faults.append(f"line 1: the columns must be {','.join(COLUMNS)}, each once")
            return
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))
            elif cells:
                faults.append(f"line {line}: has {len(cells)} cells, not {len(header)}")
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(f"line {line}: is not CSV ({error})")


def _faults(row: dict[str, str], reports: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for column, value in row.items():
        if not value.isprintable():
            yield f"{column} holds a line break or another control character; write one plain line"
    if not row["who"]:
        yield "who is empty; write a name"
    for column, known in (("what", tuple(reports)), ("language", LANGUAGES), ("channel", CHANNELS)):
        if row[column] not in known:
            yield f"{column} is {row[column]!r}; write one of {', '.join(known)}"
    pattern, meaning = _ADDRESSES.get(row["channel"], (".+", "an address"))
    if not re.fullmatch(pattern, row["address"], re.ASCII if row["channel"] != "folder" else 0):
        yield f"address is {row['address']!r}; write {meaning}"
    yield from _segment_faults(row["segment"], reports.get(row["what"]))
    for column in ("may_receive_personal_data", "attachments"):
        if row[column] not in _YES_OR_NO:
            yield f"{column} is {row[column]!r}; write yes or no"


def _segment_faults(segment: str, kinds: Sequence[str] | None) -> Iterator[str]:
    if not segment or kinds is None:
        return
    if not re.fullmatch(r"[a-z_]+=[^#/]+", segment):
        yield f"segment is {segment!r}; write kind=value such as country=PT, or leave it empty"
    elif segment.partition("=")[0] not in kinds:
        known = f"write one of the kinds {', '.join(kinds)}" if kinds else "leave it empty"
        yield f"segment is {segment!r}, which this report cannot be of; {known}"


def _recipient(row: dict[str, str]) -> Recipient:
    return Recipient(
        who=row["who"],
        what=row["what"],
        language=row["language"],
        channel=row["channel"],
        address=row["address"],
        segment=row["segment"],
        may_receive_personal_data=_YES_OR_NO[row["may_receive_personal_data"]],
        attachments=_YES_OR_NO[row["attachments"]],
    )
