"""Reads lists to their end and objects one by one, each with its nested lists whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import msgspec

from ingestion.errors import SourceError
from ingestion.quarantine import Fault
from ingestion.stripe.client import ATTEMPTS, Client, RefusedError, TruncatedError, refusal
from ingestion.stripe.decoding import Object, fault
from ingestion.stripe.former import refuse_former
from ingestion.stripe.tables import Resource

LARGEST_PAGE = 100
RESTARTS = 3
_MORE = re.compile(rb'"has_more"\s*:\s*true')


class NestedError(Exception):
    """A nested list cannot be read to its end; says why."""


class FetchError(Exception):
    """One object cannot be fetched; says why."""


@dataclass(frozen=True)
class Page:
    """Objects of a list, and those that had to be put aside.

    Attributes:
        objects: The objects, parsed.
        faults: What was put aside.
        texts: The same objects as JSON without spaces, where they are as they were served.
    """

    objects: list[object]
    faults: list[Fault] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)


class Api:
    """What the rest of this source asks of Stripe."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def pages(
        self, resource: Resource, parameters: Sequence[tuple[str, str]] = ()
    ) -> Iterator[Page]:
        """Yield a list, newest first, page by page.

        An object that is deleted while its list is read can take away the place to go on from;
        the list then begins again, so objects can come twice.

        Raises:
            SourceError: The list is refused, has no end, or Stripe cannot be reached.
        """
        asked = [
            *resource.query,
            *parameters,
            *(("expand[]", f"data.{path}") for path in resource.expand),
        ]
        last = ""
        restarts = repeats = 0
        while True:
            after = [("starting_after", last)] if last else []
            try:
                page, body = self._page(resource.path, [*asked, *after])
            except RefusedError as error:
                if error.parameter == "starting_after" and restarts < RESTARTS:
                    restarts += 1
                    last = ""
                    continue
                raise refusal(
                    error, resource.path, resource.permission, self.client.account
                ) from None
            except TruncatedError:
                raise _never_whole(resource.path) from None
            objects = _data(page, resource.path)
            following = _last_id(objects)
            if last and following == last and repeats < RESTARTS:
                # The page before once more, as from a cache on the way.
                repeats += 1
                continue
            yield self._whole(resource, objects, page, body)
            if page.get("has_more") is not True:
                return
            if not following or following == last:
                raise SourceError(
                    f"Stripe's list {resource.path} does not come to an end (the page after "
                    f"{last or 'the first'} leads nowhere); run again later. Nothing was loaded."
                )
            last, repeats = following, 0

    def get(self, resource: Resource, identity: str) -> Object | None:
        """Return one object whole, and None if it does not exist any more.

        Raises:
            FetchError: It cannot be fetched, though others may be.
            NestedError: A nested list of it cannot be read.
            SourceError: The key is refused, the object is in the form of an older version, or
                Stripe cannot be reached.
        """
        path = f"{resource.path}/{quote(identity, safe='')}"
        asked = [("expand[]", path) for path in resource.expand]
        try:
            item, body = self._again(path, asked)
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            if error.status == HTTPStatus.UNAUTHORIZED or error.is_about_version:
                raise refusal(error, path, resource.permission, self.client.account) from None
            raise FetchError(f"Stripe refused it with {error}") from None
        except TruncatedError:
            raise FetchError("Stripe's answer was never whole JSON") from None
        if _MORE.search(body):
            self._complete(resource, item)
        refuse_former(item)
        return item

    def exists(self, resource: Resource, before: int) -> bool:
        """Return whether there is an object created before a second."""
        page = self.first(resource, [("created[lt]", str(before))])
        return bool(_data(page, resource.path))

    def first(
        self, resource: Resource, parameters: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """Return a list's page of one object.

        Raises:
            SourceError: The list is refused or Stripe cannot be reached.
        """
        try:
            asked = [*resource.query, *parameters, ("limit", "1")]
            return self._again(resource.path, asked)[0]
        except RefusedError as error:
            raise refusal(error, resource.path, resource.permission, self.client.account) from None
        except TruncatedError:
            raise _never_whole(resource.path) from None

    def _page(
        self, path: str, parameters: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, Any], bytes]:
        """Return a page; one that is too large to come whole is asked for in smaller parts."""
        limit = LARGEST_PAGE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.client.get(path, [*parameters, ("limit", str(limit))])
            except TruncatedError:
                if attempt == ATTEMPTS:
                    raise
                limit = max(1, limit // 2)
        raise AssertionError("the last attempt raises")

    def _again(
        self, path: str, parameters: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, Any], bytes]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.client.get(path, parameters)
            except TruncatedError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt raises")

    def _whole(
        self, resource: Resource, objects: list[object], page: dict[str, Any], body: bytes
    ) -> Page:
        """Complete the nested lists of a page's objects, if any of them is cut.

        Raises:
            SourceError: One is in the form of an older version; events may be, and are kept so.
        """
        if resource.kind != "event":
            for item in objects:
                refuse_former(item)
        own = 1 if page.get("has_more") is True else 0
        if len(_MORE.findall(body)) <= own:
            return Page(objects, texts=_texts(body))
        whole: list[object] = []
        faults = []
        for item in objects:
            try:
                if isinstance(item, dict):
                    self._complete(resource, item)
                whole.append(item)
            except NestedError as error:
                faults.append(fault(resource, item, "nested", str(error)))
        return Page(whole, faults)

    def _complete(self, resource: Resource, item: Object) -> None:
        """Read every nested list of an object to its end, except in events: they are as they are.

        Raises:
            NestedError: One cannot be read.
        """
        if resource.kind == "event":
            return
        for key, value in item.items():
            prefix = f"{key}.data."
            expand = [
                ("expand[]", f"data.{path.removeprefix(prefix)}")
                for path in resource.expand
                if path.startswith(prefix)
            ]
            self._complete_value(value, expand)

    def _complete_value(self, value: object, expand: Sequence[tuple[str, str]] = ()) -> None:
        if isinstance(value, list):
            for entry in value:
                self._complete_value(entry)
        if not isinstance(value, dict):
            return
        if value.get("object") == "list" and value.get("has_more") is True:
            self._complete_list(value, expand)
        for entry in value.values():
            self._complete_value(entry)

    def _complete_list(self, nested: dict[str, Any], expand: Sequence[tuple[str, str]]) -> None:
        url = nested.get("url")
        data = nested.get("data")
        if not isinstance(url, str) or not isinstance(data, list):
            raise NestedError("a nested list says neither what it holds nor where the rest is")
        last = _last_id(data)
        while nested["has_more"]:
            if not last:
                raise NestedError(f"the list {url} has more but shows nothing to go on from")
            try:
                page, _ = self._page(url, [*expand, ("starting_after", last)])
                more = _data(page, url)
            except RefusedError as error:
                raise NestedError(f"the list {url} is refused with {error}") from None
            except TruncatedError:
                raise NestedError(f"the list {url} never came whole") from None
            data.extend(more)
            nested["has_more"] = page.get("has_more") is True
            following = _last_id(more)
            if nested["has_more"] and (not following or following == last):
                raise NestedError(f"the list {url} does not come to an end")
            last = following


def _data(page: dict[str, Any], path: str) -> list[object]:
    data = page.get("data")
    if not isinstance(data, list):
        raise SourceError(
            f"Stripe's answer to {path} is not a list; check STRIPE_BASE_URL. Nothing was loaded."
        )
    return cast(list[object], data)


class _Data(msgspec.Struct):
    data: list[msgspec.Raw]


def _texts(body: bytes) -> list[bytes]:
    if b"\n" in body or b'": ' in body:
        body = msgspec.json.format(body, indent=-1)
    return [bytes(raw) for raw in msgspec.json.decode(body, type=_Data).data]


def _last_id(objects: list[Any]) -> str:
    last = objects[-1] if objects else None
    identity = last.get("id") if isinstance(last, dict) else None
    return identity if isinstance(identity, str) else ""


def _never_whole(path: str) -> SourceError:
    return SourceError(
        f"Stripe's answer to {path} was cut off {ATTEMPTS} times, even in small pages; run again "
        "later. Nothing was loaded."
    )
