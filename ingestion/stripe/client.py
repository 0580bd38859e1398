"""Speaks HTTP with Stripe: one host, one key, a bounded rate, bounded retries, clear errors."""

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import urllib3

from ingestion.errors import SettingsError, SourceError
from ingestion.settings import PROJECT_ROOT, setting
from ingestion.stripe.tables import API_VERSION, SWITCH

BASE_URL = "https://api.stripe.com"
BASE_URL_SETTING = "STRIPE_BASE_URL"
RATE_SETTING = "STRIPE_REQUESTS_PER_SECOND"
REQUESTS_PER_SECOND = "20"
LARGEST_RATE = 10_000.0
ATTEMPTS = 8
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
CONNECT_SECONDS = 10.0
READ_SECONDS = 80.0
THREADS = 8
_KEY = re.compile(r"(?:sk|rk)_(live|test)_\S+")
_PERMISSION = re.compile(r"rak_[a-z_]+")
_RETRIED = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)
_REFUSED_HOSTS = "it points to another host, which would be given the key"

Parameters = Sequence[tuple[str, str]]


class TruncatedError(Exception):
    """An answer that claims success but is not whole JSON."""


class RefusedError(Exception):
    """An answer that refuses one request; what it means depends on what was asked.

    Attributes:
        status: The HTTP status.
        code: Stripe's code of the error, or an empty text.
        parameter: The parameter it is about, or an empty text.
        permission: The permission that a restricted key lacks, or an empty text.
        is_about_version: Whether it is about the version that was asked for.
    """

    def __init__(self, status: int, body: bytes) -> None:
        error = _error(body)
        message = str(error.get("message") or "")
        self.status = status
        self.code = str(error.get("code") or error.get("type") or "")
        self.parameter = str(error.get("param") or "")
        found = _PERMISSION.search(message)
        self.permission = found.group() if found else ""
        lowered = message.lower()
        self.is_about_version = "api version" in lowered or "stripe-version" in lowered
        # Stripe's own message can show a part of the key.
        super().__init__(f"status {status} {self.code}".strip())


@dataclass(frozen=True)
class Account:
    """Where Stripe is and with which key it is asked. The key is never shown.

    Attributes:
        key: The secret or restricted key.
        base_url: Scheme and host of the API.
        requests_per_second: How many requests may be made in a second.
    """

    key: str = field(repr=False)
    base_url: str
    requests_per_second: float

    @property
    def is_live(self) -> bool:
        """Whether the key opens live objects, not those of test mode."""
        match = _KEY.fullmatch(self.key)
        return match is not None and match.group(1) == "live"

    @property
    def mode(self) -> str:
        """The mode in words."""
        return "live" if self.is_live else "test"


def account_from_settings() -> Account:
    """Read and check the settings of this source.

    Raises:
        SettingsError: There is no key or a value cannot be used; the message never shows the key.
    """
    key = setting(SWITCH)
    if not key:
        raise SettingsError(
            f"{SWITCH} is not set; set it to a restricted or secret key of the Stripe account."
        )
    if not _KEY.fullmatch(key) or not key.isascii():
        raise SettingsError(
            f"{SWITCH} is not a secret or restricted key of Stripe; set it to one that starts "
            "with rk_live_, sk_live_, rk_test_ or sk_test_."
        )
    base_url = setting("STRIPE_BASE_URL", BASE_URL).rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise SettingsError(
            f"{BASE_URL_SETTING} is not an address; set it to one such as {BASE_URL}."
        )
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            f"{BASE_URL_SETTING} would send the key in the clear; set it to an https address."
        )
    return Account(key, base_url, _rate(setting("STRIPE_REQUESTS_PER_SECOND", REQUESTS_PER_SECOND)))


class TokenBucket:
    """Lets at most so many requests through in a second; safe between threads."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until a request may be made."""
        with self._lock:
            now = time.monotonic()
            moment = max(self._next, now)
            self._next = moment + self._interval
        if moment > now:
            time.sleep(moment - now)


