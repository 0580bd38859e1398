"""What changes at the helpdesk, and what is wrong with it, arrives as it should."""

from datetime import timedelta

import pytest

from ingestion.errors import SourceError
from ingestion.zendesk import exports
from ingestion.zendesk.tables import (
    BY_TABLE,
    GROUPS,
    ORGANIZATIONS,
    SATISFACTION_RATINGS,
    SURVEY_RESPONSES,
    TICKET_EVENTS,
    TICKET_METRIC_EVENTS,
    TICKET_METRICS,
    TICKETS,
    USERS,
)
from tests.ingestion.zendesk.connected import Connected
from tests.ingestion.zendesk.small import (
    AS_OF,
    BEFORE,
    DAY,
    HOUR,
    NOW,
    Reply,
    SmallDesk,
    event,
    iso,
    metric_event,
    metric_set,
    named,
    organization,
    rating,
    ticket,
    user,
)
from tests.ingestion.zendesk.test_failures_of_others import load

CANARIES = ("descriptionCanary", "bodyCanary", "remarkCanary", "phoneCanary", "addressCanary")


def filled(desk: SmallDesk) -> None:
    """Put one of everything into a helpdesk."""
    desk.put("tickets", ticket())
    desk.put("metric_sets", metric_set())
    desk.put("users", user())
    desk.put("organizations", organization())
    desk.put("ticket_events", event())
    desk.put("ticket_metric_events", metric_event())
    desk.put("satisfaction_ratings", rating())
    desk.put("survey_responses", survey(answered_at=BEFORE + HOUR))
    for key in ("groups", "brands", "ticket_fields", "sla_policies", "schedules"):
        desk.put(key, named())


def survey(answered_at: int | None = None, category: str = "good") -> dict[str, object]:
    times = {"created_at": iso(answered_at or 0), "updated_at": iso(answered_at or 0)}
    answers = [
        {"type": "open_ended", "value": "remarkCanary", **times},
        {
            "type": "rating_scale",
            "question": {"sub_type": "customer_satisfaction"},
            "rating": 5,
            "rating_category": category,
            **times,
        },
    ]
    return {
        "id": "01J1WB51MG6HXTYWE6Q0C93RNW",
        "subjects": [{"id": "1", "type": "ticket", "zrn": "zen:ticket:1"}],
        "answers": answers if answered_at else [],
    }


def test_a_first_load_brings_one_of_everything(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)

    load(connected, desk)

    for table in BY_TABLE:
        assert connected.count(table) == 1, table
    at = AS_OF - timedelta(days=60)
    assert connected.query(
        "SELECT id, created_at, updated_at, observed_at, is_deleted, generated_at, status, "
        "requester_id, organization_id FROM raw_zendesk.tickets"
    ) == [("1", at, at, AS_OF, False, at, "open", "101", None)]
    assert connected.query("SELECT ticket_id FROM raw_zendesk.ticket_metrics") == [("1",)]
    assert connected.query(
        "SELECT ticket_id, happened_at, updater_id FROM raw_zendesk.ticket_events"
    ) == [("1", at, "101")]
    assert connected.query(
        "SELECT ticket_id, metric, kind, happened_at FROM raw_zendesk.ticket_metric_events"
    ) == [("1", "reply_time", "activate", at)]
    assert connected.query(
        "SELECT ticket_id, score, created_at FROM raw_zendesk.survey_responses"
    ) == [("1", "good", at + timedelta(hours=1))]
    assert connected.query("SELECT sum(row_count) FROM raw_zendesk.control_totals") == [
        (len(BY_TABLE),)
    ]
    assert not desk.asked[0][1]
    assert all("elsewhere" not in path for path, _ in desk.asked)


