"""The CSV files of a KPI pack: one for each of its tables, amounts whole."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from orchestration.reports.figures import KpiFigures
from orchestration.reports.wording import spreadsheet_text

Cell = str | Decimal | None


def write_csv_files(figures: KpiFigures, folder: Path) -> list[Path]:
    """Writes kpis.csv, movements.csv, plans.csv and customers.csv.

    Args:
        figures: The frozen figures.
        folder: An existing folder.

    Returns:
        The files.
    """
    foot = figures.foot
    return [
        _write(
            folder / "kpis.csv",
            ("month", "key", "label", "value", "previous", "change", "currency", "as_of", "run_id"),
            (
                (
                    figures.month,
                    line.key,
                    line.label,
                    line.value,
                    line.previous,
                    line.change,
                    foot.currency,
                    foot.as_of,
                    foot.run_id,
                )
                for line in figures.headlines
            ),
        ),
        _write(
            folder / "movements.csv",
            ("month", "movement", "mrr", "customers", "currency"),
            (
                (figures.month, line.label, line.amount, line.customers, foot.currency)
                for line in figures.movements
            ),
        ),
        _write(
            folder / "plans.csv",
            ("month", "plan", "customers", "closing_mrr", "net_new_mrr", "share", "currency"),
            (
                (
                    figures.month,
                    line.plan,
                    line.customers,
                    line.closing_mrr,
                    line.net_new_mrr,
                    line.share,
                    foot.currency,
                )
                for line in figures.plans
            ),
        ),
        _write(
            folder / "customers.csv",
            ("month", "customer_id", "name", "mrr", "share", "currency"),
            (
                (figures.month, line.customer_id, line.name, line.mrr, line.share, foot.currency)
                for line in figures.customers
            ),
        ),
    ]


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
    return format(value, "f") if isinstance(value, Decimal) else spreadsheet_text(value)
