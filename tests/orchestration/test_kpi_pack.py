"""A month's KPI pack: one frozen set of figures, read back from everything made of it."""

import csv
import json
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from ingestion.settings import Home, Settings
from orchestration.errors import HomeNotWritableError, NothingPublishedError, ReportError
from orchestration.publishing.publish import publish
from orchestration.reports.kinds import Kind
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.language import DASH, language
from orchestration.reports.pdf_text import pdf_text
from orchestration.reports.reading_back import CHECKS, read_back
from orchestration.reports.report import Report
from orchestration.reports.sections import LISTS
from orchestration.reports.terminal import headline_lines
from orchestration.reports.wording import spreadsheet_text, unlinked_text
from orchestration.reports.workbook_cells import workbook_cells
from tests.orchestration.samples import fill_warehouse

# The reader does not know data bars and sparklines; the tests do not need them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

LANGUAGES = ("en", "pt_BR")


@pytest.fixture
def pack(warehouse: Home, settings: Settings) -> Report:
    publish(settings, "run-1")
    return make_kpi_pack(warehouse, "2026-01", LANGUAGES)


def _cells(file: Path, sheet: str, *, formulas: bool = False) -> dict[str, object]:
    page = openpyxl.load_workbook(file, data_only=not formulas)[sheet]
    return {cell.coordinate: cell.value for row in page.iter_rows() for cell in row}


def _csv_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_workbook_says_what_the_figures_say(pack: Report) -> None:
    cells = _cells(pack.file("en", "xlsx"), "Summary")
    by_label = {cells[f"A{row}"]: row for row in range(1, 40) if cells.get(f"A{row}")}
    mrr, churn = by_label["MRR"], by_label["Customer churn"]
    assert (cells[f"B{mrr}"], cells[f"C{mrr}"], cells[f"D{mrr}"]) == (300, 200, 100)
    assert cells[f"E{mrr}"] == 0.5
    assert cells[f"D{churn}"] == pytest.approx(0.1), "in points"
    assert cells[f"E{churn}"] == DASH, "a rate has no relative change"
    net = by_label["Net new MRR"]
    assert cells[f"E{net}"] == DASH, "a change has no relative change"
    assert cells[f"B{by_label['Customer lifetime value']}"] == DASH
    movements = _cells(pack.file("en", "xlsx"), "MRR movements")
    steps = [movements[f"B{row}"] for row in range(5, 14)]
    assert steps == [200, 150, 0, 0, -20, -30, 0, 0, 300]


def test_what_follows_is_a_live_formula_with_its_value(pack: Report) -> None:
    file = pack.file("en", "xlsx")
    formulas = _cells(file, "MRR movements", formulas=True)
    assert formulas["B13"] == "=SUM(B5:B12)"
    assert _cells(file, "MRR movements")["B13"] == 300
    summary = _cells(file, "Summary", formulas=True)
    assert summary["B6"] == "='Month by month'!B7"
    assert summary["D6"] == "=B6-C6"
    book = openpyxl.load_workbook(file)
    assert book["Month by month"].tables["months"].ref == "A4:L7"
    assert book["Summary"]._charts


def test_every_file_says_what_the_marts_say(pack: Report, warehouse: Home) -> None:
    assert read_back(warehouse, pack) == {name: [] for name in CHECKS}


def test_files_of_other_figures_are_noticed(
    pack: Report, warehouse: Home, settings: Settings
) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "update marts.kpis_monthly set closing_mrr = 301 where metric_month = '2026-01-01'"
        )
    shutil.copytree(pack.folder, warehouse.path / "kept")
    publish(settings, "run-2")
    anew = make_kpi_pack(warehouse, "2026-01", LANGUAGES, anew=True)
    for kept in (warehouse.path / "kept").rglob("*.*"):
        if kept.name != "figures.json":
            shutil.copy(kept, anew.folder / kept.relative_to(warehouse.path / "kept"))
    faults = read_back(warehouse, anew)
    assert all(faults[name] for name in CHECKS), faults


def _without_rows(page: str) -> str:
    head, _, table = page.rpartition("<tr>\n<td")
    return head + table.partition("</tr>")[2]


