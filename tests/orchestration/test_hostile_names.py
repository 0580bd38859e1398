"""Ten thousand customers whose names would be formulas, markup, mentions or a broken page."""

import csv
import html
import html.parser
import re
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from ingestion.settings import Home, Settings
from orchestration.publishing.publish import publish
from orchestration.reports import pdf_text
from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.kinds import Kind
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.message import Message
from orchestration.reports.reading_back import CHECKS, read_back
from orchestration.reports.report import Report
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

CUSTOMERS = 10_000
LANGUAGE = "pt_BR"
# What a mail shows of each list; twenty names in four lists, so that each is in one of them.
SHOWN = 5
# Each name, and what a page shows of it: one line, no controls, no longer than a column.
HOSTILE = {
    '=HYPERLINK("http://x","y")': None,
    "+1+1": None,
    "-1+cmd|' /C calc'!A0": None,
    "@SUM(A1)": None,
    "\t=1": "=1",
    "\uff1d1+1": None,
    "<script>alert(1)</script><img src=x onerror=alert(1)>": None,
    "</td></table><h1>Fired": None,
    "{{ 7 * 7 }}{% raw %}": None,
    '#set page(fill: red) #image("/etc/passwd") $ x^2 $ \\ [': None,
    "<!channel> <@U1> *bold* _x_ `code` <https://x.example|click>": None,
    "one\r\nBcc: all@company.example\n\ntwo": "one Bcc: all@company.example two",
    "abc\u202egnp.exe\u202c": "abc gnp.exe",
    "Loja \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd": None,
    "\U0001f469\u200d\U0001f467\U0001f1e7\U0001f1f7 \u4f1a\u793e Ltda": (
        "\U0001f469 \U0001f467\U0001f1e7\U0001f1f7 \u4f1a\u793e Ltda"
    ),
    "a\x00b\x07c": "a b c",
    "http://a.example/mailto:b@a.example": None,
    "00123": None,
    "x" * 300: "x" * 59 + "\u2026",
    "W " * 149 + "W": "W " * 29 + "W\u2026",
}
NAMES = list(HOSTILE)
FORMULAS = set(NAMES[:6])
LISTS = ("past_due", "long_open_tickets", "renewals", "largest_changes")

JOINER = "\u2060"


def fill(home: Home, customers: int, first: int) -> None:
    """Gives the n-th list the five names from the n-th five on, counted from ``first``."""
    # How high a customer of one of the twenty names stands in a list.
    high = "100 * (20 - (n - {} + 40) % 20)"
    amounts = ", ".join(
        f"case when n < 20 then {high.format(first + SHOWN * place)} else 1 end::decimal(28, 6) "
        f"as high_{place}"
        for place in range(len(LISTS))
    )
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create temp table names (place int, name varchar)")
        connection.executemany("insert into names values (?, ?)", list(enumerate(NAMES)))
        connection.execute(
            f"""
            create temp table company as
                select n, name || n as customer_id, name, {amounts}
                from range({customers}) as r(n) inner join names on place = n % {len(NAMES)};
            create temp table heads as from company where n < {len(NAMES)};
            create or replace table marts.dim_customers as
                select customer_id, name, null::varchar as company from company;
            create or replace table marts.customer_360 as
                select customer_id, name, null::varchar as company, name as country,
                    high_1 as mrr, high_0 as past_due_mrr, 2 as failed_charges_90_days,
                    null::timestamp as last_paid_at, 'past_due' as payment_health,
                    'happy' as support_health, name as last_rating, 1 as open_tickets
                from company;
            create or replace table marts.fct_customer_mrr_monthly as
                select customer_id, metric_month, 1::decimal(28, 6) as mrr
                from marts.kpis_monthly, marts.dim_customers where closing_mrr is not null;
            create or replace table marts.fct_tickets as
                select customer_id, timestamp '2026-01-02 12:00:00' as created_at,
                    null::timestamp as solved_at, 1 as reopens, 'good' as rating_latest,
                    30::decimal(28, 6) as first_reply_calendar_minutes,
                    null::decimal(28, 6) as first_resolution_calendar_minutes,
                    true as is_counted
                from heads;
            create or replace table marts.fct_mrr_movement_items as
                select customer_id, customer_id || 's' as subscription_id, 'prod_1' as plan_id,
                    '1 year' as billing_interval, 'new' as movement_type, 'started' as reason,
                    date '2025-02-20' as occurred_on, high_2 as mrr_delta,
                    high_2 as native_mrr_delta
                from heads;
            create or replace table marts.fct_mrr_movements as
                select customer_id || day as movement_id, customer_id, 'expansion' as movement_type,
                    name as reason, high_3 as mrr_delta, day as occurred_on
                from heads, (values (date '2026-01-20'), (date '2026-02-03')) as days(day);
            create or replace table marts.dim_plans as select 'prod_1' as plan_id, name from names
                where place = 7;
            checkpoint
            """
        )


