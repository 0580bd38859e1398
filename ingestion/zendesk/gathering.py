"""Gathers what one load brings: each object once, only what differs, counted as it came."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from ingestion.bookkeeping import CONTROL_TOTALS, QUARANTINE, SCHEMA_DRIFT
from ingestion.loading import Extraction, each
from ingestion.quarantine import OPEN, Fault, rows_of_quarantine
from ingestion.rows import Row, micros, tables
from ingestion.zendesk.decoding import Decoded, Decoder, Record
from ingestion.zendesk.known import Known, Version
from ingestion.zendesk.tables import (
    BY_TABLE,
    WINDOWS,
    Resource,
)


@dataclass
class Gathering:
    """What one load brings.

    Attributes:
        decoder: Makes rows of objects.
        observed_at: When all of it was seen; what happened then or later is left for later loads.
        records: Per table and id the object; what is added later replaces what was before.
        faults: What is put aside.
        closed: What had been put aside and is no longer, with its new status.
        windows: What was read.
    """

    decoder: Decoder
    observed_at: datetime
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    closed: list[tuple[Fault, str]] = field(default_factory=list)
    windows: list[Row] = field(default_factory=list)

    def add(self, decoded: Decoded) -> None:
        """Add decoded objects."""
        self.put(decoded.resource, decoded.records)
        self.faults.extend(decoded.faults)

    def put(self, resource: Resource, records: Iterable[Record]) -> None:
        """Add objects."""
        self.records.setdefault(resource.table, {}).update(
            (record.id, record) for record in records
        )

    def window(
        self, table: str, kind: str, cursor: str, begin: datetime, end: datetime, rows: int
    ) -> None:
        """Note what was read of a resource, and where to go on from."""
        seen = micros(self.observed_at)
        self.windows.append((table, kind, cursor or None, micros(begin), micros(end), seen, rows))

    def count(self) -> int:
        """Return how many objects there are."""
        return sum(map(len, self.records.values()))

    def extraction(
        self, known: Known, details: dict[str, str | int], *, has_more: bool
    ) -> Extraction:
        """Return it as the loader takes it, without what the warehouse has already."""
        batches: dict[str, list[pa.Table]] = {}
        totals: Counter[tuple[str, str]] = Counter()
        for table, records in self.records.items():
            resource = BY_TABLE[table]
            versions = known.versions(resource, records)
            new = [
                record for record in records.values() if _differs(record, versions.get(record.id))
            ]
            if new:
                _count(table, new, versions, totals)
                batches[table] = list(tables(resource.raw_table, [record.row for record in new]))
        quarantined = rows_of_quarantine(
            self.faults, self.closed, known.open_quarantine(), self.observed_at
        )
        on_record = known.drift()
        drifted: list[Row] = [
            (*key, seen_type, micros(self.observed_at))
            for key, seen_type in sorted(self.decoder.drift.items())
            if key not in on_record
        ]
        counted: list[Row] = [
            (table, month, "", count, Decimal(0))
            for (table, month), count in sorted(totals.items())
            if count
        ]
        for declared, rows in (
            (WINDOWS, self.windows),
            (QUARANTINE, quarantined),
            (SCHEMA_DRIFT, drifted),
            (CONTROL_TOTALS, counted),
        ):
            if rows:
                batches[declared.name] = list(tables(declared, rows))
        details["quarantined"] = sum(row[-1] == OPEN for row in quarantined)
        return Extraction(each(batches), details, has_more)


def _differs(record: Record, version: Version | None) -> bool:
    if version is None:
        return True
    if record.is_deleted is not version.is_deleted:
        return True
    return hashlib.md5(record.payload, usedforsecurity=False).hexdigest() != version.digest


def _count(
    table: str,
    records: Iterable[Record],
    versions: dict[str, Version],
    totals: Counter[tuple[str, str]],
) -> None:
    for record in records:
        before = versions.get(record.id)
        if before and not before.is_deleted:
            totals[table, before.month] -= 1
        if not record.is_deleted:
            totals[table, record.month] += 1
