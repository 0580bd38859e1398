"""The languages of reports: texts from catalogues, figures and days as people write them there.

English is the language of the code, so its texts are their own catalogue; each other language has
one at ``locale/<language>/LC_MESSAGES/perene.po``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

from orchestration.reports.kinds import Cell, Kind
from orchestration.reports.terms import TERMS

DASH = "\N{EM DASH}"
LOCALES = Path(__file__).parent / "locale"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Language:
    """One language of reports.

    Attributes:
        code: Such as ``pt_BR``.
        locale: What Babel knows of it.
        catalogue: Its texts.
    """

    code: str
    locale: Locale
    catalogue: NullTranslations

    def translate(self, text: str, **values: object) -> str:
        """A text of the code in this language, with its ``{name}`` places filled."""
        translated = self.catalogue.gettext(text) if text else ""
        return translated.format(**values) if values else translated

    def translate_count(self, one: str, many: str, count: int) -> str:
        """A text of the code that depends on a ``{count}``, which it names."""
        written = self.figure(Decimal(count), Kind.COUNT, "")
        return self.catalogue.ngettext(one, many, count).format(count=written)

    def cell(self, value: Cell, kind: Kind, currency: str) -> str:
        """Writes any figure of a section; one that is unknown is a dash, never a 0."""
        if value is None:
            return DASH
        match kind:
            case Kind.TEXT:
                return str(value)
            case Kind.TERM:
                return self.translate(TERMS.get(str(value), str(value)))
            case Kind.COUNTRY if value == "unknown":
                return self.translate("unknown")
            case Kind.COUNTRY:
                return str(self.locale.territories.get(str(value), value))
            case Kind.DAY if isinstance(value, date):
                return self.day(value)
            case Kind.MONTH if isinstance(value, date):
                return self.month(value)
            case _:
                return self.figure(Decimal(str(value)), kind, currency)

    def figure(self, value: Decimal | None, kind: Kind, currency: str) -> str:
        """Writes a figure: an amount with its currency, a count, 3.2% or 1.85."""
        if value is None:
            return DASH
        match kind:
            case Kind.MONEY:
                return self.money(value, currency)
            case Kind.RATE:
                return self._signs(format_percent(_rounded(value, 3), "#,##0.0%", self.locale))
            case Kind.COUNT:
                return self._number(value, 0)
            case _:
                return self._number(value, 2)

    def money(self, value: Decimal, currency: str) -> str:
        """Writes an amount with its currency, to the currency's own places."""
        places = get_currency_precision(currency)
        return self._signs(format_currency(_rounded(value, places), currency, locale=self.locale))

    def amount(self, value: Decimal | None, currency: str) -> str:
        """Writes an amount without its currency, where that stands above it."""
        return DASH if value is None else self._number(value, get_currency_precision(currency))

    def amount_change(self, change: Decimal | None, relative: Decimal | None, currency: str) -> str:
        """Writes the change of an amount without its currency."""
        if change is None:
            return DASH
        text = self._plus(change, self.amount(change, currency))
        return f"{text} ({self.relative(relative)})" if relative is not None else text

    def whole_money(self, value: Decimal | None, currency: str) -> str:
        """Writes an amount without its fraction, for where room is small."""
        if value is None:
            return DASH
        return self._signs(
            format_currency(
                _rounded(value, 0),
                currency,
                locale=self.locale,
                currency_digits=False,
                format=self._whole_money_pattern(),
            )
        )

    def change(
        self, change: Decimal | None, relative: Decimal | None, kind: Kind, currency: str
    ) -> str:
        """Writes a change: +$120.00 (+1.2%), +3 (+0.9%), or -0.4 points for a rate."""
        if change is None:
            return DASH
        if kind is Kind.RATE:
            return self.points(change)
        text = self._plus(change, self.figure(change, kind, currency))
        return f"{text} ({self.relative(relative)})" if relative is not None else text

    def short_change(
        self, change: Decimal | None, relative: Decimal | None, kind: Kind, currency: str
    ) -> str:
        """Writes a change where room is small: the relative one if there is one that says much."""
        if relative is not None and abs(relative) <= 1:
            return self.relative(relative)
        if kind is Kind.MONEY and change is not None:
            return self._plus(change, self.whole_money(change, currency))
        return self.change(change, None, kind, currency)

    def points(self, change: Decimal) -> str:
        """Writes the change of a rate in percentage points."""
        points = _rounded(change * 100, 1)
        return self.translate("{number} points", number=self._plus(points, self._number(points, 1)))

    def relative(self, change: Decimal | None) -> str:
        """Writes a relative change, with its sign."""
        if change is None:
            return DASH
        shown = _rounded(change, 3)
        return self._plus(shown, self.figure(shown, Kind.RATE, ""))

    def whole_rate(self, value: Decimal) -> str:
        """Writes a rate without its fraction, such as 95%."""
        return self._signs(format_percent(_rounded(value, 2), "#,##0%", self.locale))

    def day(self, day: date) -> str:
        """Writes a day, such as Dec 31, 2025."""
        return format_date(day, "medium", locale=self.locale)

    def month(self, month: date) -> str:
        """Writes a month by its first day, such as Dec 2025."""
        return str(format_skeleton("yMMM", month, locale=self.locale))

    def long_month(self, month: date) -> str:
        """Writes a month by its first day, such as December 2025."""
        return str(format_skeleton("yMMMM", month, locale=self.locale))

    def axis_month(self, month: date) -> str:
        """Writes a month for an axis, such as Dec 25."""
        name = self.locale.months["stand-alone"]["abbreviated"][month.month].rstrip(".")
        return f"{name} {month:%y}"

    def instant(self, instant: datetime) -> str:
        """Writes an instant of UTC, to the minute."""
        return f"{self.day(instant.date())}, {instant:%H:%M} UTC"

    def axis_amount(self, value: Decimal, currency: str) -> str:
        """Writes an amount for an axis, such as $150K."""
        text = format_compact_currency(value, currency, locale=self.locale, fraction_digits=1)
        return self._signs(text)

    def _number(self, value: Decimal, places: int) -> str:
        pattern = "#,##0" + (f".{'0' * places}" if places else "")
        return self._signs(format_decimal(_rounded(value, places), pattern, self.locale))

    def _whole_money_pattern(self) -> str:
        pattern = self.locale.currency_formats["standard"].pattern
        return str(pattern).replace(".00", "")

    @staticmethod
    def _plus(value: Decimal, text: str) -> str:
        # What rounds to 0 has no sign.
        is_rise = value > 0 and any(digit in text for digit in "123456789")
        return f"+{text}" if is_rise else text

    @staticmethod
    def _signs(text: str) -> str:
        """The minus that people write, and none before what rounds to 0."""
        if text.startswith("-") and not any(digit in text for digit in "123456789"):
            text = text[1:]
        return text.replace("-", _MINUS)


@cache
def language(code: str) -> Language:
    """The language of a code such as ``pt_BR``, one of ``ingestion.settings.LANGUAGES``."""
    return Language(code, Locale.parse(code), _catalogue(code))


def _catalogue(code: str) -> NullTranslations:
    file = LOCALES / code / "LC_MESSAGES" / "perene.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
