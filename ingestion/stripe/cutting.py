"""Cuts rows out of an object's JSON as it was served, without building or writing it anew.

This is for objects of the declared shape and nothing else: whatever differs, in the least or at
any depth, is left to the decoder, which looks at it closely and says what it is.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from msgspec import Meta, Raw

from ingestion.rows import Row
from ingestion.stripe.records import Record
from ingestion.stripe.shapes import Shape, shapes, struct
from ingestion.stripe.tables import API_VERSION, DROPPED_KEYS, Child, Field, Resource

LARGEST_AMOUNT = 2**53
MICROSECONDS = 1_000_000

_Amount = Annotated[int, Meta(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
_Identity = Annotated[str, Meta(min_length=1)]
_Currency = Annotated[str, Meta(min_length=3, max_length=3)] | None

# What gives the holder of some keys, None for the object itself, and these: each, how it is written
# with the comma before it, and how long that is.
_Cut = tuple[Callable[[Any], Any] | None, list[tuple[str, bytes, int]]]


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
        try:
            item = form.decode(text)
            identity, created, currency, *typed = form.read(item)
            if form.lines and (listed := form.lines.listed(item)) is not None:
                children = self._children(form.lines, listed, identity)
            payload = _without(form.cuts, item, text) if form.cuts else text
        except (msgspec.DecodeError, _UnlikeError):
            return None
        if item.deleted or not (item.livemode is None or item.livemode is self._is_live):
            return None
        if currency is not None and currency not in self._currencies:
            if not currency.isalpha():
                return None
            self._currencies.add(currency)
        return Record(
            identity,
            (identity, created * MICROSECONDS, *self._first, *typed, payload),
            children,
            self._month(created),
            currency or "",
            form.amount(item) if form.amount else None,
        )

    def _children(self, lines: "_Lines", listed: Raw, parent: str) -> tuple[Row, ...]:
        """Return the rows of the nested list."""
        rows = []
        for position, raw in enumerate(lines.decode_list(listed).data):
            identity, created, currency, *typed = lines.read(lines.decode(raw))
            if currency is not None and not currency.isalpha():
                raise _UnlikeError
            created_at = None if created is None else created * MICROSECONDS
            rows.append((identity, created_at, *self._first, parent, *typed, position, bytes(raw)))
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
        dropped = list(DROPPED_KEYS.get(resource.kind, ()))
        self.lines = None
        if resource.child:
            dropped.append((resource.child.key,))
            self.lines = _Lines(resource.child, shape[resource.child.key])
        for path in dropped:
            _put(special, path, Raw)
        self.cuts = _cuts(dropped)
        self.read = _reader(made, resource.fields, shape, special)
        self.decode = _decoder(shape, special)
        self.amount = operator.attrgetter(resource.amounts[0]) if resource.amounts else None


class _Lines:
    """How a nested list with a table of its own is decoded."""

    def __init__(self, child: Child, shape: Any) -> None:
        self.listed = operator.attrgetter(child.key)
        self.decode_list = _decoder(shape, {"data": list[Raw]})
        entry = shape["data"][0]
        special: dict[str, Any] = {
            "id": _Identity,
            **({"currency": _Currency} if "currency" in entry else {}),
            **({"amount": _Amount | None} if "amount" in entry else {}),
        }
        self.read = _reader("created", child.fields, entry, special)
        self.decode = _decoder(entry, special)


def _cuts(paths: Iterable[tuple[str, ...]]) -> list[_Cut]:
    """Return what is cut out of a text, in the order in which keys are served."""
    cuts: list[_Cut] = []
    for holder, held in groupby(sorted(paths), lambda path: path[:-1]):
        names = [(path[-1], b',"%b":' % path[-1].encode()) for path in held]
        cuts.append(
            (_getter(holder) if holder else None, [(key, name, len(name)) for key, name in names])
        )
    return cuts


def _without(cuts: list[_Cut], item: Any, text: bytes) -> bytes:
    """Return an object's text without some keys and what they hold."""
    # What is decoded as it is shares the text's memory, so its address tells its place.
    buffer_of = pa.py_buffer
    address = buffer_of(text).address
    parts = []
    at = 0
    for holder_of, keys in cuts:
        holder = holder_of(item) if holder_of else item
        if holder is None:
            continue
        for key, name, length in keys:
            held = getattr(holder, key)
            if held is None:
                continue
            buffer = buffer_of(held)
            start = buffer.address - address
            begin = start - length
            # A key that is the first of its object has no comma before it, but one behind it.
            if begin < at or not text.startswith(name, begin):
                raise _UnlikeError
            parts.append(text[at:begin])
            at = start + buffer.size
    parts.append(text[at:])
    return b"".join(parts)


def drop_path(item: object, path: tuple[str, ...]) -> None:
    """Take a key out of an object, if it is there."""
    for key in path[:-1]:
        if type(item) is not dict:
            return
        item = item.get(key)
    if type(item) is dict:
        item.pop(path[-1], None)


@cache
def _form(resource: Resource) -> _Form:
    return _Form(resource)


def _decoder(shape: dict[str, Any], special: dict[str, Any]) -> Callable[[Any], Any]:
    decode: Callable[[Any], Any] = msgspec.json.Decoder(struct(shape, special)).decode
    return decode


def _reader(
    made: str, fields: Sequence[Field], shape: Shape, special: dict[str, Any]
) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads id, time and currency and then the typed columns, all at once.

    These are declared as text: an object that has more where they stand is left to the decoder.
    """
    paths = []
    for field in fields:
        inner: Any = shape
        for key in field.path:
            inner = inner[key]
        # What is always served whole stands where its id would.
        paths.append(field.path if isinstance(inner, str) else (*field.path, "id"))
        _put(special, paths[-1], str | None)
    names = ("id", made, "currency", *map(".".join, paths))
    read: Callable[[Any], tuple[Any, ...]] = operator.attrgetter(*names)
    getters = [_getter(name.split(".")) for name in names]

    def values(item: Any) -> tuple[Any, ...]:
        try:
            return read(item)
        except AttributeError:
            # Something that leads to a column is null.
            return tuple(get(item) for get in getters)

    return values


def _put(special: dict[str, Any], path: Sequence[str], kind: Any) -> None:
    """Set the type of a key at any depth."""
    for key in path[:-1]:
        special = special.setdefault(key, {})
    special[path[-1]] = kind


def _getter(path: Sequence[str]) -> Callable[[Any], Any]:
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
