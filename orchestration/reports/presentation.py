"""What pages and mails show of a report, as texts of one language; layout is theirs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from orchestration.reports.charts import sparkline
from orchestration.reports.figures import Difference, Figures, Headline, SectionFigures
from orchestration.reports.headlines import CARDS, HEADLINES, is_better
from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.language import DASH, Language
from orchestration.reports.naming import (
    DASHBOARD,
    KPI_PACK,
    one_line,
    period_name,
    report_title,
    segment_name,
    shortened,
)
from orchestration.reports.section import Column
from orchestration.reports.sections import BY_KEY, LEVELS
from orchestration.reports.style import outcome_color
from orchestration.reports.wording import unlinked_text

_MOST_DIFFERENCES: Final = 20
_MOST_IN_MAIL: Final = 5  # of a list of customers
_RUN_SHOWN: Final = 8  # characters of a run's id; figures.json and kpis.csv have all


@dataclass(frozen=True)
class Card:
    """A KPI as a card."""

    title: str
    value: str
    change: str
    color: str
    sparkline: str


@dataclass(frozen=True)
class Row:
    """A row of a table; ``is_strong`` for levels and totals."""

    cells: tuple[str, ...]
    is_strong: bool = False


@dataclass(frozen=True)
class Table:
    """A section as a table of texts.

    Attributes:
        key: The section's key.
        title: Its heading.
        note: What it shows.
        headings: Its columns' headings.
        is_number: Which columns stand to the right.
        rows: Its rows, the last ones a total where there is one.
        more: What is said of rows that are not shown; empty if all are.
        empty: What stands there when it has no rows.
        shades: For a table of rates, how full each cell is, from 0 to 1; None for no shade.
        is_personal: It names customers.
    """

    key: str
    title: str
    note: str
    headings: tuple[str, ...]
    is_number: tuple[bool, ...]
    rows: tuple[Row, ...]
    more: str = ""
    empty: str = ""
    shades: tuple[tuple[float | None, ...], ...] = ()
    is_personal: bool = False


@dataclass(frozen=True)
class Page:
    """Everything a rendering shows."""

    title: str
    period: str
    subtitle: str
    summary: str
    cards: tuple[Card, ...]
    tables: tuple[Table, ...]
    foot: tuple[str, ...]
    remake: Table | None


def page(figures: Figures, language: Language) -> Page:
    """Says a report's figures in one language."""
    return Page(
        title=unlinked_text(report_title(figures.report, figures.segment, language)),
        period=period_name(figures.period, language),
        subtitle=_subtitle(figures, language),
        summary=summary(figures, language),
        cards=tuple(
            _card(figures.headline(key), figures, language) for key in CARDS[figures.report]
        ),
        tables=tuple(table(section, figures, language) for section in figures.sections),
        foot=foot_lines(figures, language),
        remake=_remake(figures, language),
    )


def summary(figures: Figures, language: Language) -> str:
    """The headline in one sentence."""
    currency = figures.foot.currency
    mrr, net, customers = (
        figures.headline(key) for key in ("closing_mrr", "net_new_mrr", "closing_customers")
    )
    return language.translate(
        "MRR closed at {mrr} ({change}), with {net} net new MRR and {customers} customers.",
        mrr=language.money(mrr.value, currency) if mrr.value is not None else DASH,
        change=language.relative(mrr.relative_change),
        net=language.change(net.value, None, Kind.MONEY, currency),
        customers=language.figure(customers.value, Kind.COUNT, currency),
    )


def subject(figures: Figures, language: Language) -> str:
    """One line with the headline figure."""
    mrr = figures.headline("closing_mrr")
    change = f" ({language.relative(mrr.relative_change)})" if mrr.relative_change else ""
    line = (
        f"MRR {language.whole_money(mrr.value, figures.foot.currency)}{change} \N{MIDDLE DOT} "
        f"{report_title(figures.report, figures.segment, language)}, "
        f"{period_name(figures.period, language)}"
    )
    return one_line(line)


