"""The sandbox helpdesk against an independent client, and against what is known of the API."""

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import urllib3
from zenpy import Zenpy

from ingestion.sandbox.experience import USUAL_EFFECT
from ingestion.sandbox.faults import Fault, FaultPlan
from ingestion.sandbox.stripe.world import make_account
from ingestion.sandbox.zendesk.log import Audit, Mutation
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import Helpdesk, make_helpdesk

Json = dict[str, Any]
BURST = 1200


def words(text: str) -> set[str]:
    return set(text.split())


# What an account that was recorded shows of a ticket, its metrics and a user.
TICKET_KEYS = words(
    "allow_attachments allow_channelback assignee_id brand_id collaborator_ids created_at "
    "custom_fields custom_status_id description due_at email_cc_ids encoded_id external_id "
    "fields follower_ids followup_ids forum_topic_id from_messaging_channel "
    "generated_timestamp group_id has_incidents id is_public organization_id priority "
    "problem_id raw_subject recipient requester_id satisfaction_rating sharing_agreement_ids "
    "status subject submitter_id support_type tags ticket_form_id type updated_at url via"
)
METRIC_KEYS = words(
    "agent_wait_time_in_minutes assigned_at assignee_stations assignee_updated_at created_at "
    "custom_status_updated_at first_resolution_time_in_minutes "
    "full_resolution_time_in_minutes group_stations id initially_assigned_at "
    "latest_comment_added_at on_hold_time_in_minutes reopens replies reply_time_in_minutes "
    "requester_updated_at requester_wait_time_in_minutes solved_at status_updated_at "
    "ticket_id updated_at url"
)
USER_KEYS = words(
    "active alias created_at custom_role_id default_group_id details email external_id "
    "iana_time_zone id last_login_at locale locale_id moderator name notes "
    "only_private_comments organization_id phone photo report_csv restricted_agent role "
    "role_type shared shared_agent shared_phone_number signature suspended tags "
    "ticket_restriction time_zone two_factor_auth_enabled updated_at url user_fields "
    "verified"
)


@pytest.fixture(scope="module")
def helpdesk() -> Helpdesk:
    return make_helpdesk(make_account(100, 14, support_effect=USUAL_EFFECT), burst=BURST)


@pytest.fixture
def sandbox(helpdesk: Helpdesk) -> Iterator[ZendeskSandbox]:
    with ZendeskSandbox(helpdesk) as sandbox:
        yield sandbox


class Reader:
    """Asks the sandbox as an admin does."""

    def __init__(self, sandbox: ZendeskSandbox, **headers: str) -> None:
        name = f"{sandbox.email}/token:{sandbox.api_token}"
        self.headers = headers or urllib3.make_headers(basic_auth=name)
        self.base = f"{sandbox.url}/api/v2/"

    def ask(self, path: str) -> urllib3.BaseHTTPResponse:
        address = path if path.startswith("http") else self.base + path
        return urllib3.request("GET", address, headers=self.headers, retries=False)

    def get(self, path: str) -> Json:
        answer = self.ask(path)
        assert answer.status == 200, answer.data
        body: Json = answer.json()
        return body

    def export(self, kind: str, path: str) -> list[Json]:
        """Every row of an export from an address on."""
        rows: list[Json] = []
        while True:
            page = self.get(path)
            rows += page[kind]
            if page["end_of_stream"]:
                return rows
            path = page.get("after_url") or page["next_page"]


# --- an independent client ----------------------------------------------------------------------

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
WALKS: dict[str, Callable[[Any], Any]] = {
    "tickets": lambda zendesk: zendesk.tickets.incremental(BEGINNING, paginate_by_time=False),
    "users": lambda zendesk: zendesk.users.incremental(BEGINNING, paginate_by_time=False),
    "organizations": lambda zendesk: zendesk.organizations.incremental(BEGINNING),
    "ticket_events": lambda zendesk: zendesk.tickets.events(BEGINNING, include=["comment_events"]),
    "ticket_metric_events": lambda zendesk: zendesk.tickets.metrics_incremental(BEGINNING),
    "satisfaction_ratings": lambda zendesk: zendesk.satisfaction_ratings(),
    "groups": lambda zendesk: zendesk.groups(),
    "brands": lambda zendesk: zendesk.brands(),
    "ticket_fields": lambda zendesk: zendesk.ticket_fields(),
    "sla_policies": lambda zendesk: zendesk.sla_policies(),
    "deleted_tickets": lambda zendesk: zendesk.tickets.deleted(),
}


