"""Rows on their way into raw tables: plain tuples, instants as microseconds since 1970."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pyarrow as pa

from ingestion.tables import Kind, RawTable

Row = tuple[object, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Rows of an Arrow table; many more at once would need fresh memory for each.
BATCH_ROWS = 10_000


def micros(moment: datetime) -> int:
    """Return an instant as rows hold it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    """Return an instant that a row holds."""
    return EPOCH + timedelta(microseconds=microseconds)


def tables(table: RawTable, rows: Sequence[Row]) -> Iterator[pa.Table]:
    """Yield rows as tables of the declared shape."""
    schema = table.arrow_schema
    for start in range(0, len(rows), BATCH_ROWS):
        columns = zip(*rows[start : start + BATCH_ROWS], strict=True)
        arrays = [
            _array(values, kind) for values, (_, kind) in zip(columns, table.columns, strict=True)
        ]
        yield pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Sequence[Any], kind: Kind) -> pa.Array:
    if kind is Kind.INSTANT:
        return pa.array(values, pa.int64()).cast(kind.arrow)
    if kind is Kind.TEXT and type(values[0]) is bytes:
        # Much faster than adding each. It comes of parsed JSON and so is UTF-8; DuckDB looks again.
        ends = pa.array(accumulate(map(len, values), initial=0), pa.int32())
        buffers = [None, ends.buffers()[1], pa.py_buffer(b"".join(values))]
        return pa.Array.from_buffers(kind.arrow, len(values), buffers)
    return pa.array(values, kind.arrow)
