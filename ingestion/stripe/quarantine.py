"""Puts aside single objects that cannot be used, and stops a run in which there are too many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from ingestion.errors import SourceError
from ingestion.stripe.decoding import Fault, Row, micros
from ingestion.stripe.known import Open

MOST = 50
MOST_SHARE = 0.01
# A share says nothing of a handful of objects.
FEW = 5


def require_few(
    faults: Sequence[Fault],
    counts: Mapping[str, int],
    aside: Sequence[Open] = (),
    counts_before: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Refuse a load with which too much of a resource would have been put aside.

    Args:
        faults: What is put aside.
        counts: Per table how many objects came.
        aside: What earlier loads of the same reading put aside.
        counts_before: Per table how many objects they brought.

    Raises:
        SourceError: There is too much; nothing of the load is used.
    """
    everything: list[Open | Fault] = [*aside, *faults]
    distinct = {(one.table, one.record_id or one.payload) for one in everything}
    by_table = Counter(table for table, _ in distinct)
    for table in dict.fromkeys(fault.table for fault in faults):
        count = by_table[table]
        total = counts.get(table, 0) + counts_before.get(table, 0) + count
        if count > MOST or (count > FEW and count / total > MOST_SHARE):
            example = next(fault for fault in faults if fault.table == table)
            when, more = (
                (" since the account is being read", "more ") if counts_before else ("", "")
            )
            raise SourceError(
                f"{count:,} of {total:,} {table} that Stripe gave{when} cannot be used (one, "
                f"{example.record_id or 'without an id'}: {example.reason}); nothing {more}was "
                "loaded. This project may not know the account's form of them: look "
                "for a newer version, or report it."
            )


def rows_of_quarantine(
    faults: Sequence[Fault],
    replayed: Sequence[Fault],
    opened: Sequence[Open],
    observed_at: datetime,
) -> list[Row]:
    """Return what to add to the quarantine; what lies there unchanged is not added again."""
    there = {(one.table, one.record_id, one.reason, one.payload) for one in opened}
    seen = micros(observed_at)
    rows: list[Row] = []
    for faulty, status in [
        *((one, "open") for one in faults),
        *((one, "replayed") for one in replayed),
    ]:
        key = (faulty.table, faulty.record_id, faulty.reason, faulty.payload)
        if status == "open":
            if key in there:
                continue
            there.add(key)
        rows.append(
            (
                faulty.table,
                faulty.record_id,
                faulty.stage,
                faulty.reason,
                faulty.payload,
                seen,
                status,
            )
        )
    return rows