@pytest.mark.parametrize("kind", WALKS)
def test_an_independent_client_pages_through_every_object(
    helpdesk: Helpdesk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    shown_at = helpdesk.as_of
    if kind == "deleted_tickets":  # which are listed for a month
        shown_at = datetime.fromtimestamp(last_deletion(helpdesk) + 1, UTC)
    with ZendeskSandbox(helpdesk, clock=shown_at) as sandbox:
        port = sandbox.url.rsplit(":", 1)[1]
        zendesk = Zenpy(
            subdomain="127.0.0",
            domain=f"1:{port}",
            email=sandbox.email,
            token=sandbox.api_token,
            ratelimit_budget=None,
        )
        found = [str(one.id) for one in WALKS[kind](zendesk)]
        there = set(sandbox.api.bodies(kind, ""))

    assert len(found) == len(set(found))
    assert set(found) == there
    assert there


def last_deletion(helpdesk: Helpdesk) -> int:
    """When a ticket was deleted last."""
    return max(
        entry.at
        for entry in helpdesk.log
        if isinstance(entry, Mutation) and entry.kind == "deleted_tickets" and not entry.is_deleted
    )


def test_objects_have_the_keys_of_a_real_account(sandbox: ZendeskSandbox) -> None:
    reader = Reader(sandbox)
    page = reader.get("incremental/tickets/cursor.json?start_time=0&include=metric_sets")
    users = reader.get("incremental/users/cursor.json?start_time=0")["users"]

    for ticket, metrics in zip(page["tickets"], page["metric_sets"], strict=True):
        assert set(ticket) == TICKET_KEYS | {"metric_set"}
        assert ticket["metric_set"] == metrics
        assert set(metrics) == METRIC_KEYS
        assert metrics["ticket_id"] == ticket["id"]
        assert ticket["fields"] == ticket["custom_fields"]
    for user in users:
        assert set(user) - {"permanently_deleted"} == USER_KEYS


def test_events_look_as_the_export_has_them(sandbox: ZendeskSandbox) -> None:
    reader = Reader(sandbox)
    path = "incremental/ticket_events.json?start_time=0"
    whole = reader.export("ticket_events", f"{path}&include=comment_events")
    short = reader.export("ticket_events", path)
    seen = Counter(child["event_type"] for event in whole for child in event["child_events"])

    assert set(seen) == {"Create", "Change", "Comment", "ScheduleAssignment"}
    for event, other in zip(whole, short, strict=True):
        assert event["event_type"] == "Audit"
        assert isinstance(event["via"], str)
        assert event["timestamp"] == datetime.fromisoformat(event["created_at"]).timestamp()
        assert "metadata" not in other
        for child, outline in zip(event["child_events"], other["child_events"], strict=True):
            if child["event_type"] == "Comment":
                assert child["via"]["channel"]
                assert child["audit_id"] == event["id"]
                assert outline["comment_public"] == child["public"]
                assert "body" not in outline
            else:
                assert isinstance(child["via"], str)
                assert child == outline
    children = [child for event in whole for child in event["child_events"]]
    changes = [child for child in children if child["event_type"] == "Change"]
    assert {"status": "solved", "previous_value": "open"}.items() <= next(
        child.items()
        for child in changes
        if child.get("status") == "solved" and child["previous_value"] == "open"
    )
    by_rule = [child for child in children if child["via"] == "Rule"]
    assert {child["rel"] for child in by_rule} == {"trigger", "automation"}
    organizations = [child["organization_id"] for child in children if "organization_id" in child]
    assert {type(one) for one in organizations} == {str, type(None)}
    offers = [child for child in changes if child.get("satisfaction_score") == "offered"]
    assert {child["previous_value"] for child in offers} == {"unoffered"}
    assert any(event["updater_id"] == -1 for event in whole)


# --- exports ------------------------------------------------------------------------------------


def test_a_cursor_brings_each_ticket_once_and_then_only_what_changed(helpdesk: Helpdesk) -> None:
    start = helpdesk.as_of - timedelta(days=20)
    with ZendeskSandbox(helpdesk, clock=start) as sandbox:
        reader = Reader(sandbox)
        path, ids, cursor = "incremental/tickets/cursor.json?start_time=0&per_page=37", [], ""
        while path:
            page = reader.get(path)
            ids += [ticket["id"] for ticket in page["tickets"]]
            cursor = page["after_cursor"]
            path = "" if page["end_of_stream"] else page["after_url"]
        before = sandbox.api.bodies("tickets", "")
        sandbox.advance(timedelta(days=3))
        following = f"incremental/tickets/cursor.json?cursor={quote(cursor)}"
        changed = reader.export("tickets", following)
        after = sandbox.api.bodies("tickets", "")
        sandbox.advance(timedelta(seconds=1))
        nothing = reader.get(f"{following.split('=')[0]}={quote(str(page_end(reader, cursor)))}")

    assert len(ids) == len(set(ids)) == len(before)
    assert base64.b64decode(cursor).decode().endswith("|")
    really = {id_ for id_, body in after.items() if body != before.get(id_)}
    assert {str(ticket["id"]) for ticket in changed} == really
    assert really
    assert nothing["tickets"] == []
    assert nothing["end_of_stream"]
    assert nothing["after_cursor"]


def page_end(reader: Reader, cursor: str) -> str:
    """The cursor behind everything."""
    page = reader.get(f"incremental/tickets/cursor.json?cursor={quote(cursor)}")
    return str(page["after_cursor"])


def test_a_change_by_the_system_shows_though_updated_at_stays(helpdesk: Helpdesk) -> None:
    silent = next(
        entry
        for entry in helpdesk.log
        if isinstance(entry, Audit) and entry.is_silent and not entry.changes
    )
    with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(silent.at, UTC)) as sandbox:
        before = sandbox.current("tickets")[str(silent.ticket.id)]
        sandbox.advance(timedelta(seconds=90))
        reader = Reader(sandbox)
        path = f"incremental/tickets/cursor.json?start_time={silent.at}"
        (after,) = [one for one in reader.export("tickets", path) if one["id"] == silent.ticket.id]
        events = reader.export(
            "ticket_events", f"incremental/ticket_events.json?start_time={silent.at}"
        )

    assert after["generated_timestamp"] == silent.at > before["generated_timestamp"]
    assert after["updated_at"] == before["updated_at"]
    assert silent.ticket.id not in {event["ticket_id"] for event in events}


