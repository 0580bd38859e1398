"""The source `zendesk`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from ingestion.loading import Extraction, Request
from ingestion.zendesk.tables import TABLES

__all__ = ["TABLES", "extract", "newest_fact", "prune"]


@contextmanager
def extract(request: Request) -> Iterator[Extraction]:  # noqa: ARG001
    """Read nothing yet: only the tables are declared."""
    yield Extraction({})


def prune(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Delete nothing yet."""


def newest_fact(
    connection: duckdb.DuckDBPyConnection,  # noqa: ARG001
    dataset: str,  # noqa: ARG001
    as_of: datetime,  # noqa: ARG001
) -> datetime | None:
    """Return none yet."""
    return None
