"""Puts aside single objects that cannot be used, and stops a run in which there are too many."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from ingestion.errors import SourceError
from ingestion.rows import Row, micros

OPEN = "open"
REPLAYED = "replayed"
GONE = "gone"
MOST = 50
MOST_SHARE = 0.01
# A share says nothing of a handful of objects.
FEW = 5


class Fault(NamedTuple):
    """An object that is put aside.

    Attributes:
        table: Name of the raw table it belongs to.
        record_id: Its id, or an empty text.
        stage: Where it went wrong: decode, nested, fetch or gap.
        reason: Why.
        payload: The object as it came, as far as there is one.
    """

    table: str
    record_id: str
    stage: str
    reason: str
    payload: str


def require_few(
    service: str,
    faults: Sequence[Fault],
    counts: Mapping[str, int],
    aside: Sequence[Fault] = (),
    counts_before: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Refuse a load with which too much of a resource would have been put aside.

    Args:
        service: Whose objects they are, for the error.
        faults: What is put aside.
        counts: Per table how many objects came.
        aside: What earlier loads of the same reading put aside.
        counts_before: Per table how many objects they brought.

    Raises:
        SourceError: There is too much; nothing of the load is used.
    """
    distinct = {(one.table, one.record_id or one.payload) for one in [*aside, *faults]}
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
                f"{count:,} of {total:,} {table} that {service} gave{when} cannot be used (one, "
                f"{example.record_id or 'without an id'}: {example.reason}); nothing {more}was "
                "loaded. This project may not know the account's form of them: look for a newer "
                "version, or report it."
            )


def rows_of_quarantine(
    faults: Iterable[Fault],
    closed: Iterable[tuple[Fault, str]],
    opened: Sequence[Fault],
    observed_at: datetime,
) -> list[Row]:
    """Return what to add to the quarantine; what lies there unchanged is not added again.

    Args:
        faults: What is put aside.
        closed: What had been put aside and is no longer, with its new status.
        opened: What lies there, open.
        observed_at: The run's instant.
    """
    there = set(opened)
    seen = micros(observed_at)
    fresh = [one for one in dict.fromkeys(faults) if one not in there]
    return [
        (one.table, one.record_id, one.stage, one.reason, one.payload, seen, status)
        for one, status in [*((one, OPEN) for one in fresh), *closed]
    ]
