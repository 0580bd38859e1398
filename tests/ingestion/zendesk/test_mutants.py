"""The stories of what others lost notice a connector that does what those did."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.zendesk import exports, gathering, lists, replay
from ingestion.zendesk.decoding import Record
from ingestion.zendesk.exports import _Reading
from ingestion.zendesk.gathering import Gathering
from ingestion.zendesk.known import Known
from ingestion.zendesk.paging import Api, FetchError
from ingestion.zendesk.tables import HOLIDAYS_PATH, Resource
from tests.ingestion.zendesk import test_changes as changes
from tests.ingestion.zendesk import test_failures_of_others as stories
from tests.ingestion.zendesk.connected import Connected
from tests.ingestion.zendesk.small import SmallDesk

Patch = pytest.MonkeyPatch
NOTICED = (AssertionError, SourceError, pytest.fail.Exception)


def only_later_updates(patch: Patch) -> None:
    """Drops what was not updated since the last load, as dlt's own source does."""
    put = Gathering.put
    begin = exports._begin
    since: dict[str, int] = {}

    def starting(known: Known, resource: Resource, as_of: Any) -> _Reading:
        reading = begin(known, resource, as_of)
        since[resource.table] = int(reading.begin.timestamp() * 1_000_000)
        return reading

    def filtering(self: Gathering, resource: Resource, records: Iterable[Record]) -> None:
        floor = since.get(resource.table, 0)
        put(self, resource, [one for one in records if (one.row[2] or 0) >= floor])  # type: ignore[operator]

    patch.setattr(exports, "_begin", starting)
    patch.setattr(Gathering, "put", filtering)


def every_row_that_comes(patch: Patch) -> None:
    """Appends whatever a page holds."""

    def appending(self: Gathering, resource: Resource, records: Iterable[Record]) -> None:
        there = self.records.setdefault(resource.table, {})
        for record in records:
            there[f"{record.id}/{len(there)}"] = record

    patch.setattr(Gathering, "put", appending)
    patch.setattr(gathering, "_differs", lambda *_: True)


def no_step_out_of_a_full_second(patch: Patch) -> None:
    """Asks for the same second for ever."""
    read = exports._read_second

    def stuck(api: Api, given: Gathering, resource: Resource, reading: _Reading) -> None:
        start = reading.start
        read(api, given, resource, reading)
        if any(one.stage == exports.GAP for one in given.faults):
            given.faults.clear()
            reading.start = start

    patch.setattr(exports, "_read_second", stuck)


def no_look_at_the_cursor(patch: Patch) -> None:
    """Goes on while there is said to be more, wherever the cursor leads."""

    def trusting(api: Api, given: Gathering, resource: Resource, reading: _Reading) -> None:
        asked = ("cursor", reading.cursor) if reading.cursor else ("start_time", "0")
        page = api.export(resource, [asked])
        exports._take(given, resource, page, reading)
        reading.cursor = page["after_cursor"]
        reading.is_whole = page["end_of_stream"]

    patch.setattr(exports, "_read_cursor", trusting)


def from_the_present_on(patch: Patch) -> None:
    """Goes on from the time of the load instead of from the cursor."""
    go_on = exports._go_on

    def hurrying(resource: Resource, window: Any) -> _Reading:
        reading = go_on(resource, window)
        reading.cursor, reading.start = "", window.observed_at
        return reading

    patch.setattr(exports, "_go_on", hurrying)


def only_later_seconds(patch: Patch) -> None:
    patch.setattr(exports, "LOOKBACK", timedelta(seconds=-1))


def one_refusal_ends_the_load(patch: Patch) -> None:
    child = Api.child

    def raising(self: Api, path: str) -> dict[str, Any]:
        try:
            return child(self, path)
        except FetchError as error:
            raise SourceError(str(error)) from None

    patch.setattr(Api, "child", raising)


def refused_schedules_have_no_holidays(patch: Patch) -> None:
    def forgiving(api: Api, _: Gathering, schedules: list[Any]) -> list[Any]:
        for schedule in schedules:
            try:
                found = api.child(HOLIDAYS_PATH.format(id=schedule["id"]))["holidays"]
            except FetchError:
                found = []
            schedule["holidays"] = found
        return schedules

    patch.setattr(lists, "_with_holidays", forgiving)


def no_tombstones(patch: Patch) -> None:
    patch.setattr(lists, "read_deleted_tickets", lambda *_: None)
    patch.setattr(Known, "present", lambda *_: set())


def only_newest_ratings(patch: Patch) -> None:
    patch.setattr(lists, "LATE_RATINGS", timedelta(0))


def no_replay(patch: Patch) -> None:
    patch.setattr(replay, "replay", lambda *_: None)


def no_bound(patch: Patch) -> None:
    patch.setattr(exports, "micros", lambda _: 2**62)


def no_sweep(patch: Patch) -> None:
    patch.setattr(exports, "SWEEP_EVERY", timedelta(days=10_000))


@pytest.mark.parametrize(
    ("mutate", "story"),
    [
        (
            only_later_updates,
            stories.test_15_a_change_by_the_system_that_leaves_the_update_time_is_found,
        ),
        (
            every_row_that_comes,
            stories.test_16_rows_that_come_twice_at_the_edges_of_pages_are_there_once,
        ),
        (
            no_step_out_of_a_full_second,
            stories.test_17_more_rows_of_one_second_than_a_page_holds_do_not_hold_it_up,
        ),
        (no_look_at_the_cursor, stories.test_17_an_export_without_an_end_stops),
        (
            from_the_present_on,
            stories.test_18_nothing_between_the_last_row_and_the_present_is_skipped,
        ),
        (
            only_later_seconds,
            stories.test_19_a_row_that_shows_late_in_a_second_that_was_read_is_found,
        ),
        (
            one_refusal_ends_the_load,
            stories.test_20_schedules_whose_holidays_are_refused_stop_nothing,
        ),
        (
            refused_schedules_have_no_holidays,
            stories.test_20_schedules_whose_holidays_are_refused_stop_nothing,
        ),
        (no_tombstones, changes.test_what_is_gone_becomes_a_tombstone),
        (only_newest_ratings, changes.test_a_rating_that_comes_late_keeps_its_earlier_version),
        (no_replay, changes.test_a_row_of_a_wrong_type_is_put_aside_and_comes_back),
        (no_bound, changes.test_nothing_later_than_the_run_is_taken_and_nothing_of_it_is_lost),
        (no_sweep, changes.test_once_a_month_an_export_begins_again),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_story_notices_the_mutant(
    connected: Connected,
    desk: SmallDesk,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[Patch], None],
    story: Callable[..., None],
) -> None:
    mutate(monkeypatch)

    with pytest.raises(NOTICED):
        story(connected, desk)
