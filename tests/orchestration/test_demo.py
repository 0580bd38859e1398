"""The demo's company is served while it lasts, and lives in a folder of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import urllib3

from orchestration.demo import sandbox_company


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The real home; what the demo sets in the environment ends with the test."""
    before = dict(os.environ)
    os.environ["PERENE_HOME"] = str(tmp_path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


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


def test_what_another_company_left_in_the_demos_folder_goes(home: Path) -> None:
    (home / "demo").mkdir()
    duckdb.connect(str(home / "demo" / "warehouse.duckdb")).close()
    (home / "mine.txt").write_text("stays", encoding="utf-8")

    with sandbox_company() as settings:
        assert not settings.home.warehouse.exists()
        (settings.home.path / "kept.txt").write_text("of this company", encoding="utf-8")
    os.environ["PERENE_HOME"] = str(home)
    with sandbox_company() as settings:
        assert (settings.home.path / "kept.txt").exists()

    assert (home / "mine.txt").exists()
