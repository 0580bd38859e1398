"""Who may ask: the sandbox account's keys and what each of them may read."""

from dataclasses import dataclass

from ingestion.sandbox.stripe.routes import ApiError

LIVE_KEY = "sk_live_Lumiboard"
TEST_KEY = "sk_test_Lumiboard"
EXPIRED_KEY = "sk_live_LumiboardExpired"
RESTRICTED_KEY = "rk_live_Lumiboard"


@dataclass(frozen=True)
class Key:
    """One key; a restricted one lacks some permissions."""

    is_live: bool
    lacks: frozenset[str] = frozenset()
    is_expired: bool = False


def default_keys() -> dict[str, Key]:
    """A live and a test key, one that has expired, and one that may not read charges."""
    return {
        LIVE_KEY: Key(is_live=True),
        TEST_KEY: Key(is_live=False),
        EXPIRED_KEY: Key(is_live=True, is_expired=True),
        RESTRICTED_KEY: Key(is_live=True, lacks=frozenset({"charge"})),
    }


def admit(keys: dict[str, Key], given: str | None, scope: str) -> Key:
    """Return the key a request came with, if it may read what it asks for.

    Raises:
        ApiError: There is no key, nobody knows it, it has expired, or it may not read that.
    """
    if not given:
        raise ApiError(
            401,
            "invalid_request_error",
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY').",
        )
    shown = f"{given[:8]}{'*' * 8}{given[-4:]}"
    key = keys.get(given)
    if key is None:
        raise ApiError(401, "invalid_request_error", f"Invalid API Key provided: {shown}")
    if key.is_expired:
        raise ApiError(
            401,
            "invalid_request_error",
            f"Expired API Key provided: {shown}",
            code="api_key_expired",
        )
    if scope in key.lacks:
        raise ApiError(
            403,
            "invalid_request_error",
            f"The provided key '{shown}' does not have the required permissions for this endpoint "
            f"on account 'acct_1Lumiboard'. Having the 'rak_{scope}_read' permission would allow "
            "this request to continue.",
        )
    return key
