"""Settings come from the environment, then `.env`, then their defaults; a bad one is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion import settings as settings_module
from ingestion.errors import SettingsError
from ingestion.settings import ECB_HISTORY, PROJECT_ROOT, load_settings, setting
from tests.ingestion.company import own_settings


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings_module, "ENV_FILE", tmp_path / ".env")
    for name in own_settings():
        monkeypatch.delenv(name)
    return tmp_path / ".env"


@pytest.mark.usefixtures("env_file")
def test_every_setting_has_a_default() -> None:
    settings = load_settings()

    assert settings.home.path == PROJECT_ROOT / "data"
    assert settings.home.warehouse == PROJECT_ROOT / "data" / "warehouse.duckdb"
    assert settings.sources == ()
    assert settings.files_path is None
    assert settings.exchange_rates_location == ECB_HISTORY
    assert settings.as_of is None
    assert (settings.currency, settings.time_zone) == ("USD", "UTC")
    assert (settings.policy, settings.languages) == ("default", ("en",))


def test_the_environment_beats_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text(
        "# a comment\nPERENE_CURRENCY=EUR\nPERENE_LANGUAGE='pt_BR, en'\n"
        "export PERENE_POLICY=strict\nPERENE_FILES_PATH=\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PERENE_CURRENCY", "BRL")
    monkeypatch.setenv("PERENE_LANGUAGE", "")

    settings = load_settings()

    assert (settings.currency, settings.policy) == ("BRL", "strict")
    assert settings.languages == ("pt_BR", "en")
    assert settings.files_path is None


def test_a_source_is_on_by_default_once_it_has_a_path_or_a_location(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("PERENE_FILES_PATH=somewhere\n", encoding="utf-8")
    assert load_settings().sources == ("files",)
    assert load_settings().files_path == PROJECT_ROOT / "somewhere"

    monkeypatch.setenv("EXCHANGE_RATES_LOCATION", "HTTPS://example.com/rates.zip")
    assert load_settings().sources == ("exchange_rates", "files")

    monkeypatch.setenv("PERENE_SOURCES", "files, files")
    assert load_settings().sources == ("files",)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2025-03-01", "UTC", datetime(2025, 3, 1, tzinfo=UTC)),
        ("2025-03-01", "America/Sao_Paulo", datetime(2025, 3, 1, 3, tzinfo=UTC)),
        ("2025-03-01T06:30:00Z", "Asia/Tokyo", datetime(2025, 3, 1, 6, 30, tzinfo=UTC)),
        ("2025-03-01T06:30:00", "Asia/Tokyo", datetime(2025, 2, 28, 21, 30, tzinfo=UTC)),
    ],
)
@pytest.mark.usefixtures("env_file")
def test_as_of_is_an_instant_or_a_local_midnight(
    monkeypatch: pytest.MonkeyPatch, text: str, zone: str, expected: datetime
) -> None:
    monkeypatch.setenv("PERENE_AS_OF", text)
    monkeypatch.setenv("PERENE_TIME_ZONE", zone)

    assert load_settings().as_of == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERENE_CURRENCY", "usd"),
        ("PERENE_CURRENCY", "DOLLAR"),
        ("PERENE_TIME_ZONE", "Mars/Olympus"),
        ("PERENE_TIME_ZONE", "Europe"),
        ("PERENE_TIME_ZONE", "../etc/passwd"),
        ("PERENE_AS_OF", "yesterday"),
        ("PERENE_AS_OF", "2025-02-30"),
        ("PERENE_POLICY", "two words"),
        ("PERENE_LANGUAGE", "de"),
        ("PERENE_LANGUAGE", "en,pt"),
        ("PERENE_LANGUAGE", ","),
        ("PERENE_SOURCES", "files,paper"),
    ],
)
@pytest.mark.usefixtures("env_file")
def test_a_setting_that_cannot_be_used_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_a_file_that_others_can_read_is_only_warned_of(
    env_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env_file.write_text("PERENE_CURRENCY=EUR\n", encoding="utf-8")
    env_file.chmod(0o644)

    assert load_settings().currency == "EUR"
    assert caplog.text.count("chmod 600 .env") == 1

    caplog.clear()
    env_file.chmod(0o600)
    load_settings()
    assert caplog.text == ""


def test_the_example_names_every_setting_and_changes_nothing(env_file: Path) -> None:
    default = load_settings()
    env_file.write_text((PROJECT_ROOT / ".env.example").read_text("utf-8"), encoding="utf-8")
    env_file.chmod(0o600)

    assert load_settings() == default
    code = "".join(
        path.read_text("utf-8") for path in sorted((PROJECT_ROOT / "ingestion").rglob("*.py"))
    )
    for line in env_file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            assert f'"{line.removesuffix("=")}"' in code
            assert setting(line.removesuffix("=")) == ""
