"""The dashboard's figures are the marts', and its file holds them and nothing that could harm."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from babel.messages.pofile import read_po

from ingestion.settings import Home, Settings
from orchestration.assets.exports import DASHBOARD_KEY, KPI_PACK_KEY, dashboard_asset
from orchestration.assets.published import SNAPSHOT_KEY, published_assets
from orchestration.errors import HomeNotWritableError, NothingPublishedError
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.dashboard.reading import (
    BANDS,
    KEPT_MONTHS,
    KEPT_SEGMENTS,
    read_dashboard_figures,
)
from orchestration.warehouse_session import warehouse_session
from tests.orchestration.dashboard_company import (
    HOSTILE,
    contract,
    publish_company,
    publish_readme_company,
)
from tests.orchestration.samples import ROOT, fill_warehouse

DASHBOARD = ROOT / "orchestration" / "reports" / "dashboard"


def embedded(file: Path) -> dict[str, Any]:
    """The figures as they stand in the page."""
    found = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>',
        file.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert found is not None
    figures: dict[str, Any] = json.loads(found[1])
    return figures


def as_decimals(values: list[str | None]) -> list[Decimal | None]:
    assert all(value is None or isinstance(value, str) for value in values), "decimals are text"
    return [None if value is None else Decimal(value) for value in values]


@pytest.fixture
def connection(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(publish_company(home)), read_only=True) as opened:
        yield opened


def mart(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, condition: str = "true"
) -> list[Decimal | None]:
    rows = connection.execute(
        f"select cast({column} as text) from marts.{name} where {condition} order by metric_month"
    ).fetchall()
    return [None if row[0] is None else Decimal(row[0]) for row in rows]


def test_every_figure_of_the_company_and_its_segments_is_the_marts(
    home: Home, connection: duckdb.DuckDBPyConnection
) -> None:
    figures = embedded(make_dashboard(home))
    assert figures["months"][0] == "2023-11"
    assert figures["months"][-1] == "2026-01"
    assert figures["closed_month"] == "2025-12"
    assert len(figures["company"]["months"]) > 15
    for column, values in figures["company"]["months"].items():
        assert as_decimals(values) == mart(connection, "kpis_monthly", column), column
    assert len(figures["segments"]) == 9 + 5 + 4 + 2, "one biller says what the company says"
    for segment in figures["segments"]:
        place = f"segment_kind = '{segment['kind']}' and segment_value = '{segment['value']}'"
        for column, values in segment["months"].items():
            assert as_decimals(values) == mart(
                connection, "kpis_monthly_by_segment", column, place
            ), (segment["value"], column)
        assert segment["currency"] == (
            segment["value"] if segment["kind"] == "native_currency" else "USD"
        )
    for name, of in (("dunning_monthly", "dunning"), ("support_kpis_monthly", "support")):
        for column, values in figures[of].items():
            assert as_decimals(values) == mart(connection, name, column), column


def test_retention_checks_and_sources_are_the_marts(
    home: Home, connection: duckdb.DuckDBPyConnection
) -> None:
    figures = embedded(make_dashboard(home))
    for cohort in figures["cohorts"]:
        for column in ("customer_retention", "mrr_retention"):
            rows = connection.execute(
                f"select cast({column} as text) from marts.retention_cohorts "
                "where cohort_month = ? order by age_months",
                [f"{cohort['month']}-01"],
            ).fetchall()
            expected = [None if row[0] is None else Decimal(row[0]) for row in rows]
            assert as_decimals(cohort[column]) == expected
    assert len(figures["cohorts"]) == 27
    assert figures["checks"] == {"error pass": "1", "warn pass": "1", "warn warn": "1"}
    assert [check["name"] for check in figures["unpassed"]] == ["few_tickets_are_unmatched"]
    files, stripe = figures["sources"]
    assert files["served_rows"] == "1605"
    assert files["last_fact_at"] == "2026-01-05T15:00:00Z"
    assert stripe["loaded_rows"] == str(6137 + 5886)
    assert stripe["hours_since_last_fact"] == "5", "its freshest table"


def test_cohorts_older_than_the_months_kept_are_there_if_none_is_newer(home: Home) -> None:
    publish_readme_company(home, closed_months=60)
    figures = embedded(make_dashboard(home))
    assert figures["months"][0] == "2027-01"
    assert [cohort["month"] for cohort in figures["cohorts"]] == ["2025-01", "2025-02", "2025-03"]
    ages = {len(cohort["customer_retention"]) for cohort in figures["cohorts"]}
    assert ages == {KEPT_MONTHS}, "their first ages, so that the page stays small"


def test_the_plans_that_no_band_shows_are_one_band_and_nothing_is_lost(home: Home) -> None:
    publish_company(home)
    figures = embedded(make_dashboard(home))
    kinds = {kind["kind"]: kind for kind in figures["kinds"]}
    assert list(kinds) == ["plan", "country", "native_currency", "interval"]
    assert kinds["plan"]["count"] == len(HOSTILE)
    assert kinds["native_currency"]["other_mrr"] is None, "currencies have no sum"
    shown = [segment for segment in figures["segments"] if segment["kind"] == "plan"][:BANDS]
    for index, total in enumerate(figures["company"]["months"]["closing_mrr"]):
        parts = [segment["months"]["closing_mrr"][index] for segment in shown]
        parts.append(kinds["plan"]["other_mrr"][index])
        assert sum(Decimal(part) for part in parts) == Decimal(total)
    at_the_close = [Decimal(segment["months"]["closing_mrr"][-2]) for segment in shown]
    assert at_the_close == sorted(at_the_close, reverse=True)


def test_a_change_is_a_difference_and_that_of_a_rate_has_no_per_cent(
    home: Home, connection: duckdb.DuckDBPyConnection
) -> None:
    changes = embedded(make_dashboard(home))["company"]["changes"]
    for key in ("closing_mrr", "arpu", "net_new_mrr", "customer_churn_rate", "nrr"):
        *_, before, closed, _open = mart(connection, "kpis_monthly", key)
        assert before is not None
        assert closed is not None
        assert Decimal(changes[key]["change"]) == closed - before
        if key in ("closing_mrr", "arpu"):
            relative = Decimal(changes[key]["relative_change"])
            assert abs(relative - (closed - before) / before) <= Decimal("0.0000005")
        else:
            assert changes[key]["relative_change"] is None


def test_a_dashboard_without_helpdesk_says_nothing_of_support(home: Home) -> None:
    publish_company(home, support=False)
    assert embedded(make_dashboard(home))["support"] is None


def test_the_same_publication_gives_the_same_bytes(home: Home) -> None:
    publish_company(home)
    first = make_dashboard(home).read_bytes()
    assert make_dashboard(home).read_bytes() == first


def test_it_holds_no_customer(home: Home) -> None:
    publish_company(home)
    assert b"Secret Customer" not in make_dashboard(home).read_bytes()


def test_nothing_in_a_name_ends_the_data(home: Home) -> None:
    publish_company(home)
    file = make_dashboard(home)
    page = file.read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 3
    data = page.split('id="figures">')[1].split("</script>")[0]
    assert "onerror" in data
    assert not set("<>&") & set(data)
    names = {segment["name"] for segment in embedded(file)["segments"]}
    assert {name[:120] for name in HOSTILE} <= names, "they are shown as they are"


def test_a_large_old_company_stays_below_two_megabytes(home: Home) -> None:
    plans = [f"Plan number {number} of a company with very many plans" for number in range(60)]
    countries = [f"Country {number}" for number in range(60)]
    snapshot = publish_company(home, plans=plans, countries=countries, closed_months=60)
    with duckdb.connect(str(snapshot)) as opened:
        for kind in ("channel", "segment"):
            opened.execute(
                "insert into marts.kpis_monthly_by_segment by name select * replace "
                f"('{kind}' as segment_kind) from marts.kpis_monthly_by_segment "
                "where segment_kind = 'country'"
            )
        for column, kind in contract("kpis_monthly_by_segment").items():
            if kind.startswith("decimal"):
                opened.execute(
                    f"update marts.kpis_monthly_by_segment set {column} = {column} + 9876543.123456"
                )
    figures = read_dashboard_figures(snapshot)
    assert len(figures.months) == 37
    assert [kind.count for kind in figures.kinds if kind.kind == "plan"] == [60]
    assert sum(segment.kind == "plan" for segment in figures.segments) == KEPT_SEGMENTS
    assert make_dashboard(home).stat().st_size < 2_000_000


def test_a_company_without_any_mrr_has_a_dashboard_too(home: Home) -> None:
    with duckdb.connect(str(publish_company(home, support=False))) as opened:
        opened.execute("delete from marts.kpis_monthly")
    figures = embedded(make_dashboard(home))
    assert figures["months"] == []
    assert figures["closed_month"] is None
    assert figures["basis"]["currency"] == "USD"


def test_every_text_of_the_page_is_in_both_catalogues() -> None:
    program = (DASHBOARD / "page.js").read_text(encoding="utf-8")
    literal = set(re.findall(r'\bt\("([^"]+)"', program))
    assert len(literal) > 40
    translated = []
    for language in ("pt_BR", "pt_PT"):
        file = DASHBOARD.parent / "locale" / language / "LC_MESSAGES" / "dashboard.po"
        with file.open("rb") as stream:
            texts = {str(one.id): str(one.string) for one in read_po(stream) if one.id}
        assert all(texts.values())
        assert literal <= set(texts)
        for text, translation in texts.items():
            assert f'"{text}"' in program, f"nothing says {text!r}"
            places = re.findall(r"\{\w+\}", text)
            assert sorted(places) == sorted(re.findall(r"\{\w+\}", translation))
        translated.append(set(texts))
    assert translated[0] == translated[1]


def test_before_the_first_publication_it_says_what_to_do(home: Home) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        make_dashboard(home)


def test_a_folder_that_cannot_be_written_is_named(home: Home) -> None:
    publish_company(home)
    home.exports.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(HomeNotWritableError, match="dashboard"):
        make_dashboard(home)


def _refresh(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """From the built warehouse on, as in daily_refresh."""
    definitions = dg.Definitions(
        assets=[published_assets([]), dashboard_asset()],
        jobs=[dg.define_asset_job("from_publication")],
        resources={"warehouse": warehouse_session},
        executor=dg.in_process_executor,
    )
    assert settings.home.warehouse.exists()
    job = definitions.resolve_job_def("from_publication")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def test_each_publication_has_its_dashboard_and_a_blocked_one_leaves_the_old(
    warehouse: Home, settings: Settings, instance: dg.DagsterInstance
) -> None:
    assert _refresh(settings, instance).success
    file = warehouse.exports / "dashboard" / "index.html"
    first = file.read_bytes()
    assert embedded(file)["basis"]["run_id"] == "build-first"

    fill_warehouse(warehouse, "second")
    with duckdb.connect(str(warehouse.warehouse)) as opened:
        opened.execute("update operations.check_results set status = 'fail', failures = 1")
    assert not _refresh(settings, instance).success
    assert file.read_bytes() == first, "nothing was published, so nothing else is shown"

    fill_warehouse(warehouse, "third")
    assert _refresh(settings, instance).success
    assert embedded(file)["basis"]["run_id"] == "build-third"
    assert not list(file.parent.glob("*.draft"))


def test_daily_refresh_makes_the_dashboard_and_no_pack() -> None:
    from orchestration.definitions import defs

    keys = defs.resolve_job_def("daily_refresh").asset_layer.executable_asset_keys
    assert {DASHBOARD_KEY, SNAPSHOT_KEY} <= set(keys)
    assert KPI_PACK_KEY not in keys
