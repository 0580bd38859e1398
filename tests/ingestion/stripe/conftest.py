from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion import api, settings
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.stripe import sweeps
from tests.ingestion.company import own_settings
from tests.ingestion.stripe.connected import Connected


@pytest.fixture(scope="session")
def account() -> Account:
    return make_account(customers=60, months=6, seed=3, days_ahead=60)


@pytest.fixture
def connected(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connected]:
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setattr(api, "FIRST_WAIT_SECONDS", 0.001)
    # Small accounts are compared whole with every load, which would hide what is missed.
    monkeypatch.setattr(sweeps, "SMALL_ROWS", -1)
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STRIPE_REQUESTS_PER_SECOND", "10000")
    with StripeSandbox(account) as sandbox:
        company = Connected(tmp_path / "home", sandbox, monkeypatch)
        company.use(sandbox)
        yield company
