"""Fetches one document over HTTP with bounded retries, for sources that are files on the web."""

import tomllib
from http import HTTPStatus
from urllib.parse import urlsplit

from dlt.sources.helpers import requests

from ingestion.errors import SourceError
from ingestion.settings import PROJECT_ROOT

TIMEOUT_SECONDS = 30
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30


def user_agent() -> str:
    """Return how the project names itself to servers."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return f"perene/{project['project']['version']}"


def fetch(url: str, setting_name: str) -> bytes:
    """Return the body of a document.

    Rate limits, server errors and broken connections are tried again, with growing waits or as
    the server asks.

    Args:
        url: Its address; what it holds besides host and path is never shown.
        setting_name: The setting that can name another address, for the error.

    Raises:
        SourceError: The server cannot be reached or does not give the document.
    """
    client = requests.Client(
        request_timeout=TIMEOUT_SECONDS,
        raise_for_status=False,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=FIRST_WAIT_SECONDS,
        request_max_retry_delay=LONGEST_WAIT_SECONDS,
    )
    where = shown(url)
    try:
        response = client.get(url, headers={"User-Agent": user_agent()})
        body, status = response.content, response.status_code
    except requests.RequestException as error:
        # The text of the error holds the whole address.
        raise SourceError(
            f"{where} cannot be reached ({type(error).__name__}) after {ATTEMPTS} attempts; check "
            f"the network or set {setting_name} to another address or to a file."
        ) from None
    finally:
        client.session.close()
    if status != HTTPStatus.OK:
        raise SourceError(
            f"{where} answered with status {status}; check the address, try again later, or set "
            f"{setting_name} to another address or to a file."
        )
    return bytes(body)


def shown(url: str) -> str:
    """Return an address without what may be secret: user, password, query and fragment."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
