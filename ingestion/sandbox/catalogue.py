"""What the made-up company sells, to whom, and the words it is told with: data, no logic."""

from dataclasses import dataclass
from decimal import Decimal


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLANS = ("Starter", "Team", "Business")
SEAT_PRICES = {
    "USD": {"Starter": Decimal(15), "Team": Decimal(29), "Business": Decimal(49)},
    "EUR": {"Starter": Decimal(14), "Team": Decimal(27), "Business": Decimal(45)},
}
ADD_ON, ADD_ON_PRICES = "Analytics", {"USD": Decimal(79), "EUR": Decimal(72)}
API_CALLS, API_PRICE = "API calls", Decimal("12.50")
ONBOARDING, ONBOARDING_PRICE = "Onboarding", Decimal(950)
MONTHS_PAID_A_YEAR = 10  # a yearly plan costs ten monthly ones
PRICE_RISE = Decimal("1.07")


@dataclass(frozen=True)
class Segment:
    """A kind of customer; hazards and chances are per month."""

    name: str
    share: float
    seats: tuple[int, int]
    plan_shares: tuple[float, float, float]  # in the order of PLANS
    yearly_share: float
    leaving: float
    growing: float
    shrinking: float
    tickets: float


SEGMENTS = (
    Segment("SMB", 0.68, (2, 9), (0.45, 0.47, 0.08), 0.18, 0.031, 0.066, 0.014, 0.45),
    Segment("Mid-market", 0.26, (9, 26), (0.04, 0.60, 0.36), 0.35, 0.017, 0.092, 0.018, 1.0),
    Segment("Enterprise", 0.06, (30, 60), (0.0, 0.25, 0.75), 0.65, 0.006, 0.110, 0.016, 1.9),
)


@dataclass(frozen=True)
class Country:
    """Where a customer is billed; `tax` is the fraction added to its invoices."""

    code: str
    share: float
    currency: str
    tax: Decimal


COUNTRIES = (
    Country("US", 0.44, "USD", Decimal(0)),
    Country("DE", 0.11, "EUR", Decimal("0.19")),
    Country("GB", 0.09, "USD", Decimal("0.20")),
    Country("FR", 0.07, "EUR", Decimal("0.20")),
    Country("BR", 0.07, "USD", Decimal(0)),
    Country("CA", 0.06, "USD", Decimal("0.05")),
    Country("PT", 0.05, "EUR", Decimal("0.23")),
    Country("ES", 0.04, "EUR", Decimal("0.21")),
    Country("NL", 0.04, "EUR", Decimal("0.21")),
    Country("AU", 0.03, "USD", Decimal("0.10")),
)

CHANNELS = {"organic": 0.36, "paid_search": 0.22, "referral": 0.18, "partner": 0.12, "events": 0.12}

FIRST_NAMES = _words(
    "Ada Alba Amir Anouk Bento Carla Chidi Dario Elif Emma Farah Felix Greta Hana Hugo Ines Ivo "
    "Jamal Joana Kai Klara Lea Liam Lucia Malik Marta Mei Milan Nadia Noah Nuno Olga Otto Paula "
    "Priya Rafael Rosa Samir Sofia Tara Theo Uma Vera Viktor Wanda Yara Yusuf Zoe"
)
LAST_NAMES = _words(
    "Almeida Andersen Barros Becker Bianchi Carvalho Castro Chen Costa Dubois Eriksen Fischer "
    "Fontes Garcia Haas Hansen Ibrahim Jansen Keller Kowalski Lambert Lima Lopes Marchetti "
    "Martin Mendes Meyer Moreau Nakamura Neves Novak Okafor Olsen Patel Pinto Ramos Reis Rossi "
    "Santos Schmidt Silva Sousa Tavares Torres Vieira Vogel Walker Weber Young Zimmer"
)
COMPANY_FIRST = _words(
    "Amber Arbor Aster Birch Bluff Brisk Cedar Cinder Clover Copper Coral Delta Ember Fable Fern "
    "Granite Harbor Hazel Indigo Juniper Kestrel Larch Lumen Maple Meadow Mosaic North Oak Opal "
    "Orchard Pebble Pine Quartz Raven River Sable Silver Summit Thistle Violet Walnut Willow"
)
COMPANY_SECOND = _words(
    "Analytics Architects Bakery Books Clinics Consulting Courier Dental Design Energy Events "
    "Farms Film Foods Freight Games Health Homes Insurance Labs Legal Logistics Marine Media "
    "Mobility Motors Optics Outdoors Partners Press Robotics Schools Security Software Sports "
    "Studios Supply Systems Textiles Travel"
)
COMPANY_FORMS = {"US": "Inc.", "CA": "Inc.", "GB": "Ltd", "AU": "Pty Ltd", "DE": "GmbH"}
COMPANY_FORMS |= {"FR": "SAS", "BR": "Ltda", "PT": "Lda", "ES": "SL", "NL": "BV"}
FREE_MAIL_DOMAINS = ("freemail.example", "postbox.example")


@dataclass(frozen=True)
class Topic:
    """What tickets are about, with the share among all and the tags agents give."""

    share: float
    kind: str
    tags: str
    subjects: tuple[str, ...]


TOPICS = (
    Topic(
        0.24,
        "question",
        "how-to",
        ("How do I share a board with a guest?", "Where can I change the working days?"),
    ),
    Topic(
        0.17,
        "incident",
        "bug;board",
        ("Board does not load since this morning", "Cards jump back after I move them"),
    ),
    Topic(
        0.13,
        "question",
        "billing;invoice",
        ("Invoice shows the wrong VAT number", "Need last year's invoices in one file"),
    ),
    Topic(
        0.11,
        "incident",
        "integration;api",
        ("Calendar sync stopped", "The API answers 429 at night"),
    ),
    Topic(
        0.10,
        "question",
        "seats;limit",
        ("How do I add more seats?", "We have reached the seat limit"),
    ),
    Topic(
        0.08,
        "incident",
        "performance;slow",
        ("Timeline is very slow with 300 cards", "Search takes half a minute"),
    ),
    Topic(
        0.07,
        "question",
        "upgrade;plan",
        ("How do I upgrade to Business?", "What does the Business plan add?"),
    ),
    Topic(
        0.06,
        "incident",
        "login;sso",
        ("Single sign-on loops back to the login page", "Locked out after the new phone"),
    ),
    Topic(
        0.04,
        "question",
        "cancel;churn",
        ("How can we cancel our plan?", "Please stop the renewal"),
    ),
)
