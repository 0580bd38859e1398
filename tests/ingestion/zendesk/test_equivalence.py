"""After any way of loading, the warehouse holds the helpdesk as it is."""

from datetime import timedelta

import pytest

from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import Helpdesk
from ingestion.zendesk import exports
from ingestion.zendesk.tables import RESOURCES, SCHEDULES, TICKETS
from tests.ingestion.zendesk.served import Served


def test_a_first_load_brings_the_whole_helpdesk(served: Served) -> None:
    report = served.load()

    assert report.rows["tickets"] > 80
    assert served.differences() == {}
    assert report.details["quarantined"] == 0
    assert served.connected.count("schema_drift") == 0
    for resource in RESOURCES:
        assert served.connected.count(resource.table) > 0, resource.table


def test_ten_loads_follow_what_changes(served: Served) -> None:
    served.load()
    for _ in range(10):
        served.load_after(timedelta(days=1, hours=12))

    assert served.differences() == {}
    for resource in RESOURCES:
        counted = served.connected.query(
            "SELECT coalesce(sum(row_count), 0) FROM raw_zendesk.control_totals "
            f"WHERE resource = '{resource.table}'"
        )
        assert counted == [(len(served.connected.loaded(resource)),)], resource.table


def test_faults_change_nothing(served: Served) -> None:
    kinds = (*FaultPlan().kinds, Fault.REPEATED_PAGE, Fault.HTML)
    served.sandbox.faults = FaultPlan(seed=1, share=0.4, kinds=kinds)
    served.connected.monkeypatch.setattr(exports, "LOAD_ROWS", 500)
    served.load()
    for _ in range(3):
        served.load_after(timedelta(days=2, hours=12))

    met = served.sandbox.faults.met
    assert sum(met.values()) > 20
    assert met.keys() == set(kinds)
    # An answer from before looks as if nothing were new: what it hides comes with the next load.
    served.sandbox.faults = FaultPlan()
    served.load_after(timedelta(hours=1))
    assert served.differences() == {}


def test_a_clock_that_goes_on_while_it_is_read_changes_nothing(served: Served) -> None:
    served.sandbox.faults = FaultPlan(moves_while_paging=3 * 3600)
    served.load()
    served.sandbox.faults = FaultPlan()

    served.load_after(timedelta(hours=1))

    assert served.differences() == {}


def test_after_forty_days_without_a_load_nothing_lacks(served: Served) -> None:
    served.load()

    served.load_after(timedelta(days=40))

    assert served.differences() == {}
    sweeps = served.connected.query(
        "SELECT count(*) FROM raw_zendesk.windows WHERE kind = 'sweep' AND resource = 'tickets'"
    )
    assert sweeps == [(1,)]


def test_a_backfill_that_is_cut_off_goes_on_where_it_was(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "LOAD_ROWS", 100)
    read, left = exports.read, 4

    def cut_off(*arguments: object) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exports, "read", cut_off)
    with pytest.raises(KeyboardInterrupt):
        served.load()
    monkeypatch.setattr(exports, "read", read)
    users = served.sandbox.requests["/api/v2/incremental/users/cursor.json"]

    served.load_after(timedelta(days=1, hours=12))

    assert served.sandbox.requests["/api/v2/incremental/users/cursor.json"] <= users + 1
    assert served.differences() == {}


def test_an_hour_of_many_loads_is_the_same_as_one(served: Served) -> None:
    served.load()
    for _ in range(4):
        served.load_after(timedelta(seconds=45))
    served.load_after(timedelta(hours=8))

    assert served.differences() == {}


def test_the_older_export_by_time_is_read_whole_too(served: Served) -> None:
    with ZendeskSandbox(served.helpdesk, splits_seconds=True) as sandbox:
        served.sandbox = sandbox
        served.connected.use(sandbox.url, sandbox.email, sandbox.api_token)
        served.load()
        served.load_after(timedelta(days=9))

        assert served.differences() == {}
    assert served.connected.count("quarantine") == 0


def test_one_refused_schedule_stops_nothing(served: Served) -> None:
    first = min(served.sandbox.current("schedules"))
    path = f"/api/v2/business_hours/schedules/{first}/holidays.json"
    served.sandbox.faults = FaultPlan(refused={path: 403})

    served.load()

    assert served.differences() == {"schedules": [first]}
    assert len(served.connected.loaded(TICKETS)) > 80
    served.sandbox.faults = FaultPlan()
    served.load_after(timedelta(days=1))
    assert served.differences() == {}
    assert len(served.connected.loaded(SCHEDULES)) == 2


def test_the_limit_of_exports_is_waited_for(served: Served) -> None:
    with ZendeskSandbox(served.helpdesk, exports_a_minute=2, seconds_a_minute=0.5) as sandbox:
        served.sandbox = sandbox
        served.connected.use(sandbox.url, sandbox.email, sandbox.api_token)

        report = served.load()

        assert int(report.details["retries"]) > 1
        assert served.differences() == {}


def test_objects_that_are_damaged_for_a_while_come_back(served: Served) -> None:
    tickets, users = served.sandbox.current("tickets"), served.sandbox.current("users")
    events = served.sandbox.current("ticket_events")
    damaged = {
        "tickets": [*tickets][:2],
        "users": [*users][-1:],
        "ticket_events": [*events][5:6],
    }
    served.sandbox.faults = FaultPlan(
        damages={one: spoil for ids in damaged.values() for one in ids}
    )
    served.load()
    assert served.differences() == damaged

    served.sandbox.faults = FaultPlan()
    report = served.load_after(timedelta(minutes=10))

    assert report.details["replayed"] == 4
    assert served.differences() == {}


def spoil(body: dict[str, object]) -> None:
    body["created_at" if "timestamp" not in body else "ticket_id"] = {"of": "another kind"}


def test_many_rows_of_one_second_are_read_whole_but_for_the_older_export(
    served: Served, busy: Helpdesk
) -> None:
    served.helpdesk = busy
    for splits in (False, True):
        with ZendeskSandbox(busy, splits_seconds=splits) as sandbox:
            served.sandbox = sandbox
            served.connected.use(sandbox.url, sandbox.email, sandbox.api_token)
            if splits:
                (served.connected.home / "warehouse.duckdb").unlink()
            served.load()
            unlike = served.differences()
        gaps = served.connected.query(
            "SELECT DISTINCT resource FROM raw_zendesk.quarantine WHERE stage = 'gap'"
        )
        # What cannot be asked for is lost openly, and nothing else is.
        assert sorted(unlike) == sorted(table for (table,) in gaps)
        assert bool(gaps) is splits
        assert "tickets" not in unlike


def test_an_agent_may_not_export(served: Served) -> None:
    served.connected.use(served.sandbox.url, served.sandbox.email, served.sandbox.agent_token)
    with pytest.raises(Exception, match="only an administrator may read exports"):
        served.load()
    served.connected.use(served.sandbox.url, served.sandbox.email, served.sandbox.expired_token)
    with pytest.raises(Exception, match="does not accept the credentials"):
        served.load()
