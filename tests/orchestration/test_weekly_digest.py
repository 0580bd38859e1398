"""A week's digest: what moved, and whom to call."""

from datetime import UTC, date, datetime
from decimal import Decimal

import dagster as dg
import openpyxl
import pytest

from ingestion.settings import Home, Settings
from orchestration.assets.exports import WEEKLY_DIGEST_KEY, export_assets
from orchestration.definitions import defs
from orchestration.errors import ReportError
from orchestration.publishing.publish import publish
from orchestration.reports.periods import week_name
from orchestration.reports.reading import last_week
from orchestration.reports.reading_back import CHECKS, read_back
from orchestration.reports.report import published_snapshot
from orchestration.reports.sections import LISTS
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


def test_a_digest_compares_the_week_with_the_one_before(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    # Two customers, each with 50 more on January 20 and 50 more than that every day after.
    digest = make_weekly_digest(warehouse, "2026-W04", ("en", "pt_PT"))
    net = digest.figures.headline("net_new_mrr")
    assert net.value == 2 * (50 + 100 + 150 + 200 + 250 + 300)
    assert net.previous is None or net.previous == 0
    after = make_weekly_digest(warehouse, "2026-W05")
    net = after.figures.headline("net_new_mrr")
    assert net.value == 2 * sum(50 * day for day in range(7, 14))
    assert net.previous == 2 * sum(50 * day for day in range(1, 7))
    assert net.relative_change is None, "it is itself a change"
    movements = after.figures.section("week_movements")
    assert movements is not None
    steps = [Decimal(str(value)) for value in movements.column("mrr")]
    assert sum(steps[:-1]) == steps[-1] == after.figures.headline("closing_mrr").value
    assert read_back(warehouse, digest) == {name: [] for name in CHECKS}


def test_the_lists_are_in_the_mail_the_chat_the_workbook_and_csv_files(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    digest = make_weekly_digest(warehouse, "2026-W06", ("en",))
    message = digest.message("en")
    tabs = openpyxl.load_workbook(digest.file("en", "xlsx")).sheetnames
    chat = str(message.blocks)
    for key, title, tab in zip(
        LISTS,
        ("Customers past due", "Customers with long-open or reopened tickets", "Renewals to come"),
        ("Customers past due", "Tickets", "Renewals to come"),
        strict=True,
    ):
        section = digest.figures.section(key)
        assert section is not None
        assert section.rows, key
        assert title in message.html
        assert title in chat
        assert tab in tabs
        assert (digest.folder / "csv" / f"{key}.csv").exists()
    renewals = digest.figures.section("renewals")
    assert renewals is not None
    assert [str(day) for day in renewals.column("renews_on")] == ["2026-02-20"] * 2
    assert [file.name for file in message.attachments] == ["weekly-digest-2026-W06.xlsx"]


def test_whom_to_call_now_is_not_said_of_a_week_long_past(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    digest = make_weekly_digest(warehouse, "2026-W05")
    assert [section.key for section in digest.figures.sections] == [
        "week_movements",
        "largest_changes",
    ]
    with pytest.raises(ReportError, match="can no longer be made"):
        make_customer_lists(warehouse, "2026-W05")
    lists = make_customer_lists(warehouse, "2026-W06")
    assert tuple(section.key for section in lists.figures.sections) == LISTS
    assert read_back(warehouse, lists) == {name: [] for name in CHECKS}


def test_a_digest_is_made_again_as_it_was(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    digest = make_weekly_digest(warehouse, "2026-W05")
    before = {file: file.read_bytes() for file in digest.files}
    again = make_weekly_digest(warehouse, "2026-W05")
    assert again.was_stored
    assert {file: file.read_bytes() for file in again.files} == before


def test_a_week_that_is_not_over_has_no_digest(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    # The data end on Monday, February 9.
    assert last_week(published_snapshot(warehouse)) == "2026-W06"
    with pytest.raises(ReportError, match="not over"):
        make_weekly_digest(warehouse, "2026-W07")


@pytest.mark.parametrize("week", ["2026-W60", "2026-01", "../W01", "2026-W1", "0000-W01"])
def test_what_is_not_a_week_is_refused(home: Home, week: str) -> None:
    with pytest.raises(ReportError, match="write it as 2025-W52"):
        make_weekly_digest(home, week)


def test_the_partition_of_a_monday_is_its_week_and_its_checks_pass(
    warehouse: Home, settings: Settings
) -> None:
    assert week_name(date(2025, 12, 29)) == "2026-W01"
    publish(settings, "run-1")
    digest = next(asset for asset in export_assets(settings) if asset.key == WEEKLY_DIGEST_KEY)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [digest],
            partition_key="2026-01-26",
            instance=instance,
            selection=[digest],
        )
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks} == set(CHECKS)
    assert all(check.passed for check in checks)
    assert (warehouse.exports / "weekly_digest" / "2026-W05" / "figures.json").exists()


def test_on_mondays_the_digest_of_the_week_before_is_asked_for() -> None:
    schedule = defs.resolve_schedule_def("weekly_digest_schedule")
    assert schedule.cron_schedule == "0 7 * * 1"
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 2, 9, 7, tzinfo=UTC),
            repository_def=defs.get_repository_def(),
        )
        requests = schedule.evaluate_tick(context).run_requests
    assert [request.partition_key for request in requests or ()] == ["2026-02-02"]