def make_reports(home: Home) -> list[Report]:
    languages = (LANGUAGE,)
    return [
        make_kpi_pack(home, "2026-01", languages),
        make_weekly_digest(home, "2026-W06", languages),
        make_customer_lists(home, "2026-W06", languages),
    ]


def harmless(report: Report) -> Report:
    """The same report of customers with plain names: what the templates alone write."""

    def renamed(section: SectionFigures) -> SectionFigures:
        kinds = [kind for _, kind in section.columns]
        rows = tuple(
            tuple(
                "Acme" if kind in (Kind.TEXT, Kind.COUNTRY) or cell in HOSTILE else cell
                for kind, cell in zip(kinds, row, strict=True)
            )
            for row in section.rows
        )
        return replace(section, rows=rows)

    figures: Figures = report.figures
    sections = tuple(renamed(section) for section in figures.sections)
    return replace(report, figures=replace(figures, sections=sections))


def names_shown(report: Report, rows: int = SHOWN) -> list[str]:
    """The names among the first rows of the lists, and that they are as many as they should."""
    sections = [report.figures.section(key) for key in LISTS]
    return [
        str(name)
        for section in sections
        if section is not None
        for name in section.column("customer")[:rows]
    ]


def on_a_page(name: str) -> str:
    return HOSTILE[name] or name


class Page(html.parser.HTMLParser):
    """What a mail program makes of a page: its tags with their attributes, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.frame: list[tuple[str, object]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.frame.append((tag, attrs))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.frame.append((tag, "end"))
        self.texts.append("")

    def handle_comment(self, data: str) -> None:
        self.frame.append(("comment", data))

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


def seen(page: Page) -> set[str]:
    """A page's texts, without what keeps a mail program from making links of them."""
    return {text.replace(JOINER, "") for text in page.texts}


def check_workbook(report: Report) -> None:
    """Every row of every list has the whole name, as text; no formula is of a customer's."""
    book = openpyxl.load_workbook(report.file(LANGUAGE, "xlsx"))
    for section, sheet in zip(report.figures.sections, book.worksheets[1:], strict=False):
        kinds = [kind for _, kind in section.columns]
        cells = sheet.iter_rows(min_row=5, max_row=4 + len(section.rows))
        for row, found in zip(section.rows, cells, strict=True):
            for cell, value, kind in zip(found, row, kinds, strict=False):
                if kind is Kind.TEXT:
                    assert cell.data_type == "s", value
                    assert cell.hyperlink is None
                    assert without_line_ends(unescape(cell.value)) == without_line_ends(str(value))
    for page in book:
        for cells in page.iter_rows():
            for cell in cells:
                if cell.data_type == "f":
                    assert not [name for name in NAMES if name in str(cell.value)]


def without_line_ends(text: str) -> str:
    """XML reads every line end as one and the same."""
    return text.replace("\r\n", "\n")


def check_csv(report: Report) -> None:
    """Every row has the whole name, with an apostrophe before what would be a formula."""
    for section in report.figures.sections:
        keys = [key for key, _ in section.columns]
        file = report.folder / "csv" / f"{section.key}.csv"
        with file.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        assert len(rows) == len(section.rows)
        assert header[1 : 1 + len(keys)] == keys
        for row, found in zip(section.rows, rows, strict=True):
            assert len(found) == len(header)
            for value, written in zip(row, found[1:], strict=False):
                if isinstance(value, str):
                    is_formula = any(value.startswith(name) for name in FORMULAS)
                    assert written == (f"'{value}" if is_formula else value)


