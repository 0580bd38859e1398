"""What an operator can put right is said in one sentence, and never with the token in it."""

import re
from datetime import timedelta

import pytest

from ingestion.__main__ import main
from ingestion.errors import SettingsError, SourceError
from ingestion.settings import load_settings
from ingestion.zendesk import check, client, tables
from ingestion.zendesk.tables import ORGANIZATIONS, TICKETS
from tests.ingestion.zendesk.connected import Connected
from tests.ingestion.zendesk.small import (
    AS_OF,
    BEFORE,
    DAY,
    EMAIL,
    TOKEN,
    Query,
    Reply,
    SmallDesk,
    ticket,
)
from tests.ingestion.zendesk.test_changes import filled
from tests.ingestion.zendesk.test_failures_of_others import load

PAGE = b"<!DOCTYPE html><html><body>Help Center Closed</body></html>"


@pytest.mark.parametrize(
    ("email", "token"), [(EMAIL, "unknownCanary"), ("nobody@helpdesk.example", TOKEN)]
)
def test_credentials_that_do_not_open_are_told(
    connected: Connected, desk: SmallDesk, email: str, token: str
) -> None:
    connected.use(desk.url, email, token)

    with pytest.raises(SourceError, match="check ZENDESK_EMAIL and ZENDESK_API_TOKEN") as caught:
        load(connected, desk)

    assert token not in str(caught.value)
    assert connected.count("tickets") == 0


def test_an_oauth_token_opens_alone(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    connected.monkeypatch.delenv("ZENDESK_API_TOKEN")
    connected.monkeypatch.delenv("ZENDESK_EMAIL")
    connected.monkeypatch.setenv("ZENDESK_OAUTH_TOKEN", "oauthCanary")

    load(connected, desk)

    assert connected.count("tickets") == 1


def test_a_user_without_rights_is_told(connected: Connected, desk: SmallDesk) -> None:
    desk.role = "agent"

    with pytest.raises(SourceError, match=f"{EMAIL} is agent .* only an administrator"):
        load(connected, desk)


def test_a_user_who_is_nobody_is_told(connected: Connected, desk: SmallDesk) -> None:
    desk.replies["users/me.json"] = lambda *_: Reply(body=b'{"user":{"id":null,"role":"end-user"}}')

    with pytest.raises(SourceError, match="does not accept the credentials"):
        load(connected, desk)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ZENDESK_EMAIL", "", "ZENDESK_EMAIL is not set"),
        ("ZENDESK_API_TOKEN", "", "ZENDESK_API_TOKEN is not set"),
        ("ZENDESK_API_TOKEN", "two parts", "copy it again"),
        ("ZENDESK_EMAIL", "canary", "is no e-mail address"),
        ("ZENDESK_BASE_URL", "ftp://x", "is not an address"),
        ("ZENDESK_BASE_URL", "http://api.example.com", "send the key in the clear"),
        ("ZENDESK_REQUESTS_PER_MINUTE", "0", "number above 0"),
        ("ZENDESK_REQUESTS_PER_MINUTE", "many", "number above 0"),
        ("ZENDESK_KEEP_TEXT", "perhaps", "true or false"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_setting_that_cannot_be_used_is_told(
    connected: Connected, name: str, value: str, message: str
) -> None:
    connected.monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=message) as caught:
        client.account_from_settings()
    assert "canary" not in str(caught.value)


def test_either_of_two_settings_turns_the_source_on(connected: Connected) -> None:
    assert load_settings().sources == ()
    connected.monkeypatch.setenv("ZENDESK_SUBDOMAIN", "Example")
    assert load_settings().sources == ("zendesk",)
    connected.monkeypatch.setenv("ZENDESK_OAUTH_TOKEN", "t")
    assert client.account_from_settings().base_url == "https://example.zendesk.com"

    connected.monkeypatch.setenv("ZENDESK_SUBDOMAIN", "example.zendesk.com")
    with pytest.raises(SettingsError, match="first part of the helpdesk's address alone"):
        client.account_from_settings()

    connected.monkeypatch.setenv("ZENDESK_SUBDOMAIN", "")
    connected.monkeypatch.setenv("ZENDESK_BASE_URL", "https://help.example")
    assert load_settings().sources == ("zendesk",)
    assert client.account_from_settings().base_url == "https://help.example"


def test_a_host_that_is_not_there_is_told(connected: Connected, desk: SmallDesk) -> None:
    connected.use("http://127.0.0.1:9", EMAIL, TOKEN)

    with pytest.raises(SourceError, match=r"cannot be reached .* ZENDESK_SUBDOMAIN or ZENDESK_BAS"):
        load(connected, desk)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(404, PAGE), "There is no users/me.json .* check ZENDESK_SUBDOMAIN"),
        (Reply(302, b"", (("Location", "https://elsewhere.example"),)), "status 302"),
        (Reply(200, PAGE), "a web page instead of data; check ZENDESK_SUBDOMAIN"),
        (Reply(200, b"[]"), "was cut off"),
    ],
    ids=["404", "redirect", "page", "list"],
)
def test_a_wrong_subdomain_is_told(
    connected: Connected, desk: SmallDesk, reply: Reply, message: str
) -> None:
    desk.replies["users/me.json"] = lambda *_: reply

    with pytest.raises(SourceError, match=message):
        load(connected, desk)


