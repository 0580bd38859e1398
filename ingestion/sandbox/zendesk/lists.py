"""Lists with pages: by cursor, or by number where nobody asks for a cursor."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from ingestion.sandbox.zendesk.errors import ApiError
from ingestion.sandbox.zendesk.log import Json

MOST, MOST_BY_NUMBER = 100, 10_000
Query = dict[str, list[str]]


@dataclass(frozen=True)
class Listing:
    """One list of the API; `most` is the largest page, `only_cursors` has no numbered pages."""

    kind: str
    most: int = MOST
    only_cursors: bool = False


LISTS = {
    "satisfaction_ratings": Listing("satisfaction_ratings"),
    "guide/survey_responses": Listing("survey_responses", 50, only_cursors=True),
    "groups": Listing("groups"),
    "brands": Listing("brands"),
    "ticket_fields": Listing("ticket_fields"),
    "slas/policies": Listing("sla_policies"),
    "deleted_tickets": Listing("deleted_tickets"),
    "organizations": Listing("organizations"),
    "users": Listing("users"),
}


def page_of(listing: Listing, bodies: list[Json], query: Query, address: str) -> Json:
    """Return the page of a list that is asked for.

    Args:
        listing: Which list.
        bodies: Everything in it, in its order.
        query: The request's parameters.
        address: Its absolute path, for the links.

    Raises:
        ApiError: A parameter is wrong.
    """
    by_cursor = listing.only_cursors or any(name.startswith("page[") for name in query)
    page = _by_cursor if by_cursor else _by_number
    return page(listing, bodies, query, address)


def _by_cursor(listing: Listing, bodies: list[Json], query: Query, address: str) -> Json:
    size_text = _one(query, "page[size]") or str(listing.most)
    if not size_text.isdigit() or not 1 <= int(size_text) <= listing.most:
        raise _bad_page(f"page[size] must be between 1 and {listing.most}")
    size, after = int(size_text), _one(query, "page[after]")
    ids = [str(body["id"]) for body in bodies]
    first = 0
    if after is not None:
        try:
            first = ids.index(str(orjson.loads(base64.b64decode(after))["v"])) + 1
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise _bad_page("page[after] is not valid") from None
    shown = bodies[first : first + size]
    kept = {name: values[-1] for name, values in query.items() if not name.startswith("page[")}

    def link(which: str, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        parameters = {**kept, f"page[{which}]": cursor, "page[size]": size}
        return f"{address}?{urlencode(parameters)}"

    following = _token(shown[-1]) if shown else after
    previous = _token(shown[0]) if shown else None
    has_more = first + size < len(bodies)
    # There is a link to a next page even where there is none.
    links = {"prev": link("before", previous), "next": link("after", following)}
    meta = {"has_more": has_more, "after_cursor": following, "before_cursor": previous}
    return {listing.kind: shown, "meta": meta, "links": links}


def _by_number(listing: Listing, bodies: list[Json], query: Query, address: str) -> Json:
    texts = _one(query, "page") or "1", _one(query, "per_page") or str(listing.most)
    if not all(text.isdigit() and int(text) > 0 for text in texts):
        raise _bad_page("page and per_page must be integers above 0")
    number, size = int(texts[0]), min(int(texts[1]), listing.most)
    if number * size > MOST_BY_NUMBER:
        raise _bad_page("Number of records requested exceeds the limit. Use cursor pagination")
    first = (number - 1) * size
    kept = {name: values[-1] for name, values in query.items() if name != "page"}

    def link(page: int) -> str:
        return f"{address}?{urlencode({**kept, 'page': page})}"

    return {
        listing.kind: bodies[first : first + size],
        "next_page": link(number + 1) if first + size < len(bodies) else None,
        "previous_page": link(number - 1) if number > 1 else None,
        "count": len(bodies),
    }


def _token(body: Json) -> str:
    return base64.b64encode(orjson.dumps({"o": "id", "v": body["id"]})).decode()


def _bad_page(title: str) -> ApiError:
    return ApiError(400, {"errors": [{"code": "InvalidPaginationParameter", "title": title}]})


def _one(query: Query, key: str) -> str | None:
    values = query.get(key)
    return values[-1] if values else None