def test_what_changed_within_the_last_minute_is_withheld(helpdesk: Helpdesk) -> None:
    entry = next(one for one in reversed(helpdesk.log) if isinstance(one, Audit))
    with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(entry.at + 60, UTC)) as sandbox:
        reader = Reader(sandbox)
        path = "incremental/tickets/cursor.json?start_time=0"
        before = {one["id"] for one in reader.export("tickets", path)}
        sandbox.advance(timedelta(seconds=1))
        after = {one["id"] for one in reader.export("tickets", path)}
        refused = reader.ask(f"incremental/tickets/cursor.json?start_time={entry.at + 2}")

    assert entry.ticket.id in after - before
    assert refused.status == 422
    assert refused.json()["error"] == "StartTimeTooRecent"


def test_an_export_by_time_ends_its_pages_with_whole_seconds(sandbox: ZendeskSandbox) -> None:
    reader = Reader(sandbox)
    path = "incremental/ticket_events.json?start_time=0&per_page=1"
    first = reader.get(path)
    second = reader.get(first["next_page"])
    rows = reader.export("ticket_events", "incremental/ticket_events.json?start_time=0")
    moments = Counter(row["timestamp"] for row in rows)

    assert first["end_time"] == first["ticket_events"][-1]["timestamp"] + 1
    assert first["count"] == moments[first["ticket_events"][0]["timestamp"]]
    assert {row["id"] for row in first["ticket_events"]}.isdisjoint(
        row["id"] for row in second["ticket_events"]
    )
    assert max(moments.values()) >= BURST
    assert len({row["id"] for row in rows}) == len(rows)


def test_an_export_by_time_repeats_its_last_second_when_read_again(
    sandbox: ZendeskSandbox,
) -> None:
    reader = Reader(sandbox)
    path = "incremental/organizations.json?start_time=0"
    last = reader.get(path)
    while not last["end_of_stream"]:
        last = reader.get(last["next_page"])
    again = reader.get(last["next_page"])

    final = last["organizations"][-1]["id"]
    assert final in {one["id"] for one in again["organizations"]}
    assert again["end_of_stream"]


