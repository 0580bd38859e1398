"""How figures are written for people; a figure that is unknown is a dash, never a 0."""

from decimal import ROUND_HALF_UP, Decimal

from orchestration.reports.figures import Headline, Kind

DASH = "\N{EM DASH}"
_MINUS = "\N{MINUS SIGN}"

# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA_STARTS = "=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_SKIPPED_BEFORE_FORMULA = " \"'\ufeff\u00a0"


def value_text(value: Decimal | None, kind: Kind) -> str:
    """Writes a figure: 1,234.50, 1,234, 3.2% or 1.85."""
    return DASH if value is None else _number(value, kind, sign=False)


def change_text(headline: Headline) -> str:
    """Writes a change: +120.00 (+1.2%), +3 (+0.9%), or -0.4 points for a rate."""
    if headline.change is None:
        return DASH
    if headline.kind is Kind.RATE:
        return f"{_signed(headline.change * 100, 1)} points"
    text = _number(headline.change, headline.kind, sign=True)
    if headline.relative_change is not None:
        text += f" ({_signed(headline.relative_change * 100, 1)}%)"
    return text


def spreadsheet_text(text: str) -> str:
    """Makes a text that came from elsewhere harmless in a spreadsheet.

    A text that a spreadsheet would take for a formula is given an apostrophe in front. Numbers are
    never passed through here: a negative amount stays a number.
    """
    first = text.lstrip(_SKIPPED_BEFORE_FORMULA)[:1]
    is_formula = bool(first) and first in _FORMULA_STARTS
    return f"'{text}" if is_formula else text


def _number(value: Decimal, kind: Kind, *, sign: bool) -> str:
    if kind is Kind.RATE:
        return f"{_plain(value * 100, 1)}%"
    places = 0 if kind is Kind.COUNT else 2
    return _signed(value, places) if sign else _plain(value, places)


def _signed(value: Decimal, places: int) -> str:
    text = _plain(value, places)
    return text if text.startswith(_MINUS) or not value else f"+{text}"


def _plain(value: Decimal, places: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    return f"{_MINUS}{text}" if rounded < 0 else text
