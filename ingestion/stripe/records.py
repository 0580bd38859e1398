"""An object as rows, one that is put aside, and the Arrow tables that rows become."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

import pyarrow as pa

from ingestion.tables import Kind, RawTable

Row = tuple[object, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Rows of an Arrow table; many more at once would need fresh memory for each.
BATCH_ROWS = 10_000


class Record(NamedTuple):
    """An object as rows.

    Attributes:
        id: Its id.
        row: Its row.
        children: The rows of its nested list, if that has a table of its own.
        month: Month of its creation, as YYYY-MM; empty if it has none.
        currency: Its currency, or an empty text.
        amount: What control totals sum up.
    """

    id: str
    row: Row
    children: tuple[Row, ...]
    month: str
    currency: str
    amount: int | None

    @property
    def is_deleted(self) -> bool:
        """Whether it is a tombstone."""
        return bool(self.row[3])

    @property
    def text(self) -> bytes:
        """What tells one version from another."""
        return b"".join((_bytes(self.row), *(_bytes(child) for child in self.children)))


class Fault(NamedTuple):
    """An object that is put aside.

    Attributes:
        table: Name of the raw table it belongs to.
        record_id: Its id, or an empty text.
        stage: Where it went wrong: decode, nested or fetch.
        reason: Why.
        payload: The object as it came, as far as there is one.
    """

    table: str
    record_id: str
    stage: str
    reason: str
    payload: str


def tables(table: RawTable, rows: Sequence[Row]) -> Iterator[pa.Table]:
    """Yield rows as tables of the declared shape."""
    schema = table.arrow_schema
    for start in range(0, len(rows), BATCH_ROWS):
        columns = zip(*rows[start : start + BATCH_ROWS], strict=True)
        arrays = [
            _array(values, kind) for values, (_, kind) in zip(columns, table.columns, strict=True)
        ]
        yield pa.Table.from_arrays(arrays, schema=schema)


def micros(moment: datetime) -> int:
    """Return an instant as rows hold it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _array(values: Sequence[Any], kind: Kind) -> pa.Array:
    if kind is Kind.INSTANT:
        return pa.array(values, pa.int64()).cast(kind.arrow)
    if kind is Kind.TEXT and type(values[0]) is bytes:
        # Much faster than adding each; the cast looks whether it is UTF-8.
        ends = pa.array(accumulate(map(len, values), initial=0), pa.int32())
        buffers = [None, ends.buffers()[1], pa.py_buffer(b"".join(values))]
        return pa.Array.from_buffers(pa.binary(), len(values), buffers).cast(kind.arrow)
    return pa.array(values, kind.arrow)


def _bytes(row: Row) -> bytes:
    payload = row[-1]
    return payload if isinstance(payload, bytes) else str(payload).encode()