def _renamed(file: Path, part: str, old: str, new: str) -> None:
    """Rewrites one part of a workbook."""
    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts[part].decode()
    parts[part] = parts[part].decode().replace(old, new).encode()
    with zipfile.ZipFile(file, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_what_is_spoilt_in_one_file_is_noticed_there(pack: Report, warehouse: Home) -> None:
    workbook, _, mail, csv_files = CHECKS
    page = pack.file("en", "html")
    page.write_text(_without_rows(page.read_text(encoding="utf-8")), encoding="utf-8")
    _renamed(pack.file("pt_BR", "xlsx"), "xl/sharedStrings.xml", ">Ana<", ">Eve<")
    kpis = pack.folder / "csv" / "kpis.csv"
    kpis.write_text(kpis.read_text(encoding="utf-8-sig").replace("300.0", "301.0"), "utf-8-sig")
    faults = read_back(warehouse, pack)
    assert {name for name, lines in faults.items() if lines} == {workbook, mail, csv_files}
    assert "it lacks [(" in faults[mail][0]
    assert "'Eve', not 'Ana'" in faults[workbook][0]
    assert "'301.000000' of closing_mrr" in faults[csv_files][0]


def test_every_page_says_what_its_figures_rest_on(pack: Report) -> None:
    days = {"en": "Feb 9, 2026, 23:59 UTC", "pt_BR": "9 de fev. de 2026, 23:59 UTC"}
    for code in LANGUAGES:
        parts = ("default", "USD", days[code], "build-fi", pack.figures.foot.version)
        book = openpyxl.load_workbook(pack.file(code, "xlsx"))
        texts = [
            *(" ".join(str(c.value) for row in sheet.iter_rows() for c in row) for sheet in book),
            *pdf_text(pack.file(code, "pdf")),
            pack.message(code).html,
            pack.message(code).text,
        ]
        assert len(texts) > 10
        for text in texts:
            assert all(part in text for part in parts), (code, text[:80])


def test_the_mail_speaks_its_language_and_names_its_pictures(pack: Report) -> None:
    message = pack.message("pt_BR")
    assert message.subject.startswith("MRR US$ 300 (+50,0%)")
    assert "\n" not in message.subject
    assert "+0,1 p.p." in message.html
    assert {f"cid:{name}" for name in message.images} <= set(message.html.split('"'))
    assert all(image.startswith(b"\x89PNG") for image in message.images.values())
    assert [file.name for file in message.attachments] == [
        "kpi-pack-2026-01.xlsx",
        "kpi-pack-2026-01.pdf",
    ]
    assert all(file.exists() for file in message.attachments)
    assert len(message.html) < 102_000, "a longer mail is cut"
    assert "300,00" in message.text
    assert "- MRR final (MRR: US$\xa0300,00; Clientes: 3)" in message.text
    assert message.blocks[0]["type"] == "header"


def test_no_name_becomes_a_link_in_a_mail(pack: Report) -> None:
    message = pack.message("en")
    for text in (message.html, message.text):
        assert "http:\u2060//x" in text
        assert "http://" not in text


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("http://a.example", "http:|//a.|example"),
        ("mailto:b@a.example", "mailto:|b@|a.|example"),
        ("www.a.example", "www.|a.|example"),
        ("Bluff Courier Inc.", "Bluff Courier Inc."),
        ("A. B. & Sons, 1.50", "A. B. & Sons, 1.50"),
        ("Time: 10:30", "Time: 10:30"),
    ],
)
def test_only_what_looks_like_an_address_is_broken(name: str, harmless: str) -> None:
    assert unlinked_text(name) == harmless.replace("|", "\u2060")
    assert unlinked_text(name).replace("\u2060", "") == name


def test_without_personal_data_nobody_is_named(pack: Report) -> None:
    message = pack.message("en", with_personal_data=False)
    whole = pack.message("en")
    assert "Ana" in whole.text
    assert "HYPERLINK" in whole.html
    for text in (message.text, message.html, json.dumps(message.blocks)):
        assert "Ana" not in text
        assert "HYPERLINK" not in text
    assert pack.message("en", with_personal_data=False, with_files=False).attachments == ()
    workbook, pdf = message.attachments
    pages = "".join(pdf_text(pdf))
    cells = str([sheet.values() for sheet in workbook_cells(workbook)])
    for text in (pages, cells):
        assert "Ana" not in text
        assert "HYPERLINK" not in text
    assert "$300" in pages
    assert "Ana" in "".join(pdf_text(whole.attachments[1]))


