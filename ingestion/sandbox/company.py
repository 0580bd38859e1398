"""The made-up company Lumiboard: boards for teams, sold by the seat.

It exists so that everything can be seen at work without anyone's data: every class of movement,
every reason, payments that follow the plans, and support whose quality has an effect on leaving.
"""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion.sandbox.billing import PAYMENT_COLUMNS, Payment
from ingestion.sandbox.life import Life, World, add_months
from ingestion.sandbox.people import Customer, make_customers
from ingestion.sandbox.rates import euro_rates
from ingestion.sandbox.subscriptions import PERIOD_COLUMNS, Period, known_at
from ingestion.sandbox.support import RATING_COLUMNS, TICKET_COLUMNS, Desk
from ingestion.sandbox.tables import attributes, write_table
from ingestion.sandbox.usage import USAGE_COLUMNS, weekly_usage

AS_OF = datetime(2026, 1, 6, tzinfo=UTC)  # five days after a month's end, so that it is closed

CUSTOMER_COLUMNS = (
    "customer_id",
    "name",
    "email",
    "company",
    "country",
    "created_at",
    "external_id",
    "segment",
    "acquisition_channel",
)


def write_sample(folder: Path, customers: int = 300, months: int = 24, seed: int = 7) -> datetime:
    """Write the company's files in the files form; the same arguments give the same bytes.

    Args:
        folder: Where to write; made if absent, files of the same names are replaced.
        customers: How many customers sign up, those who never pay included.
        months: How many whole months of history lie before the returned moment's month.
        seed: Another seed is another company.

    Returns:
        The moment the files were taken, to be used as `as_of`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first_month = add_months(AS_OF.replace(day=1), -months)
    desk = Desk(first_month, AS_OF)
    world = World(AS_OF, price_rise_at=add_months(first_month, months * 2 // 3), desk=desk)
    people = list(make_customers(customers, first_month, months, random.Random(f"{seed} people")))  # noqa: S311 - a story, not a secret

    periods: list[Period] = []
    payments: list[Payment] = []
    usage: list[tuple[object, ...]] = []
    for customer in people:
        rng = random.Random(f"{seed} {customer.customer_id}")  # noqa: S311 - as above
        life = Life(customer, world, rng)
        life.run()
        all_theirs = [
            period
            for subscription in life.subscriptions
            for period in (*subscription.past, *subscription.current.values())
        ]
        theirs = known_at(all_theirs, AS_OF)
        periods += theirs
        payments += [one for one in life.cashier.payments if one.occurred_at < AS_OF]
        usage += [(customer.customer_id, *row) for row in weekly_usage(theirs, AS_OF, rng)]
    _let_strangers_write(desk, customers // 6, first_month, random.Random(f"{seed} strangers"))  # noqa: S311 - as above

    periods.sort(key=lambda period: (period.started_at, period.subscription_id, period.item_id))
    payments.sort(key=lambda payment: (payment.occurred_at, payment.payment_id))
    rates = euro_rates(
        first_month.date() - timedelta(days=10),
        AS_OF.date() - timedelta(days=1),
        random.Random(f"{seed} rates"),  # noqa: S311 - as above
    )
    write_table(folder / "customers.csv", CUSTOMER_COLUMNS, (_customer_row(one) for one in people))
    write_table(
        folder / "subscription_periods.csv", PERIOD_COLUMNS, attributes(PERIOD_COLUMNS, periods)
    )
    write_table(folder / "payments.csv", PAYMENT_COLUMNS, attributes(PAYMENT_COLUMNS, payments))
    tickets = sorted(desk.tickets, key=lambda ticket: ticket.created_at)
    write_table(folder / "tickets.csv", TICKET_COLUMNS, attributes(TICKET_COLUMNS, tickets))
    ratings = sorted(desk.ratings, key=lambda rating: (rating.rated_at, rating.ticket_id))
    write_table(folder / "ticket_ratings.csv", RATING_COLUMNS, attributes(RATING_COLUMNS, ratings))
    write_table(folder / "usage.csv", USAGE_COLUMNS, usage)
    write_table(
        folder / "exchange_rates.csv",
        ("rate_date", "base", "quote", "rate"),
        ((day, "EUR", "USD", rate) for day, rate in rates),
    )
    return AS_OF


def _let_strangers_write(desk: Desk, count: int, first_month: datetime, rng: random.Random) -> None:
    minutes = int((AS_OF - first_month) / timedelta(minutes=1))
    for number in range(count):
        at = first_month + timedelta(minutes=rng.randrange(minutes))
        desk.serve_stranger(number, at, rng)


def _customer_row(customer: Customer) -> tuple[object, ...]:
    return (
        customer.customer_id,
        customer.name,
        customer.email,
        customer.company,
        customer.country.code,
        customer.created_at,
        customer.external_id,
        customer.segment.name,
        customer.channel,
    )
