"""The source `exchange_rates`: adds the reference rates that are new or were corrected."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.exchange_rates.reading import BASE, ReferenceRate, read_rates
from ingestion.exchange_rates.tables import REFERENCE_RATES, TABLES
from ingestion.loading import Extraction, Request
from ingestion.tables import LOAD_ID, dataset_name

__all__ = ["TABLES", "extract", "newest_fact", "prune"]

SETTING = "EXCHANGE_RATES_LOCATION"


@contextmanager
def extract(request: Request) -> Iterator[Extraction]:
    """Read the published file and keep what the warehouse does not have yet.

    Rates of days after the run's instant are left for a later run.

    Raises:
        SourceError: The file cannot be fetched or read, or is not in the published form.
    """
    location = request.settings.exchange_rates_location
    last_day = request.as_of.astimezone(ZoneInfo(request.settings.time_zone)).date()
    content, where = _content(location, request)
    rates = [rate for rate in read_rates(content, where) if rate.rate_date <= last_day]
    known = _known(request)
    new = [rate for rate in rates if known.get((rate.quote, rate.rate_date)) != rate.rate]
    batches = [(REFERENCE_RATES.name, _table(new, request.as_of))] if new else []
    yield Extraction(batches, {"unchanged_rates": len(rates) - len(new)})


def prune(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Delete rates that a later load corrected."""
    table = f'"{dataset}"."{REFERENCE_RATES.name}"'
    connection.execute(
        f"DELETE FROM {table} AS old USING {table} AS new "  # noqa: S608
        f'WHERE old.record_id = new.record_id AND old."{LOAD_ID}" < new."{LOAD_ID}"'
    )


def newest_fact(
    connection: duckdb.DuckDBPyConnection, dataset: str, as_of: datetime
) -> datetime | None:
    """Return the first instant (UTC) of the last day with a rate."""
    row = connection.execute(
        f'SELECT max(rate_date) FROM "{dataset}"."{REFERENCE_RATES.name}" '  # noqa: S608
        "WHERE rate_date <= ?",
        [as_of.date()],
    ).fetchone()
    day: date | None = row[0] if row else None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _content(location: str, request: Request) -> tuple[bytes, str]:
    """Return the file's bytes and what to call it."""
    if "://" in location:
        # Imported late: it brings the loader in, which costs half a second.
        from ingestion.http import fetch, shown

        request.progress(f"exchange_rates: fetching {shown(location)}")
        return fetch(location, SETTING), shown(location)
    path = Path(location)
    request.progress(f"exchange_rates: reading {path.name}")
    try:
        return path.read_bytes(), location
    except OSError as error:
        raise SourceError(
            f"{location} cannot be read ({error.strerror}); set {SETTING} to the path or address "
            "of the European Central Bank's eurofxref-hist.zip."
        ) from error


def _known(request: Request) -> dict[tuple[str, date], Decimal]:
    with request.connect() as connection:
        rows = connection.execute(
            "SELECT quote, rate_date, rate "  # noqa: S608
            f'FROM "{dataset_name("exchange_rates")}"."{REFERENCE_RATES.name}"'
        ).fetchall()
    return {(quote, day): rate for quote, day, rate in rows}


def _table(rates: list[ReferenceRate], observed_at: datetime) -> pa.Table:
    schema = REFERENCE_RATES.arrow_schema
    six_places = Decimal("0.000001")
    columns = {
        "record_id": [f"{BASE}|{rate.quote}|{rate.rate_date}" for rate in rates],
        "rate_date": [rate.rate_date for rate in rates],
        "base": [BASE] * len(rates),
        "quote": [rate.quote for rate in rates],
        "rate": [rate.rate.quantize(six_places) for rate in rates],
        "observed_at": [observed_at] * len(rates),
        "payload": [
            json.dumps({"Date": str(rate.rate_date), rate.quote: rate.given}) for rate in rates
        ],
    }
    return pa.Table.from_pydict(columns, schema=schema)