def check_mail(report: Report, message: Message, plain: Message, names: Sequence[str]) -> None:
    """Page and text say each name, and are otherwise what the templates write."""
    page = Page(message.html)
    assert page.frame == Page(plain.html).frame
    assert set(map(on_a_page, names)) <= seen(page)
    lines = message.text.replace(JOINER, "").splitlines()
    assert len(lines) == len(plain.text.splitlines())
    for name in names:
        assert [line for line in lines if line.startswith(f"- {on_a_page(name)} (")], name
    assert message.subject == plain.subject
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", message.html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", message.text)
    kept = report.file(LANGUAGE, "html").read_text(encoding="utf-8")
    assert set(map(on_a_page, names)) <= seen(Page(kept))
    assert report.file(LANGUAGE, "txt").read_text(encoding="utf-8").endswith(message.text)


def check_chat(message: Message, plain: Message, names: Sequence[str]) -> None:
    """Blocks say each name, and none of them is more to Slack than letters."""

    def frame(blocks: object) -> object:
        if isinstance(blocks, dict):
            return {key: frame(value) for key, value in blocks.items() if key != "text"} | {
                "text": isinstance(blocks.get("text"), str) or frame(blocks.get("text"))
            }
        return [frame(block) for block in blocks] if isinstance(blocks, list | tuple) else blocks

    assert frame(message.blocks) == frame(plain.blocks)
    texts = [str(block["text"]["text"]) for block in message.blocks if "text" in block]
    assert all(len(text) <= 3_000 for text in texts), "Slack refuses longer texts"
    lines = [line for text in texts for line in text.splitlines() if line.startswith("\u2022 ")]
    for line in lines:
        assert not re.search("[<>]", line), "a mention or a link"
        assert not re.search("&(?!amp;|lt;|gt;)", line)
        assert not re.search("[*_~`](?!\u2060)|:(?!\u2060| )", line), (
            "emphasis, an emoji or an address"
        )
    said = [html.unescape(line.replace(JOINER, "")) for line in lines]
    for name in names:
        assert [one for one in said if one.startswith(f"\u2022 {on_a_page(name)}: ")], name


def check_pdf(report: Report, names: Sequence[str]) -> None:
    """Pages say each name; of scripts without a font here, what is Latin of it."""

    def dense(text: str) -> str:
        return re.sub(r"[^!-~\u2026]", "", text)

    file = report.file(LANGUAGE, "pdf")
    pages = pdf_text.pdf_text(file)
    assert len(pages) < 10
    text = dense("".join(pages))
    for name in names:
        assert dense(on_a_page(name)) in text, name
    for action in (b"/URI", b"/Annots", b"/JavaScript", b"/Launch", b"root:"):
        assert action not in file.read_bytes()


@pytest.mark.parametrize(
    ("customers", "first"), [(CUSTOMERS, 0), (len(NAMES), 10)], ids=["ten thousand", "turned"]
)
def test_every_hostile_name_reaches_every_rendering_whole_and_harmless(
    warehouse: Home, settings: Settings, customers: int, first: int
) -> None:
    fill(warehouse, customers, first)
    publish(settings, "run-1")
    for report in make_reports(warehouse):
        names = names_shown(report)
        is_lists = report.figures.report == "lists"
        turned = NAMES[first:] + NAMES[:first]
        assert names == turned[: 15 if is_lists else 20], "each list shows five others"
        past_due = report.figures.section("past_due")
        assert past_due is not None
        assert len(past_due.rows) == customers

        check_workbook(report)
        check_csv(report)
        message, plain = report.message(LANGUAGE), harmless(report).message(LANGUAGE)
        check_mail(report, message, plain, names)
        check_chat(message, plain, names)
        check_pdf(report, NAMES)
        assert read_back(warehouse, report) == {name: [] for name in CHECKS}


def test_slack_makes_no_links_of_its_own(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    blocks = make_customer_lists(warehouse, "2026-W06").message("en").blocks
    texts = [
        text
        for block in blocks
        for text in (block.get("text"), *block.get("fields", ()), *block.get("elements", ()))
        if text and text["type"] == "mrkdwn"
    ]
    assert all(text.get("verbatim") for text in texts)
