"""The figures of a report, frozen: every rendering takes them from here, so that no two can differ.

The stored figures are what a pack is made of again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.segment import Segment

FORM = 2


@dataclass(frozen=True)
class Headline:
    """A KPI of the period beside that of the period before.

    Attributes:
        key: Its name among ``headlines.HEADLINES``.
        kind: What it is.
        value: The period's; None where it is unknown.
        previous: That of the period before.
        change: The difference; for a rate a difference of fractions (0.01 is one point).
        relative_change: The difference as a fraction of the period before; none for rates and
            ratios, and where the period before is not above 0.
        trend: The last periods' values, the newest last.
    """

    key: str
    kind: Kind
    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    relative_change: Decimal | None
    trend: tuple[Decimal | None, ...] = ()


@dataclass(frozen=True)
class SectionFigures:
    """The rows of one section.

    Attributes:
        key: The section's key among ``sections.SECTIONS``.
        columns: Its columns' keys and kinds, as they were when it was read.
        rows: All its rows; None in a cell is unknown.
    """

    key: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, key: str) -> list[Cell]:
        """The cells of one column."""
        place = [name for name, _ in self.columns].index(key)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Difference:
    """A figure of a pack made anew that is not what it was in the pack before.

    Attributes:
        section: The key of its section; empty for a headline.
        row: What tells its row: a headline's key, a month, a customer's id.
        column: Its column's key.
        kind: What it is.
        was: In the pack before; None where it was unknown or had no such row.
        now: In this one.
    """

    section: str
    row: str
    column: str
    kind: Kind
    was: Decimal | None
    now: Decimal | None


@dataclass(frozen=True)
class Remake:
    """What a pack that was made anew says of the one it replaces.

    Attributes:
        as_of: The data of the pack before reached to here (UTC).
        version: The publication it was made of.
        differences: Where the new one differs.
    """

    as_of: datetime
    version: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Foot:
    """What the figures rest on; stands under every rendering.

    Attributes:
        policy: The metric policy.
        policy_version: Its version.
        currency: Reporting currency.
        time_zone: Where days, weeks and months begin and end.
        as_of: Facts before this instant (UTC) count.
        run_id: The run that built the marts.
        version: The publication.
    """

    policy: str
    policy_version: str
    currency: str
    time_zone: str
    as_of: datetime
    run_id: str
    version: str


@dataclass(frozen=True)
class Figures:
    """Everything a report says of one period.

    Attributes:
        report: Its name, such as ``kpi_pack``.
        period: ``YYYY-MM``, ``YYYY-Www`` or ``YYYY-MM-DD``.
        start: The period's first day.
        end: The day after its last.
        headlines: The KPIs.
        sections: The tables, in order.
        foot: What the figures rest on.
        remake: What it replaces, if it was made anew.
        segment: What it is of; the whole company where there is none.
    """

    report: str
    period: str
    start: date
    end: date
    headlines: tuple[Headline, ...]
    sections: tuple[SectionFigures, ...]
    foot: Foot
    remake: Remake | None = None
    segment: Segment | None = None

    def headline(self, key: str) -> Headline:
        """The KPI of that key."""
        return next(line for line in self.headlines if line.key == key)

    def section(self, key: str) -> SectionFigures | None:
        """The section of that key, if the report has it."""
        return next((section for section in self.sections if section.key == key), None)

    def made_anew(self, remake: Remake) -> "Figures":
        """The same figures, with what they replace."""
        return replace(self, remake=remake)

    def to_json(self) -> str:
        """The figures as JSON, amounts as text, so that nothing is lost."""
        stored = {"form": FORM, **asdict(self)}
        return json.dumps(stored, default=_text, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Figures":
        """Reads figures that ``to_json`` wrote.

        Raises:
            ValueError: They are of a form that this version does not know.
        """
        stored = json.loads(text)
        if stored.get("form") != FORM:
            raise ValueError(f"their form is {stored.get('form')!r}, this version reads {FORM}")
        return cls(
            report=stored["report"],
            period=stored["period"],
            start=date.fromisoformat(stored["start"]),
            end=date.fromisoformat(stored["end"]),
            headlines=tuple(_headline(item) for item in stored["headlines"]),
            sections=tuple(_section(item) for item in stored["sections"]),
            foot=Foot(
                **{**stored["foot"], "as_of": datetime.fromisoformat(stored["foot"]["as_of"])}
            ),
            remake=_remake(stored["remake"]) if stored["remake"] else None,
            segment=Segment(**stored["segment"]) if stored.get("segment") else None,
        )


def decimal(value: object) -> Decimal | None:
    """A figure as a decimal; None stays None."""
    return None if value is None else Decimal(str(value))


def _headline(item: Mapping[str, Any]) -> Headline:
    return Headline(
        key=item["key"],
        kind=Kind(item["kind"]),
        value=decimal(item["value"]),
        previous=decimal(item["previous"]),
        change=decimal(item["change"]),
        relative_change=decimal(item["relative_change"]),
        trend=tuple(decimal(value) for value in item["trend"]),
    )


def _section(item: Mapping[str, Any]) -> SectionFigures:
    columns = tuple((key, Kind(kind)) for key, kind in item["columns"])
    return SectionFigures(
        item["key"],
        columns,
        tuple(
            tuple(_cell(value, kind) for value, (_, kind) in zip(row, columns, strict=True))
            for row in item["rows"]
        ),
    )


def _remake(item: Mapping[str, Any]) -> Remake:
    return Remake(
        datetime.fromisoformat(item["as_of"]),
        item["version"],
        tuple(
            Difference(
                line["section"],
                line["row"],
                line["column"],
                Kind(line["kind"]),
                decimal(line["was"]),
                decimal(line["now"]),
            )
            for line in item["differences"]
        ),
    )


def _cell(value: Any, kind: Kind) -> Cell:
    if value is None:
        return None
    if kind.is_number:
        return decimal(value)
    if kind in (Kind.DAY, Kind.MONTH):
        return date.fromisoformat(value)
    return str(value)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
