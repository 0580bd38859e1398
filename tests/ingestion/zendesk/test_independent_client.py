"""An independent client of Zendesk's API finds in the helpdesk what the warehouse holds."""

import pytest
from zenpy import Zenpy

from ingestion.zendesk.tables import BY_TABLE
from tests.ingestion.sandbox.test_zendesk_server import WALKS
from tests.ingestion.zendesk.served import Served


def test_it_counts_what_the_warehouse_holds(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    served.load()
    zendesk = Zenpy(
        subdomain="127.0.0",
        domain=f"1:{served.sandbox.url.rsplit(':', 1)[1]}",
        email=served.sandbox.email,
        token=served.sandbox.api_token,
        ratelimit_budget=None,
    )

    for table in WALKS.keys() & BY_TABLE.keys():
        found = sorted(str(one.id) for one in WALKS[table](zendesk))
        held = served.connected.query(f"SELECT id FROM raw_zendesk.{table}")
        assert found == sorted(identity for (identity,) in held), table
        assert found, table
    assert len(WALKS.keys() & BY_TABLE.keys()) == 10
