"""A company whose helpdesk is served on this machine: the parts every story needs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from ingestion.load import LoadReport, load_source
from ingestion.settings import load_settings
from ingestion.zendesk.tables import Resource

Objects = dict[str, dict[str, Any]]


@dataclass
class Connected:
    """A home, and what the loads said."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    lines: list[str] = field(default_factory=list)

    def use(self, url: str, email: str, token: str) -> None:
        """Point the settings to a helpdesk."""
        self.monkeypatch.setenv("ZENDESK_BASE_URL", url)
        self.monkeypatch.setenv("ZENDESK_EMAIL", email)
        self.monkeypatch.setenv("ZENDESK_API_TOKEN", token)

    def load(self, as_of: datetime) -> LoadReport:
        """Load as of an instant."""
        return load_source("zendesk", load_settings(), as_of, self.lines.append)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def loaded(self, resource: Resource) -> Objects:
        """Return the current objects that the warehouse holds, and that are not gone."""
        generated = "generated_at DESC NULLS LAST," if resource.table == "tickets" else ""
        rows = self.query(
            f"SELECT id, payload FROM (SELECT * FROM raw_zendesk.{resource.table} "
            f"QUALIFY row_number() OVER (PARTITION BY id ORDER BY observed_at DESC, {generated} "
            "_dlt_load_id DESC) = 1) WHERE NOT is_deleted"
        )
        return {identity: orjson.loads(payload) for identity, payload in rows}

    def count(self, table: str) -> int:
        """Return all rows of a raw table, current or not."""
        return int(self.query(f"SELECT count(*) FROM raw_zendesk.{table}")[0][0])


def days(count: float) -> timedelta:
    """Return a time of so many days."""
    return timedelta(days=count)
