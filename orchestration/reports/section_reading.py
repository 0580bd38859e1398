"""Reads the sections of a report from the marts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from orchestration.reports.figures import SectionFigures, decimal
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.publication import last_day_of, rows_of
from orchestration.reports.section import Moment, Section
from orchestration.reports.sections import sections_of


def read_sections(
    connection: duckdb.DuckDBPyConnection,
    report: str,
    start: date,
    end: date,
    published: Mapping[str, Any],
    is_newest: bool,
) -> tuple[SectionFigures, ...]:
    """The report's sections whose marts there are; those of a day that is not the period's aside.

    Args:
        connection: The marts.
        report: The report.
        start: The period's first day.
        end: The day after its last.
        published: What the publication says of itself.
        is_newest: No later period is whole, so that what is of the day on which the data end
            belongs to this one.
    """
    tables = {
        row["table_name"]
        for row in rows_of(
            connection,
            "select table_name from information_schema.tables "
            "where table_catalog = current_database() and table_schema = 'marts'",
        )
    }
    found = [
        section
        for section in sections_of(report)
        if tables.issuperset(section.marts) and (is_newest or section.moment is not Moment.DAY)
    ]
    replaced = {section.instead_of for section in found}
    values = {
        "start": start,
        "end": end,
        "today": last_day_of(published),
        "as_of": published["as_of"],
        "time_zone": str(published["time_zone"]),
    }
    return tuple(
        _section(connection, section, values) for section in found if section.key not in replaced
    )


def _section(
    connection: duckdb.DuckDBPyConnection, section: Section, values: Mapping[str, Any]
) -> SectionFigures:
    named = {name: value for name, value in values.items() if f"${name}" in section.query}
    rows = connection.execute(section.query, named).fetchall()
    kinds = [column.kind for column in section.columns]
    return SectionFigures(
        section.key,
        tuple((column.key, column.kind) for column in section.columns),
        tuple(
            tuple(_cell(value, kind) for value, kind in zip(row, kinds, strict=True))
            for row in rows
        ),
    )


def _cell(value: Any, kind: Kind) -> Cell:
    if value is None:
        return None
    if kind.is_number:
        return decimal(value)
    if kind in (Kind.DAY, Kind.MONTH):
        return date(value.year, value.month, value.day)
    return str(value)
