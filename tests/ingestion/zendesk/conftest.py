from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion import api, settings
from ingestion.sandbox.stripe.world import make_account
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import Helpdesk, make_helpdesk
from tests.ingestion.company import own_settings
from tests.ingestion.zendesk.connected import Connected
from tests.ingestion.zendesk.served import Served
from tests.ingestion.zendesk.small import EMAIL, TOKEN, SmallDesk, serving


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connected:
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setattr(api, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZENDESK_REQUESTS_PER_MINUTE", "100000")
    return Connected(tmp_path / "home", monkeypatch)


@pytest.fixture
def desk(connected: Connected) -> Iterator[SmallDesk]:
    with serving(SmallDesk()) as one:
        connected.use(one.url, EMAIL, TOKEN)
        yield one


@pytest.fixture(scope="session")
def helpdesk() -> Helpdesk:
    return make_helpdesk(make_account(customers=60, months=6, seed=3, days_ahead=60))


@pytest.fixture(scope="session")
def busy() -> Helpdesk:
    """Return a helpdesk into which 1,200 tickets and organizations were imported at once."""
    return make_helpdesk(make_account(customers=20, months=3, seed=4), burst=1_200)


@pytest.fixture
def served(connected: Connected, helpdesk: Helpdesk) -> Iterator[Served]:
    with ZendeskSandbox(helpdesk) as sandbox:
        connected.use(sandbox.url, sandbox.email, sandbox.api_token)
        yield Served(helpdesk, sandbox, connected)
