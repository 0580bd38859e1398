"""Asks for the pages of exports and lists, each whole or with a clear error."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from ingestion.api import ATTEMPTS, Parameters, StatusError, TruncatedError, WebPageError
from ingestion.errors import SourceError
from ingestion.zendesk.client import Client, refusal, shown_host
from ingestion.zendesk.tables import Reading, Resource

LARGEST_EXPORT_PAGE = 1_000
# As often a page that was there before is asked for again.
REPEATS = 3
_REFUSED = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class UnavailableError(Exception):
    """A list that this account's plan does not have, or that was refused."""


class FetchError(Exception):
    """One object cannot be fetched; says why."""


class Api:
    """What the rest of this source asks of Zendesk."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def export(self, resource: Resource, asked: Parameters) -> dict[str, Any]:
        """Return one page of an export; one too large to come whole is asked for in smaller parts.

        Raises:
            SourceError: It is refused, never comes whole, or Zendesk cannot be reached.
        """
        size = LARGEST_EXPORT_PAGE
        for _ in range(ATTEMPTS):
            try:
                page = self.client.get(
                    resource.path,
                    [*resource.query, *asked, ("per_page", str(size))],
                    is_export=True,
                )
            except StatusError as error:
                raise refusal(error, resource.path, self.client.account) from None
            except TruncatedError as error:
                last: TruncatedError = error
                # A smaller page of a second could look like the whole of what can be had of it.
                if resource.reading is Reading.CURSOR:
                    size = max(1, size // 2)
                continue
            objects_of(page, resource.key, resource.path)
            return page
        raise self._never_whole(last, resource.path)

    def pages(
        self,
        path: str,
        key: str,
        rows: int,
        asked: Parameters = (),
        *,
        is_export: bool = False,
    ) -> Iterator[list[object]]:
        """Yield a list page by page.

        Args:
            path: Where it is.
            key: Where its answers hold the objects.
            rows: The most a page may have.
            asked: What it is asked for besides pages.
            is_export: Whether the strict limit of exports holds for it.

        Raises:
            UnavailableError: The whole list is refused with 403 or 404.
            SourceError: It has no end or never comes whole, or Zendesk cannot be reached.
        """
        after: Parameters = (("page[size]", str(rows)),)
        seen: set[str] = set()
        repeats = 0
        while True:
            page = self._page(path, [*asked, *after], is_export=is_export)
            yield objects_of(page, key, path)
            after = _following(page, path, rows)
            if not after:
                return
            mark = after[-1][1]
            repeats += mark in seen
            if repeats > REPEATS:
                raise SourceError(
                    f"Zendesk's list {path} does not come to an end (its page {mark!r} comes "
                    "again and again); run again later. Nothing was loaded."
                )
            seen.add(mark)

    def one(self, path: str, key: str) -> dict[str, Any] | None:
        """Return one object, and None if it does not exist any more.

        Raises:
            FetchError: It cannot be fetched, though others may be.
            SourceError: The credentials are refused, or Zendesk cannot be reached.
        """
        item = self.child(path).get(key)
        if item is None:
            raise FetchError(f"Zendesk's answer holds no {key}")
        if not isinstance(item, dict):
            raise FetchError(f"Zendesk's answer holds a {key} that is not an object")
        return item

    def child(self, path: str) -> dict[str, Any]:
        """Return a document about one object.

        Raises:
            FetchError: It cannot be fetched, though others may be.
            SourceError: The credentials are refused, or Zendesk cannot be reached.
        """
        for _ in range(ATTEMPTS):
            try:
                return self.client.get(path)
            except StatusError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    raise refusal(error, path, self.client.account) from None
                raise FetchError(f"Zendesk refused it with status {error.status}") from None
            except WebPageError:
                failure = "Zendesk answered with a web page instead of data"
            except TruncatedError:
                failure = "Zendesk's answer was never whole"
        raise FetchError(failure)

    def account(self) -> dict[str, Any]:
        """Return the user whose credentials these are.

        Raises:
            SourceError: The credentials are refused, or Zendesk cannot be reached.
        """
        path = "users/me.json"
        try:
            user = self._page(path, (), is_export=False).get("user")
        except UnavailableError:
            raise refusal(
                StatusError(HTTPStatus.NOT_FOUND, b""), path, self.client.account
            ) from None
        # Anonymous users are told that they are nobody instead of being refused.
        if not isinstance(user, dict) or not user.get("id"):
            raise refusal(StatusError(HTTPStatus.UNAUTHORIZED, b""), path, self.client.account)
        return user

    def _page(self, path: str, asked: Parameters, *, is_export: bool) -> dict[str, Any]:
        for _ in range(ATTEMPTS):
            try:
                return self.client.get(path, asked, is_export=is_export)
            except StatusError as error:
                if error.status in _REFUSED:
                    raise UnavailableError(path) from None
                raise refusal(error, path, self.client.account) from None
            except TruncatedError as error:
                last: TruncatedError = error
        raise self._never_whole(last, path)

    def _never_whole(self, error: TruncatedError, path: str) -> SourceError:
        host = shown_host(self.client.account)
        if isinstance(error, WebPageError):
            return SourceError(
                f"{host} answered {path} with a web page instead of data; check ZENDESK_SUBDOMAIN "
                "or ZENDESK_BASE_URL, or wait until its maintenance is over. Nothing was loaded."
            )
        return SourceError(
            f"{host}'s answer to {path} was cut off {ATTEMPTS} times; run again later. Nothing was "
            "loaded."
        )


def objects_of(page: dict[str, Any], key: str, path: str) -> list[object]:
    """Return the objects that an answer holds.

    Raises:
        SourceError: It holds none where they should be.
    """
    objects = page.get(key)
    if not isinstance(objects, list):
        raise SourceError(
            f"Zendesk's answer to {path} has no list {key}; check ZENDESK_SUBDOMAIN or "
            "ZENDESK_BASE_URL. Nothing was loaded."
        )
    return cast(list[object], objects)


def _following(page: dict[str, Any], path: str, rows: int) -> Parameters:
    """Return what asks for the next page; links are not followed, only their marks used."""
    meta = page.get("meta")
    if isinstance(meta, dict):
        if meta.get("has_more") is not True:
            return ()
        mark = meta.get("after_cursor")
        if isinstance(mark, str) and mark:
            return (("page[size]", str(rows)), ("page[after]", mark))
    elif page.get("next_page") is None:
        return ()
    else:
        # A list that knows no cursors is asked for by the number of the page.
        numbers = parse_qs(urlsplit(str(page["next_page"])).query).get("page", [])
        if numbers:
            return (("per_page", str(rows)), ("page", numbers[0]))
    raise SourceError(
        f"Zendesk's list {path} says that there is more but not where; run again later. Nothing "
        "was loaded."
    )
