"""Speaks HTTP with Zendesk: whose account, at which rate, and what its refusals mean."""

import base64
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ingestion.api import ApiClient, Parameters, Service, StatusError, checked_address
from ingestion.errors import SettingsError, SourceError
from ingestion.settings import setting

ROOT = "/api/v2/"
REQUESTS_PER_MINUTE = "10"
LARGEST_RATE = 100_000.0
# The smallest plan allows 200 requests a minute, of which 10 may be exports.
LISTS_TO_EXPORTS = 20
LONGEST_ASKED_SECONDS = 300.0
EXAMPLE = "https://example.zendesk.com"
_MINUTE = 60.0
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True)
class Account:
    """Which helpdesk is asked, and as whom. What opens it is never shown.

    Attributes:
        base_url: Scheme and host of the API.
        authorization: The header that opens it.
        requests_per_minute: How many exports may be asked for in a minute.
        keeps_text: Whether what people wrote is kept.
    """

    base_url: str
    authorization: str = field(repr=False)
    requests_per_minute: float
    keeps_text: bool


def account_from_settings() -> Account:
    """Read and check the settings of this source.

    Raises:
        SettingsError: One lacks or cannot be used; the message never shows a token.
    """
    return Account(
        _base_url(),
        _authorization(),
        _rate(setting("ZENDESK_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE)),
        _flag(setting("ZENDESK_KEEP_TEXT", "false")),
    )


class MinutePace:
    """Lets at most so many requests through in any minute; safe between threads.

    A small account's load is few requests, which need not wait for one another.
    """

    def __init__(
        self,
        per_minute: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._span = _MINUTE if per_minute >= 1 else _MINUTE / per_minute
        self._moments: deque[float] = deque(maxlen=max(1, int(per_minute)))
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until a request may be made."""
        with self._lock:
            moment = self._clock()
            if len(self._moments) == self._moments.maxlen:
                moment = max(moment, self._moments[0] + self._span)
            self._moments.append(moment)
        pause = moment - self._clock()
        if pause > 0:
            self._sleep(pause)


class Client(ApiClient):
    """Asks Zendesk for documents.

    Attributes:
        account: Whom it asks.
    """

    def __init__(self, account: Account, sleep: Callable[[float], None] = time.sleep) -> None:
        service = Service(
            "Zendesk",
            account.base_url,
            "ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL",
            "ZENDESK_REQUESTS_PER_MINUTE",
            {"Authorization": account.authorization, "Accept": "application/json"},
            LONGEST_ASKED_SECONDS,
        )
        super().__init__(service, 1, sleep)
        self.account = account
        self._exports = MinutePace(account.requests_per_minute)
        self._lists = MinutePace(account.requests_per_minute * LISTS_TO_EXPORTS)

    def get(
        self, path: str, parameters: Parameters = (), *, is_export: bool = False
    ) -> dict[str, Any]:
        """Return a document.

        Args:
            path: Its path below /api/v2.
            parameters: The query.
            is_export: Whether the strict limit of exports holds for it.

        Raises:
            TruncatedError: The answer claims success but is not whole JSON.
            StatusError: The request was refused.
            SourceError: Zendesk cannot be reached or keeps failing.
        """
        pace = self._exports if is_export else self._lists
        return self.fetch(ROOT + path, parameters, pace.wait)[0]


def refusal(error: StatusError, path: str, account: Account) -> SourceError:
    """Return what a refusal of a whole resource means, in words for the operator."""
    host = shown_host(account)
    if error.status == HTTPStatus.UNAUTHORIZED:
        return SourceError(
            f"{host} does not accept the credentials; check ZENDESK_EMAIL and ZENDESK_API_TOKEN "
            "(the token must be active, and access by token switched on, in the Admin Center under "
            "Apps and integrations, APIs), or ZENDESK_OAUTH_TOKEN."
        )
    if error.status == HTTPStatus.FORBIDDEN:
        return SourceError(
            f"{host} does not allow this user to read {path}: exports need an administrator; use "
            "the e-mail and a token of one. Nothing was loaded."
        )
    if error.status == HTTPStatus.NOT_FOUND or is_redirect(error.status):
        return SourceError(
            f"There is no {path} at {host} (status {error.status}); check ZENDESK_SUBDOMAIN or "
            "ZENDESK_BASE_URL. Nothing was loaded."
        )
    return SourceError(
        f"{host} refused {path} with status {error.status}; run python -m ingestion zendesk "
        "--check. Nothing was loaded."
    )


def is_redirect(status: int) -> bool:
    """Return whether a status sends one elsewhere; an unknown subdomain does."""
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST


def shown_host(account: Account) -> str:
    """Return the API's host and port."""
    return urlsplit(account.base_url).netloc


def _base_url() -> str:
    address = setting("ZENDESK_BASE_URL")
    if address:
        return checked_address(address, "ZENDESK_BASE_URL", EXAMPLE)
    subdomain = setting("ZENDESK_SUBDOMAIN")
    if not subdomain:
        raise SettingsError(
            "ZENDESK_SUBDOMAIN is not set; set it to the first part of the helpdesk's address, "
            f"such as example for {EXAMPLE}."
        )
    if not _SUBDOMAIN.fullmatch(subdomain):
        raise SettingsError(
            f"ZENDESK_SUBDOMAIN is {subdomain!r}; set it to the first part of the helpdesk's "
            f"address alone, such as example for {EXAMPLE}."
        )
    return f"https://{subdomain.lower()}.zendesk.com"


def _authorization() -> str:
    oauth = setting("ZENDESK_OAUTH_TOKEN")
    if oauth:
        _require_plain("ZENDESK_OAUTH_TOKEN", oauth)
        return f"Bearer {oauth}"
    email, token = setting("ZENDESK_EMAIL"), setting("ZENDESK_API_TOKEN")
    for name, value in (("ZENDESK_EMAIL", email), ("ZENDESK_API_TOKEN", token)):
        if not value:
            raise SettingsError(
                f"{name} is not set; set ZENDESK_EMAIL and ZENDESK_API_TOKEN to an "
                "administrator's e-mail and an API token, or ZENDESK_OAUTH_TOKEN alone."
            )
        _require_plain(name, value)
    if "@" not in email or ":" in email:
        raise SettingsError(
            "ZENDESK_EMAIL is no e-mail address; set it to an administrator's, without /token."
        )
    pair = f"{email.removesuffix('/token')}/token:{token}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _require_plain(name: str, value: str) -> None:
    if not value.isascii() or any(character.isspace() for character in value):
        raise SettingsError(f"{name} holds a space or a letter that no token has; copy it again.")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= LARGEST_RATE:
        raise SettingsError(
            f"ZENDESK_REQUESTS_PER_MINUTE is {text!r}; set it to a number above 0, such as "
            f"{REQUESTS_PER_MINUTE} (30 with the add-on for high volume)."
        )
    return rate


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise SettingsError(f"ZENDESK_KEEP_TEXT is {text!r}; set it to true or false.")
    return text.lower() == "true"
