"""A month's KPI pack: one frozen set of figures, read back from everything made of it."""

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from ingestion.settings import Home, Settings
from orchestration.errors import HomeNotWritableError, NothingPublishedError, ReportError
from orchestration.publishing.publish import publish
from orchestration.reports.figures import Headline, Kind, KpiFigures
from orchestration.reports.kpi_pack import KpiPack, make_kpi_pack
from orchestration.reports.terminal import headline_lines
from orchestration.reports.wording import DASH, change_text, spreadsheet_text, value_text
from tests.orchestration.samples import fill_warehouse

# The reader does not know data bars; the tests do not need them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

MINUS = "\N{MINUS SIGN}"
HOSTILE = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",
    "http://example.test/a",
    "mailto:a@example.test",
    "00123",
    "1e5",
    "a\x00b\x07c",
    "x" * 40_000,
)


@pytest.fixture
def pack(warehouse: Home, settings: Settings) -> KpiPack:
    publish(settings, "run-1")
    return make_kpi_pack(warehouse, "2026-01")


def _cells(file: Path, sheet: str) -> dict[str, object]:
    page = openpyxl.load_workbook(file)[sheet]
    return {cell.coordinate: cell.value for row in page.iter_rows() for cell in row}


def _workbook(pack: KpiPack) -> Path:
    return pack.folder / f"kpi-pack-{pack.month}.xlsx"


def test_the_workbook_says_what_the_figures_say(pack: KpiPack) -> None:
    cells = _cells(_workbook(pack), "Summary")
    by_label = {cells[f"A{row}"]: row for row in range(1, 40) if cells.get(f"A{row}")}
    for line in pack.figures.headlines:
        row = by_label[line.label]
        expected = DASH if line.value is None else float(line.value)
        assert cells[f"B{row}"] == expected, line.label
        before = DASH if line.previous is None else float(line.previous)
        assert cells[f"C{row}"] == before, line.label
        assert cells[f"D{row}"] == change_text(line), line.label
    assert cells[f"D{by_label['Customer churn']}"] == "+0.1 points"
    assert cells[f"D{by_label['MRR']}"] == "+100.00 (+50.0%)"
    assert cells[f"B{by_label['Customer lifetime value']}"] == DASH
    movements = [
        float(str(cells[f"B{row}"]))
        for row in range(by_label["Opening MRR"], by_label["Closing MRR"] + 1)
    ]
    assert movements == [200, 150, 0, 0, -20, -30, 0, 0, 300]
    assert sum(movements[:-1]) == movements[-1]


def test_every_page_says_what_its_figures_rest_on(pack: KpiPack) -> None:
    for sheet in ("Summary", "Plans", "Customers"):
        text = " ".join(str(value) for value in _cells(_workbook(pack), sheet).values())
        for part in (
            "Policy default, version 3",
            "USD",
            "UTC",
            "2026-02-10 00:00:00",
            "build-first",
        ):
            assert part in text, (sheet, part)


def test_text_from_customers_stays_text(pack: KpiPack) -> None:
    book = openpyxl.load_workbook(_workbook(pack))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert not [cell.coordinate for cell in cells if cell.hyperlink]
    assert book["Customers"]["B6"].value == '=HYPERLINK("http://x","y")'
    assert book["Plans"]["A5"].value == "@SUM(A1)"


def test_hostile_names_reach_a_cell_as_they_are_and_nothing_else(
    pack: KpiPack, tmp_path: Path
) -> None:
    from orchestration.reports.tables_csv import write_csv_files
    from orchestration.reports.workbook import write_workbook

    stored = json.loads(pack.figures.to_json())
    stored["customers"] = [
        {"customer_id": text, "name": text, "mrr": "-1.5", "share": None} for text in HOSTILE
    ]
    figures = KpiFigures.from_json(json.dumps(stored))
    page = openpyxl.load_workbook(write_workbook(figures, tmp_path / "hostile.xlsx"))["Customers"]
    for number, text in enumerate(HOSTILE, start=5):
        assert page[f"A{number}"].data_type == "s", text
        assert page[f"A{number}"].hyperlink is None
        assert page[f"C{number}"].value == -1.5
    for text, row in zip(HOSTILE, _csv_rows(write_csv_files(figures, tmp_path)[3]), strict=True):
        starts_a_formula = text[0] in "=+-@\t\r\uff1d"
        assert row["name"] == (f"'{text}" if starts_a_formula else text)
        assert row["mrr"] == "-1.5", "a number is a number"


