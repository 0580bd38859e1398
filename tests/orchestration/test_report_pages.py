"""Where the pages of a report end: never within a table that fits on one."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.settings import Home, Settings
from orchestration.publishing.publish import publish
from orchestration.reports.charts import draw_charts
from orchestration.reports.figures import Figures, SectionFigures
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.language import language
from orchestration.reports.pdf import write_pdf
from orchestration.reports.pdf_text import pdf_text
from orchestration.reports.presentation import page


@pytest.fixture
def figures(warehouse: Home, settings: Settings) -> Figures:
    publish(settings, "run-1")
    return make_kpi_pack(warehouse, "2026-01").figures


@pytest.mark.parametrize("rows", [8, 12, 200])
def test_a_table_stays_whole_and_with_its_heading(
    figures: Figures, tmp_path: Path, rows: int
) -> None:
    words = language("pt_BR")
    long = replace(
        figures, sections=tuple(with_rows(section, rows) for section in figures.sections)
    )
    charts = draw_charts(long, words)
    pages = [solid(one) for one in pdf_text(write_pdf(long, words, charts, tmp_path / "a.pdf"))]
    tables = [table for table in page(long, words).tables if table.rows]
    assert len(tables) >= 6
    for table in tables:
        texts = [table.title, table.note, *table.headings, *(row.cells[0] for row in table.rows)]
        assert any(all(solid(text) in one for text in texts) for one in pages), table.title


def solid(text: str) -> str:
    """The text without spaces, as a line may end at any."""
    return re.sub(r"\s", "", text)


def with_rows(section: SectionFigures, count: int) -> SectionFigures:
    """The section with so many rows of its own kind."""
    if section.key in ("movements", "week_movements"):
        return section

    def cell(kind: Kind, number: int) -> Cell:
        if kind.is_number:
            return Decimal(number)
        if kind in (Kind.MONTH, Kind.DAY):
            return date(2000 + number // 12, 1 + number % 12, 1)
        return f"{section.key} {number}"

    return replace(
        section,
        rows=tuple(
            tuple(cell(kind, number) for _, kind in section.columns) for number in range(count)
        ),
    )


def test_a_run_is_named_as_it_is_where_hyphens_would_be_repeated(
    figures: Figures, tmp_path: Path
) -> None:
    run = "a0e48443-0e39-4fd1-9c94-29809b16a8aa-a0e48443-0e39-4fd1-9c94-29809b16a8aa"
    named = replace(figures, foot=replace(figures.foot, run_id=f"{run}-{run}-{run}"))
    words = language("pt_PT")
    pages = pdf_text(write_pdf(named, words, draw_charts(named, words), tmp_path / "report.pdf"))
    assert all("--" not in solid(text) for text in pages)
