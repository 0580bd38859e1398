"""What a raw table is: named, typed columns, the same in Arrow, in the loader and in DuckDB."""

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

LOAD_ID = "_dlt_load_id"
# The column of a raw table that holds what came as it came.
PAYLOAD = "payload"
DATASET_PREFIX = "raw_"


class Kind(Enum):
    """The type of a raw column."""

    TEXT = "text"
    WHOLE = "whole number"
    FLAG = "true or false"
    DAY = "day"
    INSTANT = "instant"
    DECIMAL = "decimal"
    TOTAL = "sum of decimals"

    @property
    def arrow(self) -> pa.DataType:
        """The type in the tables handed to the loader."""
        return _ARROW[self]

    @property
    def duckdb(self) -> str:
        """The type in the warehouse."""
        return _DUCKDB[self]

    @property
    def hint(self) -> dict[str, object]:
        """The type in the loader's words; a copy, because the loader writes names into it."""
        return dict(_HINT[self])


_ARROW = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.FLAG: pa.bool_(),
    Kind.DAY: pa.date32(),
    Kind.INSTANT: pa.timestamp("us", "UTC"),
    Kind.DECIMAL: pa.decimal128(28, 6),
    Kind.TOTAL: pa.decimal128(38, 6),
}
_DUCKDB = {
    Kind.TEXT: "VARCHAR",
    Kind.WHOLE: "BIGINT",
    Kind.FLAG: "BOOLEAN",
    Kind.DAY: "DATE",
    Kind.INSTANT: "TIMESTAMP WITH TIME ZONE",
    Kind.DECIMAL: "DECIMAL(28,6)",
    Kind.TOTAL: "DECIMAL(38,6)",
}
_HINT: dict[Kind, dict[str, object]] = {
    Kind.TEXT: {"data_type": "text"},
    Kind.WHOLE: {"data_type": "bigint"},
    Kind.FLAG: {"data_type": "bool"},
    Kind.DAY: {"data_type": "date"},
    Kind.INSTANT: {"data_type": "timestamp", "timezone": True},
    Kind.DECIMAL: {"data_type": "decimal", "precision": 28, "scale": 6},
    Kind.TOTAL: {"data_type": "decimal", "precision": 38, "scale": 6},
}


@dataclass(frozen=True)
class RawTable:
    """A table of a raw dataset; rows are only appended to it, each with its load's id."""

    name: str
    columns: tuple[tuple[str, Kind], ...]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The shape of the tables handed to the loader, which adds the load id itself."""
        return pa.schema([(name, kind.arrow) for name, kind in self.columns])

    @property
    def hints(self) -> dict[str, dict[str, object]]:
        """The declared columns in the loader's words."""
        return {name: kind.hint for name, kind in self.columns}

    @property
    def duckdb_columns(self) -> dict[str, str]:
        """Names and types in the warehouse, the load id included."""
        return {**{name: kind.duckdb for name, kind in self.columns}, LOAD_ID: Kind.TEXT.duckdb}


def dataset_name(source: str) -> str:
    """Return the schema of the warehouse that holds a source's raw tables."""
    return DATASET_PREFIX + source