def test_the_csv_files_hold_the_same_figures_whole(pack: Report) -> None:
    rows = {row["key"]: row for row in _csv_rows(pack.folder / "csv" / "kpis.csv")}
    for line in pack.figures.headlines:
        shown = rows[line.key]["value"]
        assert (Decimal(shown) if shown else None) == line.value
    assert rows["cltv_formula"]["value"] == "", "unknown is empty, not 0"
    movements = _csv_rows(pack.folder / "csv" / "movements.csv")
    assert [row["mrr"] for row in movements][4] == "-20.000000"
    past_due = _csv_rows(pack.folder / "csv" / "past_due.csv")
    assert [row["customer"] for row in past_due] == ['\'=HYPERLINK("http://x","y")']


def test_a_pack_that_was_made_is_made_again_as_it_was(
    pack: Report, warehouse: Home, settings: Settings
) -> None:
    first = {file: file.read_bytes() for file in pack.files}
    fill_warehouse(warehouse, "restated", months=5)
    publish(settings, "run-2")
    (pack.folder / "csv" / "kpis.csv").unlink()
    again = make_kpi_pack(warehouse, "2026-01", LANGUAGES)
    assert again.was_stored
    assert again.figures == pack.figures
    assert {file: file.read_bytes() for file in again.files} == first


def test_a_pack_made_anew_says_so_and_where_it_differs(
    pack: Report, warehouse: Home, settings: Settings
) -> None:
    fill_warehouse(warehouse, "restated", months=5)
    publish(settings, "run-2")
    anew = make_kpi_pack(warehouse, "2026-01", ("en",), anew=True)
    assert not anew.was_stored
    assert anew.figures.headline("closing_mrr").value == 500
    remake = anew.figures.remake
    assert remake is not None
    mrr = next(line for line in remake.differences if line.row == "closing_mrr")
    assert mrr.was == 300
    assert mrr.now == 500
    # The other language is made anew too: no two files of a pack may differ.
    assert set(anew.languages) == set(LANGUAGES)
    pages = "".join(pdf_text(anew.file("pt_BR", "pdf")))
    assert "Nova versão" in pages
    assert pack.figures.foot.version in pages
    message = anew.message("en")
    for text in (message.text, message.html):
        assert "made anew" in text
        assert "$300.00" in text
        assert "$500.00" in text
    kept = anew.folder / f"figures-{pack.figures.foot.version}.json"
    assert kept.read_text(encoding="utf-8") == pack.figures.to_json()
    assert make_kpi_pack(warehouse, "2026-01", ("en",)).figures == anew.figures


def test_a_pack_of_two_years_back_made_anew_says_what_has_changed_since(
    warehouse: Home, settings: Settings
) -> None:
    fill_warehouse(warehouse, months=26)
    publish(settings, "run-1")
    month = "2024-01"
    before = make_kpi_pack(warehouse, month)
    # Whom to call when the data end is nothing that January 2024 has.
    assert not [one.key for one in before.figures.sections if one.key in LISTS]
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "update marts.kpis_monthly set new_mrr = 175 where metric_month = '2023-12-01'; "
            "insert into marts.fct_tickets select * replace (timestamp '2024-01-05' as created_at) "
            "from marts.fct_tickets limit 1; "
            "update marts.customer_360 set past_due_mrr = 1"
        )
    publish(settings, "run-2")
    assert make_kpi_pack(warehouse, month).figures == before.figures
    anew = make_kpi_pack(warehouse, month, anew=True)
    remake = anew.figures.remake
    assert remake is not None
    assert {(line.section, line.row, line.column) for line in remake.differences} >= {
        ("months", "2023-12-01", "new_mrr"),
        ("support", "2024-01-01", "tickets"),
    }
    assert {line.section for line in remake.differences} == {"months", "support"}