def headline_title(line: Headline, language: Language) -> str:
    """A KPI's name."""
    return language.translate(HEADLINES[line.key].title)


def table(
    section: SectionFigures, figures: Figures, language: Language, *, in_mail: bool = False
) -> Table:
    """A section as texts: its columns without the details, its first or last rows.

    Args:
        section: The section's figures.
        figures: The report's.
        language: The language.
        in_mail: As a mail has room for it: fewer columns, and of a list fewer rows.

    Returns:
        The table.
    """
    definition = BY_KEY[section.key]
    mailed = {column.key for column in definition.columns if column.is_mailed} if in_mail else ()
    most = _MOST_IN_MAIL if in_mail and definition.is_personal else definition.shown
    columns = {column.key: column for column in definition.columns}
    shown = [
        (place, columns.get(key, Column(key, key, kind)))
        for place, (key, kind) in enumerate(section.columns)
        if (key in mailed if mailed else key not in columns or not columns[key].is_detail)
    ]
    first = max(0, len(section.rows) - most) if definition.is_newest_last else 0
    rows = section.rows[first : first + most]
    hidden = len(section.rows) - len(rows)
    currency = figures.foot.currency

    def text(cell: Cell, kind: Kind) -> str:
        written = language.cell(cell, kind, currency)
        return unlinked_text(shortened(written)) if isinstance(cell, str) else written

    def texts(row: tuple[Cell, ...]) -> tuple[str, ...]:
        to_come = months_to_come(section.key, row, figures)
        return tuple(
            "" if place in to_come else text(row[place], column.kind) for place, column in shown
        )

    written = [Row(texts(row), any(cell in LEVELS for cell in row)) for row in rows]
    if rows and any(column.is_summed for _, column in shown):
        written.append(_total(section, shown, language, currency))
    return Table(
        key=section.key,
        title=language.translate(definition.title),
        note=language.translate(definition.note),
        headings=tuple(heading(column, language) for _, column in shown),
        is_number=tuple(column.kind.is_number for _, column in shown),
        rows=tuple(written),
        more=_more(hidden, definition.is_newest_last, language),
        empty=language.translate(definition.empty),
        shades=_shades(rows, shown) if definition.is_shaded else (),
        is_personal=definition.is_personal,
    )


def months_to_come(key: str, row: tuple[Cell, ...], figures: Figures) -> range:
    """The places of a cohort's months that are still to come, which are not unknown but empty."""
    first = row[0]
    if key != "cohorts" or not isinstance(first, date):
        return range(0)
    lived = 12 * (figures.start.year - first.year) + figures.start.month - first.month
    # Before the months stand the cohort and its customers.
    return range(2 + max(0, lived), len(row))


def heading(column: Column, language: Language) -> str:
    """A column's heading."""
    return column.title if column.title.isdigit() else language.translate(column.title)


def foot_lines(figures: Figures, language: Language) -> tuple[str, ...]:
    """What the figures rest on: policy, currency, time zone, as-of, run in short."""
    foot = figures.foot
    return (
        *_segment_line(figures, language),
        language.translate(
            "Data as of {as_of}. Days and months of {time_zone}. Amounts in {currency}.",
            as_of=language.instant(foot.as_of),
            time_zone=foot.time_zone,
            currency=foot.currency,
        ),
        language.translate(
            "Policy {policy}, version {policy_version}. Run {run}, publication {version}.",
            policy=foot.policy,
            policy_version=foot.policy_version,
            run=foot.run_id[:_RUN_SHOWN],
            version=foot.version,
        ),
        language.translate(
            "{dash} means unknown or not defined; it is not 0. Changes of rates are in points.",
            dash=DASH,
        ),
    )


def _segment_line(figures: Figures, language: Language) -> tuple[str, ...]:
    if figures.segment is None:
        return ()
    return (
        language.translate(
            "{segment} alone. Support and lists are those of its customers when the data end.",
            segment=unlinked_text(segment_name(figures.segment, language)),
        ),
    )


