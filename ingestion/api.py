"""Speaks HTTP with an API: one host, bounded retries, the server's clock, clear errors."""

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import urllib3

from ingestion.errors import SettingsError, SourceError
from ingestion.settings import PROJECT_ROOT

ATTEMPTS = 8
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
CONNECT_SECONDS = 10.0
READ_SECONDS = 80.0
_RETRIED = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)

Parameters = Sequence[tuple[str, str]]


class TruncatedError(Exception):
    """An answer that claims success but is not whole JSON."""


class WebPageError(TruncatedError):
    """An answer that claims success but is a page for people."""


class StatusError(Exception):
    """An answer that refuses one request; what it means depends on what was asked.

    Attributes:
        status: The HTTP status.
        body: What came with it. It can hold secrets.
    """

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body
        super().__init__(f"status {status}")


@dataclass(frozen=True)
class Service:
    """Whom a client asks, and how its errors name it.

    Attributes:
        name: Its name for people.
        base_url: Scheme and host.
        address_setting: The setting that can name another address.
        rate_setting: The setting that limits the rate.
        headers: Sent with every request; they hold the key and are never shown.
        longest_asked_seconds: The longest wait that the server can ask for.
    """

    name: str
    base_url: str
    address_setting: str
    rate_setting: str
    headers: Mapping[str, str] = field(repr=False)
    longest_asked_seconds: float = 2 * LONGEST_WAIT_SECONDS


class ApiClient:
    """Asks a service for documents; safe between threads.

    Attributes:
        service: Whom it asks.
        requests: How many requests it made.
        retries: How many of them were repetitions.
        clock: The server's own time of the latest answer, and None before the first.
    """

    def __init__(
        self, service: Service, connections: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.service = service
        self.requests = 0
        self.retries = 0
        self.clock: datetime | None = None
        self._sleep = sleep
        # Only spreads waits; nothing secret hangs on it.
        self._random = random.Random(0)  # noqa: S311
        self._host = urlsplit(service.base_url).netloc
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            headers={
                **service.headers,
                "User-Agent": _user_agent(),
                "Accept-Encoding": "gzip",
            },
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def fetch(
        self, path: str, parameters: Parameters, pace: Callable[[], None]
    ) -> tuple[dict[str, Any], bytes]:
        """Return a document, parsed and as it was sent.

        Args:
            path: Its path; a link that the service gave may be whole, but must be of its host.
            parameters: The query.
            pace: Waits until a request may be made.

        Raises:
            TruncatedError: The answer claims success but is not whole JSON.
            StatusError: The request was refused.
            SourceError: The service cannot be reached or keeps failing.
        """
        url = self._url(path)
        if parameters:
            # A link can have a query of its own.
            url += ("&" if "?" in url else "?") + urlencode(parameters)
        shown = urlsplit(url).path
        for attempt in range(1, ATTEMPTS + 1):
            pace()
            self.requests += 1
            try:
                answer = self._pool.request("GET", url, redirect=False)
            except (urllib3.exceptions.IncompleteRead, urllib3.exceptions.DecodeError) as error:
                raise TruncatedError(shown) from error
            except urllib3.exceptions.HTTPError as error:
                if _is_cut(error):
                    raise TruncatedError(shown) from None
                self._wait_or_give_up(attempt, self._unreachable(error), None)
                continue
            self._note_clock(answer.headers.get("Date"))
            if answer.status == HTTPStatus.OK:
                return _parsed(answer.data, shown), answer.data
            if answer.status in _RETRIED or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                failure = (
                    f"{self.service.name} answered {shown} with status {answer.status} "
                    f"{ATTEMPTS} times; run again later, or lower {self.service.rate_setting} if "
                    "other programs use the same account."
                )
                self._wait_or_give_up(attempt, failure, answer.headers.get("Retry-After"))
                continue
            raise StatusError(answer.status, answer.data)
        raise AssertionError("the last attempt gives up")

    def _url(self, path: str) -> str:
        parts = urlsplit(path)
        base = self.service.base_url
        if (parts.scheme or parts.netloc) and (
            parts.netloc != self._host or parts.scheme != urlsplit(base).scheme
        ):
            raise SourceError(
                f"{self.service.name} gave a link that is not followed: it points to another host, "
                f"which would be given the key; check {self.service.address_setting}."
            )
        if not parts.path.startswith("/"):
            raise SourceError(
                f"{self.service.name} gave a link that is not a path of its API; run again later."
            )
        query = f"?{parts.query}" if parts.query else ""
        return base + parts.path + query

    def _wait_or_give_up(self, attempt: int, failure: str, asked: str | None) -> None:
        if attempt == ATTEMPTS:
            raise SourceError(failure)
        self.retries += 1
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        wait *= 0.5 + self._random.random() / 2
        if asked and asked.strip().isdigit():
            wait = min(max(wait, float(asked)), self.service.longest_asked_seconds)
        self._sleep(wait)

    def _note_clock(self, date: str | None) -> None:
        try:
            moment = parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if moment:
            self.clock = moment.astimezone(UTC)

    def _unreachable(self, error: Exception) -> str:
        return (
            f"{self._host} cannot be reached ({type(error).__name__}) after {ATTEMPTS} attempts; "
            f"check the network and {self.service.address_setting}."
        )


def checked_address(address: str, setting_name: str, example: str) -> str:
    """Return the scheme and host of an API, as a setting gives them.

    Raises:
        SettingsError: It is no address, or would send the key in the clear.
    """
    address = address.rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise SettingsError(f"{setting_name} is not an address; set it to one such as {example}.")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            f"{setting_name} would send the key in the clear; set it to an https address."
        )
    return address


def _user_agent() -> str:
    project = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', project, re.MULTILINE)
    return f"perene/{found.group(1) if found else '0'}"


def _parsed(body: bytes, shown: str) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if body.lstrip()[:1] == b"<":
            raise WebPageError(shown) from error
        raise TruncatedError(shown) from error
    if not isinstance(document, dict):
        raise TruncatedError(shown)
    return document


def _is_cut(error: Exception) -> bool:
    """Return whether an answer began and broke off."""
    return isinstance(error, urllib3.exceptions.ProtocolError) and "IncompleteRead" in str(error)
