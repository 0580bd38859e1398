"""Who the customers of the made-up company are."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.sandbox.catalogue import (
    CHANNELS,
    COMPANY_FIRST,
    COMPANY_FORMS,
    COMPANY_SECOND,
    COUNTRIES,
    FIRST_NAMES,
    FREE_MAIL_DOMAINS,
    LAST_NAMES,
    SEGMENTS,
    Country,
    Segment,
)


@dataclass(frozen=True)
class Customer:
    """One customer; `domain` is its own mail domain, empty if it writes from a free one."""

    customer_id: str
    name: str
    email: str
    company: str
    domain: str
    country: Country
    segment: Segment
    channel: str
    external_id: str
    created_at: datetime


def make_customers(
    count: int, first_month: datetime, months: int, rng: random.Random
) -> Iterator[Customer]:
    """The customers in the order they sign up; each month brings more than the one before."""
    company_names = [f"{first} {second}" for first in COMPANY_FIRST for second in COMPANY_SECOND]
    rng.shuffle(company_names)
    for number, created_at in enumerate(_sign_ups(count, first_month, months, rng)):
        country = rng.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]
        segment = rng.choices(SEGMENTS, [segment.share for segment in SEGMENTS])[0]
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        company = company_names[number % len(company_names)]
        again = number // len(company_names)
        slug = company.lower().replace(" ", "-") + (f"-{again + 1}" if again else "")
        is_free_mail = segment.name == "SMB" and rng.random() < 0.22
        domain = "" if is_free_mail else f"{slug}.example"
        mailbox = f"{first}.{last}{number if is_free_mail else ''}".lower()
        yield Customer(
            customer_id=f"cus_{number + 1:04}",
            name=f"{first} {last}",
            email=f"{mailbox}@{domain or rng.choice(FREE_MAIL_DOMAINS)}",
            company=f"{company}{f' {again + 1}' if again else ''} {COMPANY_FORMS[country.code]}",
            domain=domain,
            country=country,
            segment=segment,
            channel=rng.choices(list(CHANNELS), list(CHANNELS.values()))[0],
            external_id=f"crm-{10_000 + number * 7}" if rng.random() < 0.8 else "",
            created_at=created_at,
        )


def _sign_ups(count: int, first_month: datetime, months: int, rng: random.Random) -> list[datetime]:
    """Moments within the months and their hours of work; every eighth comes with the launch."""
    days = int(months * 30.4)
    moments = []
    for number in range(count):
        # Sign-ups a day grow evenly, to about three times those of the first days.
        share = (math.sqrt(1 + 8 * (number + rng.random()) / count) - 1) / 2
        day = rng.randrange(min(days, 25)) if number % 8 == 0 else int(share * days)
        hours = timedelta(seconds=rng.randrange(7 * 3600, 19 * 3600))
        moments.append(first_month + timedelta(days=day) + hours)
    return sorted(moments)
