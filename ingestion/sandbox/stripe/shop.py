"""What the made-up company sells at Stripe: products, prices in four currencies, coupons."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ingestion.sandbox.catalogue import (
    ADD_ON,
    ADD_ON_PRICES,
    API_CALLS,
    MONTHS_PAID_A_YEAR,
    ONBOARDING,
    PLANS,
    PRICE_RISE,
    SEAT_PRICES,
)
from ingestion.sandbox.stripe.objects import Json, coupon_body, price_body, product_body

EXPONENTS = {"usd": 2, "eur": 2, "gbp": 2, "jpy": 0}
INTERVALS = {"month": ("month", 1), "quarter": ("month", 3), "year": ("year", 1)}
MONTHS = {"month": 1, "quarter": 3, "year": MONTHS_PAID_A_YEAR}  # months paid an interval
# What a US dollar's worth is sold for where the price list names no price of its own.
PRICE_LEVELS = {"usd": Decimal(1), "eur": Decimal("0.92"), "gbp": Decimal("0.8"), "jpy": Decimal(1)}
YEN_A_DOLLAR = 150

GRADUATED, VOLUME = "Automations", "Guest seats"
TIERS: dict[str, tuple[tuple[int | None, int, int], ...]] = {  # up to, US cents a unit, flat cents
    GRADUATED: ((5, 1800, 0), (20, 1300, 0), (None, 900, 0)),
    VOLUME: ((10, 900, 0), (50, 700, 1000), (None, 500, 2500)),
}
EXTRAS = (
    *("Audit log", "Branding", "Calendar sync", "Data export", "Forms", "Goals"),
    *("Portfolio", "Priority help", "Single sign-on", "Time tracking", "Workload"),
)
EXTRA_CENTS, API_CENTS, ONBOARDING_CENTS = 1900, 1250, 95_000


@dataclass(frozen=True, eq=False)
class Price:
    """One price of a product, with the objects it is served as."""

    id: str
    product: str
    currency: str
    interval: str  # a key of INTERVALS, or "" for a one-off price
    unit_amount: int | None
    tiers: tuple[tuple[int | None, int, int], ...]
    body: Json = field(repr=False)

    @property
    def is_metered(self) -> bool:
        """Whether it is paid by use, after the period."""
        return self.product == API_CALLS

    def total(self, quantity: int) -> int:
        """What the quantity costs for one interval, in minor units."""
        if self.unit_amount is not None:
            return self.unit_amount * quantity
        if self.product == VOLUME:
            up_to, unit, flat = next(
                tier for tier in self.tiers if tier[0] is None or quantity <= tier[0]
            )
            return unit * quantity + flat
        total = below = 0
        for up_to, unit, flat in self.tiers:
            units = (quantity if up_to is None else min(quantity, up_to)) - below
            if units <= 0:
                break
            total += units * unit + flat
            below += units
        return total


class Ids:
    """Makes ids of Stripe's look, the same ones for the same seed."""

    _LETTERS = string.ascii_letters + string.digits

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, prefix: str, length: int = 24) -> str:
        """Another id with the prefix."""
        return f"{prefix}_{''.join(self._rng.choices(self._LETTERS, k=length))}"


