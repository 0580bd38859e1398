"""A client that nobody here wrote, Singer's tap-stripe, counts what the warehouse holds."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.stripe.tables import BY_TABLE
from tests.ingestion.stripe.connected import Connected

LOCK = Path(__file__).with_name("tap_stripe.lock")
# The tap has no setting for an address or an instant. It measures requests by matching the address
# of Stripe, which this one is not.
RUNNER = """
import datetime, os, singer.utils, stripe, tap_stripe
now = datetime.datetime.fromisoformat(os.environ["AS_OF"])
singer.utils.now = lambda: now
stripe.api_base = os.environ["BASE_URL"]
tap_stripe.apply_request_timer_to_client = lambda client: None
tap_stripe.main()
"""


@dataclass(frozen=True)
class Stream:
    """A stream of the tap and where the warehouse holds the same, with a value to compare."""

    table: str
    value: str
    raw_value: str = ""
    condition: str = "true"


STREAMS = {
    "balance_transactions": Stream("balance_transactions", "net"),
    "charges": Stream("charges", "amount"),
    "coupons": Stream("coupons", "duration"),
    "customers": Stream("customers", "email"),
    "disputes": Stream("disputes", "amount"),
    "events": Stream("events", "type"),
    "invoice_items": Stream("invoice_items", "amount"),
    "invoice_line_items": Stream("invoice_lines", "amount"),
    "invoices": Stream("invoices", "total"),
    # The older name of recurring prices; the tap knows no others.
    "plans": Stream("prices", "amount", "unit_amount", "(payload->>'$.type') = 'recurring'"),
    "products": Stream("products", "name"),
    "subscription_items": Stream("subscription_items", "quantity"),
    "subscriptions": Stream("subscriptions", "status"),
}
# What the tap has no stream for, or puts into its charges.
UNKNOWN_TO_THE_TAP = {"credit_notes", "invoice_payments", "refunds"}


@pytest.fixture(scope="session")
def account() -> Account:
    return make_account(customers=80, months=14)


@pytest.fixture(scope="session")
def tap(pytestconfig: pytest.Config) -> Path:
    """The tap with what it needs, apart from this environment, whose official client is newer."""
    version = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("tap_stripe") / version
    if not folder.exists():
        unfinished = folder.with_name(f"{version}.{os.getpid()}")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"),
                *("--no-deps", "--target", str(unfinished), "-r", str(LOCK)),
            ],
            check=True,
        )
        unfinished.rename(folder)
    return folder


@pytest.mark.slow
def test_the_tap_finds_what_the_warehouse_holds(
    connected: Connected, tap: Path, tmp_path: Path
) -> None:
    connected.load()

    found = records(connected, tap, tmp_path)

    deletions = connected.query(
        "SELECT object_id FROM raw_stripe.events "
        "WHERE type LIKE '%.deleted' AND object_kind <> 'subscription'"
    )
    gone = {identity for (identity,) in deletions}
    assert gone & found["coupons"].keys()
    for name, stream in STREAMS.items():
        held = connected.query(
            f"SELECT id, payload->>'$.{stream.raw_value or stream.value}' "
            f"FROM raw_stripe.{stream.table} WHERE NOT is_deleted AND {stream.condition}"
        )
        assert held, f"there is no object of {name}"
        assert len(held) == len(dict(held)), name
        # The tap keeps what an event says was deleted, as it was.
        kept = {one: value for one, value in found[name].items() if one not in gone}
        assert kept == dict(held), name
    # It reads nested lists to their end, so what is equal above is more than first pages.
    assert connected.query("SELECT max(position) >= 10 FROM raw_stripe.invoice_lines") == [(True,)]
    assert set(BY_TABLE) - {one.table for one in STREAMS.values()} == UNKNOWN_TO_THE_TAP


def records(connected: Connected, tap: Path, folder: Path) -> dict[str, dict[str, str | None]]:
    """Run the tap twice, to discover and to read; returns by stream and id the last value."""
    config = {
        "account_id": "acct_1Lumiboard",
        "client_secret": connected.sandbox.live_key,
        "date_window_size": "3000",
        "start_date": "2020-01-01T00:00:00Z",
    }
    (folder / "config.json").write_bytes(orjson.dumps(config))
    catalog = orjson.loads(run(connected, tap, folder, ["--discover"]))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["stream"] in STREAMS
    (folder / "catalog.json").write_bytes(orjson.dumps(catalog))
    read: dict[str, dict[str, str | None]] = {name: {} for name in STREAMS}
    for line in run(connected, tap, folder, ["--catalog", "catalog.json"]).splitlines():
        message: dict[str, Any] = orjson.loads(line)
        if message["type"] == "RECORD":
            record = message["record"]
            value = record.get(STREAMS[message["stream"]].value)
            read[message["stream"]][record["id"]] = None if value is None else str(value)
    return read


def run(connected: Connected, tap: Path, folder: Path, arguments: Sequence[str]) -> bytes:
    done = subprocess.run(
        # Without this environment's packages.
        [sys.executable, "-S", "-c", RUNNER, "--config", "config.json", *arguments],
        cwd=folder,
        env={
            "PYTHONPATH": str(tap),
            "BASE_URL": connected.sandbox.url,
            "AS_OF": connected.sandbox.clock.isoformat(),
        },
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout
