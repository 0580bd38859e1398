"""Puts aside single objects that cannot be used, and stops a run in which there are too many."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from ingestion.errors import SourceError
from ingestion.stripe.decoding import Fault, Row, micros
from ingestion.stripe.known import Open

MOST = 50
MOST_SHARE = 0.01
# A share says nothing of a handful of objects.
FEW = 5


def require_few(faults: Iterable[Fault], counts: dict[str, int]) -> None:
    """Refuse a load in which too much of a resource had to be put aside.

    Args:
        faults: What is put aside.
        counts: Per table how many objects came.

    Raises:
        SourceError: There is too much; nothing of the load is used.
    """
    by_table = Counter(fault.table for fault in faults)
    for table, count in by_table.items():
        share = count / max(1, counts.get(table, 0) + count)
        if count > MOST or (count > FEW and share > MOST_SHARE):
            example = next(fault for fault in faults if fault.table == table)
            raise SourceError(
                f"{count:,} of {counts.get(table, 0) + count:,} {table} that Stripe gave cannot be "
                f"used (the first, {example.record_id or 'without an id'}: {example.reason}); "
                "nothing was loaded. This project may not know the account's form of them: look "
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