def test_the_older_way_of_exporting_by_time_is_stuck_in_a_crowded_second(
    helpdesk: Helpdesk,
) -> None:
    with ZendeskSandbox(helpdesk, splits_seconds=True) as sandbox:
        reader = Reader(sandbox)
        page = reader.get("incremental/organizations.json?start_time=0")
        ids = [one["id"] for one in page["organizations"]]
        for _ in range(3):
            before, page = page, reader.get(page["next_page"])
            ids += [one["id"] for one in page["organizations"]]

    assert page["next_page"] == before["next_page"]
    assert page["organizations"] == before["organizations"]
    assert not page["end_of_stream"]
    assert len(set(ids)) < len(ids)


def test_increments_bring_the_same_tickets_as_one_read(helpdesk: Helpdesk) -> None:
    with ZendeskSandbox(helpdesk, clock=helpdesk.as_of - timedelta(days=200)) as sandbox:
        reader = Reader(sandbox)
        kept: dict[str, Json] = {}
        path = "incremental/tickets/cursor.json?start_time=0"
        while sandbox.clock <= helpdesk.as_of:
            page = reader.get(path)
            kept |= {str(ticket["id"]): ticket for ticket in page["tickets"]}
            path = page["after_url"]
            if page["end_of_stream"]:
                sandbox.advance(timedelta(days=9))
        kept |= {str(t["id"]): t for t in reader.export("tickets", path)}
        there = sandbox.api.bodies("tickets", f"{sandbox.url}/api/v2")

    assert kept == there


# --- what happens to tickets and people ---------------------------------------------------------


def test_a_deleted_ticket_stays_in_the_export_until_nothing_of_it_is_left(
    helpdesk: Helpdesk,
) -> None:
    deleted = next(
        entry
        for entry in helpdesk.log
        if isinstance(entry, Audit)
        and any(change.value == "deleted" for change in entry.changes)
        and any(
            change.field == "is_scrubbed"
            for audit in entry.ticket.audits
            for change in audit.changes
        )
    )
    id_, gone_at = deleted.ticket.id, deleted.ticket.audits[-1].at
    with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(deleted.at + 61, UTC)) as sandbox:
        reader = Reader(sandbox)
        path = f"incremental/tickets/cursor.json?start_time={deleted.at}"
        (ticket,) = [one for one in reader.export("tickets", path) if one["id"] == id_]
        listed = reader.get("deleted_tickets.json?page[size]=100")["deleted_tickets"]
        assert str(id_) not in sandbox.current("tickets")
        sandbox.advance(datetime.fromtimestamp(gone_at + 61, UTC))
        path = f"incremental/tickets/cursor.json?start_time={gone_at}"
        (scrubbed,) = [one for one in reader.export("tickets", path) if one["id"] == id_]
        left = reader.get("deleted_tickets.json?page[size]=100")["deleted_tickets"]
        events = reader.export("ticket_events", "incremental/ticket_events.json?start_time=0")

    assert ticket["status"] == scrubbed["status"] == "deleted"
    assert ticket["subject"] != scrubbed["subject"] == scrubbed["description"] == "SCRUBBED"
    assert scrubbed["updated_at"] == ticket["updated_at"]
    assert id_ in {one["id"] for one in listed}
    assert id_ not in {one["id"] for one in left}
    assert id_ not in {event["ticket_id"] for event in events}


def test_merging_two_users_rewrites_their_tickets_without_an_event(helpdesk: Helpdesk) -> None:
    merged = next(
        entry
        for entry in helpdesk.log
        if isinstance(entry, Audit)
        and entry.is_silent
        and any(change.field == "requester_id" for change in entry.changes)
    )
    (change,) = merged.changes
    with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(merged.at, UTC)) as sandbox:
        before = sandbox.current("tickets")[str(merged.ticket.id)]
        assert str(change.previous) in sandbox.current("users")
        sandbox.advance(timedelta(seconds=1))
        after = sandbox.current("tickets")[str(merged.ticket.id)]
        assert str(change.previous) not in sandbox.current("users")

    assert (before["requester_id"], after["requester_id"]) == (change.previous, change.value)
    assert before["updated_at"] == after["updated_at"]


