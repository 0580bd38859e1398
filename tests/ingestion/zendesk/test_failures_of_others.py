"""How connectors of others lost rows or stopped, one story each; none of it happens here."""

from functools import partial

import pytest

from ingestion.errors import SourceError
from ingestion.zendesk.tables import ORGANIZATIONS, SCHEDULES, TICKET_EVENTS, TICKETS
from tests.ingestion.zendesk.connected import Connected, days
from tests.ingestion.zendesk.small import (
    BEFORE,
    HOUR,
    NOW,
    Reply,
    SmallDesk,
    event,
    iso,
    named,
    organization,
    ticket,
)

HOLIDAYS = "business_hours/schedules/{}/holidays.json"


def load(connected: Connected, desk: SmallDesk, after: float = 0) -> None:
    """Let days go by, and load."""
    desk.clock += days(after)
    connected.load(desk.clock)


def test_15_a_change_by_the_system_that_leaves_the_update_time_is_found(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.put("tickets", ticket(1))
    desk.put("tickets", ticket(2, BEFORE + HOUR))
    load(connected, desk)
    silent = ticket(1, BEFORE, generated_timestamp=NOW + HOUR, status="closed")
    desk.put("tickets", silent)

    load(connected, desk, after=1)

    assert connected.loaded(TICKETS)["1"]["status"] == "closed"
    assert connected.query(
        "SELECT generated_at, updated_at FROM raw_zendesk.tickets WHERE id = '1'"
    ) == [(desk.clock - days(1) + days(1 / 24), desk.clock - days(61))]


def test_16_rows_that_come_twice_at_the_edges_of_pages_are_there_once(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.page_rows = 3
    for number in range(1, 11):
        desk.put("organizations", organization(number, BEFORE + number // 2))

    load(connected, desk)
    load(connected, desk, after=1)

    assert len(connected.loaded(ORGANIZATIONS)) == 10
    assert connected.count("organizations") == 10
    given = sum(len(one) for one in desk.asked if one[0] == ORGANIZATIONS.path)
    assert given > 4


def test_17_more_rows_of_one_second_than_a_page_holds_do_not_hold_it_up(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.page_rows = 5
    for number in range(1, 9):
        desk.put("ticket_events", event(number, BEFORE))
        desk.put("tickets", ticket(number, BEFORE))
    desk.put("ticket_events", event(20, BEFORE + HOUR))

    load(connected, desk)

    # A cursor tells the rows of a second apart, a second does not: that is noted.
    assert len(connected.loaded(TICKETS)) == 8
    assert connected.loaded(TICKET_EVENTS).keys() == {"1", "2", "3", "4", "5", "20"}
    assert connected.query("SELECT resource, record_id, stage FROM raw_zendesk.quarantine") == [
        ("ticket_events", f"second {BEFORE}", "gap")
    ]


def test_17_an_export_without_an_end_stops(connected: Connected, desk: SmallDesk) -> None:
    desk.put("tickets", ticket())
    desk.replies[TICKETS.path] = lambda _, usual: Reply(
        body=usual.body.replace(b'"end_of_stream":true', b'"end_of_stream":false')
    )

    with pytest.raises(SourceError, match="does not come to an end"):
        load(connected, desk)

    assert desk.count(TICKETS.path) <= 5
    assert connected.count("tickets") == 0


def test_18_nothing_between_the_last_row_and_the_present_is_skipped(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.page_rows = 2
    for number in range(1, 8):
        desk.put("tickets", ticket(number, BEFORE + number))
    load(connected, desk)
    # They showed only after the load had ended, though they are from before.
    for number in range(8, 11):
        desk.put("tickets", ticket(number, NOW - 50), shows_at=NOW - 50)

    load(connected, desk, after=1)

    assert len(connected.loaded(TICKETS)) == 10


def test_19_a_row_that_shows_late_in_a_second_that_was_read_is_found(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.put("ticket_events", event(1, NOW - HOUR))
    desk.put("ticket_events", event(2, NOW - HOUR), shows_at=NOW + HOUR)
    load(connected, desk)
    assert connected.loaded(TICKET_EVENTS).keys() == {"1"}

    load(connected, desk, after=1)

    assert connected.loaded(TICKET_EVENTS).keys() == {"1", "2"}


REFUSALS = {
    1: Reply(403, b'{"error":"Forbidden"}'),
    2: Reply(404, b""),
    3: Reply(200, b"<html></html>"),
    4: Reply(200, b'{"holidays":'),
    5: Reply(200, b'{"holidays":null}'),
    6: Reply(302),
    7: Reply(422),
}


def refuse(reply: Reply, *_: object) -> Reply:
    return reply


def test_20_schedules_whose_holidays_are_refused_stop_nothing(
    connected: Connected, desk: SmallDesk
) -> None:
    for number in (*REFUSALS, 8):
        desk.put("schedules", named(number))
        desk.put("schedules", named(number, NOW + HOUR, time_zone="Europe/Lisbon"))
        desk.holidays[number] = [{"id": number, "name": "New Year"}]
    desk.put("tickets", ticket())
    desk.put("tickets", ticket(1, NOW + HOUR, status="solved"))
    load(connected, desk)
    for number, reply in REFUSALS.items():
        desk.replies[HOLIDAYS.format(number)] = partial(refuse, reply)

    load(connected, desk, after=1)

    assert connected.loaded(TICKETS)["1"]["status"] == "solved"
    schedules = connected.loaded(SCHEDULES)
    assert schedules["8"]["time_zone"] == "Europe/Lisbon"
    # What the warehouse held of the others is neither lost nor robbed of its holidays.
    for number in REFUSALS:
        holidays = [{"id": number, "name": "New Year"}]
        assert schedules[str(number)] == {**named(number), "holidays": holidays}
    quarantine = "SELECT record_id FROM raw_zendesk.quarantine WHERE stage = 'child' AND status = "
    refused = [(str(number),) for number in REFUSALS]
    assert sorted(connected.query(f"{quarantine} 'open'")) == refused

    desk.replies.clear()
    load(connected, desk, after=1)

    assert {one["updated_at"] for one in connected.loaded(SCHEDULES).values()} == {iso(NOW + HOUR)}
    assert sorted(connected.query(f"{quarantine} 'replayed'")) == refused
    # A version holds from its own time on, so the ones before are kept.
    assert connected.count("schedules") == 2 * len(schedules)
