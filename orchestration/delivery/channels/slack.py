"""Slack: one post per channel by the web API, and the report's files in its thread.

Slack has no key that would make a post safe to repeat. So the client's own retries are off but
for the answer 429, which says that nothing was taken; what may have been posted is not repeated.
"""

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from orchestration.delivery.channels.parcel import Parcel
from orchestration.delivery.errors import NotSentError, RefusedError, UnknownFateError
from orchestration.delivery.settings import SlackSettings

_TIMEOUT_SECONDS = 30
_LONGEST_WAIT_SECONDS = 60
_WAITS = 2
# Slack's own word for these is that some of it may have succeeded.
_MAY_HAVE_POSTED = {"fatal_error", "internal_error", "service_unavailable"}
# Ours to put right, or over by themselves: the post may go out next time.
_MAY_PASS = {
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "not_authed",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
_TRANSPORT_ERRORS = (OSError, HTTPException, ValueError)


class SlackChannel:
    """Posts by the configured workspace's bot."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings

    def send(self, parcel: Parcel, sent_at: datetime) -> str:  # noqa: ARG002 - as every channel
        """Posts one message and gives its timestamp; see ``Channel``."""
        client = self._client()
        with _nothing_posted():
            client.auth_test()
            uploaded = [self._upload(client, path) for path in parcel.message.attachments]
        with _may_be_posted():
            posted = client.chat_postMessage(**build_post(parcel))
            timestamp, channel = str(posted["ts"]), str(posted["channel"])
        if uploaded:
            try:
                with _may_be_posted():
                    client.files_completeUploadExternal(
                        files=uploaded, channel_id=channel, thread_ts=timestamp
                    )
            except (NotSentError, RefusedError, UnknownFateError) as error:
                raise UnknownFateError(
                    f"The message is posted ({timestamp}), its files perhaps not. {error}"
                ) from error
        return timestamp

    def _client(self) -> Any:
        try:
            from slack_sdk import WebClient
            from slack_sdk.http_retry import RateLimitErrorRetryHandler
        except ImportError as error:
            raise NotSentError(
                "Slack needs the package slack-sdk; install the extra 'slack' of this project."
            ) from error

        class ShortWaits(RateLimitErrorRetryHandler):
            """Waits as Slack asks, if that is not too long."""

            def _can_retry(self, **call: Any) -> bool:
                response = call.get("response")
                waits = {
                    name.lower(): values
                    for name, values in (response.headers if response else {}).items()
                }.get("retry-after", ["1"])
                return super()._can_retry(**call) and (
                    waits[0].isdigit() and int(waits[0]) <= _LONGEST_WAIT_SECONDS
                )

        logger = logging.getLogger("perene.slack")
        logger.setLevel(logging.CRITICAL)  # what it would say is in the ledger
        return WebClient(
            token=self._settings.token,
            base_url=self._settings.base_url,
            timeout=_TIMEOUT_SECONDS,
            logger=logger,
            retry_handlers=[ShortWaits(max_retry_count=_WAITS)],
        )

    def _upload(self, client: Any, path: Path) -> dict[str, str]:
        """Uploads a file that nobody sees until it is shared."""
        content = path.read_bytes()
        place = client.files_getUploadURLExternal(filename=path.name, length=len(content))
        request = urllib.request.Request(place["upload_url"], data=content, method="POST")  # noqa: S310 - Slack's own address
        request.add_header("Content-Type", "application/octet-stream")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - as above
            return {"id": place["file_id"], "title": path.name}


def build_post(parcel: Parcel) -> dict[str, Any]:
    """The arguments of ``chat.postMessage``; a dry run writes them down."""
    message = parcel.message
    return {
        "channel": parcel.recipient.address,
        "text": _plain(f"{message.subject}\n{message.text}"),
        "blocks": list(message.blocks) or None,
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


@contextmanager
def _nothing_posted() -> Iterator[None]:
    """Calls that post nothing: whatever fails may be tried again."""
    from slack_sdk.errors import SlackClientError

    try:
        yield
    except (SlackClientError, *_TRANSPORT_ERRORS) as error:
        raise NotSentError(_sentence(_error_name(error))) from None


@contextmanager
def _may_be_posted() -> Iterator[None]:
    """The call that posts: only a clear answer says that it did not."""
    from slack_sdk.errors import SlackClientError

    try:
        yield
    except (SlackClientError, *_TRANSPORT_ERRORS, KeyError) as error:
        name = _error_name(error)
        if name in _MAY_PASS:
            raise NotSentError(_sentence(name)) from None
        response = getattr(error, "response", None)
        answered = response is not None and response.status_code < 500 and response.get("error")
        if answered and name not in _MAY_HAVE_POSTED:
            raise RefusedError(_sentence(name)) from None
        raise UnknownFateError(
            f"Slack did not say whether it posted the message ({name}); look at the channel."
        ) from None


def _error_name(error: Exception) -> str:
    """Slack's word for an error, else its class; never its text, which may repeat what was sent."""
    response = getattr(error, "response", None)
    if response is None:
        return type(getattr(error, "reason", None) or error).__name__
    if response.status_code == 429:
        return "ratelimited"
    try:
        return str(response.get("error") or f"status {response.status_code}")
    except ValueError:
        return f"status {response.status_code}"


def _sentence(name: str) -> str:
    if name in ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"):
        return f"Slack refuses the token ({name}); put a valid one into PERENE_SLACK_TOKEN."
    if name == "missing_scope":
        return (
            "Slack says the token may not do that (missing_scope); give the app the scopes "
            "chat:write and, for files, files:write."
        )
    if name in ("channel_not_found", "not_in_channel", "is_archived"):
        return (
            f"Slack cannot post there ({name}); invite the app to the channel, or correct the "
            "address in the file of recipients."
        )
    return f"Slack did not take the message ({name})."


def _plain(text: str) -> str:
    """Text in which a customer's name can neither mention anybody nor be a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
