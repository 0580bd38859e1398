"""The sources as this room sees them: their tables, and how often news of them is expected."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingestion.settings import known_sources

_EXPECTED_EVERY = {
    # Reference rates are published on working days; the longest pause is Easter's.
    "exchange_rates": timedelta(days=4),
}
LOADS_TABLE = "_dlt_loads"  # the loader's own list of the loads that are complete
_EXPECTED_BY_DEFAULT = timedelta(days=2)


@dataclass(frozen=True)
class RawSource:
    """A source and its raw tables.

    Attributes:
        name: The source's name; its dataset is ``raw_<name>``.
        tables: Its raw tables.
        expected_every: How often a new fact is expected; late by half of that again is stale.
    """

    name: str
    tables: tuple[str, ...]
    expected_every: timedelta

    @property
    def newest_fact_table(self) -> str:
        """The table that stands for the source's freshness."""
        return "payments" if "payments" in self.tables else self.tables[0]

    @staticmethod
    def newest_fact(details: Mapping[str, str | int]) -> datetime | None:
        """Reads the newest fact from what a load said of itself; aware, UTC."""
        text = str(details.get("newest_fact") or "")
        return datetime.fromisoformat(text).astimezone(UTC) if text else None


def raw_sources() -> list[RawSource]:
    """The sources the project knows, in order of their names, whether they are on or off."""
    return [
        RawSource(
            name=name,
            tables=(
                *(
                    table.name
                    for table in importlib.import_module(f"ingestion.{name}.tables").TABLES
                ),
                LOADS_TABLE,
            ),
            expected_every=_EXPECTED_EVERY.get(name, _EXPECTED_BY_DEFAULT),
        )
        for name in known_sources()
    ]
