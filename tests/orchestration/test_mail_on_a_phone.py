"""Mails in a real browser as narrow as a phone: nothing is cut off, no word is torn."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ingestion.settings import LANGUAGES, Home, Settings
from orchestration.publishing.publish import publish
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.report import Report
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest
from tests.orchestration.samples import fill_warehouse
from tests.orchestration.test_dashboard import BROWSERS

PHONE = 390


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.fail("These tests need a Chromium: apt-get install chromium fonts-liberation")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found)
        yield started
        started.close()


@pytest.fixture
def reports(warehouse: Home, settings: Settings) -> list[Report]:
    publish(settings, "run-1")
    make_kpi_pack(warehouse, "2026-01")
    fill_warehouse(warehouse, "restated", months=5)
    publish(settings, "run-2")
    return [
        make_kpi_pack(warehouse, "2026-01", LANGUAGES, anew=True),
        make_weekly_digest(warehouse, "2026-W06", LANGUAGES),
        make_customer_lists(warehouse, "2026-W06", LANGUAGES),
    ]


def test_a_mail_is_as_wide_as_the_phone_and_tears_no_word(
    reports: list[Report], browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": PHONE, "height": 800})
    for report in reports:
        for code in LANGUAGES:
            page.goto(report.file(code, "html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE, (report, code)
            columns = page.evaluate(
                "[...document.querySelectorAll('table:not([role]) tr')]"
                ".map((row) => row.cells.length)"
            )
            assert max(columns) <= 4
            # A word that began and ended on two lines would have two boxes.
            torn = page.evaluate(
                """() => {
                    const torn = [], range = document.createRange();
                    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                    while (texts.nextNode()) {
                        for (const word of texts.currentNode.data.matchAll(/[\\p{L}\\d]+/gu)) {
                            range.setStart(texts.currentNode, word.index);
                            range.setEnd(texts.currentNode, word.index + word[0].length);
                            const tops = [...range.getClientRects()].map((box) => box.top);
                            if (new Set(tops).size > 1) torn.push(word[0]);
                        }
                    }
                    return torn;
                }"""
            )
            assert torn == [], (report.folder, code)
    page.close()
