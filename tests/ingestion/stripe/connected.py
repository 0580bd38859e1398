"""A company whose Stripe account is a sandbox: the parts every story of the connector needs."""

import copy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from ingestion.load import LoadReport, load_source
from ingestion.sandbox.stripe.rendering import folded_entry, rendered
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.settings import load_settings
from ingestion.stripe.decoding import drop
from ingestion.stripe.tables import OBJECTS, Resource

Objects = dict[str, dict[str, Any]]


@dataclass
class Connected:
    """A home, a sandbox, and what the loads said."""

    home: Path
    sandbox: StripeSandbox
    monkeypatch: pytest.MonkeyPatch
    lines: list[str] = field(default_factory=list)

    def use(self, sandbox: StripeSandbox, key: str = "") -> None:
        """Point the settings to a sandbox."""
        self.sandbox = sandbox
        self.monkeypatch.setenv("STRIPE_BASE_URL", sandbox.url)
        self.monkeypatch.setenv("STRIPE_API_KEY", key or sandbox.live_key)

    def load(self) -> LoadReport:
        """Load as of the sandbox's present."""
        return load_source("stripe", load_settings(), self.sandbox.clock, self.lines.append)

    def load_after(self, by: timedelta) -> LoadReport:
        """Let time go by, and load."""
        self.sandbox.advance(by)
        return self.load()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def loaded(self, resource: Resource) -> Objects:
        """Return what the warehouse holds of a resource, put together again."""
        rows = self.query(
            f"SELECT id, payload, _dlt_load_id FROM (SELECT * FROM raw_stripe.{resource.table} "
            "QUALIFY row_number() OVER (PARTITION BY id ORDER BY _dlt_load_id DESC) = 1) "
            "WHERE NOT is_deleted"
        )
        found = {identity: orjson.loads(payload) for identity, payload, _ in rows}
        if resource.child:
            nested: dict[tuple[str, str], list[Any]] = {}
            for parent, load_id, payload in self.query(
                f"SELECT {resource.child.parent_column}, _dlt_load_id, payload "
                f"FROM raw_stripe.{resource.child.table} ORDER BY position"
            ):
                nested.setdefault((parent, load_id), []).append(orjson.loads(payload))
            for identity, _, load_id in rows:
                found[identity][resource.child.key] = nested.get((identity, load_id), [])
        return found

    def served(self, resource: Resource) -> Objects:
        """Return what the account has of a resource, as the connector asks for it."""
        return {
            identity: _as_asked(resource, item)
            for identity, item in self.sandbox.current(resource.kind).items()
        }

    def differences(self) -> dict[str, list[str]]:
        """Return by table the ids of what is not in the warehouse as the account has it."""
        unlike = {}
        for resource in OBJECTS:
            loaded, served = self.loaded(resource), self.served(resource)
            ids = sorted(
                one for one in loaded.keys() | served.keys() if loaded.get(one) != served.get(one)
            )
            if ids:
                unlike[resource.table] = ids
        return unlike


def _as_asked(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    whole = copy.deepcopy(item)
    asked = frozenset(resource.expand)
    entries = []
    if resource.child:
        entries = whole.pop(resource.child.key)["data"]
        entries = [folded_entry(entry, f"{resource.child.key}.data", asked) for entry in entries]
    shown: dict[str, Any] = orjson.loads(rendered(resource.kind, orjson.dumps(whole), asked))
    if resource.child:
        shown[resource.child.key] = entries
    drop(resource.kind, shown)
    return shown
