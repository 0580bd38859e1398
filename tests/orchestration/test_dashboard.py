"""The dashboard in a real browser: what it shows, whom it asks, and who can read it."""

import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from playwright.sync_api import Browser, Page, sync_playwright

from ingestion.settings import Home
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.language import language as report_language
from orchestration.reports.style import MOVEMENT_COLORS
from tests.orchestration.browser_pdf import sheets
from tests.orchestration.dashboard_company import (
    HOSTILE,
    publish_company,
    publish_readme_company,
)

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EM DASH}"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MONEY_KPIS = ("closing_mrr", "net_new_mrr", "arpu", "cltv_formula")
RATE_KPIS = ("customer_churn_rate", "nrr")
LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
LANGUAGES = ("en", "pt_BR", "pt_PT")
FIGURES = (
    ("kpis_monthly", "money", (*MONEY_KPIS, "new_mrr", "expansion_mrr", "churned_mrr", "fx_mrr")),
    ("kpis_monthly", "rate", (*RATE_KPIS, "grr")),
    ("kpis_monthly", "count", ("closing_customers",)),
    ("dunning_monthly", "money", ("entered_mrr", "recovered_mrr", "lost_mrr")),
    ("dunning_monthly", "money", ("closing_at_risk_mrr", "failed_charges_amount")),
    ("dunning_monthly", "rate", ("mrr_recovery_rate",)),
    ("dunning_monthly", "count", ("failed_charges",)),
    ("support_kpis_monthly", "rate", ("csat",)),
    ("support_kpis_monthly", "count", ("created_tickets", "backlog_tickets")),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.fail(
            "The dashboard's tests need a Chromium, and none is installed. On Debian and Ubuntu: "
            "apt-get install chromium fonts-liberation"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found)
        yield started
        started.close()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_company(Home(tmp_path_factory.mktemp("dashboard")))


@pytest.fixture(scope="module")
def dashboard(snapshot: Path) -> Path:
    return make_dashboard(Home(snapshot.parents[1]))


@pytest.fixture(scope="module")
def long_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a company with more months than a dashboard keeps."""
    home = Home(tmp_path_factory.mktemp("long"))
    publish_company(home, closed_months=40)
    return make_dashboard(home)


@pytest.fixture(scope="module")
def readme_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the three customers in README.md, long after the last of them came."""
    home = Home(tmp_path_factory.mktemp("readme"))
    publish_readme_company(home)
    return make_dashboard(home)


@pytest.fixture(scope="module")
def young_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the same company after two months, when its prices were in cents."""
    home = Home(tmp_path_factory.mktemp("young"))
    publish_readme_company(home, closed_months=2, price="0.04")
    return make_dashboard(home)


@dataclass
class Reader:
    """Someone who opens the dashboard, and all the browser said and asked for meanwhile."""

    page: Page
    file: Path
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, view: str = "") -> None:
        self.page.goto("about:blank")
        self.asked.clear()
        self.page.goto(self.file.as_uri() + view)
        self.page.wait_for_selector(".plot svg")

    def text(self, selector: str) -> str:
        return " ".join((self.page.locator(selector).first.text_content() or "").split())

    def figures(self) -> dict[str, str]:
        """Every figure of every table by its column and month, as it is written."""
        found: dict[str, str] = {}
        for name, text in self.page.evaluate(
            "[...document.querySelectorAll('[data-figure]')]"
            ".map((cell) => [cell.dataset.figure, cell.textContent])"
        ):
            written = " ".join(text.split())
            assert found.setdefault(name, written) == written, f"two figures for {name}"
        return found


@pytest.fixture
def reader(browser: Browser, dashboard: Path) -> Iterator[Reader]:
    yield from _reader(browser, dashboard)


def _reader(
    browser: Browser, file: Path, width: int = 1440, scheme: str = "light"
) -> Iterator[Reader]:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    one = Reader(page, file)
    page.on("console", lambda message: one.said.append(message.text))
    page.on("pageerror", lambda error: one.said.append(str(error)))
    page.on("request", lambda request: one.asked.append(request.url))
    yield one
    assert one.said == [], "the browser had something to say"
    page.close()


def written(value: Decimal | None, kind: str, language: str, currency: str = "USD") -> str:
    """How Babel writes a figure, which knows nothing of the browser."""
    if value is None:
        return DASH
    places = {"money": 0 if currency == "JPY" else 2, "rate": 3, "count": 0}[kind]
    exact = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if kind == "money":
        text = format_currency(exact, currency, locale=language)
    elif kind == "rate":
        text = format_percent(exact, "#,##0.0%", locale=language)
    else:
        text = format_decimal(exact, locale=language)
    return " ".join(text.replace("-", MINUS).split())


def mart(
    snapshot: Path, column: str, table: str = "kpis_monthly", place: str = "true"
) -> dict[str, Decimal | None]:
    with duckdb.connect(str(snapshot), read_only=True) as opened:
        rows = opened.execute(
            f"select strftime(metric_month, '%Y-%m'), cast({column} as text) from marts.{table} "
            f"where {place} order by metric_month"
        ).fetchall()
    return {month: None if value is None else Decimal(value) for month, value in rows}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_anyone_can_read_it(
    browser: Browser, dashboard: Path, readme_dashboard: Path, width: int, scheme: str
) -> None:
    views = (
        (dashboard, "#period=12"),
        (dashboard, "#period=36&segment=country:BR&language=pt_BR&retention=mrr"),
        (readme_dashboard, "#language=pt_PT"),
    )
    for one in _reader(browser, dashboard, width, scheme):
        for one.file, view in views:
            one.open(view)
            one.page.evaluate(
                "document.querySelectorAll('details').forEach((it) => it.open = true)"
            )
            assert one.page.evaluate("document.documentElement.scrollWidth") == width
            found = Axe().run(one.page, options={"resultTypes": ["violations"]})
            assert [
                (violation["id"], violation["nodes"][0]["html"][:200])
                for violation in found.response["violations"]
                if violation["impact"] in ("serious", "critical", "moderate")
            ] == []
        ground = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = max(int(part) for part in re.findall(r"\d+", ground)[:3]) > 128
        assert light == (scheme == "light")
        one.page.locator("[data-control=theme]").click()
        assert one.page.evaluate("getComputedStyle(document.body).backgroundColor") != ground


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_asks_nobody_for_anything(
    browser: Browser, dashboard: Path, width: int, scheme: str, language: str
) -> None:
    for one in _reader(browser, dashboard, width, scheme):
        one.open(f"#period=36&language={language}")
        one.page.evaluate("document.querySelectorAll('details').forEach((it) => it.open = true)")
        one.page.locator(".plot").first.hover()
        one.page.locator("[data-control=segment]").select_option("country:BR")
        one.page.locator("[data-control=theme]").click()
        one.page.locator("[data-control=period]").select_option("6")
        assert [url.split("#")[0] for url in one.asked] == [one.file.as_uri()]


def test_even_a_program_that_ran_in_it_could_ask_nobody(browser: Browser, dashboard: Path) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        attempt = "fetch(address).then(() => 'answered', () => 'refused')"
        assert page.evaluate(f"(address) => {attempt}", f"{address}/control") == "answered"
        page.goto(dashboard.as_uri())
        assert page.evaluate(f"(address) => {attempt}", f"{address}/fetch") == "refused"
        page.evaluate(
            """(address) => new Promise((done) => {
                const image = document.createElement('img');
                image.onload = image.onerror = done;
                image.src = `${address}/image`;
                document.body.append(image);
            })""",
            address,
        )
        assert page.evaluate(
            """() => {
                const script = document.createElement('script');
                script.textContent = "document.title = 'taken'";
                document.body.append(script);
                return document.title;
            }"""
        ).startswith("Perene")
    finally:
        page.close()
        server.shutdown()
        server.server_close()
    assert asked == ["/control"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_the_marts_as_its_readers_write_it(
    browser: Browser, dashboard: Path, snapshot: Path, language: str, width: int, scheme: str
) -> None:
    shown: dict[str, str] = {}
    for one in _reader(browser, dashboard, width, scheme):
        one.open(f"#period=36&language={language}")
        shown = one.figures()
    compared = 0
    for table, kind, columns in FIGURES:
        for column in columns:
            for month, value in mart(snapshot, column, table).items():
                assert shown[f"{column} {month}"] == written(value, kind, language), (column, month)
                compared += 1
    assert compared > 400
    for column in ("opening_mrr", "new_mrr", "churned_mrr", "closing_mrr"):
        step = written(mart(snapshot, column)["2025-12"], "money", language)
        assert shown[f"bridge:{column} 2025-12"].removeprefix("+") == step
    for number in range(7):
        place = f"segment_kind = 'plan' and segment_value = 'plan_{number}'"
        values = mart(snapshot, "closing_mrr", "kpis_monthly_by_segment", place)
        in_table = [shown.get(f"plan:plan_{number} {month}") for month in values]
        if in_table[0] is not None:  # two of the nine are in the band of the others
            assert in_table == [written(value, "money", language) for value in values.values()]
    with duckdb.connect(str(snapshot), read_only=True) as opened:
        cells = opened.execute(
            "select strftime(cohort_month, '%Y-%m') || ' ' || age_months, "
            "cast(customer_retention as text) from marts.retention_cohorts "
            "where customer_retention is not null and cohort_month < date '2026-01-01'"
        ).fetchall()
    assert len(cells) > 300
    for name, value in cells:
        whole = (Decimal(value) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        assert re.sub(r"\s", "", shown[name]) == f"{whole}%"


def test_the_cards_are_of_the_last_closed_month_and_rates_change_in_points(
    reader: Reader, snapshot: Path
) -> None:
    reader.open()
    for key, kind in (*((key, "money") for key in MONEY_KPIS), ("closing_customers", "count")):
        value = mart(snapshot, key)["2025-12"]
        assert value is not None
        large = kind == "money" and abs(value) >= 1000
        expected = (
            written(value.quantize(Decimal(1), ROUND_HALF_UP), kind, "en")
            if large
            else (written(value, kind, "en"))
        )
        assert reader.text(f"[data-card={key}]") == expected.removesuffix(".00" if large else "")
    for key in RATE_KPIS:
        now, before = mart(snapshot, key)["2025-12"], mart(snapshot, key)["2025-11"]
        assert now is not None
        assert before is not None
        assert reader.text(f"[data-card={key}]") == written(now, "rate", "en")
        points = ((now - before) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
        text = f"{points:+}".replace("-", MINUS)
        assert f"{text} points" in reader.text(f"[data-change={key}]")


MOVEMENT_BARS = {
    "New": "new_mrr",
    "Expansion": "expansion_mrr",
    "Reactivation": "reactivation_mrr",
    "Contraction": "contraction_mrr",
    "Churned": "churned_mrr",
    "Exchange rates": "fx_mrr",
    "Restated": "restated_mrr",
}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_bars_are_as_tall_as_their_figures_and_stand_on_one_another(
    browser: Browser, dashboard: Path, snapshot: Path, width: int, scheme: str
) -> None:
    drawn: dict[str, dict[str, list[float]]] = {}
    zero = 0.0
    for one in _reader(browser, dashboard, width, scheme):
        one.open()
        chart = one.page.locator(".plot[aria-label^='MRR movements']")
        zero = chart.evaluate("(plot) => plot.querySelector('.zero').getBoundingClientRect().top")
        drawn = chart.evaluate(
            "(plot) => Object.fromEntries([...plot.querySelectorAll('g[data-series]')]"
            ".map((bars) => [bars.dataset.series, Object.fromEntries([...bars.children]"
            ".map((bar) => { const { top, bottom } = bar.getBoundingClientRect();"
            "return [bar.dataset.month, [top, bottom]]; }))]))"
        )
    assert list(drawn) == list(MOVEMENT_BARS)
    values = {
        name: [float(value or 0) for value in mart(snapshot, column).values()][-13:]
        for name, column in MOVEMENT_BARS.items()
    }
    top, bottom = drawn["New"]["0"]
    scale = (bottom - top) / values["New"][0]
    for month in range(13):
        up, down = zero, zero
        for name, amounts in values.items():
            top, bottom = drawn[name][str(month)]
            tall = amounts[month] * scale
            if tall > 0:
                assert (top, bottom) == pytest.approx((up - tall, up), abs=0.8), (name, month)
                up = top
            else:
                assert (top, bottom) == pytest.approx((down, down - tall), abs=0.8), (name, month)
                down = bottom


@pytest.mark.parametrize("language", LANGUAGES)
def test_checks_and_sources_are_shown_as_the_marts_have_them(
    browser: Browser, dashboard: Path, snapshot: Path, language: str
) -> None:
    with duckdb.connect(str(snapshot), read_only=True) as opened:
        checks = opened.execute(
            "select check_name, description, checked_table, failures from marts.data_quality "
            "where status <> 'pass'"
        ).fetchall()
        passed = opened.execute(
            "select count(*) filter (status = 'pass'), count(*) from marts.data_quality"
        ).fetchone()
        sources = opened.execute(
            "select source, sum(served_rows), sum(loaded_rows), any_value(newest), "
            "any_value(hours) from marts.source_control_totals join ("
            "select source, max(last_fact_at) as newest, min(hours_since_last_fact) as hours "
            "from marts.source_coverage group by source) using (source) group by source order by 1"
        ).fetchall()
    assert passed is not None
    result = {"en": "Warning (does not hold back the publication)"}.get(
        language, "Aviso (não impede a publicação)"
    )
    of = {"en": "of"}.get(language, "de")
    hours = {"en": "hours"}.get(language, "horas")
    for one in _reader(browser, dashboard):
        one.open(f"#language={language}")
        shown = one.page.evaluate(
            "[...document.querySelectorAll('table.wide')].map((table) =>"
            "[...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) =>"
            "cell.textContent.replace(/\\s+/g, ' '))))"
        )
        assert one.text("[data-card=passed]") == f"{passed[0]} {of} {passed[1]}"
        assert shown[0] == [
            [name, meaning, table, result, written(Decimal(failures), "count", language)]
            for name, meaning, table, failures in checks
        ]
        rows = [
            [
                source,
                *(written(Decimal(rows), "count", language) for rows in (served, loaded)),
                " ".join(_instant(newest, language).split()),
                f"{format_decimal(age, locale=language)} {hours}",
            ]
            for source, served, loaded, newest, age in sources
        ]
        assert shown[1] == rows
        assert len(rows) == 2


def _instant(instant: datetime, language: str) -> str:
    """The day as Babel writes it and the time, in English before and after noon."""
    day = format_date(instant, "medium", locale=language)
    return f"{day}, {format_time(instant, 'short', locale=language)} UTC"


def test_filters_change_the_charts_and_can_be_kept_as_a_link(
    reader: Reader, snapshot: Path
) -> None:
    reader.open()
    page = reader.page
    bars = page.locator("g[data-series=New] rect")
    assert bars.count() == 13, "twelve months and the open one"
    before = page.locator(".plot").first.inner_html()
    page.get_by_role("combobox", name="Period", exact=True).select_option("24")
    assert bars.count() == 25
    assert page.locator(".plot").first.inner_html() != before

    page.get_by_role("combobox", name="Customers", exact=True).select_option("native_currency:JPY")
    place = "segment_kind = 'native_currency' and segment_value = 'JPY'"
    value = mart(snapshot, "closing_mrr", "kpis_monthly_by_segment", place)["2025-12"]
    yen = written(value, "money", "en", "JPY")
    assert reader.text("[data-card=closing_mrr]") == yen
    assert reader.figures()["closing_mrr 2025-12"] == yen
    assert "Currency: JPY" in reader.text(".w7 h2")
    assert "Currency: JPY" in reader.text("#announcement")
    assert page.evaluate("document.activeElement.dataset.control") == "segment"

    page.get_by_role("combobox", name="Language", exact=True).select_option("pt_PT")
    assert page.evaluate("document.documentElement.lang") == "pt-PT"
    assert reader.text("h1") == "Dezembro de 2025"
    view = page.evaluate("location.hash")
    card = reader.text("[data-card=closing_mrr]")
    reader.open(view)
    assert reader.text("[data-card=closing_mrr]") == card
    assert reader.text("h1") == "Dezembro de 2025"

    reader.open("#by=country")
    assert "Brazil" in reader.text(".w7 .legend")
    assert "Brazil" not in reader.text("#main .w5 .legend")
    customers = reader.text(".triangle")
    page.get_by_role("combobox", name="of", exact=True).select_option("mrr")
    assert reader.text(".triangle") != customers


def test_a_link_with_nonsense_shows_the_usual_view(reader: Reader) -> None:
    reader.open("#period=<b>&segment=plan:nobody&language=xx&by=__proto__&theme=%00")
    assert reader.page.locator("g[data-series=New] rect").count() == 13
    assert reader.page.evaluate("document.documentElement.lang") == "en"


def test_a_link_that_asks_for_more_months_than_there_are_shows_all(
    browser: Browser, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    with duckdb.connect(str(publish_company(home))) as opened:
        opened.execute("delete from marts.kpis_monthly where metric_month < date '2025-01-01'")
    for one in _reader(browser, make_dashboard(home)):
        one.open("#period=36")
        assert one.page.get_by_role("combobox", name="Period", exact=True).input_value() == "12"
        assert one.page.locator("g[data-series=New] rect").count() == 13


def test_the_months_can_be_read_with_the_keyboard(reader: Reader, snapshot: Path) -> None:
    reader.open()
    page = reader.page
    plot = page.locator(".plot[aria-label^='MRR movements']")
    plot.focus()
    page.keyboard.press("ArrowLeft")
    assert "Jan 26 (open)" in (plot.locator(".tip").text_content() or "")
    page.keyboard.press("ArrowLeft")
    tip = plot.locator(".tip").text_content() or ""
    assert "Dec 25" in tip
    assert written(mart(snapshot, "churned_mrr")["2025-12"], "money", "en") in tip
    page.keyboard.press("Escape")
    assert plot.locator(".tip").text_content() == ""


@pytest.mark.parametrize("width", [1440, 390])
def test_the_keyboard_reaches_everything_from_top_to_bottom(
    browser: Browser, dashboard: Path, width: int
) -> None:
    for one in _reader(browser, dashboard, width):
        one.open()
        page = one.page
        expected = page.locator("select, button, summary, .plot[tabindex]").count()
        page.locator("body").click(position={"x": 1, "y": 1})
        order: list[tuple[str, float, float]] = []
        while True:
            page.keyboard.press("Tab")
            found = page.evaluate(
                """() => {
                    const here = document.activeElement;
                    if (!here || here === document.body) return null;
                    const panel = here.closest('.controls, main > *').getBoundingClientRect();
                    const outline = getComputedStyle(here).outlineStyle;
                    return [here.dataset.control ?? here.className ?? '', outline,
                        panel.top + scrollY, panel.left];
                }"""
            )
            if found is None or len(order) > 60:
                break
            name, outline, top, left = found
            assert outline != "none", f"{name} does not show that it has the focus"
            order.append((name, top, left))
        assert [name for name, *_ in order[:4]] == ["period", "segment", "language", "theme"]
        reached = [name for name, *_ in order if "scroll" not in name.split()]
        assert len(reached) == expected
        places = [place for _, *place in order]
        assert places == sorted(places), "in the order in which it is read"


def test_each_chart_and_its_table_say_the_same_to_who_has_only_the_keyboard(
    reader: Reader,
) -> None:
    reader.open()
    page = reader.page
    for plot in page.locator(".panel > .plot[tabindex]").all():
        plot.focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")
        told = plot.locator(".tip tbody tr td:last-child").all_text_contents()
        details = plot.locator("xpath=../details")
        details.locator("summary").focus()
        page.keyboard.press("Enter")
        row = details.locator("tbody tr").nth(1)
        assert row.is_visible()
        assert "Dec 25" in (row.locator("th").text_content() or "")
        cells = row.locator("td").all_text_contents()
        assert told
        assert set(told) <= set(cells)


def test_hostile_names_are_shown_and_do_nothing(reader: Reader) -> None:
    for number in range(len(HOSTILE)):
        reader.open(f"#segment=plan:plan_{number}")
        for plot in reader.page.locator(".plot").all()[:2]:
            plot.hover()
        assert reader.page.title().startswith("Perene")
    reader.open("#by=plan")
    assert HOSTILE[0] in [
        text.strip() for text in reader.page.locator("optgroup option").all_text_contents()
    ]
    assert reader.page.locator("img, iframe, object, a, svg[onload], b:has-text('XX')").count() == 0
    assert (
        reader.page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((node) => node.getAttributeNames())"
            ".filter((name) => name.startsWith('on')).length"
        )
        == 0
    )


def test_a_printed_sheet_is_light_without_controls_and_has_the_foot(
    browser: Browser, dashboard: Path
) -> None:
    for one in _reader(browser, dashboard, scheme="dark"):
        one.open("#theme=dark")
        assert one.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        one.page.emulate_media(media="print")
        assert not one.page.locator(".controls").is_visible()
        assert (
            one.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        )
        foot = one.text("#footer")
        for text in ("default, 3", "USD", "America/Sao_Paulo", "Jan 6, 2026", "build-1"):
            assert text in foot


# Texts of a chart that touch each other or reach out of it.
COLLISIONS = """[...document.querySelectorAll('.plot svg')].flatMap((drawing) => {
    const bounds = drawing.getBoundingClientRect();
    const found = [...drawing.querySelectorAll('text')].map((text) =>
        [text.textContent, text.getBoundingClientRect()]);
    return found.flatMap(([one, a], index) => [
        ...found.slice(index + 1).filter(([, b]) => a.left < b.right + 4 && b.left < a.right + 4
            && a.top < b.bottom - 2 && b.top < a.bottom - 2).map(([other]) => `${one}|${other}`),
        ...(a.left < bounds.left - 1 || a.right > bounds.right + 1 ? [one] : []),
    ]);
})"""


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_names_of_months_touch_nothing_and_are_those_of_the_other_reports(
    browser: Browser, long_dashboard: Path, width: int
) -> None:
    for one in _reader(browser, long_dashboard, width):
        for language in LANGUAGES:
            for period in (6, 12, 24, 36):
                one.open(f"#period={period}&language={language}")
                assert one.page.evaluate(COLLISIONS) == []
                last = one.page.evaluate(
                    "[...document.querySelectorAll('.plot svg')].map((drawing) =>"
                    "[...drawing.querySelectorAll('.month')].at(-1).textContent)"
                )
                assert set(last) == {report_language(language).axis_month(date(2026, 1, 1))}


def test_all_ages_of_three_years_are_seen_at_once_where_there_is_room(
    browser: Browser, long_dashboard: Path
) -> None:
    for one in _reader(browser, long_dashboard):
        one.open("#period=36&retention=mrr")
        beyond = "(place) => place.scrollWidth - place.clientWidth"
        assert one.page.locator(".scroll:has(.triangle)").evaluate(beyond) == 0
        assert one.page.locator(".hint:visible").count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_telephone_nothing_is_hidden_without_a_hint(
    browser: Browser, long_dashboard: Path, language: str
) -> None:
    for one in _reader(browser, long_dashboard, 390):
        one.open(f"#period=36&language={language}")
        place = one.page.locator(".scroll:has(.triangle)")
        hint = one.page.locator(".scroll:has(.triangle) + .hint")
        assert hint.is_visible()
        assert "goes-on" in (place.get_attribute("class") or "")
        place.focus()
        one.page.keyboard.press("End")
        for _ in range(40):
            one.page.keyboard.press("ArrowRight")
        one.page.wait_for_selector(".scroll:not(.goes-on) > .triangle")
        cut = one.page.evaluate(
            """[...document.querySelectorAll('.wide :is(th, td)')].filter((cell) =>
                cell.offsetParent && (cell.getBoundingClientRect().right > innerWidth
                    || cell.scrollWidth > cell.clientWidth + 1)).map((cell) => cell.textContent)"""
        )
        assert cut == []
        assert one.page.locator(".wide td").first.is_visible()


def test_movements_have_the_colours_of_the_other_reports_and_stand_out_in_the_dark(
    browser: Browser, dashboard: Path
) -> None:
    shown = """(name) => getComputedStyle(
        document.querySelector(`.plot [data-series="${name}"]`)).color"""
    for one in _reader(browser, dashboard):
        one.open("#period=36")
        for name, color in MOVEMENT_COLORS.items():
            red, green, blue = bytes.fromhex(color[1:])
            assert one.page.evaluate(shown, name) == f"rgb({red}, {green}, {blue})"
    for one in _reader(browser, dashboard, scheme="dark"):
        one.open("#period=36")
        ground = one.page.evaluate(
            "getComputedStyle(document.querySelector('.panel')).backgroundColor"
        )
        for name in MOVEMENT_COLORS:
            assert _contrast(one.page.evaluate(shown, name), ground) > 3


def _contrast(one: str, other: str) -> float:
    """As WCAG defines it."""
    lights = []
    for color in (one, other):
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


@pytest.mark.parametrize("period", [12, 24, 36])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_sheets_hold_all_of_the_triangle(
    browser: Browser, long_dashboard: Path, period: int, language: str
) -> None:
    for one in _reader(browser, long_dashboard):
        one.open(f"#period={period}&language={language}&retention=mrr")
        title = one.text("section:has(.triangle) h2")
        rows = one.page.evaluate(
            "[...document.querySelectorAll('.triangle tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        assert len(rows) == period + 1
        printed = sheets(one.page.pdf(prefer_css_page_size=True))
        assert len(printed) == (3 if period == 12 else 4), "no sheet is left nearly empty"
        (sheet,) = [sheet for sheet in printed if title in sheet]
        shown = Counter(" ".join(line.split()) for line in sheet.splitlines())
        wanted = Counter(" ".join(cell.split()) for row in rows for cell in row if cell)
        assert wanted <= shown, wanted - shown
        assert wanted[str(period - 1)], "the oldest age"
        for text in ("default, 3", "America/Sao_Paulo", "build-1"):
            assert all(text in sheet for sheet in printed), "the foot stands on every sheet"


# Where a row of panels does not reach the end of the page.
HOLES = """() => {
    const end = document.querySelector('main').getBoundingClientRect().right;
    const rows = {};
    for (const panel of document.querySelectorAll('main > *')) {
        const { top, right } = panel.getBoundingClientRect();
        rows[Math.round(top)] = Math.max(rows[Math.round(top)] ?? 0, right);
    }
    return Object.values(rows).filter((right) => Math.abs(right - end) > 1).length;
}"""
TICKS = """[...document.querySelectorAll('.plot svg')].map((drawing) =>
    [...drawing.querySelectorAll('.tick')].map((tick) => tick.textContent))"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_company_of_the_readme_has_a_page_without_holes_or_empty_frames(
    browser: Browser, readme_dashboard: Path, language: str
) -> None:
    said = {
        "en": ("Zero in each of these months.", "No source has payments", "637 days"),
        "pt_BR": ("Zero em todos estes meses.", "Nenhuma fonte traz pagamentos", "637 dias"),
        "pt_PT": ("Zero em todos estes meses.", "Nenhuma fonte tem pagamentos", "637 dias"),
    }[language]
    warning = {"en": "Warning (does not hold back", "pt_BR": "Aviso (não impede"}
    for width in (1440, 390):
        for one in _reader(browser, readme_dashboard, width):
            one.open(f"#language={language}")
            main = one.text("main")
            for text in said:
                assert text in main
            assert warning.get(language, "Aviso (não impede") in main
            assert "warn: warn" not in main
            assert one.page.evaluate(HOLES) == 0
            assert one.page.locator(".triangle tbody tr").count() == 3, "its newest cohorts"
            for key in ("closing_at_risk_mrr", "failed_charges", "mrr_recovery_rate"):
                assert one.text(f"[data-card={key}]") == DASH, "unknown is not 0"
            for place in ("first", "last"):
                bar = one.page.locator(".bridge rect")
                box = (bar.first if place == "first" else bar.last).bounding_box()
                assert box is not None
                assert box["width"] > 40, "nothing moved, so the bars begin at 0"
            assert "148" not in one.text(".bridge + .note")


