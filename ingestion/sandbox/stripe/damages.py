"""What can happen to the objects of an account on their way."""

from ingestion.sandbox.faults import Json


def null_line_id(item: Json) -> None:
    """The first line of an invoice has no id."""
    item["lines"]["data"][0]["id"] = None


def amount_as_text(item: Json) -> None:
    """An amount arrives as text."""
    item["amount"] = str(item["amount"])


def unknown_status(item: Json) -> None:
    """A status that no client knows."""
    item["status"] = "transmogrified"


def extra_field(item: Json) -> None:
    """A key that nobody has seen."""
    item["brand_new_key"] = {"of": "some later version"}


def customer_as_object(item: Json) -> None:
    """What is an id elsewhere is an object here."""
    item["customer"] = {"id": item["customer"], "object": "customer"}