def test_a_rating_that_flips_keeps_its_id(helpdesk: Helpdesk) -> None:
    for kind, path in (
        ("satisfaction_ratings", "satisfaction_ratings.json?page[size]=100"),
        ("survey_responses", "guide/survey_responses?page[size]=50"),
    ):
        versions = Counter(
            entry.id for entry in helpdesk.log if isinstance(entry, Mutation) and entry.kind == kind
        )
        (flipped, count) = versions.most_common(1)[0]
        assert count == 3
        moments = [e.at for e in helpdesk.log if isinstance(e, Mutation) and e.id == flipped]
        seen = []
        with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(moments[0], UTC)) as sandbox:
            for at in moments:
                sandbox.advance(datetime.fromtimestamp(at + 1, UTC))
                rows = listed(Reader(sandbox), kind, path)
                (row,) = [row for row in rows if str(row["id"]) == flipped]
                answers = row.get("answers", [{"rating_category": row.get("score")}])
                seen.append(answers[0]["rating_category"] if answers else "offered")
        assert seen == ["offered", "bad", "good"]


def listed(reader: Reader, kind: str, path: str) -> list[Json]:
    """Every row of a list, by cursor."""
    rows: list[Json] = []
    while True:
        page = reader.get(path)
        rows += page[kind]
        if not page["meta"]["has_more"]:
            return rows
        path = page["links"]["next"]


def test_a_schedule_changes_and_keeps_its_id(helpdesk: Helpdesk) -> None:
    changed = max(
        entry.at
        for entry in helpdesk.log
        if isinstance(entry, Mutation) and entry.kind == "schedules"
    )
    with ZendeskSandbox(helpdesk, clock=datetime.fromtimestamp(changed, UTC)) as sandbox:
        reader = Reader(sandbox)
        before = reader.get("business_hours/schedules.json")["schedules"]
        sandbox.advance(timedelta(seconds=1))
        after = reader.get("business_hours/schedules.json")["schedules"]
        days = reader.get(f"business_hours/schedules/{after[0]['id']}/holidays.json")["holidays"]

    assert [one["id"] for one in before] == [one["id"] for one in after]
    assert {one["time_zone"] for one in after} == {"Europe/Lisbon", "America/Sao_Paulo"}
    assert before[0] == after[0]
    assert before[1]["intervals"] != after[1]["intervals"]
    assert before[1]["updated_at"] < after[1]["updated_at"]
    assert all(day["start_date"] == day["end_date"] for day in days)


def test_metrics_are_those_of_the_truth(helpdesk: Helpdesk, sandbox: ZendeskSandbox) -> None:
    served = sandbox.current("ticket_metrics")
    rows = helpdesk.truth.rows(sandbox.clock)
    assert len(rows) == len(served)
    for row in rows:
        metrics = served[row["ticket_id"]]
        assert (metrics["replies"], metrics["reopens"]) == (row["replies"], row["reopens"])
        for name, key in (
            ("first_reply", "reply_time_in_minutes"),
            ("first_resolution", "first_resolution_time_in_minutes"),
            ("full_resolution", "full_resolution_time_in_minutes"),
        ):
            for kind in ("calendar", "business"):
                exact = row[f"{name}_{kind}_minutes"]
                assert metrics[key][kind] == (None if exact is None else int(exact))


# --- who asks, how often, and how ---------------------------------------------------------------


def basic(name: str) -> dict[str, str]:
    return urllib3.make_headers(basic_auth=name)


def test_only_admins_export(sandbox: ZendeskSandbox) -> None:
    path = "incremental/tickets/cursor.json?start_time=0"
    name = f"{sandbox.email}/token"
    for headers, status in (
        ({"Authorization": f"Bearer {sandbox.oauth_token}"}, 200),
        ({"Authorization": f"Bearer {sandbox.expired_token}"}, 401),
        (basic(f"{name}:{sandbox.expired_token}"), 401),
        (basic(f"{sandbox.email}:{sandbox.api_token}"), 401),
        (basic(f"{name}:{sandbox.agent_token}"), 403),
        ({"Accept": "application/json"}, 401),
    ):
        assert Reader(sandbox, **headers).ask(path).status == status
    agent = Reader(sandbox, **basic(f"{name}:{sandbox.agent_token}"))
    assert agent.get("users/me.json")["user"]["role"] == "agent"
    assert agent.ask("groups.json").status == 200
    assert "error" in agent.ask(path).json()
    nobody = Reader(sandbox, Accept="application/json")
    assert nobody.get("users/me.json")["user"]["id"] is None
    assert Reader(sandbox).get("users/me.json")["user"]["role"] == "admin"
    assert Reader(sandbox).ask("incremental/nonsense.json?start_time=0").status == 404
    assert Reader(sandbox).ask("business_hours/schedules/1/holidays.json").status == 404


