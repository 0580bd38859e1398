"""What an operator can put right is said in one sentence, and never with the key in it."""

from datetime import timedelta

import pytest

from ingestion.__main__ import main
from ingestion.errors import SettingsError, SourceError
from ingestion.load import load_source
from ingestion.sandbox.stripe.keys import EXPIRED_KEY, RESTRICTED_KEY, Key
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account
from ingestion.settings import load_settings
from ingestion.stripe import check, client, tables
from tests.ingestion.stripe.connected import Connected


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sk_live_unknownCanary", "does not know the key in STRIPE_API_KEY"),
        (EXPIRED_KEY, "has expired; make a new one"),
        (RESTRICTED_KEY, r"lacks the permission Charges: read \(rak_charge_read\)"),
    ],
)
def test_a_key_that_does_not_open_is_told(connected: Connected, key: str, message: str) -> None:
    connected.use(connected.sandbox, key)

    with pytest.raises(SourceError, match=message) as caught:
        connected.load()

    assert key not in str(caught.value)
    assert connected.query("SELECT count(*) FROM raw_stripe.customers") == [(0,)]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STRIPE_API_KEY", "pk_live_canary", "not a secret or restricted key"),
        ("STRIPE_BASE_URL", "ftp://x", "is not an address"),
        ("STRIPE_BASE_URL", "http://api.example.com", "send the key in the clear"),
        ("STRIPE_REQUESTS_PER_SECOND", "0", "number above 0"),
        ("STRIPE_REQUESTS_PER_SECOND", "many", "number above 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=message) as caught:
        connected.load()
    assert "canary" not in str(caught.value)


def test_a_host_that_is_not_there_is_told(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_BASE_URL", "http://127.0.0.1:9")

    with pytest.raises(SourceError, match=r"cannot be reached .* check the network and STRIPE_BA"):
        connected.load()


def test_a_version_the_account_does_not_know_is_told(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "API_VERSION", "2031-01-01.elder")

    with pytest.raises(SourceError, match="refuses the API version"):
        connected.load()


@pytest.mark.usefixtures("connected")
def test_a_link_to_another_host_is_not_followed() -> None:
    asker = client.Client(client.account_from_settings())

    with pytest.raises(SourceError, match="another host"):
        asker.get("https://evil.example/v1/invoices/in_1/lines")


def test_a_warehouse_of_live_objects_refuses_a_test_key(connected: Connected) -> None:
    connected.load()
    connected.use(connected.sandbox, connected.sandbox.test_key)

    with pytest.raises(SourceError, match=r"holds Stripe's live objects .* is a test key"):
        connected.load()


def test_objects_of_the_other_mode_are_refused(connected: Connected) -> None:
    connected.sandbox.keys["sk_live_odd"] = Key(is_live=False)
    connected.use(connected.sandbox, "sk_live_odd")

    with pytest.raises(SourceError, match="object of the other mode"):
        connected.load()


def test_an_instant_ahead_of_stripe_is_refused(connected: Connected) -> None:
    late = connected.sandbox.clock + timedelta(minutes=20)

    with pytest.raises(SourceError, match="20 minutes ahead of Stripe's clock"):
        load_source("stripe", load_settings(), late, connected.lines.append)


def test_the_key_is_kept_nowhere(connected: Connected) -> None:
    connected.load()

    key = connected.sandbox.live_key
    assert not [line for line in connected.lines if key in line]
    for table in tables.TABLES:
        columns = " || ".join(f"coalesce(\"{name}\"::VARCHAR, '')" for name, _ in table.columns)
        assert connected.query(
            f"SELECT count(*) FROM raw_stripe.{table.name} WHERE contains({columns}, '{key}')"
        ) == [(0,)]
    assert key.encode() not in (connected.home / "warehouse.duckdb").read_bytes()


def test_the_check_says_what_there_is(connected: Connected) -> None:
    check.check(connected.sandbox.clock, connected.lines.append)

    told = "\n".join(connected.lines)
    assert "a secret key of live mode" in told
    assert f"reads all {len(tables.RESOURCES)} resources" in told
    assert "the first load takes at least 1 min" in told
    assert connected.sandbox.live_key not in told


def test_the_check_names_what_a_restricted_key_lacks(
    connected: Connected, capsys: pytest.CaptureFixture[str]
) -> None:
    connected.use(connected.sandbox, RESTRICTED_KEY)

    assert main(["stripe", "--check"]) == 1
    assert "rak_charge_read" in capsys.readouterr().err


def test_the_check_tells_a_wrong_clock(account: Account, connected: Connected) -> None:
    with StripeSandbox(account, skew=timedelta(hours=1)) as skewed:
        connected.use(skewed)
        with pytest.raises(SourceError, match="60 minutes apart"):
            check.check(skewed.clock, connected.lines.append)


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("arguments", [["files", "--check"], ["--check"]])
def test_a_source_without_a_check_is_told(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert "stripe" in capsys.readouterr().err
