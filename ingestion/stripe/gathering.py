"""Gathers what one load brings: each object once, only what differs, counted as it came."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ingestion.bookkeeping import CONTROL_TOTALS, QUARANTINE, SCHEMA_DRIFT
from ingestion.loading import Batch
from ingestion.quarantine import OPEN, REPLAYED, Fault, rows_of_quarantine
from ingestion.rows import Row, micros, tables
from ingestion.stripe.decoding import Decoded, Decoder
from ingestion.stripe.known import Known, Version
from ingestion.stripe.records import Record
from ingestion.stripe.tables import (
    BY_TABLE,
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
        records: Per table and id the object, as far as it was not handed on yet; what is added
            later replaces what was before.
        faults: What is put aside.
        replayed: What had been put aside and is right now.
        windows: What was read whole.
        keeps_same: Whether an object is kept that is as the warehouse has it.
        is_first: Whether the warehouse has none of the objects.
        quarantined: How many are newly put aside; known once the rest was handed on.
    """

    decoder: Decoder
    observed_at: datetime
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    replayed: list[Fault] = field(default_factory=list)
    windows: list[Row] = field(default_factory=list)
    keeps_same: bool = False
    is_first: bool = False
    quarantined: int = 0
    _handed_on: dict[str, set[str]] = field(default_factory=dict)
    # By table, month and currency the number of objects and the sum of amounts that are added.
    _totals: defaultdict[tuple[str, str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add(self, decoded: Decoded) -> None:
        """Add decoded objects."""
        self.put(decoded.resource, decoded.records)
        self.faults.extend(decoded.faults)

    def put(self, resource: Resource, records: Iterable[Record]) -> None:
        """Add objects."""
        held = self.records.setdefault(resource.table, {})
        held.update({record.id: record for record in records})

    def window(self, table: str, kind: str, begin: datetime, end: datetime, rows: int) -> None:
        """Note that a window was read whole."""
        self.windows.append(
            (table, kind, micros(begin), micros(end), micros(self.observed_at), rows)
        )

    def waiting(self) -> int:
        """Return how many objects were not handed on yet."""
        return sum(map(len, self.records.values()))

    def ids(self, table: str) -> set[str]:
        """Return the ids of a table's objects that came."""
        return self._handed_on.get(table, set()) | self.records.get(table, {}).keys()

    def counts(self) -> dict[str, int]:
        """Return per table how many objects came."""
        return {table: len(self.ids(table)) for table in {*self._handed_on, *self.records}}

    def hand_on(self, known: Known) -> Iterator[Batch]:
        """Yield the objects so far without what the warehouse has already, and let go of them.

        None of them may come again in this load.
        """
        for table, records in self.records.items():
            resource = BY_TABLE[table]
            self._handed_on.setdefault(table, set()).update(records)
            versions = {} if self.is_first else known.versions(resource, records)
            new = [
                record
                for record in records.values()
                if self.keeps_same
                or record.id not in versions
                or _differs(record, versions[record.id])
            ]
            self._count(table, new, versions)
            for part in tables(resource.raw_table, [record.row for record in new]):
                yield table, part
            if resource.child_table:
                children = [child for record in new for child in record.children]
                for part in tables(resource.child_table, children):
                    yield resource.child_table.name, part
        self.records.clear()

    def rest(self, known: Known) -> Iterator[Batch]:
        """Yield the objects that are left, and what is to be noted of the whole load."""
        yield from self.hand_on(known)
        counted: list[Row] = [
            (*key, count, Decimal(amount))
            for key, (count, amount) in sorted(self._totals.items())
            if count or amount
        ]
        on_record = known.drift()
        drifted: list[Row] = [
            (*key, seen_type, micros(self.observed_at))
            for key, seen_type in sorted(self.decoder.drift.items())
            if key not in on_record
        ]
        replayed = [(one, REPLAYED) for one in self.replayed]
        aside = rows_of_quarantine(self.faults, replayed, known.open_quarantine(), self.observed_at)
        self.quarantined = sum(row[-1] == OPEN for row in aside)
        for declared, rows in (
            (WINDOWS, self.windows),
            (QUARANTINE, aside),
            (SCHEMA_DRIFT, drifted),
            (CONTROL_TOTALS, counted),
        ):
            for part in tables(declared, rows):
                yield declared.name, part

    def _count(self, table: str, records: Sequence[Record], versions: dict[str, Version]) -> None:
        replaced = (versions[record.id] for record in records if record.id in versions)
        for sign, counted in ((-1, replaced), (1, records)):
            for one in counted:
                if not one.is_deleted:
                    total = self._totals[table, one.month, one.currency]
                    total[0] += sign
                    total[1] += sign * (one.amount or 0)


def _differs(record: Record, version: Version) -> bool:
    if record.is_deleted or version.is_deleted:
        return record.is_deleted is not version.is_deleted
    digest = hashlib.md5(record.text, usedforsecurity=False).hexdigest()
    return digest != version.digest
