"""What Stripe's objects look like at the pinned version, and what of an object is unlike it.

`shapes.json` says it per kind, as the official client declares it: keys in braces, what a list
holds in brackets, and else a word. `reference` is an id, or the object itself where it is
expanded; the inside of `object` and `any` is not declared.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from keyword import iskeyword
from pathlib import Path
from types import UnionType
from typing import Any, cast

import msgspec
import orjson

Shape = str | list[Any] | dict[str, Any]

# What every decoded object is asked for; where the shape lacks it, it is None.
ASKED = ("created", "currency", "deleted", "livemode")

NEW_KEY, CHANGED_TYPE = "new_key", "changed_type"

_MEANINGS = {str: "text", int: "whole number", float: "fraction", bool: "true or false"}
_WORDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "fraction": (int, float),
    "flag": (bool,),
    "reference": (str, dict),
    "object": (dict,),
}


class Loose(msgspec.Struct, gc=False):
    """An object of which only the id matters."""

    id: msgspec.Raw = msgspec.Raw()


class Expanded(msgspec.Struct, gc=False):
    """An object that is served whole where its id would stand."""

    id: str | None = None


_TYPES: dict[str, Any] = {
    "text": str | None,
    "whole": int | None,
    "fraction": int | float | None,
    "flag": bool | None,
    "reference": str | Expanded | None,
    "object": Loose | None,
    "any": msgspec.Raw,
}


@cache
def shapes() -> dict[str, dict[str, Shape]]:
    """Return the shape of each kind of object."""
    file = Path(__file__).with_name("shapes.json")
    return cast(dict[str, dict[str, Shape]], orjson.loads(file.read_bytes()))


def type_of(shape: Shape) -> Any:
    """Return the type of what is of a shape, or null."""
    if isinstance(shape, str):
        return _TYPES[shape]
    if isinstance(shape, list):
        # An entry of a list can be null as well, but then it says nothing.
        return list[type_of(shape[0])] | None  # type: ignore[misc]
    return struct(shape) | None


def struct(shape: Mapping[str, Shape], special: Mapping[str, Any] | None = None) -> type[Any]:
    """Return a type that JSON of this shape, and no other, can be decoded to.

    Args:
        shape: The keys and what they hold. Each may be null or missing.
        special: Types of some keys instead, or such types of the keys below them. These must be
            there unless they may be null or are left as they are.
    """
    special = special or {}
    # In the order in which they are served: each is looked for behind the one before.
    keys = sorted({*shape, *special}, key=lambda key: (key not in ("id", "object"), key))
    names = {key: f"{key}_" if iskeyword(key) else key for key in keys}
    fields: list[tuple[str, Any] | tuple[str, Any, None]] = []
    for key, name in names.items():
        if key not in special:
            fields.append((name, type_of(shape[key]), None))
        elif isinstance(special[key], Mapping):
            inner = cast(Mapping[str, Shape], shape[key])
            fields.append((name, struct(inner, special[key]) | None, None))
        elif isinstance(special[key], UnionType) or special[key] is msgspec.Raw:
            fields.append((name, special[key], None))
        else:
            fields.append((name, special[key]))
    return msgspec.defstruct(
        "Declared",
        fields,
        kw_only=True,
        rename={name: key for key, name in names.items() if name != key},
        namespace={key: None for key in ASKED if key not in names},
        forbid_unknown_fields=True,
        gc=False,
    )


def drift(shape: Shape, value: object, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield what of a value is unlike its shape: the path of a key, how, and the type it has.

    Paths have dots, and `[]` for the entries of a list.
    """
    if value is None or shape == "any":
        return
    if isinstance(shape, dict) and type(value) is dict:
        for key, held in value.items():
            inner = f"{path}.{key}" if path else key
            if key in shape:
                yield from drift(shape[key], held, inner)
            else:
                yield inner, NEW_KEY, meaning(held)
    elif isinstance(shape, list) and type(value) is list:
        for held in value:
            yield from drift(shape[0], held, f"{path}[]")
    elif not isinstance(shape, str) or type(value) not in _WORDS[shape]:
        yield path, CHANGED_TYPE, meaning(value)


def meaning(value: object) -> str:
    """Return the type of a JSON value in words."""
    if value is None:
        return "null"
    return _MEANINGS.get(type(value), "a list" if type(value) is list else "an object")