def test_an_export_that_is_no_export_is_told(connected: Connected, desk: SmallDesk) -> None:
    desk.replies[TICKETS.path] = lambda *_: Reply(body=b'{"users":[]}')

    with pytest.raises(SourceError, match="has no list tickets"):
        load(connected, desk)


def test_a_body_that_is_cut_is_asked_for_in_smaller_parts(
    connected: Connected, desk: SmallDesk
) -> None:
    for number in range(1, 8):
        desk.put("tickets", ticket(number))

    def cut(query: Query, usual: Reply) -> Reply:
        if int(query["per_page"]) > 300:
            half = len(usual.body) // 2
            return usual._replace(body=usual.body[:half], promised=len(usual.body))
        return usual

    desk.replies[TICKETS.path] = cut

    load(connected, desk)

    assert connected.count("tickets") == 7
    sizes = [query["per_page"] for path, query in desk.asked if path == TICKETS.path]
    assert sizes == ["1000", "500", "250"]


def test_a_body_that_is_always_cut_is_told(connected: Connected, desk: SmallDesk) -> None:
    desk.put("organizations", {"id": 1})
    desk.replies[ORGANIZATIONS.path] = lambda _, usual: Reply(body=usual.body[:5])

    with pytest.raises(SourceError, match=r"organizations.json was cut off 8 times"):
        load(connected, desk)


@pytest.mark.usefixtures("connected")
def test_waits_as_long_as_it_is_told_to(desk: SmallDesk) -> None:
    filled(desk)
    waited: list[float] = []
    asker = client.Client(client.account_from_settings(), sleep=waited.append)
    answers = iter([Reply(429, b"", (("Retry-After", "93"),)), Reply(503, PAGE), Reply(500)])
    desk.replies[TICKETS.path] = lambda _, usual: next(answers, usual)

    page = asker.get(TICKETS.path, [("start_time", "0"), ("per_page", "9")], is_export=True)

    assert [one["id"] for one in page["tickets"]] == [1]
    assert waited[0] == 93
    assert asker.retries == 3


def test_a_limit_that_is_always_met_is_told(connected: Connected, desk: SmallDesk) -> None:
    desk.replies[TICKETS.path] = lambda *_: Reply(429)

    with pytest.raises(SourceError, match=r"status 429 8 times; .*ZENDESK_REQUESTS_PER_MINUTE"):
        load(connected, desk)


def test_exports_keep_to_so_many_requests_in_any_minute() -> None:
    now = 0.0
    moments = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = client.MinutePace(10, clock=lambda: now, sleep=sleep)
    for _ in range(35):
        pace.wait()
        moments.append(now)

    for moment in moments:
        assert sum(moment <= other < moment + 60 for other in moments) <= 10
    assert moments[9] == 0
    assert moments[-1] == 180


@pytest.mark.usefixtures("desk")
def test_a_link_to_another_host_is_not_followed() -> None:
    asker = client.Client(client.account_from_settings())

    with pytest.raises(SourceError, match="another host"):
        asker.fetch("https://elsewhere.example/api/v2/groups.json", (), lambda: None)


def test_an_instant_ahead_of_zendesk_is_refused(connected: Connected, desk: SmallDesk) -> None:
    with pytest.raises(SourceError, match="20 minutes ahead of Zendesk's clock"):
        connected.load(desk.clock + timedelta(minutes=20))


def test_the_token_is_kept_nowhere(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)

    load(connected, desk)

    assert not [line for line in connected.lines if TOKEN in line]
    assert TOKEN.encode() not in (connected.home / "warehouse.duckdb").read_bytes()
    assert TOKEN not in repr(client.account_from_settings())


def test_the_check_says_what_there_is(connected: Connected, desk: SmallDesk) -> None:
    filled(desk)
    desk.page_rows = 100
    connected.monkeypatch.setenv("ZENDESK_REQUESTS_PER_MINUTE", "10")
    for number in range(2, 601):
        desk.put("tickets", ticket(number, BEFORE + number * 60 * DAY // 601))

    check.check(AS_OF, connected.lines.append)

    told = "\n".join(connected.lines)
    assert f"as {EMAIL}, an administrator" in told
    assert "tickets since 2025-11" in told
    # Two pages of a hundred tell about how many there are.
    assert re.search(r"roughly 1 users, 1 organizations, 6[0-2]\d tickets, 1 ticket_events", told)
    assert "at 10 requests a minute" in told
    assert TOKEN not in told


def test_the_check_tells_what_lacks(
    connected: Connected, desk: SmallDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.clock = AS_OF
    desk.role = "agent"
    assert main(["zendesk", "--check"]) == 1
    assert "only an administrator" in capsys.readouterr().err
    desk.role = "admin"

    with pytest.raises(SourceError, match="60 minutes apart"):
        check.check(desk.clock + timedelta(hours=1), connected.lines.append)

    desk.replies["business_hours/schedules.json"] = lambda *_: Reply(403)
    check.check(desk.clock, connected.lines.append)
    assert "the account's plan does not have schedules" in "\n".join(connected.lines)
    assert "0 tickets" in "\n".join(connected.lines)

    desk.replies["groups.json"] = lambda *_: Reply(403)
    with pytest.raises(SourceError, match="refuses groups"):
        check.check(desk.clock, connected.lines.append)


def test_every_table_is_declared_once() -> None:
    names = [table.name for table in tables.TABLES]
    assert len(names) == len(set(names))
    assert names[0] == "tickets"
