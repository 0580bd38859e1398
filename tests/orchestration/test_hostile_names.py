"""Ten thousand customers whose names would be formulas, markup, mentions or a broken page."""

import html.parser

import duckdb
import openpyxl
import pytest

from ingestion.settings import Home, Settings
from orchestration.publishing.publish import publish
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.pdf_text import pdf_text
from orchestration.reports.reading_back import CHECKS, read_back
from orchestration.reports.report import Report

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

CUSTOMERS = 10_000
HOSTILE = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\uff1d1+1",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</td></table><h1>Fired",
    "{{ 7 * 7 }}{% raw %}",
    '#set page(fill: red) #image("/etc/passwd") $ x^2 $ \\ [',
    "<!channel> <@U1> *bold* _x_ `code` <https://x.example|click>",
    "one\r\nBcc: all@company.example\n\ntwo",
    "abc\u202egnp.exe\u202c",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f1e7\U0001f1f7 \u4f1a\u793e",
    "a\x00b\x07c",
    "http://a.example/mailto:b@a.example",
    "00123",
    "x" * 300,
    "W " * 150,
)


@pytest.fixture
def pack(warehouse: Home, settings: Settings) -> Report:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute("create temp table names (place int, name varchar)")
        connection.executemany("insert into names values (?, ?)", list(enumerate(HOSTILE)))
        connection.execute(
            f"""
            create or replace table marts.dim_customers as
                select name || n as customer_id, name, null::varchar as company
                from range({CUSTOMERS}) as r(n) inner join names on place = n % {len(HOSTILE)};
            create or replace table marts.customer_360 as
                select customer_id, name, company, name as country, 150::decimal(28, 6) as mrr,
                    150::decimal(28, 6) as past_due_mrr, 2 as failed_charges_90_days,
                    null::timestamp as last_paid_at, name as payment_health,
                    name as support_health, name as last_rating, 1 as open_tickets
                from marts.dim_customers;
            create or replace table marts.fct_customer_mrr_monthly as
                select customer_id, metric_month, 1::decimal(28, 6) as mrr
                from marts.kpis_monthly, marts.dim_customers where closing_mrr is not null;
            create or replace table marts.dim_plans as select 'prod_1' as plan_id, name from names
                where place = 7;
            checkpoint
            """
        )
    publish(settings, "run-1")
    return make_kpi_pack(warehouse, "2026-01", ("pt_BR",))


class Page(html.parser.HTMLParser):
    """The tags of a page, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_ten_thousand_hostile_names_reach_every_rendering_whole_and_harmless(
    pack: Report, warehouse: Home
) -> None:
    past_due = pack.figures.section("past_due")
    assert past_due is not None
    assert len(past_due.rows) == CUSTOMERS
    names = past_due.column("customer")

    book = openpyxl.load_workbook(pack.file("pt_BR", "xlsx"))
    sheet = book["Clientes em atraso"]
    assert sheet.max_row > CUSTOMERS
    for row, name in enumerate(names, start=5):
        cell = sheet.cell(row, 1)
        assert cell.data_type == "s", name
        assert cell.hyperlink is None
        if name in HOSTILE[:5]:
            assert cell.value == name, "the whole name, as it is"
    for page in book:
        for cells in page.iter_rows():
            for cell in cells:
                if cell.data_type == "f":
                    assert "HYPERLINK" not in str(cell.value)
                    assert "cmd" not in str(cell.value)

    csv_text = (pack.folder / "csv" / "past_due.csv").read_text(encoding="utf-8-sig")
    assert '"\'=HYPERLINK(""http://x"",""y"")"' in csv_text
    assert ",'+1+1," in csv_text

    message = pack.message("pt_BR")
    page_of_mail = Page(message.html)
    assert not page_of_mail.tags & {"script", "h2", "svg", "a", "form"}
    assert "Bcc:" not in message.subject
    assert "49" not in [text.strip() for text in page_of_mail.texts]
    assert not set("\u202e\u202c\x00\x07") & set(message.html + message.text)
    chat = str(message.blocks)
    assert "<!channel>" not in chat
    assert "<@U1>" not in chat
    assert all(
        len(block["text"]["text"]) <= 3_000 for block in message.blocks if "text" in block
    ), "Slack refuses longer texts"

    pages = pdf_text(pack.file("pt_BR", "pdf"))
    assert len(pages) < 10
    assert read_back(warehouse, pack) == {name: [] for name in CHECKS}
