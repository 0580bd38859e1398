"""The page is read back, and what it says otherwise than the marts is noticed."""

import dagster as dg
import pytest

from ingestion.settings import Home, Settings
from orchestration.assets.exports import dashboard_asset
from orchestration.publishing.publish import publish
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.dashboard.reading_back import CHECK, page_faults
from orchestration.reports.report import published_snapshot


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"closing_mrr":["100","200","300"', '"closing_mrr":["100","200","301"', "is 301"),
        ('"closing_mrr":["100","200","300"', '"closing_mrr":["100",null,"300"', "is None"),
        ('id="figures"', 'id="numbers"', "holds no figures"),
    ],
)
def test_a_page_that_says_something_else_is_noticed(
    warehouse: Home, settings: Settings, old: str, new: str, fault: str
) -> None:
    publish(settings, "run-1")
    page, snapshot = make_dashboard(warehouse), published_snapshot(warehouse)
    assert page_faults(page, snapshot) == []
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new), encoding="utf-8")
    assert fault in page_faults(page, snapshot)[0]


def test_the_asset_checks_its_page(
    warehouse: Home, settings: Settings, instance: dg.DagsterInstance
) -> None:
    assert warehouse.path == settings.home.path
    publish(settings, "run-1")
    result = dg.materialize([dashboard_asset()], instance=instance)
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (CHECK, True)
