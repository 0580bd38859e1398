"""What a source and the loader say to each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import duckdb
import pyarrow as pa

from ingestion.settings import Settings
from ingestion.tables import RawTable

# Folders of this name beside the loader's hold what a source is reading just now.
WORKSHOP_PREFIX = "reading-"

Progress = Callable[[str], None]
# A raw table's name, and new rows of it.
Batch = tuple[str, pa.Table]
Connect = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


@dataclass
class Extraction:
    """What a source has to add to its raw tables.

    Attributes:
        batches: New rows, shaped as declared, of the raw tables in any order. They may be read
            while the loader walks through them, which it does once.
        details: What the report says besides rows and times; whole at the end of the batches.
        has_more: Whether the source has more to bring at once, once this is loaded; known at the
            end of the batches.
    """

    batches: Iterable[Batch]
    details: dict[str, str | int] = field(default_factory=dict)
    has_more: bool = False


@dataclass(frozen=True)
class Request:
    """What a load asks of a source.

    Attributes:
        settings: The run's settings.
        as_of: The run's instant, in UTC: when the source is seen.
        connect: Opens the warehouse, to see what earlier loads brought. What it gives must be
            closed before the extraction is handed over.
        progress: Takes lines for people.
    """

    settings: Settings
    as_of: datetime
    connect: Connect
    progress: Progress


def each(batches: Mapping[str, Iterable[pa.Table]]) -> Iterator[Batch]:
    """Yield batches that stand by their table's name, table by table."""
    for table, parts in batches.items():
        for part in parts:
            yield table, part


class SourceModule(Protocol):
    """The module `ingestion.<source>.source`."""

    TABLES: tuple[RawTable, ...]

    def extract(self, request: Request) -> AbstractContextManager[Extraction]:
        """Find what is new; whatever is held open for it closes with the context.

        Raises:
            PereneError: The source cannot be read or is not in its form. Nothing is loaded.
        """
        ...

    def prune(self, connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
        """Delete rows that newer ones replace. Only complete loads are in the tables."""
        ...

    def newest_fact(
        self, connection: duckdb.DuckDBPyConnection, dataset: str, as_of: datetime
    ) -> datetime | None:
        """Return the last instant before `as_of` of which the raw tables know something."""
        ...