def test_ten_exports_a_minute_and_no_more(helpdesk: Helpdesk) -> None:
    with ZendeskSandbox(helpdesk, exports_a_minute=10, seconds_a_minute=1.5) as sandbox:
        reader = Reader(sandbox)
        path = "incremental/ticket_metric_events.json?start_time=0&per_page=1"
        answers = [reader.ask(path) for _ in range(11)]
        users = [reader.ask("incremental/users/cursor.json?start_time=0&per_page=1")] * 11
        wait = int(answers[-1].headers["Retry-After"])
        time.sleep(wait)
        later = reader.ask(path)

    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert 0 < wait <= 2
    name = "zendesk-ratelimit-incremental-exports"
    assert answers[0].headers[name].startswith("total=10; remaining=9")
    assert later.status == 200
    assert users[-1].headers[f"{name}-cursor"].startswith("total=20")


def test_lists_come_by_cursor_or_by_number(sandbox: ZendeskSandbox) -> None:
    reader = Reader(sandbox)
    by_number: list[Json] = []
    path = "satisfaction_ratings.json?per_page=7"
    while path:
        page = reader.get(path)
        by_number += page["satisfaction_ratings"]
        path = page["next_page"]
    by_cursor = listed(reader, "satisfaction_ratings", "satisfaction_ratings.json?page[size]=7")
    last = reader.get("groups.json?page[size]=100")

    assert by_number == by_cursor
    assert len(by_cursor) == page["count"] > 20
    assert not last["meta"]["has_more"]
    assert reader.get(last["links"]["next"])["groups"] == []
    for wrong in ("groups?page[size]=101", "groups?page[size]=0", "groups?page[after]=xx"):
        assert reader.ask(wrong).status == 400
    assert reader.ask("guide/survey_responses?page[size]=51").status == 400


def test_lists_of_opinions_are_filtered_by_when_they_were_asked_for(
    sandbox: ZendeskSandbox,
) -> None:
    reader = Reader(sandbox)
    ratings = listed(reader, "satisfaction_ratings", "satisfaction_ratings?page[size]=100")
    asked = sorted(datetime.fromisoformat(one["created_at"]).timestamp() for one in ratings)
    middle = int(asked[len(asked) // 2])
    path = f"satisfaction_ratings?start_time={middle}&page[size]=10"
    assert len(listed(reader, "satisfaction_ratings", path)) == sum(at >= middle for at in asked)

    path = "guide/survey_responses?page[size]=50"
    whole = listed(reader, "survey_responses", path)
    sent = [
        (datetime.fromisoformat(one["expires_at"]) - timedelta(days=28)).timestamp()
        for one in whole
    ]
    middle = int(sorted(sent)[len(sent) // 2])
    some = listed(reader, "survey_responses", f"{path}&filter[created_at_start]={middle * 1000}")
    assert 0 < len(some) == sum(at >= middle for at in sent) < len(whole)
    assert any(not one["answers"] for one in whole)


def test_whatever_goes_wrong_on_the_way_can_be_asked_for(sandbox: ZendeskSandbox) -> None:
    reader = Reader(sandbox)
    path = "incremental/users/cursor.json?start_time=0"
    whole = reader.get(path)

    def meet(fault: Fault) -> urllib3.BaseHTTPResponse:
        sandbox.faults = FaultPlan(share=1.0, kinds=(fault,), at_most=1)
        return reader.ask(path)

    page = meet(Fault.HTML)
    assert (page.status, page.headers["Content-Type"][:9]) == (503, "text/html")
    assert meet(Fault.RATE_LIMITED_FOR).headers["Retry-After"] == "0"
    assert meet(Fault.INTERNAL).status == 500
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid|delimiter"):
        meet(Fault.TRUNCATED).json()
    with pytest.raises(urllib3.exceptions.HTTPError):
        meet(Fault.RESET)
    assert reader.get(path) == whole
    first = str(whole["users"][0]["id"])
    sandbox.faults = FaultPlan(
        damages={first: lambda item: item.update(role="wizard")},
        refused={"/api/v2/business_hours/schedules/360000481/holidays.json": 403},
    )
    assert reader.get(path)["users"][0]["role"] == "wizard"
    refused = reader.ask("business_hours/schedules/360000481/holidays.json")
    assert (refused.status, refused.data[:9]) == (403, b"<!DOCTYPE")
