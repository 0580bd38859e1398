"""Whatever sources are on, everything builds, and what is absent is unknown rather than 0."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingestion import settings
from ingestion.load import ensure_raw_tables, load_source
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import make_helpdesk
from tests.ingestion.company import own_settings
from tests.warehouse import Warehouse, rebuild

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(customers=40, months=10, seed=5, support_effect=1.5)


@pytest.fixture
def build(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Builder"]:
    with ExitStack() as servers:
        yield Builder(account, tmp_path, monkeypatch, servers)


class Builder:
    """Loads some sources of one company, and builds everything with every check."""

    def __init__(
        self,
        account: Account,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        servers: ExitStack,
    ) -> None:
        self._account = account
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._servers = servers

    def __call__(self, *sources: str) -> Warehouse:
        setenv, as_of = self._monkeypatch.setenv, self._account.as_of
        for name in own_settings():
            self._monkeypatch.delenv(name)
        self._monkeypatch.setattr(settings, "ENV_FILE", self._folder / ".env")
        setenv("PERENE_HOME", str(self._folder / "home"))
        setenv("PERENE_SOURCES", ",".join(sources))
        files = self._folder / "files"
        files.mkdir()
        setenv("PERENE_FILES_PATH", str(files))
        if "stripe" in sources:
            stripe = self._servers.enter_context(StripeSandbox(self._account))
            setenv("STRIPE_BASE_URL", stripe.url)
            setenv("STRIPE_API_KEY", stripe.live_key)
            setenv("STRIPE_REQUESTS_PER_SECOND", "1000")
            self._account.truth.write_rates(files, as_of)
        elif "files" in sources:
            self._account.truth.write(files, as_of)
        if "zendesk" in sources:
            desk = self._servers.enter_context(ZendeskSandbox(make_helpdesk(self._account)))
            setenv("ZENDESK_BASE_URL", desk.url)
            setenv("ZENDESK_EMAIL", desk.email)
            setenv("ZENDESK_API_TOKEN", desk.api_token)
            setenv("ZENDESK_REQUESTS_PER_MINUTE", "100000")
        found = settings.load_settings()
        ensure_raw_tables(found)
        for source in sources:
            load_source(source, found, as_of, lambda _: None)
        built = Warehouse(found, as_of)
        rebuild(built)
        return built


def counted(built: Warehouse, query: str) -> int:
    return int(built.rows(f"select count(*) from marts.{query}")[0][0])


def test_payments_alone(build: Builder) -> None:
    built = build("stripe", "files")
    assert counted(built, "kpis_monthly where closing_mrr > 0") > 6
    assert counted(built, "customer_360 where cltv_collected > 0") > 5
    assert counted(built, "customer_360 where tickets_ever is not null") == 0
    assert counted(built, "customer_360 where support_health is not null") == 0
    assert counted(built, "fct_tickets") == 0


def test_tickets_alone(build: Builder) -> None:
    built = build("zendesk")
    assert counted(built, "fct_tickets where is_counted") > 20
    assert counted(built, "support_kpis_monthly") > 6
    assert counted(built, "fct_tickets where customer_id is not null") == 0
    listed = built.rows("select sum(tickets) from marts.unmatched_requesters")[0][0]
    assert listed == counted(built, "fct_tickets")
    assert counted(built, "kpis_monthly where closing_mrr <> 0") == 0


def test_files_with_a_helpdesk(build: Builder) -> None:
    built = build("files", "zendesk")
    assert counted(built, "kpis_monthly where closing_mrr > 0") > 6
    matched = counted(built, "fct_tickets where customer_id is not null")
    assert matched > counted(built, "fct_tickets") / 2
    assert counted(built, "customer_360 where tickets_ever > 0 and cltv_collected > 0") > 5
    assert counted(built, "customer_360 where last_human_contact_at is not null") > 5