def test_a_load_of_nothing_new_adds_nothing(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    load(connected, desk)
    asked = len(desk.asked)

    report = connected.load(desk.clock)

    assert not report.load_ids
    assert len(desk.asked) == asked + 1


@pytest.mark.parametrize("keeps", [False, True])
def test_what_people_wrote_is_kept_only_on_request(
    connected: Connected, desk: SmallDesk, keeps: bool
) -> None:
    filled(desk)
    connected.monkeypatch.setenv("ZENDESK_KEEP_TEXT", str(keeps).lower())
    # Also what is put aside has no text in it.
    desk.put("ticket_events", event(2, BEFORE, ticket_id="none"))

    load(connected, desk)

    found = set()
    tables = [*BY_TABLE, "quarantine"]
    for canary in CANARIES:
        for table in tables:
            rows = connected.query(
                f"SELECT count(*) FROM raw_zendesk.{table} WHERE contains(payload, '{canary}')"
            )
            if rows != [(0,)]:
                found.add(canary)
    assert found == (set(CANARIES[:3]) if keeps else set())
    assert "fields" not in connected.loaded(TICKETS)["1"]
    assert connected.loaded(TICKETS)["1"]["custom_fields"] == [{"id": 7, "value": "billing"}]
    assert connected.loaded(TICKET_EVENTS)["1"]["child_events"][0]["public"] is True


def test_what_is_gone_becomes_a_tombstone(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    desk.put("tickets", ticket(2))
    desk.put("users", user(102))
    desk.put("groups", named(2))
    load(connected, desk)
    at = NOW + HOUR
    desk.put("tickets", ticket(1, at, status="deleted", subject="SCRUBBED"))
    # The export does not tell of this one.
    desk.put("deleted_tickets", {"id": 2, "at": at, "deleted_at": iso(at)})
    desk.put("deleted_tickets", {"id": 3, "at": at, "deleted_at": iso(at)})
    desk.put("users", user(102, at, active=False))
    desk.put("organizations", organization(1, at, deleted_at=iso(at)))
    desk.put("ticket_metric_events", metric_event(1, at, deleted=True))
    desk.remove("groups", 2, at)

    load(connected, desk, after=1)

    assert connected.loaded(TICKETS) == connected.loaded(ORGANIZATIONS) == {}
    assert connected.loaded(TICKET_METRIC_EVENTS) == {}
    assert connected.loaded(USERS).keys() == {"101"}
    assert connected.loaded(GROUPS).keys() == {"1"}
    assert connected.query(
        "SELECT id, epoch(generated_at), payload FROM raw_zendesk.tickets WHERE id <> '1'"
    ) == [("2", at, '{"id":2}')]
    assert connected.query(
        "SELECT resource, sum(row_count) FROM raw_zendesk.control_totals "
        "GROUP BY resource HAVING sum(row_count) <> 1 ORDER BY resource"
    ) == [("organizations", 0), ("ticket_metric_events", 0), ("tickets", 0)]

    desk.put("tickets", ticket(2, NOW + 2 * DAY, status="open"))
    load(connected, desk, after=2)

    assert connected.loaded(TICKETS).keys() == {"2"}


def test_a_rating_that_comes_late_keeps_its_earlier_version(
    connected: Connected, desk: SmallDesk
) -> None:
    filled(desk)
    desk.replies[SATISFACTION_RATINGS.path] = lambda query, usual: (
        usual
        if int(query.get("start_time", 0)) <= BEFORE + 60 * DAY - 30 * DAY
        else Reply(body=b'{"satisfaction_ratings":[],"meta":{"has_more":false}}')
    )
    load(connected, desk)
    for day, score in ((1, "good"), (2, "bad")):
        desk.put("satisfaction_ratings", rating(1, NOW + day * DAY - HOUR, score=score))
        desk.put("survey_responses", survey(BEFORE + HOUR + day, score), NOW + day * DAY - HOUR)
        load(connected, desk, after=1)

    for resource in (SATISFACTION_RATINGS, SURVEY_RESPONSES):
        scores = connected.query(
            f"SELECT score FROM raw_zendesk.{resource.table} ORDER BY observed_at"
        )
        assert [score for (score,) in scores][-2:] == ["good", "bad"], resource.table
    assert connected.count("satisfaction_ratings") == 3
    starts = [
        query.get("start_time") for path, query in desk.asked if path == SATISFACTION_RATINGS.path
    ]
    assert starts == [None, str(NOW - 35 * DAY), str(NOW - 34 * DAY)]
    starts = [
        query.get("filter[created_at_start]")
        for path, query in desk.asked
        if path == SURVEY_RESPONSES.path
    ]
    assert starts == [None, f"{NOW - 35 * DAY}000", f"{NOW - 34 * DAY}000"]


def test_a_row_of_a_wrong_type_is_put_aside_and_comes_back(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.put("tickets", ticket(1))
    desk.put("tickets", ticket(2, requester_id="nobody"))
    desk.put("tickets", ticket(3))
    desk.put("metric_sets", metric_set(1, ticket_id=[]))
    desk.put("users", user(101, created_at="yesterday"))
    desk.put("ticket_events", event(1))
    desk.put("ticket_events", event(2, updater_id=True))
    desk.put("ticket_metric_events", metric_event(1, type=7))
    desk.replies[TICKETS.path] = lambda _, usual: Reply(
        body=usual.body.replace(b'"id":3,', b'"id":null,')
    )
    load(connected, desk)
    reasons = connected.query(
        "SELECT resource, record_id, reason FROM raw_zendesk.quarantine ORDER BY ALL"
    )
    assert reasons == [
        (
            "ticket_events",
            "2",
            "updater_id is true or false, not a whole number that names an object",
        ),
        ("ticket_metric_events", "1", "type is whole number (7), not text"),
        ("ticket_metrics", "1001", "ticket_id is a list, not a whole number that names an object"),
        ("tickets", "", "id is null, which names nothing"),
        ("tickets", "2", "requester_id is text, not a whole number that names an object"),
        ("users", "101", "created_at is 'yesterday', not an instant as ISO 8601"),
    ]
    assert connected.loaded(TICKETS).keys() == connected.loaded(TICKET_EVENTS).keys() == {"1"}

    for key, body in (
        ("tickets", ticket(2)),
        ("users", user(101)),
        ("ticket_events", event(2)),
        ("ticket_metric_events", metric_event(1)),
        ("ticket_metrics", metric_set(1)),
    ):
        desk.put(key, body)
    load(connected, desk, after=1)

    assert connected.loaded(TICKETS).keys() == connected.loaded(TICKET_EVENTS).keys() == {"1", "2"}
    for resource in (USERS, TICKET_METRICS, TICKET_METRIC_EVENTS):
        assert len(connected.loaded(resource)) == 1
    assert connected.query(
        "SELECT status, count(*) FROM raw_zendesk.quarantine GROUP BY status ORDER BY status"
    ) == [("open", 6), ("replayed", 5)]
    load(connected, desk, after=1)
    assert connected.count("quarantine") == 11


def test_too_many_wrong_rows_stop_the_load(connected: Connected, desk: SmallDesk) -> None:
    desk.put("tickets", ticket(100))
    for number in range(1, 8):
        desk.put("tickets", ticket(number, status=None, requester_id=1.5))

    with pytest.raises(SourceError, match=r"7 of 8 tickets that Zendesk gave cannot be used"):
        load(connected, desk)

    assert connected.count("tickets") == connected.count("windows") == 0


def test_keys_that_nobody_knew_are_noted(connected: Connected, desk: SmallDesk) -> None:
    desk.put("tickets", ticket(1, shiny={"of": "later"}))
    load(connected, desk)
    load(connected, desk, after=1)

    assert connected.query(
        "SELECT resource, key_path, kind, example_type FROM raw_zendesk.schema_drift"
    ) == [("tickets", "shiny", "new_key", "an object")]
    assert connected.loaded(TICKETS)["1"]["shiny"] == {"of": "later"}


def test_nothing_later_than_the_run_is_taken_and_nothing_of_it_is_lost(
    connected: Connected, desk: SmallDesk
) -> None:
    desk.page_rows = 2
    for number, at in enumerate((BEFORE, NOW - DAY, NOW + HOUR, NOW + 2 * HOUR), start=1):
        desk.put("tickets", ticket(number, at))
        desk.put("metric_sets", metric_set(number, at))
        desk.put("ticket_events", event(number, at))
        desk.put("organizations", organization(number, at))
        desk.put("satisfaction_ratings", rating(number, at))
    desk.clock += timedelta(days=1)
    tables = (TICKETS, TICKET_METRICS, TICKET_EVENTS, ORGANIZATIONS, SATISFACTION_RATINGS)

    connected.load(AS_OF)

    assert [len(connected.loaded(table)) for table in tables] == [2] * len(tables)

    connected.load(desk.clock)

    assert [len(connected.loaded(table)) for table in tables] == [4] * len(tables)


def test_a_cursor_goes_on_and_never_back_to_a_time(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    for _ in range(4):
        load(connected, desk, after=1)

    asked = [query for path, query in desk.asked if path == TICKETS.path]
    assert ["start_time" in query for query in asked] == [True, False, False, False]
    assert {query["include"] for query in asked} == {"metric_sets"}
    kinds = connected.query(
        "SELECT kind, count(*) FROM raw_zendesk.windows WHERE resource = 'tickets' GROUP BY kind"
    )
    assert kinds == [("export", 4)]


def test_once_a_month_an_export_begins_again(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    desk.put("tickets", ticket(2, NOW - HOUR + 1))
    load(connected, desk)
    # It shows behind the cursor, which is past it.
    desk.put("tickets", ticket(5, NOW - HOUR), shows_at=NOW + HOUR)
    load(connected, desk, after=1)
    missed = connected.loaded(TICKETS).keys()

    load(connected, desk, after=30)

    assert missed == {"1", "2"}
    assert connected.loaded(TICKETS).keys() == {"1", "2", "5"}
    starts = [
        int(query["start_time"])
        for path, query in desk.asked
        if "start_time" in query and path == TICKETS.path
    ]
    assert starts == [0, NOW - DAY]


def test_a_backfill_that_is_cut_off_goes_on_where_it_was(
    connected: Connected, desk: SmallDesk
) -> None:
    connected.monkeypatch.setattr(exports, "LOAD_ROWS", 4)
    desk.page_rows = 2
    for number in range(1, 12):
        desk.put("tickets", ticket(number, BEFORE + number))
        desk.put("ticket_events", event(number, BEFORE + number))
    asked = 0

    def cut(_: object, usual: Reply) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(403) if asked == 4 else usual

    desk.replies[TICKET_EVENTS.path] = cut
    with pytest.raises(SourceError, match="exports need an administrator"):
        load(connected, desk)
    tickets = desk.count(TICKETS.path)
    assert connected.count("tickets") == 11
    assert 0 < connected.count("ticket_events") < 11

    load(connected, desk)

    assert desk.count(TICKETS.path) == tickets
    starts = [int(query["start_time"]) for path, query in desk.asked if path == TICKET_EVENTS.path]
    assert starts.count(0) == 1
    assert connected.count("ticket_events") == 11


def test_a_list_the_plan_does_not_have_is_marked_and_the_rest_goes_on(
    connected: Connected, desk: SmallDesk
) -> None:
    filled(desk)
    for path in ("slas/policies.json", SURVEY_RESPONSES.path):
        desk.replies[path] = lambda *_: Reply(403)

    load(connected, desk)

    assert connected.count("tickets") == 1
    assert connected.query(
        "SELECT resource FROM raw_zendesk.windows WHERE kind = 'unavailable' ORDER BY resource"
    ) == [("sla_policies",), ("survey_responses",)]
    assert any("sla_policies is refused" in line for line in connected.lines)
    del desk.replies[SURVEY_RESPONSES.path]
    load(connected, desk, after=1)
    assert len(connected.loaded(SURVEY_RESPONSES)) == 1

    desk.replies[SURVEY_RESPONSES.path] = lambda *_: Reply(403)
    with pytest.raises(SourceError, match="which it gave before"):
        load(connected, desk, after=1)


def test_lists_are_read_to_their_end_however_they_page(
    connected: Connected, desk: SmallDesk
) -> None:
    def by_cursor(query: dict[str, str], _: Reply) -> Reply:
        more = "page[after]" not in query
        meta = b'{"has_more":true,"after_cursor":"a"}' if more else b'{"has_more":false}'
        number = 1 if more else 2
        return Reply(body=b'{"groups":[' + listed(number) + b'],"meta":' + meta + b"}")

    def by_number(query: dict[str, str], _: Reply) -> Reply:
        page = int(query.get("page", 1))
        following = b'"https://elsewhere.example/api/v2/brands.json?page=2"'
        return Reply(
            body=b'{"brands":['
            + listed(page)
            + b'],"next_page":'
            + (following if page == 1 else b"null")
            + b"}"
        )

    def for_ever(*_: object) -> Reply:
        return Reply(body=b'{"ticket_fields":[],"meta":{"has_more":true,"after_cursor":"again"}}')

    desk.replies["groups.json"] = by_cursor
    desk.replies["brands.json"] = by_number
    load(connected, desk)
    assert connected.loaded(GROUPS).keys() == {"1", "2"}
    assert connected.count("brands") == 2

    desk.replies["ticket_fields.json"] = for_ever
    with pytest.raises(SourceError, match=r"ticket_fields.json does not come to an end"):
        load(connected, desk, after=1)


def listed(number: int) -> bytes:
    """Return an object of a list as it goes out."""
    return b'{"id":%d,"name":"One","created_at":"2025-01-01T00:00:00Z"}' % number
