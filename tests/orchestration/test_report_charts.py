"""Charts of reports: none is empty, no two ticks say the same, no month to come is unknown."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import openpyxl
import pytest

from ingestion.settings import Home, Settings
from orchestration.publishing.publish import publish
from orchestration.reports.charts import draw_charts
from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.language import DASH, language
from orchestration.reports.presentation import table
from orchestration.reports.report import Report


@pytest.fixture
def pack(warehouse: Home, settings: Settings) -> Report:
    publish(settings, "run-1")
    return make_kpi_pack(warehouse, "2026-01")


def _with(figures: Figures, key: str, share: Decimal) -> Figures:
    """The figures with every amount of one section made so many times as large."""

    def section(one: SectionFigures) -> SectionFigures:
        if one.key != key:
            return one
        kinds = [kind for _, kind in one.columns]
        rows = tuple(
            tuple(
                cell * share if kind is Kind.MONEY and isinstance(cell, Decimal) else cell
                for cell, kind in zip(row, kinds, strict=True)
            )
            for row in one.rows
        )
        return replace(one, rows=rows)

    return replace(figures, sections=tuple(map(section, figures.sections)))


def _texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("share", ["0.0001", "0.001", "0.01", "1", "7", "1000", "123456"])
def test_the_ticks_of_an_axis_differ_however_large_the_company(pack: Report, share: str) -> None:
    figures = _with(pack.figures, "months", Decimal(share))
    for name in ("trend", "page_trend", "by_month"):
        ticks = [text for text in _texts(draw_charts(figures, language("en"))[name]) if "$" in text]
        if "trend" in name:
            ticks.pop()  # the last value's own label
            ticks.pop()  # and its edge
        assert len(ticks) > 1
        assert all(one != other for one, other in pairwise(ticks)), (name, ticks)


def test_a_month_without_movements_has_no_empty_charts(pack: Report) -> None:
    drawn = draw_charts(pack.figures, language("en"))
    assert set(drawn) == {"trend", "page_trend", "by_month", "retention", "steps", "page_steps"}
    still = _with(_with(pack.figures, "months", Decimal(0)), "movements", Decimal(0))
    assert set(draw_charts(still, language("en"))) == {"trend", "page_trend", "retention"}


def test_months_to_come_are_empty_and_months_unknown_are_a_dash(pack: Report) -> None:
    columns = (
        ("cohort_month", Kind.MONTH),
        ("customers", Kind.COUNT),
        *((f"after_{age}_months", Kind.RATE) for age in range(1, 13)),
    )
    one: tuple[Cell, ...] = (date(2025, 10, 1), Decimal(4), Decimal(1), None, Decimal("0.5"))
    section = SectionFigures("cohorts", columns, ((*one, *[None] * 9),))
    shown = table(section, pack.figures, language("en")).rows[0].cells
    assert shown == ("Oct 2025", "4", "100.0%", DASH, "50.0%", *[""] * 9)


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_the_waterfall_of_the_workbook_has_the_steps_of_the_page_on_a_tab_that_is_seen(
    pack: Report,
) -> None:
    book = openpyxl.load_workbook(pack.file("en", "xlsx"))
    assert book.sheetnames[-1] == "Data"
    for sheet in book:
        assert sheet.sheet_state == "visible"
        assert not [name for name, one in sheet.column_dimensions.items() if one.hidden]
    names = [str(cell.value) for cell in book["Data"]["A"] if cell.value]
    first = names.index("What changed MRR") + 1
    drawn = _texts(draw_charts(pack.figures, language("en"))["page_steps"])
    steps = names[first : names.index("Change of MRR") + 1]
    assert steps == ["New", "Expansion", "Reactivation", "Contraction", "Churned", "Change of MRR"]
    assert [text for text in drawn if text in steps] == steps
