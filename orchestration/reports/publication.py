"""What a publication says of itself, and its rows by the names of their columns."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.reports.figures import Foot


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, each by the names of its columns."""
    found = connection.execute(query, dict(values or {}))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def last_day_of(published: Mapping[str, Any]) -> date:
    """The day of the last instant before ``as_of``, in the reporting time zone."""
    last = (published["as_of"] - timedelta(microseconds=1)).replace(tzinfo=UTC)
    local: datetime = last.astimezone(ZoneInfo(str(published["time_zone"])))
    return local.date()


def foot_of(published: Mapping[str, Any], policy_version: str, currency: str) -> Foot:
    """What figures in a currency that are read from this publication rest on."""
    return Foot(
        policy=str(published["policy"]),
        policy_version=policy_version,
        currency=currency,
        time_zone=str(published["time_zone"]),
        as_of=published["as_of"],
        run_id=str(published["run_id"]),
        version=str(published["version"]),
    )
