"""Writes tables of the files form as CSV."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path


def attributes(columns: Sequence[str], records: Iterable[object]) -> Iterable[tuple[object, ...]]:
    """Return each record's attributes of these names."""
    return (tuple(getattr(record, column) for column in columns) for record in records)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    """Write a file with a head; the same rows give the same bytes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in rows)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)
