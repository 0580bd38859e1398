"""Gathers what one load brings: each object once, only what differs, counted as it came."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from ingestion.loading import Extraction
from ingestion.stripe.decoding import Decoded, Decoder, Fault, Record, Row, micros, tables
from ingestion.stripe.known import Known, Version
from ingestion.stripe.quarantine import rows_of_quarantine
from ingestion.stripe.tables import (
    BY_TABLE,
    CONTROL_TOTALS,
    QUARANTINE,
    SCHEMA_DRIFT,
    WINDOWS,
    Resource,
)

EVENTS_WINDOW = "events"
BACKFILL_WINDOW = "backfill"
SWEEP_WINDOW = "sweep"


@dataclass
class Gathering:
    """What one load brings.

    Attributes:
        decoder: Makes rows of objects.
        observed_at: When all of it was seen.
        records: Per table and id the object; what is added later replaces what was before.
        faults: What is put aside.
        replayed: What had been put aside and is right now.
        windows: What was read whole.
        keeps_same: Whether an object is kept that is as the warehouse has it.
    """

    decoder: Decoder
    observed_at: datetime
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    replayed: list[Fault] = field(default_factory=list)
    windows: list[Row] = field(default_factory=list)
    keeps_same: bool = False

    def add(self, decoded: Decoded) -> None:
        """Add decoded objects."""
        self.put(decoded.resource, decoded.records)
        self.faults.extend(decoded.faults)

    def put(self, resource: Resource, records: Iterable[Record]) -> None:
        """Add objects."""
        self.records.setdefault(resource.table, {}).update(
            (record.id, record) for record in records
        )

    def window(self, table: str, kind: str, begin: datetime, end: datetime, rows: int) -> None:
        """Note that a window was read whole."""
        self.windows.append(
            (table, kind, micros(begin), micros(end), micros(self.observed_at), rows)
        )

    def count(self) -> int:
        """Return how many objects there are."""
        return sum(map(len, self.records.values()))

    def extraction(
        self, known: Known, details: dict[str, str | int], *, has_more: bool
    ) -> Extraction:
        """Return it as the loader takes it, without what the warehouse has already."""
        batches: dict[str, list[pa.Table]] = {}
        totals: Counter[tuple[str, str, str]] = Counter()
        sums: Counter[tuple[str, str, str]] = Counter()
        for table, records in self.records.items():
            resource = BY_TABLE[table]
            versions = known.versions(resource, records)
            new = [
                record
                for record in records.values()
                if self.keeps_same or _differs(record, versions.get(record.id))
            ]
            if not new:
                continue
            _count(table, new, versions, totals, sums)
            batches[table] = list(tables(resource.raw_table, [record.row for record in new]))
            if resource.child_table:
                children = [child for record in new for child in record.children]
                if children:
                    batches[resource.child_table.name] = list(
                        tables(resource.child_table, children)
                    )
        quarantined = rows_of_quarantine(
            self.faults, self.replayed, known.open_quarantine(), self.observed_at
        )
        counted: list[Row] = [
            (*key, totals[key], Decimal(sums[key]))
            for key in sorted(totals)
            if totals[key] or sums[key]
        ]
        on_record = known.drift()
        drifted: list[Row] = [
            (*key, seen_type, micros(self.observed_at))
            for key, seen_type in sorted(self.decoder.drift.items())
            if key not in on_record
        ]
        for declared, rows in (
            (WINDOWS, self.windows),
            (QUARANTINE, quarantined),
            (SCHEMA_DRIFT, drifted),
            (CONTROL_TOTALS, counted),
        ):
            if rows:
                batches[declared.name] = list(tables(declared, rows))
        details["quarantined"] = sum(row[-1] == "open" for row in quarantined)
        return Extraction(batches, details, has_more)


def _differs(record: Record, version: Version | None) -> bool:
    if version is None:
        return True
    if record.is_deleted or version.is_deleted:
        return record.is_deleted is not version.is_deleted
    digest = hashlib.md5(record.text, usedforsecurity=False).hexdigest()
    return digest != version.digest


def _count(
    table: str,
    records: Iterable[Record],
    versions: dict[str, Version],
    totals: Counter[tuple[str, str, str]],
    sums: Counter[tuple[str, str, str]],
) -> None:
    for record in records:
        before = versions.get(record.id)
        if before and not before.is_deleted:
            key = (table, before.month, before.currency)
            totals[key] -= 1
            sums[key] -= before.amount or 0
        if not record.is_deleted:
            key = (table, record.month, record.currency)
            totals[key] += 1
            sums[key] += record.amount or 0