def difference_name(line: Difference, language: Language) -> str:
    """The figure that differs, in words."""
    if not line.section:
        return language.translate(HEADLINES[line.row].title)
    definition = BY_KEY[line.section]
    column = next(column for column in definition.columns if column.key == line.column)
    return ", ".join(
        (
            language.translate(definition.title),
            unlinked_text(shortened(language.translate(line.row))),
            heading(column, language),
        )
    )


def remake_sentence(figures: Figures, language: Language) -> str:
    """Says that a pack is new, what it replaces, and in how many figures it differs."""
    remake = figures.remake
    if remake is None:
        return ""
    return language.translate(
        "This pack was made anew. It replaces that of the data as of {as_of} (publication "
        "{version}); figures that differ: {count}.",
        as_of=language.instant(remake.as_of),
        version=remake.version,
        count=language.figure(Decimal(len(remake.differences)), Kind.COUNT, ""),
    )


def _subtitle(figures: Figures, language: Language) -> str:
    compared = language.translate(
        "Amounts in {currency}, compared with the month before"
        if figures.report in (KPI_PACK, DASHBOARD)
        else "Amounts in {currency}, compared with the week before",
        currency=figures.foot.currency,
    )
    if figures.report != DASHBOARD:
        return compared
    closed = language.translate(
        "Figures of {month}, the last closed month.", month=language.long_month(figures.start)
    )
    return f"{closed} {compared}"


def _remake(figures: Figures, language: Language) -> Table | None:
    if figures.remake is None:
        return None
    lines = figures.remake.differences
    currency = figures.foot.currency
    return Table(
        key="differences",
        title=language.translate("Made anew"),
        note=remake_sentence(figures, language),
        headings=tuple(language.translate(text) for text in ("Figure", "Was", "Is")),
        is_number=(False, True, True),
        rows=tuple(
            Row(
                (
                    difference_name(line, language),
                    language.figure(line.was, line.kind, currency),
                    language.figure(line.now, line.kind, currency),
                )
            )
            for line in lines[:_MOST_DIFFERENCES]
        ),
        more=_more(max(0, len(lines) - _MOST_DIFFERENCES), False, language),
        empty=language.translate("No figure differs."),
    )


def _card(line: Headline, figures: Figures, language: Language) -> Card:
    currency = figures.foot.currency
    is_whole = line.key != "arpu" and line.kind is Kind.MONEY
    value = (
        language.whole_money(line.value, currency)
        if is_whole
        else language.figure(line.value, line.kind, currency)
    )
    return Card(
        title=headline_title(line, language),
        value=value,
        change=language.short_change(line.change, line.relative_change, line.kind, currency),
        color=outcome_color(is_better(line)),
        sparkline=sparkline(line.trend),
    )


def _total(
    section: SectionFigures, shown: list[tuple[int, Column]], language: Language, currency: str
) -> Row:
    cells = []
    for place, column in shown:
        values = [row[place] for row in section.rows if isinstance(row[place], Decimal)]
        total = sum((value for value in values if isinstance(value, Decimal)), Decimal(0))
        cells.append(language.figure(total, column.kind, currency) if column.is_summed else "")
    cells[0] = language.translate("Total")
    return Row(tuple(cells), is_strong=True)


def _more(hidden: int, is_newest_last: bool, language: Language) -> str:
    if not hidden:
        return ""
    if is_newest_last:
        return language.translate_count(
            "{count} earlier one is in the workbook.",
            "{count} earlier ones are in the workbook.",
            hidden,
        )
    return language.translate_count(
        "{count} more is in the workbook.", "{count} more are in the workbook.", hidden
    )


def _shades(
    rows: tuple[tuple[Cell, ...], ...], shown: list[tuple[int, Column]]
) -> tuple[tuple[float | None, ...], ...]:
    def shade(value: Cell, column: Column) -> float | None:
        is_rate = column.kind is Kind.RATE and isinstance(value, Decimal)
        return float(max(Decimal(0), min(Decimal(1), Decimal(str(value))))) if is_rate else None

    return tuple(tuple(shade(row[place], column) for place, column in shown) for row in rows)
