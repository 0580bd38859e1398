"""Who may ask: an admin with a token of the API or of OAuth, an agent, one whose token expired."""

import base64
import binascii
from enum import Enum

from ingestion.sandbox.zendesk.errors import unauthorized

EMAIL = "data@lumiboard.example"
API_TOKEN, AGENT_TOKEN, EXPIRED_TOKEN = "LumiboardApi", "LumiboardAgent", "LumiboardExpired"
OAUTH_TOKEN = "LumiboardOAuth"  # noqa: S105 - it opens a sandbox


class Role(Enum):
    """What somebody who asks may see."""

    ADMIN = "admin"
    AGENT = "agent"
    ANYBODY = "end-user"


def admit(authorization: str) -> Role:
    """Return as whom a request is let in; without any name it is as anybody.

    Raises:
        ApiError: The name or the token is wrong, or has expired.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        if value.strip() == OAUTH_TOKEN:
            return Role.ADMIN
        raise unauthorized(is_token=True)
    if scheme.lower() != "basic":
        return Role.ANYBODY
    try:
        name, _, token = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized(is_token=False) from None
    if name == f"{EMAIL}/token" and token == API_TOKEN:
        return Role.ADMIN
    if name == f"{EMAIL}/token" and token == AGENT_TOKEN:
        return Role.AGENT
    raise unauthorized(is_token=False)