def test_a_pack_made_anew_of_the_same_data_differs_in_nothing(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    make_kpi_pack(warehouse, "2026-01", ("en",))
    anew = make_kpi_pack(warehouse, "2026-01", ("en",), anew=True)
    assert anew.figures.remake is not None
    assert anew.figures.remake.differences == ()
    assert "No figure differs." in anew.message("en").text


def test_figures_that_version_0_1_stored_make_the_same_pack(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    folder = warehouse.exports / "kpi_pack" / "2026-01"
    folder.mkdir(parents=True)
    kpi = {"kind": "money", "value": "7.25", "previous": None, "change": None}
    keys = ("closing_mrr", "net_new_mrr", "closing_customers", "arpu", "customer_churn_rate")
    old = {
        "month": "2026-01",
        "headlines": [
            {**kpi, "key": key, "label": key, "relative_change": None}
            for key in (*keys, "cltv_formula")
        ],
        "movements": [
            {"label": "Opening MRR", "amount": "1", "customers": "1", "is_level": True},
            {"label": "Closing MRR", "amount": "7.25", "customers": None, "is_level": True},
        ],
        "plans": [],
        "customers": [{"customer_id": "c9", "name": "Old", "mrr": "7.25", "share": "1"}],
        "foot": {
            "policy": "default",
            "policy_version": "2",
            "currency": "EUR",
            "time_zone": "UTC",
            "as_of": "2026-02-09 00:00:00 UTC",
            "run_id": "r",
            "version": "v",
        },
    }
    (folder / "figures.json").write_text(json.dumps(old), encoding="utf-8")
    pack = make_kpi_pack(warehouse, "2026-01", ("en",))
    assert pack.was_stored
    assert pack.figures.headline("closing_mrr").value == Decimal("7.25")
    assert "\N{EURO SIGN}7.25" in pack.message("en").text
    assert "Old" in "".join(pdf_text(pack.file("en", "pdf")))


def test_a_month_that_is_not_closed_has_no_pack(warehouse: Home, settings: Settings) -> None:
    publish(settings, "run-1")
    with pytest.raises(ReportError, match="not closed"):
        make_kpi_pack(warehouse, "2026-02")
    assert not (warehouse.exports / "kpi_pack" / "2026-02").exists()


def test_a_month_that_is_not_there_is_told_with_those_that_are(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    with pytest.raises(ReportError, match="2025-11 to 2026-02"):
        make_kpi_pack(warehouse, "2020-01")


@pytest.mark.parametrize("month", ["2026-13", "january", "../../x", "2026-1", "0000-01"])
def test_what_is_not_a_month_is_refused(home: Home, month: str) -> None:
    with pytest.raises(ReportError, match="write it as 2025-12"):
        make_kpi_pack(home, month)


def test_without_a_publication_the_message_says_what_to_do(home: Home) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        make_kpi_pack(home, "2026-01")


@pytest.mark.parametrize("text", ["{", "[]", '{"form": 9}', '{"month": "2026-01"}'])
def test_stored_figures_that_are_spoilt_are_named(home: Home, text: str) -> None:
    folder = home.exports / "kpi_pack" / "2026-01"
    folder.mkdir(parents=True)
    (folder / "figures.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"figures\.json"):
        make_kpi_pack(home, "2026-01")


def test_an_exports_folder_that_cannot_be_written_is_named(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    warehouse.exports.mkdir()
    (warehouse.exports / "kpi_pack").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(HomeNotWritableError, match="kpi_pack"):
        make_kpi_pack(warehouse, "2026-01")


def test_the_first_month_of_all_has_dashes_for_the_month_before(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    pack = make_kpi_pack(warehouse, "2025-11")
    assert {line.previous for line in pack.figures.headlines} == {None}
    assert read_back(warehouse, pack) == {name: [] for name in CHECKS}


def test_the_terminal_shows_rates_in_points_and_unknown_as_a_dash(pack: Report) -> None:
    text = "\n".join(headline_lines(pack.figures))
    assert "300.00   +100.00 (+50.0%)" in text
    assert "5.2%   +0.1 points" in text
    assert f"{DASH}   {DASH}" in text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Ana", "Ana"),
        ("=1", "'=1"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("'=1", "''=1"),
        ("", ""),
        ("a=1", "a=1"),
    ],
)
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str, safe: str) -> None:
    assert spreadsheet_text(text) == safe


def test_figures_are_written_as_people_write_them() -> None:
    english, brazilian = language("en"), language("pt_BR")
    minus, space = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
    assert english.money(Decimal("-1234.505"), "USD") == f"{minus}$1,234.51"
    assert brazilian.money(Decimal("1234.505"), "BRL") == f"R${space}1.234,51"
    assert english.money(Decimal("1234.5"), "JPY") == "\N{YEN SIGN}1,235"
    assert english.figure(Decimal("0.0325"), Kind.RATE, "") == "3.3%"
    assert english.figure(Decimal(1234), Kind.COUNT, "") == "1,234"
    assert english.points(Decimal("-0.004")) == f"{minus}0.4 points"
    assert brazilian.points(Decimal("0.004")) == "+0,4 p.p."
    assert english.points(Decimal("0.0001")) == "0.0 points"
    assert english.figure(None, Kind.MONEY, "USD") == DASH
