"""The stories of what others lost notice a connector that does what those did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.quarantine import Fault
from ingestion.stripe import backfill, changes, listing, source
from ingestion.stripe.decoding import Object
from ingestion.stripe.gathering import Gathering
from ingestion.stripe.listing import Api, FetchError, Page
from ingestion.stripe.records import Record
from ingestion.stripe.tables import OBJECTS, SUBSCRIPTIONS, Resource
from tests.ingestion.stripe import test_failures_of_others as stories
from tests.ingestion.stripe.connected import Connected

Patch = pytest.MonkeyPatch
NEVER = timedelta(days=10_000)
# A load that breaks down is noticed as well as one that is wrong.
NOTICED = (AssertionError, SourceError, KeyError, pytest.fail.Exception)


def only_new_objects(patch: Patch) -> None:
    patch.setattr(changes, "refetch", lambda *_: None)


def the_events_own_objects(patch: Patch) -> None:
    seen: dict[str, Object] = {}
    about = changes._about

    def keeping(event: Object) -> Object:
        seen[event["data"]["object"]["id"]] = event["data"]["object"]
        return about(event)

    patch.setattr(changes, "_about", keeping)
    patch.setattr(Api, "get", lambda _, __, identity: seen[identity])


def no_nested_pages(patch: Patch) -> None:
    patch.setattr(Api, "_whole", lambda _, __, objects, *___: Page(objects))
    patch.setattr(Api, "_complete", lambda *_: None)


def only_types_it_knows(patch: Patch) -> None:
    read = Api.pages

    def known(self: Api, resource: Resource, query: Sequence[tuple[str, str]]) -> Iterator[Page]:
        for page in read(self, resource, query):
            objects: list[Any] = page.objects
            yield Page([one for one in objects if one.get("type") != "customer.transmogrified"])

    patch.setattr(Api, "pages", known)


def an_id_in_every_event(patch: Patch) -> None:
    about = changes._about
    patch.setattr(
        changes, "_about", lambda event: about(event) | {"id": event["data"]["object"]["id"]}
    )


def anything_for_an_id(patch: Patch) -> None:
    about = changes._about

    def filled(event: Object) -> Object:
        found = about(event)
        return found | {"id": str(found.get("id"))}

    patch.setattr(changes, "_about", filled)


class NeverTheSame(str):
    """An id that nothing shows to be the one before."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __bool__(self) -> bool:
        return True


def on_while_there_is_more(patch: Patch) -> None:
    last = listing._last_id
    patch.setattr(listing, "_last_id", lambda objects: NeverTheSame(last(objects)))


def never_everything_again(patch: Patch) -> None:
    patch.setattr(source, "LONGEST_GAP", NEVER)


def no_lookback(patch: Patch) -> None:
    patch.setattr(changes, "LOOKBACK", timedelta(0))


def no_tombstones(patch: Patch) -> None:
    fetch = changes.fetch_one

    def skipping(
        api: Api, gathering: Gathering, resource: Resource, identity: str
    ) -> tuple[Record | None, Fault | None]:
        record, failed = fetch(api, gathering, resource, identity)
        return (None if record and record.is_deleted else record), failed

    patch.setattr(changes, "fetch_one", skipping)


def no_replay(patch: Patch) -> None:
    patch.setattr(changes, "replay", lambda *_: 0)


def only_active_subscriptions(patch: Patch) -> None:
    plain = replace(SUBSCRIPTIONS, query=())
    patch.setattr(backfill, "OBJECTS", [plain if one is SUBSCRIPTIONS else one for one in OBJECTS])


def the_same_page_again(patch: Patch) -> None:
    limit = ("limit", str(listing.LARGEST_PAGE))
    patch.setattr(Api, "_page", lambda self, path, query: self._again(path, [*query, limit]))


def refusals_are_empty_lists(patch: Patch) -> None:
    read = Api.pages

    def forgiving(
        self: Api, resource: Resource, query: Sequence[tuple[str, str]]
    ) -> Iterator[Page]:
        try:
            yield from read(self, resource, query)
        except SourceError:
            return

    patch.setattr(Api, "pages", forgiving)
    patch.setattr(Api, "exists", lambda *_: True)


def only_later_seconds(patch: Patch) -> None:
    def later(begin: datetime, end: datetime) -> list[tuple[str, str]]:
        return [
            ("created[gt]", str(int(begin.timestamp()))),
            ("created[lt]", str(int(end.timestamp()))),
        ]

    patch.setattr(changes, "created", later)
    patch.setattr(changes, "LOOKBACK", timedelta(0))


def one_refusal_ends_the_load(patch: Patch) -> None:
    get = Api.get

    def strict(self: Api, resource: Resource, identity: str) -> Object | None:
        try:
            return get(self, resource, identity)
        except FetchError as error:
            raise SourceError(str(error)) from None

    patch.setattr(Api, "get", strict)


@pytest.mark.parametrize(
    ("mutate", "story"),
    [
        (only_new_objects, stories.test_01_a_change_of_an_old_object_is_found),
        (
            the_events_own_objects,
            stories.test_02_an_event_of_an_older_version_does_not_empty_columns,
        ),
        (
            no_nested_pages,
            lambda connected: stories.test_03_lines_beyond_the_tenth_are_there(connected, 11),
        ),
        (no_nested_pages, stories.test_04_a_subscription_brings_all_its_items),
        (only_types_it_knows, stories.test_05_an_event_type_nobody_knew_is_followed),
        (
            an_id_in_every_event,
            stories.test_06_an_event_about_something_without_an_id_stops_nothing,
        ),
        (
            anything_for_an_id,
            stories.test_06_an_event_about_something_without_an_id_stops_nothing,
        ),
        (
            never_everything_again,
            stories.test_07_a_cursor_older_than_the_events_reads_everything_again,
        ),
        (
            no_lookback,
            stories.test_08_an_event_that_shows_late_is_found,
        ),
        *[
            (
                on_while_there_is_more,
                lambda connected, monkeypatch, story=story, repeats=repeats: story(
                    connected, monkeypatch, repeats
                ),
            )
            for story in (
                stories.test_09_a_list_without_an_end_stops,
                stories.test_09_a_resource_without_an_end_is_told,
            )
            for repeats in (False, True)
        ],
        (no_tombstones, stories.test_10_what_is_gone_becomes_a_tombstone),
        (no_replay, stories.test_11_a_line_without_an_id_puts_its_invoice_aside),
        (only_active_subscriptions, stories.test_12_cancelled_subscriptions_are_there),
        (
            the_same_page_again,
            stories.test_13_a_page_that_never_comes_whole_is_read_in_parts,
        ),
        (
            refusals_are_empty_lists,
            stories.test_14_a_resource_the_key_may_not_read_is_not_an_empty_table,
        ),
        (only_later_seconds, stories.test_19_events_of_one_second_are_all_found),
        (one_refusal_ends_the_load, stories.test_20_one_object_that_is_refused_stops_nothing),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_story_notices_the_mutant(
    connected: Connected,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[Patch], None],
    story: Callable[..., None],
) -> None:
    mutate(monkeypatch)
    needs_patch = "monkeypatch" in story.__code__.co_varnames
    arguments = (connected, monkeypatch) if needs_patch else (connected,)

    with pytest.raises(NOTICED):
        story(*arguments)