def _csv_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_csv_files_hold_the_same_figures_whole(pack: KpiPack) -> None:
    rows = {row["key"]: row for row in _csv_rows(pack.folder / "kpis.csv")}
    for line in pack.figures.headlines:
        shown = rows[line.key]["value"]
        assert (Decimal(shown) if shown else None) == line.value
    assert rows["cltv_formula"]["value"] == "", "unknown is empty, not 0"
    movements = _csv_rows(pack.folder / "movements.csv")
    assert [row["mrr"] for row in movements][4] == "-20.000000"


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


def test_a_pack_that_was_made_is_made_again_as_it_was(
    pack: KpiPack, warehouse: Home, settings: Settings
) -> None:
    first = {file.name: file.read_bytes() for file in pack.files}
    fill_warehouse(warehouse, "restated", months=5)
    publish(settings, "run-2")
    (pack.folder / "kpis.csv").unlink()
    again = make_kpi_pack(warehouse, "2026-01")
    assert again.was_stored
    assert again.figures == pack.figures
    assert {file.name: file.read_bytes() for file in again.files} == first


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


@pytest.mark.parametrize("month", ["2026-13", "january", "../../x", "2026-1"])
def test_what_is_not_a_month_is_refused(home: Home, month: str) -> None:
    with pytest.raises(ReportError, match="write it as 2025-12"):
        make_kpi_pack(home, month)


def test_without_a_publication_the_message_says_what_to_do(home: Home) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        make_kpi_pack(home, "2026-01")


def test_stored_figures_that_are_spoilt_are_named(pack: KpiPack, warehouse: Home) -> None:
    (pack.folder / "figures.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReportError, match=r"figures\.json"):
        make_kpi_pack(warehouse, "2026-01")


def test_an_exports_folder_that_cannot_be_written_is_named(pack: KpiPack, warehouse: Home) -> None:
    shutil.rmtree(pack.folder.parent)
    pack.folder.parent.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(HomeNotWritableError, match="kpi_pack"):
        make_kpi_pack(warehouse, "2026-01")


def test_the_first_month_of_all_has_dashes_for_the_month_before(
    warehouse: Home, settings: Settings
) -> None:
    publish(settings, "run-1")
    figures = make_kpi_pack(warehouse, "2025-11").figures
    assert {line.previous for line in figures.headlines} == {None}
    assert {change_text(line) for line in figures.headlines} == {DASH}


def test_the_terminal_shows_rates_in_points_and_unknown_as_a_dash(pack: KpiPack) -> None:
    text = "\n".join(headline_lines(pack.figures))
    assert "300.00   +100.00 (+50.0%)" in text
    assert "5.2%   +0.1 points" in text
    assert f"{DASH}   {DASH}" in text


def test_figures_are_written_as_people_write_them() -> None:
    assert value_text(Decimal("-1234.505"), Kind.MONEY) == f"{MINUS}1,234.51"
    assert value_text(Decimal("0.0325"), Kind.RATE) == "3.3%"
    assert value_text(Decimal(1234), Kind.COUNT) == "1,234"
    falling = Headline(
        "customer_churn_rate",
        "Customer churn",
        Kind.RATE,
        Decimal("0.03"),
        Decimal("0.034"),
        Decimal("-0.004"),
        None,
    )
    assert change_text(falling) == f"{MINUS}0.4 points"