class Shop:
    """Every product, price and coupon; list prices go up once, at `price_rise_at`."""

    def __init__(
        self, opened_at: datetime, price_rise_at: datetime, retires_at: datetime, ids: Ids
    ) -> None:
        self.opened_at = int(opened_at.timestamp())
        self.price_rise_at = int(price_rise_at.timestamp())
        self._rise_made_at = int((price_rise_at - timedelta(days=7)).timestamp())
        self._ids = ids
        self.products: dict[str, Json] = {}
        self.prices: dict[str, Price] = {}  # by id
        self.coupons: dict[str, Json] = {}  # by name
        # A deleted coupon: who has it keeps it, nobody else gets it.
        self.retired = {"LAUNCH30": int(retires_at.timestamp())}
        self._list: dict[tuple[str, str, str, bool], Price] = {}
        names = (*PLANS, GRADUATED, VOLUME, ADD_ON, *EXTRAS, API_CALLS, ONBOARDING)
        for name in names:
            body = product_body(ids.new("prod", 14), name, self.opened_at)
            self.products[name] = body
        for currency in EXPONENTS:
            for name, interval in _on_sale():
                self._put_on_list(name, currency, interval)
        self._make_coupons()

    def price(self, product: str, currency: str, interval: str, at: int) -> Price:
        """The price for who buys at the moment."""
        new = self._list.get((product, currency, interval, True))
        old = self._list[product, currency, interval, False]
        return new if new and at >= self.price_rise_at else old

    def _put_on_list(self, name: str, currency: str, interval: str) -> None:
        amount = _amount(name, currency) * MONTHS.get(interval, 1)
        tiers = tuple(
            (up_to, _local(unit, currency) * MONTHS[interval], _local(flat, currency))
            for up_to, unit, flat in TIERS.get(name, ())
        )
        is_raised = [False, True] if name in PLANS else [False]
        for is_new in is_raised:
            step = 10 if EXPONENTS[currency] else 1
            unit = int(amount * PRICE_RISE / step) * step if is_new else amount
            body = price_body(
                self._ids.new("price"),
                self.products[name]["id"],
                f"{name} {interval or 'once'}{' (new)' if is_new else ''}",
                currency,
                None if tiers else unit,
                INTERVALS.get(interval),
                self._rise_made_at if is_new else self.opened_at,
            )
            if name == API_CALLS:
                body["recurring"] |= {"usage_type": "metered", "meter": "mtr_61LumiboardApiCalls"}
            body["tiers"] = None
            if tiers:
                body.update(
                    billing_scheme="tiered",
                    tiers_mode="graduated" if name == GRADUATED else "volume",
                    tiers=[_tier(*tier) for tier in tiers],
                )
            price = Price(body["id"], name, currency, interval, body["unit_amount"], tiers, body)
            self.prices[price.id] = self._list[name, currency, interval, is_new] = price

    def _make_coupons(self) -> None:
        for name, percent, duration, months in (
            ("LAUNCH30", 30, "repeating", 3),
            ("PARTNER20", 20, "forever", None),
            ("HALF-ONCE", 50, "once", None),
            ("LOYAL100", 100, "repeating", 2),
        ):
            self.coupons[name] = coupon_body(name, percent, None, duration, months, self.opened_at)
        for currency in EXPONENTS:
            for name, cents, duration, months in (
                ("OFF25", 2500, "once", None),
                ("OFF10", 1000, "forever", None),
                ("OFF5", 500, "repeating", 6),
            ):
                off = (_local(cents, currency), currency)
                code = f"{name}-{currency.upper()}"
                self.coupons[code] = coupon_body(code, None, off, duration, months, self.opened_at)


def _on_sale() -> Iterator[tuple[str, str]]:
    for interval in INTERVALS:
        for name in (*PLANS, GRADUATED, VOLUME, ADD_ON, *EXTRAS, API_CALLS):
            yield name, interval
    yield ONBOARDING, ""


def _amount(name: str, currency: str) -> int:
    """One month's price of a unit in minor units."""
    code = currency.upper()
    if name in PLANS and code in SEAT_PRICES:
        return int(SEAT_PRICES[code][name] * 100)
    if name == ADD_ON and code in ADD_ON_PRICES:
        return int(ADD_ON_PRICES[code] * 100)
    if name in PLANS:
        return _local(int(SEAT_PRICES["USD"][name] * 100), currency)
    cents = {ADD_ON: 7900, API_CALLS: API_CENTS, ONBOARDING: ONBOARDING_CENTS}
    return _local(cents.get(name, EXTRA_CENTS), currency)


def _local(cents: int, currency: str) -> int:
    """US cents in a currency's minor units, at the list's level."""
    amount = cents * PRICE_LEVELS[currency]
    return int(amount) if EXPONENTS[currency] else int(amount * YEN_A_DOLLAR / 100)


def _tier(up_to: int | None, unit: int, flat: int) -> Json:
    return {
        "flat_amount": flat or None,
        "flat_amount_decimal": str(flat) if flat else None,
        "unit_amount": unit,
        "unit_amount_decimal": str(unit),
        "up_to": up_to,
    }