def test_headings_stand_above_their_cells(browser: Browser, readme_dashboard: Path) -> None:
    for one in _reader(browser, readme_dashboard):
        one.open()
        apart = one.page.evaluate(
            """[...document.querySelectorAll('table.wide')].flatMap((table) =>
                [...table.rows[0].cells].filter((head, index) => getComputedStyle(head).textAlign
                    !== getComputedStyle(table.rows[1].cells[index]).textAlign)
                .map((head) => head.textContent))"""
        )
        assert apart == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_ticks_differ_however_small_the_company_is(
    browser: Browser, young_dashboard: Path, readme_dashboard: Path, language: str
) -> None:
    for file in (young_dashboard, readme_dashboard):
        for one in _reader(browser, file):
            one.open(f"#period=24&language={language}")
            axes = one.page.evaluate(TICKS)
            assert len(axes) >= 2
            for ticks in axes:
                assert len(ticks) > 1
                assert len(set(ticks)) == len(ticks), ticks


def test_two_months_in_cents_are_drawn(browser: Browser, young_dashboard: Path) -> None:
    for one in _reader(browser, young_dashboard):
        one.open()
        assert one.page.evaluate(TICKS)[1] == ["$0.00", "$0.02", "$0.04", "$0.06", "$0.08"]
        assert one.page.locator(".panel circle.dot").count() == 2, "one closed month has rates"
        assert one.page.evaluate(HOLES) == 0


