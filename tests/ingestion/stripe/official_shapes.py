"""The shapes of Stripe's objects, read off the classes of its official client."""

import importlib
import types
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject

from ingestion.stripe.tables import RESOURCES

Shape = Any

_SCALARS = {str: "text", Decimal: "text", int: "whole", float: "fraction", bool: "flag"}
# Served whole wherever they are part of another object.
_WHOLE = {
    "CreditNoteLineItem",
    "Discount",
    "InvoiceLineItem",
    "Price",
    "SubscriptionItem",
    "TaxRate",
}


def official_shapes() -> dict[str, Shape]:
    """Return the shape of every kind of object that is read, by its kind."""
    return {one.kind: _object(get_object_class("V1", one.kind), ()) for one in RESOURCES}


def _object(of: type, within: tuple[type, ...]) -> Shape:
    if of in within:
        return "object"
    annotations = {
        name: annotation
        for name, annotation in of.__annotations__.items()
        if not name.startswith("_") and name != "OBJECT_NAME"
    }
    return {
        name: _shape(annotation, (*within, of)) for name, annotation in sorted(annotations.items())
    }


def _shape(annotation: Any, within: tuple[type, ...]) -> Shape:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _SCALARS[type(arguments[0])]
    if origin in (Union, types.UnionType):
        found = [_shape(one, within) for one in arguments if one is not type(None)]
        distinct = [one for number, one in enumerate(found) if one not in found[:number]]
        if len(distinct) == 1:
            return distinct[0]
        if all(one == "text" or one == "object" or isinstance(one, dict) for one in distinct):
            return "reference" if "text" in distinct else "object"
        return "any"
    if origin is list:
        return [_shape(arguments[0], within)]
    if origin is ListObject:
        entry = _shape(arguments[0], within)
        return {"data": [entry], "has_more": "flag", "object": "text", "url": "text"}
    if origin is UntypedStripeObject:
        return "object"
    if isinstance(annotation, str):
        annotation = ForwardRef(annotation)
    if isinstance(annotation, ForwardRef):
        name = annotation.__forward_arg__
        return _object(_named(name), within) if name in _WHOLE else "object"
    if isinstance(annotation, type) and issubclass(annotation, StripeObject):
        return _object(annotation, within)
    return "any"


def _named(name: str) -> type:
    module = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    found: type = getattr(importlib.import_module(f"stripe.{module}"), name)
    return found
