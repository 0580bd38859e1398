"""The CSV files of a report: one for each of its tables, amounts whole, alike in any language."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.reports.figures import Figures
from orchestration.reports.headlines import HEADLINES
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.wording import spreadsheet_text

KPIS_NAME = "kpis.csv"


def write_csv_files(figures: Figures, folder: Path) -> list[Path]:
    """Writes kpis.csv and a file for each section, named by its key.

    Args:
        figures: The frozen figures.
        folder: An existing folder.

    Returns:
        The files.
    """
    foot = figures.foot
    files = [
        _write(
            folder / KPIS_NAME,
            (
                "period",
                "key",
                "label",
                "value",
                "previous",
                "change",
                "currency",
                "as_of",
                "run_id",
            ),
            (
                (
                    figures.period,
                    line.key,
                    HEADLINES[line.key].title,
                    line.value,
                    line.previous,
                    line.change,
                    foot.currency,
                    f"{foot.as_of:%Y-%m-%d %H:%M:%S} UTC",
                    foot.run_id,
                )
                for line in figures.headlines
            ),
        )
    ]
    for section in figures.sections:
        has_money = any(kind is Kind.MONEY for _, kind in section.columns)
        ends = (foot.currency,) if has_money else ()
        header = [key for key, _ in section.columns] + (["currency"] if has_money else [])
        files.append(
            _write(
                folder / f"{section.key}.csv",
                ("period", *header),
                ((figures.period, *row, *ends) for row in section.rows),
            )
        )
    return files


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    # With a byte order mark, Excel reads the file as UTF-8.
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return file


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else spreadsheet_text(value)