class Client:
    """Asks Stripe for documents; safe between threads.

    Attributes:
        account: Whom it asks.
        requests: How many requests it made.
        retries: How many of them were repetitions.
        clock: Stripe's own time of the latest answer, and None before the first.
    """

    def __init__(self, account: Account, sleep: Callable[[float], None] = time.sleep) -> None:
        self.account = account
        self.requests = 0
        self.retries = 0
        self.clock: datetime | None = None
        self._sleep = sleep
        # Only spreads waits; nothing secret hangs on it.
        self._random = random.Random(0)  # noqa: S311
        self._bucket = TokenBucket(account.requests_per_second)
        self._host = urlsplit(account.base_url).netloc
        self._pool = urllib3.PoolManager(
            maxsize=THREADS,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            headers={
                "Authorization": f"Bearer {account.key}",
                "Stripe-Version": API_VERSION,
                "User-Agent": _user_agent(),
                "Accept-Encoding": "gzip",
            },
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def get(self, path: str, parameters: Parameters = ()) -> tuple[dict[str, Any], bytes]:
        """Return a document, parsed and as it was sent.

        Args:
            path: Its path; a link that Stripe gave may be whole, but must be of the same host.
            parameters: The query.

        Raises:
            TruncatedError: The answer claims success but is not whole JSON.
            RefusedError: The request was refused.
            SourceError: Stripe cannot be reached or keeps failing.
        """
        url = self._url(path)
        if parameters:
            # The link of a nested list can have a query of its own.
            url += ("&" if "?" in url else "?") + urlencode(parameters)
        shown = urlsplit(url).path
        for attempt in range(1, ATTEMPTS + 1):
            self._bucket.wait()
            self.requests += 1
            try:
                answer = self._pool.request("GET", url, redirect=False)
            except (urllib3.exceptions.IncompleteRead, urllib3.exceptions.DecodeError) as error:
                raise TruncatedError(shown) from error
            except urllib3.exceptions.HTTPError as error:
                if _is_cut(error):
                    raise TruncatedError(shown) from None
                self._wait_or_give_up(attempt, _unreachable(self.account, error), None)
                continue
            self._note_clock(answer.headers.get("Date"))
            if answer.status == HTTPStatus.OK:
                return _parsed(answer.data, shown), answer.data
            if answer.status in _RETRIED or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                failure = (
                    f"Stripe answered {shown} with status {answer.status} {ATTEMPTS} times; run "
                    f"again later, or lower {RATE_SETTING} if other programs use the same account."
                )
                self._wait_or_give_up(attempt, failure, answer.headers.get("Retry-After"))
                continue
            raise RefusedError(answer.status, answer.data)
        raise AssertionError("the last attempt gives up")

    def _url(self, path: str) -> str:
        parts = urlsplit(path)
        if (parts.scheme or parts.netloc) and (
            parts.netloc != self._host or parts.scheme != urlsplit(self.account.base_url).scheme
        ):
            raise SourceError(
                f"Stripe gave a link that is not followed: {_REFUSED_HOSTS}; check "
                f"{BASE_URL_SETTING}."
            )
        if not parts.path.startswith("/"):
            raise SourceError("Stripe gave a link that is not a path of its API; run again later.")
        query = f"?{parts.query}" if parts.query else ""
        return self.account.base_url + parts.path + query

    def _wait_or_give_up(self, attempt: int, failure: str, asked: str | None) -> None:
        if attempt == ATTEMPTS:
            raise SourceError(failure)
        self.retries += 1
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        wait *= 0.5 + self._random.random() / 2
        if asked and asked.strip().isdigit():
            wait = min(max(wait, float(asked)), 2 * LONGEST_WAIT_SECONDS)
        self._sleep(wait)

    def _note_clock(self, date: str | None) -> None:
        try:
            moment = parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if moment:
            self.clock = moment.astimezone(UTC)


def refusal(error: RefusedError, path: str, permission: str, account: Account) -> SourceError:
    """Return what a refusal of a whole resource means, in words for the operator."""
    if error.is_about_version:
        return SourceError(
            f"Stripe refuses the API version {API_VERSION} for this account; run "
            "python -m ingestion stripe --check, and use a version of this project that knows "
            "the account's."
        )
    if error.status == HTTPStatus.UNAUTHORIZED:
        if "expired" in error.code:
            return SourceError(
                f"The key in {SWITCH} has expired; make a new one in the Stripe Dashboard "
                f"(Developers, API keys) and set {SWITCH} to it."
            )
        return SourceError(
            f"Stripe does not know the key in {SWITCH} (a {account.mode} key); copy it again from "
            "the Dashboard (Developers, API keys), of the right account and mode."
        )
    if error.status == HTTPStatus.FORBIDDEN:
        named = f" ({error.permission})" if error.permission else ""
        return SourceError(
            f"The key in {SWITCH} may not read {path}: it lacks the permission "
            f"{permission}: read{named}; allow it in the Dashboard (Developers, API keys). Nothing "
            "was loaded."
        )
    if error.status == HTTPStatus.NOT_FOUND:
        return SourceError(
            f"There is no {path} at {shown_host(account)}; check {BASE_URL_SETTING}."
        )
    return SourceError(
        f"Stripe refused {path} ({error}); run python -m ingestion stripe --check. "
        "Nothing was loaded."
    )


def shown_host(account: Account) -> str:
    """Return the API's host and port."""
    return urlsplit(account.base_url).netloc


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= LARGEST_RATE:
        raise SettingsError(
            f"{RATE_SETTING} is {text!r}; set it to a number above 0, such as {REQUESTS_PER_SECOND}"
            " (Stripe allows 100 with a live key and 25 with a test key)."
        )
    return rate


def _user_agent() -> str:
    project = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', project, re.MULTILINE)
    return f"perene/{found.group(1) if found else '0'}"


def _parsed(body: bytes, shown: str) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise TruncatedError(shown) from error
    if not isinstance(document, dict):
        raise TruncatedError(shown)
    return document


def _error(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def _is_cut(error: Exception) -> bool:
    """Return whether an answer began and broke off."""
    return isinstance(error, urllib3.exceptions.ProtocolError) and "IncompleteRead" in str(error)


def _unreachable(account: Account, error: Exception) -> str:
    return (
        f"{shown_host(account)} cannot be reached ({type(error).__name__}) after {ATTEMPTS} "
        f"attempts; check the network and {BASE_URL_SETTING}."
    )
