"""A company that loads its files: the parts every story of ingestion needs."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion.load import LoadReport, load_source
from ingestion.settings import Settings, load_settings
from ingestion.tables import dataset_name

SEEN_AT = datetime(2025, 6, 1, 6, tzinfo=UTC)

CUSTOMERS = "customer_id,name\nc1,Ada\nc2,Bo\nc3,Cy\n"
PAYMENTS = (
    "payment_id,customer_id,occurred_at,amount,currency\n"
    "p1,c1,2025-01-05,10.50,USD\n"
    "p2,c2,2025-01-31T23:30:00Z,20,USD\n"
    "p3,c1,2025-02-01,30,EUR\n"
)


@dataclass
class Company:
    """A home, a folder of files, and what the loads of them said."""

    home: Path
    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return load_settings()

    def give(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, source: str = "files", as_of: datetime = SEEN_AT) -> LoadReport:
        return load_source(source, self.settings, as_of, self.lines.append)

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql, list(parameters)).fetchall()

    def current(self, table: str, columns: str = "record_id") -> list[tuple[Any, ...]]:
        """Return the current rows of a table of the form, as a reader must find them."""
        return self.query(
            f"""
            SELECT {columns} FROM raw_files."{table}" WHERE _dlt_load_id = (
                SELECT _dlt_load_id FROM raw_files.source_files
                WHERE file_table = ? AND _dlt_load_id IN
                    (SELECT load_id FROM raw_files._dlt_loads WHERE status = 0)
                ORDER BY _dlt_load_id DESC LIMIT 1)
            ORDER BY row_number
            """,
            table,
        )

    def count(self, table: str, source: str = "files") -> int:
        """Return all rows of a raw table, current or not."""
        return int(self.query(f'SELECT count(*) FROM {dataset_name(source)}."{table}"')[0][0])


def own_settings() -> list[str]:
    """Return the names in this process's environment that would disturb a story."""
    prefixes = ("PERENE_", "FILES_", "EXCHANGE_RATES_", "STRIPE_", "ZENDESK_")
    return [name for name in os.environ if name.startswith(prefixes)]
