"""Speaks HTTP with Stripe: one host, one key, a bounded rate, bounded retries, clear errors."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

from ingestion.api import (
    ATTEMPTS,
    ApiClient,
    Parameters,
    Service,
    StatusError,
    TruncatedError,
    checked_address,
)
from ingestion.errors import SettingsError, SourceError
from ingestion.settings import setting
from ingestion.stripe.tables import API_VERSION, SWITCH

__all__ = ["ATTEMPTS", "Account", "Client", "RefusedError", "TruncatedError", "refusal"]

BASE_URL = "https://api.stripe.com"
BASE_URL_SETTING = "STRIPE_BASE_URL"
RATE_SETTING = "STRIPE_REQUESTS_PER_SECOND"
REQUESTS_PER_SECOND = "20"
LARGEST_RATE = 10_000.0
THREADS = 8
_KEY = re.compile(r"(?:sk|rk)_(live|test)_\S+")
_PERMISSION = re.compile(r"rak_[a-z_]+")


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
    base_url = checked_address(setting("STRIPE_BASE_URL", BASE_URL), BASE_URL_SETTING, BASE_URL)
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


class Client(ApiClient):
    """Asks Stripe for documents; safe between threads.

    Attributes:
        account: Whom it asks.
    """

    def __init__(self, account: Account, sleep: Callable[[float], None] = time.sleep) -> None:
        headers = {"Authorization": f"Bearer {account.key}", "Stripe-Version": API_VERSION}
        super().__init__(
            Service("Stripe", account.base_url, BASE_URL_SETTING, RATE_SETTING, headers),
            THREADS,
            sleep,
        )
        self.account = account
        self._bucket = TokenBucket(account.requests_per_second)

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
        try:
            return self.fetch(path, parameters, self._bucket.wait)
        except StatusError as error:
            raise RefusedError(error.status, error.body) from None


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


def _error(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}
