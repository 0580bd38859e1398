"""What reports, their periods and segments are called in each language."""

import re
from datetime import timedelta
from typing import Final

from babel.units import format_unit

from orchestration.reports.kinds import Kind
from orchestration.reports.language import Language
from orchestration.reports.periods import day_of, month_start, week_start
from orchestration.reports.segment import KINDS, Segment

KPI_PACK = "kpi_pack"
WEEKLY_DIGEST = "weekly_digest"
CUSTOMER_LISTS = "lists"
DASHBOARD = "dashboard"

# Texts of the catalogues.
TITLES: Final = {
    KPI_PACK: "KPI pack",
    WEEKLY_DIGEST: "Weekly digest",
    CUSTOMER_LISTS: "Lists of customers",
    DASHBOARD: "Dashboard",
}
_LONGEST: Final = 60
# Controls, and the marks that change the direction of the text around them.
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)


def report_title(report: str, segment: Segment | None, language: Language) -> str:
    """A report's name, with the segment that it is of."""
    title = language.translate(TITLES[report])
    return title if segment is None else f"{title} \N{MIDDLE DOT} {segment_name(segment, language)}"


def segment_name(segment: Segment, language: Language) -> str:
    """A segment in words, such as ``Country: Portugal``."""
    return f"{language.translate(KINDS[segment.kind])}: {_value_name(segment, language)}"


def period_name(period: str, language: Language) -> str:
    """A month, a week's days, or a day in words."""
    if "W" in period:
        monday = week_start(period)
        return language.translate(
            "Week {week}: {first} to {last}",
            week=period[-2:].lstrip("0"),
            first=language.day(monday),
            last=language.day(monday + timedelta(days=6)),
        )
    if len(period) > len("2025-12"):
        return language.day(day_of(period))
    return language.long_month(month_start(period))


def one_line(text: str) -> str:
    """A text from elsewhere on one line, without controls or marks of direction."""
    return " ".join(_INVISIBLE.sub(" ", text).split())


def shortened(text: str) -> str:
    """A text from elsewhere for a page: one line, and not too long for a column."""
    line = one_line(text)
    return (
        line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    )


def _value_name(segment: Segment, language: Language) -> str:
    if segment.value == "unknown":
        return language.translate("unknown")
    if segment.kind == "country":
        return language.cell(segment.value, Kind.COUNTRY, "")
    interval = re.fullmatch(r"(\d+) (day|week|month|year)", segment.value)
    if segment.kind == "interval" and interval:
        unit = f"duration-{interval[2]}"
        return str(format_unit(int(interval[1]), unit, length="long", locale=language.locale))
    return shortened(segment.name or segment.value)
