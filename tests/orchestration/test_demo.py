"""The demo's company is served while it lasts, and lives in a folder of its own."""

import os
from pathlib import Path

import duckdb
import pytest
import urllib3

from ingestion.settings import setting
from orchestration.demo import sandbox_company


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real home."""
    monkeypatch.setenv("PERENE_HOME", str(tmp_path))
    return tmp_path


def test_the_company_answers_until_the_demo_ends(home: Path) -> None:
    with sandbox_company() as settings:
        assert settings.home.path == home / "demo"
        assert settings.sources == ("stripe", "zendesk", "files")
        address = f"{os.environ['STRIPE_BASE_URL']}/v1/customers"
        key = {"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"}
        assert urllib3.request("GET", address, headers=key).status == 200
        desk = f"{os.environ['ZENDESK_BASE_URL']}/api/v2/users/me.json"
        name = f"{os.environ['ZENDESK_EMAIL']}/token:{os.environ['ZENDESK_API_TOKEN']}"
        for headers in (
            urllib3.make_headers(basic_auth=name),
            {"Authorization": f"Bearer {os.environ['ZENDESK_OAUTH_TOKEN']}"},
        ):
            admin = urllib3.request("GET", desk, headers=headers).json()["user"]
            assert admin["role"] == "admin"
        files = {file.name for file in Path(os.environ["PERENE_FILES_PATH"]).iterdir()}
        assert files == {"usage.csv", "exchange_rates.csv"}
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", address, headers=key, retries=False)


def test_nothing_made_up_goes_where_the_real_figures_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = home / ".env"
    env.write_text("PERENE_PUBLISH_POSTGRES=postgresql://localhost/real\nPERENE_CURRENCY=EUR\n")
    env.chmod(0o600)
    monkeypatch.setattr("ingestion.settings.ENV_FILE", env)
    monkeypatch.setenv("PERENE_RECIPIENTS", "real.csv")
    monkeypatch.setenv("ZENDESK_SUBDOMAIN", "real")
    with sandbox_company() as settings:
        assert settings.currency == "USD"
        for name in ("PERENE_PUBLISH_POSTGRES", "PERENE_RECIPIENTS", "ZENDESK_SUBDOMAIN"):
            assert setting(name) == ""
    assert setting("PERENE_PUBLISH_POSTGRES") == "postgresql://localhost/real"
    assert setting("PERENE_RECIPIENTS") == "real.csv"


def test_what_another_company_left_in_the_demos_folder_goes(home: Path) -> None:
    (home / "demo").mkdir()
    duckdb.connect(str(home / "demo" / "warehouse.duckdb")).close()
    (home / "mine.txt").write_text("stays", encoding="utf-8")

    with sandbox_company() as settings:
        assert not settings.home.warehouse.exists()
        (settings.home.path / "kept.txt").write_text("of this company", encoding="utf-8")
    with sandbox_company() as settings:
        assert (settings.home.path / "kept.txt").exists()

    assert (home / "mine.txt").exists()