def test_nothing_past_due_is_told_from_nothing_known(browser: Browser, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with duckdb.connect(str(publish_readme_company(home))) as opened:
        opened.execute("update marts.dunning_monthly set failed_charges = 0")
    for one in _reader(browser, make_dashboard(home)):
        one.open()
        section = one.text("section[aria-label='Past-due payments']")
        assert "Zero in each of these months." in section
        assert "No source has payments" not in section
        assert one.text("[data-card=closing_at_risk_mrr]") == "$0.00"


def test_the_first_month_is_drawn_before_it_is_closed(browser: Browser, tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish_readme_company(home, closed_months=0)
    for one in _reader(browser, make_dashboard(home)):
        one.open("#language=pt_BR")
        assert one.text("h1") == "Ainda não há mês fechado"
        assert one.text("#header").count("fechado") == 1, "no month is compared"
        area = one.page.locator(".w7 .plot .band").first.bounding_box()
        assert area is not None
        assert area["width"] > 20
        assert one.page.evaluate(HOLES) == 0
        assert one.page.evaluate(COLLISIONS) == []


def test_a_company_without_any_mrr_sees_a_page_that_says_so(
    browser: Browser, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    with duckdb.connect(str(publish_company(home, support=False))) as opened:
        opened.execute("delete from marts.kpis_monthly")
    for one in _reader(browser, make_dashboard(home)):
        one.page.goto(one.file.as_uri())
        assert one.text("h1") == "No month is closed yet"
        assert "2 of 3" in one.text("#main")
