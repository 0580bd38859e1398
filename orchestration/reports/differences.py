"""Where two sets of figures of one period differ."""

from collections.abc import Iterator
from decimal import Decimal

from orchestration.reports.figures import Difference, Figures, SectionFigures
from orchestration.reports.section import Moment
from orchestration.reports.sections import BY_KEY


def differences(before: Figures, now: Figures) -> tuple[Difference, ...]:
    """Compares every figure of a month: KPIs first, then its tables.

    Args:
        before: The figures of the pack before.
        now: Those of the new one.

    Returns:
        What differs; nothing where all is as it was. A table that only one of them has is not
        compared, nor what is not of the month, such as whom to call when the data end.
    """
    return tuple(_differences(before, now))


def _differences(before: Figures, now: Figures) -> Iterator[Difference]:
    was = {line.key: line.value for line in before.headlines}
    for line in now.headlines:
        if line.key in was and was[line.key] != line.value:
            yield Difference("", line.key, "value", line.kind, was[line.key], line.value)
    for new in now.sections:
        old = before.section(new.key)
        if old is not None and BY_KEY[new.key].moment is Moment.PERIOD:
            yield from _of_section(old, new)


def _of_section(before: SectionFigures, now: SectionFigures) -> Iterator[Difference]:
    was, now_by_row = _by_row(before), _by_row(now)
    kinds = {key: kind for key, kind in now.columns if kind.is_number}
    for row in dict.fromkeys([*now_by_row, *was]):
        for column, kind in kinds.items():
            old = was.get(row, {}).get(column)
            new = now_by_row.get(row, {}).get(column)
            if old != new:
                yield Difference(now.key, row, column, kind, old, new)


def _by_row(section: SectionFigures) -> dict[str, dict[str, Decimal | None]]:
    """Figures by column, for each row by what tells it from the others."""
    keys = [key for key, _ in section.columns]
    places = [keys.index(name) for name in BY_KEY[section.key].row_key]
    return {
        " ".join(str(row[place]) for place in places): {
            key: value
            for (key, kind), value in zip(section.columns, row, strict=True)
            if kind.is_number and (value is None or isinstance(value, Decimal))
        }
        for row in section.rows
    }
