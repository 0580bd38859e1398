"""How long the client waits before it asks again."""

import itertools

import pytest

from ingestion import api
from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.stripe import server
from ingestion.stripe import client
from tests.ingestion.stripe.connected import Connected


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("86400", 60)])
def test_a_time_that_stripe_asks_for_is_waited_out(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, asked: str, waited: float
) -> None:
    monkeypatch.setitem(server._STATUSES, Fault.RATE_LIMITED_FOR, (429, {"Retry-After": asked}))

    waits = waits_of(connected, Fault.RATE_LIMITED_FOR, times=2)

    # It grows by itself too, but not to more than a minute.
    assert waits == [waited, waited]


def test_without_one_the_waits_double_and_differ(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "FIRST_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(api, "LONGEST_WAIT_SECONDS", 10)

    waits = waits_of(connected, Fault.RATE_LIMITED, times=7)

    bounds = [0.5, 1, 2, 4, 8, 10, 10]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    parts = [wait / bound for wait, bound in zip(waits, bounds, strict=True)]
    assert all(one != other for one, other in itertools.pairwise(parts))


def waits_of(connected: Connected, fault: Fault, times: int) -> list[float]:
    """Ask once, be refused as many times as said, and return how long was waited each time."""
    connected.sandbox.faults = FaultPlan(share=1.0, kinds=(fault,), at_most=times)
    waits: list[float] = []
    asker = client.Client(client.account_from_settings(), waits.append)
    page, _ = asker.get("/v1/charges")
    asker.close()
    assert page["data"]
    assert (asker.requests, asker.retries) == (times + 1, times)
    return waits
