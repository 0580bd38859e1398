"""A Stripe account's numbers are those of what really happened, however it was read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import load_settings
from ingestion.stripe.tables import RESOURCES
from tests.comparison import differences
from tests.oracle.numbers import compute_numbers
from tests.warehouse import Warehouse, rebuild

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("seed", "days"), [(7, 0), (11, 1), (5, 12)])
def test_every_month_is_what_really_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, days: int
) -> None:
    """Three years of them, though events reach back thirty days; read today, or day by day."""
    account = make_account(customers=150, months=36, seed=seed)
    files, truth = tmp_path / "files", tmp_path / "truth"
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PERENE_SOURCES", "stripe,files")
    monkeypatch.setenv("PERENE_FILES_PATH", str(files))
    monkeypatch.setenv("STRIPE_REQUESTS_PER_SECOND", "1000")
    with StripeSandbox(account) as sandbox:
        monkeypatch.setenv("STRIPE_BASE_URL", sandbox.url)
        monkeypatch.setenv("STRIPE_API_KEY", sandbox.live_key)
        settings = load_settings()
        ensure_raw_tables(settings)
        load_source("stripe", settings, sandbox.clock, lambda _: None)
        for _ in range(days):
            sandbox.advance(timedelta(days=1))
            load_source("stripe", settings, sandbox.clock, lambda _: None)
        as_of = sandbox.clock
        counted = counted_by_the_official_client(sandbox)
    files.mkdir()
    account.truth.write_rates(files, as_of)
    load_source("files", settings, as_of, lambda _: None)
    warehouse = Warehouse(settings, as_of)
    rebuild(warehouse)
    account.truth.write(truth, as_of)
    numbers = compute_numbers(truth, as_of, "USD", "UTC")

    assert len(numbers.kpis) >= 36
    assert differences(warehouse, numbers) == []
    assert counted == {table: held(warehouse, table) for table in counted}


def counted_by_the_official_client(sandbox: StripeSandbox) -> dict[str, int]:
    """How many objects of each list the client pages through."""
    client: Any = stripe.StripeClient(sandbox.live_key, base_addresses={"api": sandbox.url})
    counted = {}
    for resource in RESOURCES:
        if resource.table == "events":
            continue  # raw keeps those that Stripe has forgotten
        listed = getattr(client.v1, resource.table).list({"limit": 100, **dict(resource.query)})
        counted[resource.table] = sum(1 for _ in listed.auto_paging_iter())
    return counted


def held(warehouse: Warehouse, table: str) -> int:
    """How many objects raw holds, in their current version."""
    rows = warehouse.rows(
        f"SELECT count(*) FROM (SELECT * FROM raw_stripe.{table} QUALIFY row_number() OVER "
        "(PARTITION BY id ORDER BY _dlt_load_id DESC) = 1) WHERE NOT is_deleted"
    )
    return int(rows[0][0])
