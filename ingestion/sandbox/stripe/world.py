"""A Stripe account of the made-up company: its log of mutations, and the truth about it."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ingestion.sandbox.catalogue import ADD_ON, Country
from ingestion.sandbox.company import AS_OF
from ingestion.sandbox.experience import UNMOVED, moods, requests_of
from ingestion.sandbox.life import add_months
from ingestion.sandbox.people import Customer, make_customers
from ingestion.sandbox.stripe.client import Client
from ingestion.sandbox.stripe.documents import DAY
from ingestion.sandbox.stripe.log import Mutation
from ingestion.sandbox.stripe.objects import customer_body, price_body, product_body
from ingestion.sandbox.stripe.shop import Ids, Shop
from ingestion.sandbox.stripe.shopper import Shopper
from ingestion.sandbox.stripe.timeline import Ledger, Timeline
from ingestion.sandbox.stripe.truth import PeriodBook, TrueCustomer, Truth

KEPT_DAYS = 31  # events are served for 30 days
# From here on things happen that events alone tell of.
REMEMBERED_DAYS = 28
JAPAN = Country("JP", 0.0, "JPY", Decimal("0.10"))
CURRENCIES = {"GB": "gbp"}


@dataclass(frozen=True)
class Account:
    """Everything that happened at Stripe, beyond `as_of` too, in the order it happened."""

    start: datetime
    as_of: datetime
    log: list[Mutation]
    truth: Truth


def make_account(
    customers: int = 2000,
    months: int = 36,
    seed: int = 7,
    days_ahead: int = 45,
    support_effect: float = 0.0,
) -> Account:
    """Make the account; the same arguments give the same bytes.

    Args:
        customers: How many sign up, those who never pay and those after `as_of` included.
        months: How many whole months of history lie before the month of `as_of`.
        seed: Another seed is another company.
        days_ahead: How far beyond `as_of` the log reaches.
        support_effect: How strongly good and bad support moves customers to stay, grow or leave;
            0 for not at all.

    Returns:
        The account. Of what is older than 31 days before `as_of`, each object's last state alone.
    """
    start = add_months(AS_OF.replace(day=1), -months)
    until = AS_OF + timedelta(days=days_ahead)
    horizon = int((AS_OF - timedelta(days=KEPT_DAYS)).timestamp())
    rise_at = add_months(start, months * 2 // 3)
    retires_at = AS_OF - timedelta(days=12)
    ids = Ids(random.Random(f"{seed} shop"))  # noqa: S311 - a story, not a secret
    shop = Shop(start, rise_at, retires_at, ids)
    truth = Truth(start.date(), seed, support_effect)
    log = _shop_log(shop, horizon) + _test_mode_log(ids, shop.opened_at)
    all_months = months + days_ahead // 30 + 1
    people = make_customers(customers, start, all_months, random.Random(f"{seed} people"))  # noqa: S311 - a story
    for number, person in enumerate(people):
        if person.created_at >= until:
            break
        client = _client(person, number, shop, horizon, seed)
        if support_effect:
            requests = requests_of(client.person, seed, start, int(until.timestamp()))
            client.mood = moods(requests, support_effect)
        client.timeline.plan(horizon, client.ledger.settle)
        Shopper(client, number).live()
        client.timeline.run(int(until.timestamp()))
        log += client.ledger.mutations()
        truth.customers.append(TrueCustomer(f"stripe_{client.id}", client.person))
        truth.periods += client.periods.rows()
        truth.payments += client.payments
    log.sort(key=lambda mutation: mutation.at)
    return Account(start, AS_OF, log, truth)


def _shop_log(shop: Shop, horizon: int) -> list[Mutation]:
    ledger = Ledger(horizon)
    for product in shop.products.values():
        ledger.write(product["created"], "product.created", product)
    for price in shop.prices.values():
        ledger.write(price.body["created"], "price.created", price.body)
    for coupon in shop.coupons.values():
        ledger.write(coupon["created"], "coupon.created", coupon)
    ledger.settle()
    for name, retired_at in shop.retired.items():
        ledger.write(retired_at, "coupon.deleted", shop.coupons[name], is_deleted=True)
    described_at = min(shop.retired.values()) + 5 * DAY
    product = shop.products[ADD_ON]
    changes = {"description": "Charts of every board", "updated": described_at}
    ledger.change(described_at, "product.updated", product, **changes)
    return ledger.mutations()


def _test_mode_log(ids: Ids, at: int) -> list[Mutation]:
    """A few objects of test mode, which a live key must never show."""
    ledger = Ledger(at)
    product = product_body(ids.new("prod", 14), "Test plan", at)
    price = price_body(ids.new("price"), product["id"], "Test", "usd", 100, ("month", 1), at)
    price["tiers"] = None
    customer = customer_body(
        ids.new("cus", 14), "Test Tester", "test@lumiboard.example", "Test Ltd", "US", at
    )
    for body in (product, price, customer):
        body["livemode"] = False
        ledger.write(at, f"{body['object']}.created", body)
    return ledger.mutations()


def _client(person: Customer, number: int, shop: Shop, horizon: int, seed: int) -> Client:
    if number % 30 == 17:
        person = replace(person, country=JAPAN)
    country = person.country
    rng = random.Random(f"{seed} {person.customer_id}")  # noqa: S311 - a story, not a secret
    ids = Ids(random.Random(f"{seed} ids {person.customer_id}"))  # noqa: S311 - as above
    created = int(person.created_at.timestamp())
    body = customer_body(
        ids.new("cus", 14), person.name, person.email, person.company, country.code, created
    )
    body["metadata"] = {"segment": person.segment.name, "acquisition_channel": person.channel}
    if person.external_id:
        body["metadata"]["external_id"] = person.external_id
    body["invoice_settings"]["default_payment_method"] = method = ids.new("pm")
    return Client(
        person=person,
        body=body,
        currency=CURRENCIES.get(country.code, country.currency.lower()),
        tax_per_mille=int(country.tax * 1000),
        tax_rate=f"txr_1Lumiboard{country.code}" if country.tax else "",
        method=method,
        shop=shop,
        ids=ids,
        rng=rng,
        whims=random.Random(f"{seed} whims {person.customer_id}"),  # noqa: S311 - as above
        remembered_from=int((AS_OF - timedelta(days=REMEMBERED_DAYS)).timestamp()),
        ledger=Ledger(horizon),
        timeline=Timeline(),
        periods=PeriodBook(f"stripe_{body['id']}"),
        mood=lambda _: UNMOVED,
    )
