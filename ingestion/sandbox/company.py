"""The made-up company Lumiboard: boards for teams, sold by the seat.

It exists so that everything can be seen at work without anyone's data: every class of movement,
every reason, payments that follow the plans, and support whose quality has an effect on leaving.
"""

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ingestion.sandbox.billing import PAYMENT_COLUMNS, Payment
from ingestion.sandbox.life import Life, World, add_months
from ingestion.sandbox.people import Customer, make_customers
from ingestion.sandbox.rates import euro_rates
from ingestion.sandbox.subscriptions import PERIOD_COLUMNS, Period, known_at
from ingestion.sandbox.support import RATING_COLUMNS, TICKET_COLUMNS, Desk
from ingestion.sandbox.usage import weekly_usage

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
    _write(folder / "customers.csv", CUSTOMER_COLUMNS, (_customer_row(one) for one in people))
    _write(folder / "subscription_periods.csv", PERIOD_COLUMNS, _rows(PERIOD_COLUMNS, periods))
    _write(folder / "payments.csv", PAYMENT_COLUMNS, _rows(PAYMENT_COLUMNS, payments))
    tickets = sorted(desk.tickets, key=lambda ticket: ticket.created_at)
    _write(folder / "tickets.csv", TICKET_COLUMNS, _rows(TICKET_COLUMNS, tickets))
    ratings = sorted(desk.ratings, key=lambda rating: (rating.rated_at, rating.ticket_id))
    _write(folder / "ticket_ratings.csv", RATING_COLUMNS, _rows(RATING_COLUMNS, ratings))
    _write(folder / "usage.csv", ("customer_id", "occurred_on", "feature", "quantity"), usage)
    _write(
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


def _rows(columns: Sequence[str], records: Iterable[object]) -> Iterable[tuple[object, ...]]:
    return (tuple(getattr(record, column) for column in columns) for record in records)


def _write(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in rows)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)
