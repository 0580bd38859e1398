"""Turns Stripe's objects into typed rows: checked, without what is dropped, payload kept."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from ingestion.quarantine import Fault
from ingestion.rows import Row, micros
from ingestion.stripe.cutting import LARGEST_AMOUNT, MICROSECONDS, Cutter, drop_path
from ingestion.stripe.records import Record
from ingestion.stripe.shapes import drift, meaning, shapes
from ingestion.stripe.tables import (
    API_VERSION,
    DROPPED_KEYS,
    Child,
    Resource,
)

Object = dict[str, Any]


class UnusableError(Exception):
    """An object that cannot be kept as it is; says why."""


class ForeignError(Exception):
    """An object of the other mode."""


@dataclass
class Decoded:
    """What came of a number of objects of a resource."""

    resource: Resource
    records: list[Record] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Decoder:
    """Makes rows of objects.

    Args:
        observed_at: When they were seen.
        is_live: Which mode they must be of.
    """

    def __init__(self, observed_at: datetime, is_live: bool) -> None:
        self._observed = micros(observed_at)
        self._is_live = is_live
        self._months: dict[int, str] = {}
        self._cutters: dict[str, Cutter] = {}
        # Table, path of the key and kind of what is unlike the declared shape, with the type seen.
        self.drift: dict[tuple[str, str, str], str] = {}

    def objects(self, resource: Resource, objects: Iterable[object]) -> Decoded:
        """Decode objects, parsed or as JSON; those that cannot be used come out as faults.

        Raises:
            ForeignError: One is of the other mode.
        """
        decoded = Decoded(resource)
        append = decoded.records.append
        # What an event is about can be of any kind.
        cut = None if resource.kind == "event" else self._cutter(resource).record
        for item in objects:
            try:
                record = cut(item) if cut and type(item) is bytes else None
                append(record or self.record(resource, parsed(item)))
            except UnusableError as error:
                decoded.faults.append(fault(resource, parsed(item), "decode", str(error)))
        return decoded

    def record(self, resource: Resource, item: object) -> Record:
        """Return one object as rows; the object itself is used up.

        Raises:
            UnusableError: It cannot be used.
            ForeignError: It is of the other mode.
        """
        if type(item) is not dict:
            raise UnusableError("it is not an object")
        identity = _identity(item)
        if item.get("deleted") is True:
            return self.tombstone(identity, orjson.dumps(item), resource)
        livemode = item.get("livemode")
        if livemode is not None and livemode is not self._is_live:
            if type(livemode) is bool:
                raise ForeignError(resource.table)
            raise UnusableError(f"livemode is {meaning(livemode)}")
        created = item.get("created", item.get("date"))
        if type(created) is not int:
            raise UnusableError(f"created is {meaning(created)}, not a whole number")
        currency = item.get("currency")
        _require_currency(currency)
        for key in resource.amounts:
            _require_amount(key, item.get(key))
        for path, kind, seen_type in drift(shapes()[resource.kind], item):
            self.drift[resource.table, path, kind] = seen_type
        typed = [_text(item, column.path) for column in resource.fields]
        is_live = self._is_live
        children: tuple[Row, ...] = ()
        if resource.child:
            children = self._children(resource.child, item, identity)
        drop(resource.kind, item)
        created_at = created * MICROSECONDS
        return Record(
            identity,
            (
                identity,
                created_at,
                self._observed,
                False,
                is_live,
                API_VERSION,
                *typed,
                orjson.dumps(item),
            ),
            children,
            self._month(created),
            currency or "",
            item.get(resource.amounts[0]) if resource.amounts else None,
        )

    def tombstone(self, identity: str, payload: bytes, resource: Resource) -> Record:
        """Return the row that says an object is gone."""
        typed = (None,) * len(resource.fields)
        row = (identity, None, self._observed, True, self._is_live, API_VERSION, *typed, payload)
        return Record(identity, row, (), "", "", None, is_deleted=True)

    def _cutter(self, resource: Resource) -> Cutter:
        cutter = self._cutters.get(resource.table)
        if cutter is None:
            cutter = Cutter(resource, self._observed, self._is_live, self._month)
            self._cutters[resource.table] = cutter
        return cutter

    def _children(self, child: Child, item: Object, parent: str) -> tuple[Row, ...]:
        nested = item.pop(child.key, None)
        if nested is None:
            return ()
        if type(nested) is not dict or type(nested.get("data")) is not list:
            item[child.key] = nested
            raise UnusableError(f"{child.key} is not a list")
        try:
            return tuple(
                self._child(child, entry, parent, position)
                for position, entry in enumerate(nested["data"])
            )
        except UnusableError as error:
            item[child.key] = nested
            raise UnusableError(f"{child.key}: {error}") from None

    def _child(self, child: Child, entry: object, parent: str, position: int) -> Row:
        if type(entry) is not dict:
            raise UnusableError("one is not an object")
        identity = _identity(entry)
        _require_currency(entry.get("currency"))
        _require_amount("amount", entry.get("amount"), is_needed=False)
        created = entry.get("created")
        return (
            identity,
            created * MICROSECONDS if type(created) is int else None,
            self._observed,
            False,
            self._is_live,
            API_VERSION,
            parent,
            *[_text(entry, column.path) for column in child.fields],
            position,
            orjson.dumps(entry),
        )

    def _month(self, created: int) -> str:
        day = created // 86_400
        month = self._months.get(day)
        if month is None:
            try:
                month = datetime.fromtimestamp(created, UTC).strftime("%Y-%m")
            except (ValueError, OverflowError, OSError):
                raise UnusableError(f"created is {created}, which is no time") from None
            self._months[day] = month
        return month


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep Python from looking for cycles: objects from JSON have none, and there are millions."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def parsed(item: object) -> object:
    """Return an object that may still be JSON."""
    return orjson.loads(item) if type(item) is bytes else item


def fault(resource: Resource, item: object, stage: str, reason: str) -> Fault:
    """Return an object that is put aside, without what is dropped."""
    identity = item.get("id") if isinstance(item, dict) else None
    if isinstance(item, dict):
        drop(resource.kind, item)
    payload = orjson.dumps(item).decode()
    return Fault(
        resource.table, identity if isinstance(identity, str) else "", stage, reason, payload
    )


def drop(kind: str, item: Object) -> None:
    """Take out of an object what is not kept; of an event, also out of what it is about."""
    for path in DROPPED_KEYS.get(kind, ()):
        drop_path(item, path)
    if kind == "event":
        data = item.get("data")
        if isinstance(data, dict) and isinstance(data.get("object"), dict):
            about = data["object"]
            for path in DROPPED_KEYS.get(str(about.get("object")), ()):
                drop_path(about, path)
                drop_path(data.get("previous_attributes"), path)


def _identity(item: Object) -> str:
    identity = item.get("id")
    if type(identity) is not str or not identity:
        raise UnusableError(f"id is {meaning(identity)}, not text")
    return identity


def _text(item: Object, path: tuple[str, ...]) -> str | None:
    value: Any = item
    for key in path:
        if value is None:
            return None
        if type(value) is not dict:
            raise UnusableError(f"{'.'.join(path)}: what holds {key} is {meaning(value)}")
        value = value.get(key)
    # What is expanded comes whole where its id stood.
    if type(value) is dict:
        value = value.get("id")
    if value is None or type(value) is str:
        return value
    raise UnusableError(f"{'.'.join(path)} is {meaning(value)}, not text")


def _require_amount(key: str, value: object, *, is_needed: bool = True) -> None:
    if type(value) is int:
        if -LARGEST_AMOUNT <= value <= LARGEST_AMOUNT:
            return
        raise UnusableError(f"{key} is {value}, which is out of range")
    if value is None and not is_needed:
        return
    raise UnusableError(f"{key} is {meaning(value)}, not a whole number")


def _require_currency(currency: object) -> None:
    if currency is None:
        return
    if type(currency) is not str or len(currency) != 3 or not currency.isalpha():
        shown = repr(currency) if type(currency) is str else meaning(currency)
        raise UnusableError(f"currency is {shown}, not three letters")
