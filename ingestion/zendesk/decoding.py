"""Turns Zendesk's objects into typed rows: checked, without what is dropped, payload kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ingestion.quarantine import Fault
from ingestion.rows import Row, instant, micros
from ingestion.zendesk.known_keys import KNOWN_KEYS
from ingestion.zendesk.surveys import flattened
from ingestion.zendesk.tables import SURVEY_RESPONSES, Field, Form, Path, Reading, Resource

Object = dict[str, Any]

DECODE = "decode"
EVERY = "*"
_EXPORTS = (Reading.CURSOR, Reading.TIME)
_MICROSECONDS = 1_000_000
# The first and the last second a four-digit year has; what lies outside is no time.
_SECONDS = range(253_402_300_800)
_MEANINGS = {str: "text", int: "whole number", float: "fraction", bool: "true or false"}
_UPDATED = Field("updated_at", ("updated_at",), Form.TIME)


class UnusableError(Exception):
    """An object that cannot be kept as it is; says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """An object as a row.

    Attributes:
        id: Its id.
        row: Its row.
        month: Month of its creation, as YYYY-MM; empty if it has none.
        moved: When an export placed it where it is, in microseconds; None outside of exports.
    """

    id: str
    row: Row
    month: str
    moved: int | None

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone."""
        return bool(self.row[4])

    @property
    def created(self) -> object:
        """When it was made, in microseconds."""
        return self.row[1]

    @property
    def payload(self) -> bytes:
        """What tells one version from another."""
        payload = self.row[-1]
        return payload if isinstance(payload, bytes) else str(payload).encode()


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
        keeps_text: Whether what people wrote is kept.
    """

    def __init__(self, observed_at: datetime, keeps_text: bool) -> None:
        self._observed = micros(observed_at)
        self._keeps_text = keeps_text
        # Table, key and kind of what the documentation does not name, with the type seen.
        self.drift: dict[tuple[str, str, str], str] = {}

    def objects(self, resource: Resource, objects: Iterable[object]) -> Decoded:
        """Decode objects; those that cannot be used come out as faults."""
        decoded = Decoded(resource)
        for item in objects:
            try:
                decoded.records.append(self.record(resource, item))
            except UnusableError as error:
                decoded.faults.append(self.fault(resource, item, DECODE, str(error)))
        return decoded

    def record(self, resource: Resource, item: object) -> Record:
        """Return one object as a row; the object itself is used up.

        Raises:
            UnusableError: It cannot be used.
        """
        if type(item) is not dict:
            raise UnusableError("it is not an object")
        identity = _identity(item)
        read = flattened(item) if resource is SURVEY_RESPONSES else item
        created = value(read, Field("created_at", resource.created, Form.TIME))
        if created is None and resource is not SURVEY_RESPONSES:
            raise UnusableError(f"{'.'.join(resource.created)} is null")
        updated = value(read, _UPDATED)
        moved = value(item, resource.moved) if resource.reading in _EXPORTS else None
        if moved is None and resource.reading in _EXPORTS:
            raise UnusableError(f"{'.'.join(resource.moved.path)} is null")
        typed = [value(read, column) for column in resource.fields]
        if not item.keys() <= KNOWN_KEYS[resource.table]:
            self._note_new_keys(resource, item)
        is_gone = _is_gone(resource, item)
        self._drop(resource, item)
        row = (identity, created, updated, self._observed, is_gone, *typed, orjson.dumps(item))
        return Record(identity, row, month_of(created), moved)

    def tombstone(self, resource: Resource, identity: str, gone_at: int | None = None) -> Record:
        """Return the row that says an object is gone which is not served any more.

        Args:
            resource: What it is.
            identity: Its id.
            gone_at: When it went, in microseconds, if that is known.
        """
        payload = orjson.dumps({"id": int(identity) if identity.isdigit() else identity})
        typed = [gone_at if column == resource.moved else None for column in resource.fields]
        row = (identity, None, gone_at, self._observed, True, *typed, payload)
        return Record(identity, row, "", gone_at)

    def fault(self, resource: Resource, item: object, stage: str, reason: str) -> Fault:
        """Return an object that is put aside, without what is dropped."""
        identity = item.get("id") if isinstance(item, dict) else None
        if isinstance(item, dict):
            self._drop(resource, item)
        named = str(identity) if type(identity) in (int, str) else ""
        return Fault(resource.table, named, stage, reason, orjson.dumps(item).decode())

    def _note_new_keys(self, resource: Resource, item: Object) -> None:
        for key in item.keys() - KNOWN_KEYS[resource.table]:
            self.drift[resource.table, key, "new_key"] = _meaning(item[key])

    def _drop(self, resource: Resource, item: Object) -> None:
        for path in resource.dropped:
            _drop_path(item, path)
        if not self._keeps_text:
            for path in resource.texts:
                _drop_path(item, path)


def month_of(created: int | None) -> str:
    """Return the month of an instant in microseconds, as control totals name it."""
    return "" if created is None else f"{instant(created):%Y-%m}"


def _identity(item: Object) -> str:
    identity = item.get("id")
    if type(identity) is int or (type(identity) is str and identity):
        return str(identity)
    raise UnusableError(f"id is {_meaning(identity)}, which names nothing")


def value(item: Object, column: Field) -> Any:
    """Return what a row holds of a value: text, microseconds, or None.

    Raises:
        UnusableError: It stands there in another form.
    """
    found: Any = item
    for key in column.path:
        if found is None:
            return None
        if type(found) is not dict:
            raise UnusableError(f"what holds {key} is {_meaning(found)}")
        found = found.get(key)
    if found is None:
        return None
    name = ".".join(column.path)
    if column.form is Form.TEXT and type(found) is str:
        return found
    if column.form is Form.IDENTITY and type(found) is int:
        return str(found)
    if column.form is Form.SECONDS and type(found) is int and found in _SECONDS:
        return found * _MICROSECONDS
    if column.form is Form.TIME and type(found) is str:
        return _time(name, found)
    shown = f" ({found})" if type(found) is int else ""
    raise UnusableError(f"{name} is {_meaning(found)}{shown}, not {column.form.value}")


def _time(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return micros(moment)
    except (ValueError, OverflowError):
        pass
    raise UnusableError(f"{name} is {text[:40]!r}, not {Form.TIME.value}")


def _is_gone(resource: Resource, item: Object) -> bool:
    key, values = resource.gone
    value = item.get(key) if key else None
    return value is not None and (not values or value in values)


def _meaning(value: object) -> str:
    if value is None:
        return "null"
    return _MEANINGS.get(type(value), "a list" if type(value) is list else "an object")


def _drop_path(item: object, path: Path) -> None:
    key, *rest = path
    if key == EVERY:
        for entry in item if type(item) is list else ():
            _drop_path(entry, tuple(rest))
    elif type(item) is dict:
        if rest:
            _drop_path(item.get(key), tuple(rest))
        else:
            item.pop(key, None)
