"""Understands the forms in which the European Central Bank publishes its reference rates."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ingestion.errors import SourceError

BASE = "EUR"
LARGEST_UNPACKED_BYTES = 100_000_000
_RATE = re.compile(r"[0-9]{1,9}([.][0-9]{1,6}0*)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_XML_CUBE = re.compile(
    r"<Cube\s+(?:time=['\"](?P<day>[^'\"]*)['\"]"
    r"|currency=['\"](?P<currency>[^'\"]*)['\"]\s+rate=['\"](?P<rate>[^'\"]*)['\"])"
)
# What the bank writes where it published no rate.
_NO_RATE = ("", "N/A")


@dataclass(frozen=True)
class ReferenceRate:
    """How many units of `quote` one euro cost on a day."""

    rate_date: date
    quote: str
    rate: Decimal
    given: str


def read_rates(content: bytes, where: str) -> list[ReferenceRate]:
    """Return the rates of a published file: the wide CSV, its ZIP, or the XML.

    Args:
        content: The file's bytes.
        where: What to call it in errors.

    Raises:
        SourceError: It is empty or not in one of the forms.
    """
    if not content.strip():
        raise _unexpected(where, "it is empty")
    if content.startswith(b"PK"):
        content = _unzipped(content, where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unexpected(where, "it is not UTF-8 text") from error
    cells = _xml_cells(text) if text.lstrip().startswith("<") else _csv_cells(text, where)
    rates = [_rate(where, *cell) for cell in cells if cell[2] not in _NO_RATE]
    if not rates:
        raise _unexpected(where, "it holds no rate")
    return rates


def _unzipped(content: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1 or members[0].file_size > LARGEST_UNPACKED_BYTES:
                raise _unexpected(where, "the ZIP holds more than one file of rates")
            return archive.read(members[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _unexpected(where, "the ZIP is broken") from error


def _csv_cells(text: str, where: str) -> Iterator[tuple[str, str, str]]:
    """Yield day, currency and rate of the wide form `Date,USD,JPY,...,` with its last comma."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip() for name in next(rows, [])]
    if header[:1] != ["Date"] or len(header) < 2:
        raise _unexpected(where, "its first line is not Date,USD,JPY,...")
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        if len(row) != len(header):
            raise _unexpected(
                where, f"row {number} has {len(row)} values where the header has {len(header)}"
            )
        for currency, rate in zip(header[1:], row[1:], strict=True):
            yield row[0].strip(), currency, rate.strip()


def _xml_cells(text: str) -> Iterator[tuple[str, str, str]]:
    day = ""
    for cube in _XML_CUBE.finditer(text):
        if cube["day"] is not None:
            day = cube["day"]
        else:
            yield day, cube["currency"], cube["rate"]


def _rate(where: str, day: str, currency: str, given: str) -> ReferenceRate:
    try:
        rate_date = date.fromisoformat(day)
    except ValueError as error:
        raise _unexpected(where, f"{day!r} is not a day") from error
    if not _CURRENCY.fullmatch(currency):
        raise _unexpected(where, f"{currency!r} is not a currency of three letters")
    rate = Decimal(given) if _RATE.fullmatch(given) else Decimal(0)
    if rate <= 0:
        raise _unexpected(where, f"the rate of {currency} on {day} is {given!r}")
    return ReferenceRate(rate_date, currency, rate, given)


def _unexpected(where: str, why: str) -> SourceError:
    return SourceError(
        f"{where} is not a file of the European Central Bank's reference rates: {why}; check "
        "EXCHANGE_RATES_LOCATION or set it to a downloaded eurofxref-hist.zip."
    )
