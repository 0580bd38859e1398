"""Cuts rows out of an object's JSON as it was served, without building or writing it anew.

This is for objects of the declared shape and nothing else: whatever differs, in the least or at
any depth, is left to the decoder, which looks at it closely and says what it is.
"""

import operator
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from msgspec import Meta, Raw

from ingestion.rows import Row
from ingestion.stripe.records import Record
from ingestion.stripe.shapes import shapes, struct
from ingestion.stripe.tables import API_VERSION, DROPPED_KEYS, Child, Resource

LARGEST_AMOUNT = 2**53
MICROSECONDS = 1_000_000

_Amount = Annotated[int, Meta(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
_Identity = Annotated[str, Meta(min_length=1)]
_Currency = Annotated[str, Meta(min_length=3, max_length=3)] | None


class Cutter:
    """Makes the rows of one resource's objects.

    Args:
        resource: Whose objects.
        observed: When they were seen, as rows hold it.
        is_live: Which mode they must be of.
        month: Gives the month of a second, as YYYY-MM.
    """

    def __init__(
        self, resource: Resource, observed: int, is_live: bool, month: Callable[[int], str]
    ) -> None:
        self._resource = resource
        self._is_live = is_live
        self._month = month
        self._first = (observed, False, is_live, API_VERSION)
        self._form = _form(resource)
        self._currencies: set[str] = set()

    def record(self, text: bytes) -> Record | None:
        """Return an object's rows, and None if it is not quite as declared.

        Raises:
            UnusableError: It was created at what is no time.
        """
        # Characters can be escaped in several ways; the decoder writes them in one.
        if b"\\" in text:
            return None
        form = self._form
        children: tuple[Row, ...] = ()
        payload = text
        try:
            item = form.decode(text)
            if form.dropped or form.lines:
                cuts = _Cuts(text)
                for get, keys in form.dropped:
                    holder = get(item)
                    if holder is not None:
                        for get_held, name in keys:
                            held = get_held(holder)
                            if held is not None:
                                cuts.without(name, held)
                if form.lines:
                    children = self._children(form.lines, item, cuts)
                payload = cuts.made()
        except (msgspec.DecodeError, _UnlikeError):
            return None
        if item.deleted or not (item.livemode is None or item.livemode is self._is_live):
            return None
        currency = item.currency
        if currency is not None and currency not in self._currencies:
            if not currency.isalpha():
                return None
            self._currencies.add(currency)
        identity, created = item.id, form.created(item)
        return Record(
            identity,
            (
                identity,
                created * MICROSECONDS,
                *self._first,
                *[_text(get(item)) for get in form.fields],
                payload,
            ),
            children,
            self._month(created),
            currency or "",
            form.amount(item) if form.amount else None,
        )

    def _children(self, lines: "_Lines", item: Any, cuts: "_Cuts") -> tuple[Row, ...]:
        """Return the rows of the nested list, and cut it out."""
        listed = getattr(item, lines.key)
        if listed is None:
            return ()
        cuts.without(lines.name, listed)
        rows = []
        for position, raw in enumerate(lines.decode_list(listed).data):
            entry = lines.decode(raw)
            currency = entry.currency
            if currency is not None and not currency.isalpha():
                raise _UnlikeError
            created = entry.created
            rows.append(
                (
                    entry.id,
                    None if created is None else created * MICROSECONDS,
                    *self._first,
                    item.id,
                    *[_text(get(entry)) for get in lines.fields],
                    position,
                    bytes(raw),
                )
            )
        return tuple(rows)


class _UnlikeError(Exception):
    """An object is not in the form that is cut."""


class _Form:
    """How objects of a resource are decoded, and what of them is dropped."""

    def __init__(self, resource: Resource) -> None:
        shape = shapes()[resource.kind]
        made = "created" if "created" in shape else "date"
        special: dict[str, Any] = {
            "id": _Identity,
            made: int,
            **dict.fromkeys(resource.amounts, _Amount),
            **({"currency": _Currency} if "currency" in shape else {}),
        }
        by_holder: dict[tuple[str, ...], list[tuple[Callable[[Any], Any], bytes]]] = {}
        for path in DROPPED_KEYS.get(resource.kind, ()):
            inner = special
            for key in path[:-1]:
                inner = inner.setdefault(key, {})
            inner[path[-1]] = Raw
            by_holder.setdefault(path[:-1], []).append((_getter(path[-1:]), _name(path[-1])))
        # What holds dropped keys, and these, so that each is looked for once.
        self.dropped = [(_getter(path), keys) for path, keys in by_holder.items()]
        self.lines = None
        if resource.child:
            special[resource.child.key] = Raw
            self.lines = _Lines(resource.child, shape[resource.child.key])
        self.decode = _decoder(shape, special)
        self.created: Callable[[Any], int] = operator.attrgetter(made)
        self.fields = [_getter(column.path) for column in resource.fields]
        self.amount = operator.attrgetter(resource.amounts[0]) if resource.amounts else None


class _Lines:
    """How a nested list with a table of its own is decoded."""

    def __init__(self, child: Child, shape: Any) -> None:
        self.key, self.name = child.key, _name(child.key)
        self.decode_list = _decoder(shape, {"data": list[Raw]})
        entry = shape["data"][0]
        special: dict[str, Any] = {
            "id": _Identity,
            **({"currency": _Currency} if "currency" in entry else {}),
            **({"amount": _Amount | None} if "amount" in entry else {}),
        }
        self.decode = _decoder(entry, special)
        self.fields = [_getter(column.path) for column in child.fields]


class _Cuts:
    """What is to be taken out of a text."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        # What is decoded as it is shares the text's memory, so its address tells its place.
        self._address = pa.py_buffer(text).address
        self._cuts: list[tuple[int, int]] = []

    def without(self, name: bytes, held: Raw) -> None:
        """Leave out a key, as it is written with the comma before it, and its value."""
        buffer = pa.py_buffer(held)
        start = buffer.address - self._address
        begin = start - len(name)
        # A key that is the first of its object has no comma before it, but one behind it.
        if begin < 0 or not self._text.startswith(name, begin):
            raise _UnlikeError
        self._cuts.append((begin, start + buffer.size))

    def made(self) -> bytes:
        """Return the text with all of it taken out."""
        if not self._cuts:
            return self._text
        parts = []
        at = 0
        for start, end in sorted(self._cuts):
            parts.append(self._text[at:start])
            at = end
        parts.append(self._text[at:])
        return b"".join(parts)


def drop_path(item: object, path: tuple[str, ...]) -> None:
    """Take a key out of an object, if it is there."""
    for key in path[:-1]:
        if type(item) is not dict:
            return
        item = item.get(key)
    if type(item) is dict:
        item.pop(path[-1], None)


def _name(key: str) -> bytes:
    return b',"%b":' % key.encode()


@cache
def _form(resource: Resource) -> _Form:
    return _Form(resource)


def _decoder(shape: dict[str, Any], special: dict[str, Any]) -> Callable[[Any], Any]:
    decode: Callable[[Any], Any] = msgspec.json.Decoder(struct(shape, special)).decode
    return decode


def _getter(path: tuple[str, ...]) -> Callable[[Any], Any]:
    if len(path) == 1:
        get: Callable[[Any], Any] = operator.attrgetter(path[0])
        return get

    def through(item: Any) -> Any:
        for key in path:
            if item is None:
                return None
            item = getattr(item, key)
        return item

    return through


def _text(value: Any) -> str | None:
    # What is expanded comes whole where its id stood.
    return value if value is None or type(value) is str else value.id
