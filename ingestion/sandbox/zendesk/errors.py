"""Answers that are errors, in the API's several forms."""

from collections.abc import Mapping

import orjson


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = orjson.dumps(body)
        self.headers = headers or {}


def invalid(name: str, message: str) -> ApiError:
    """A parameter that cannot be."""
    text = f"You passed an invalid value for the {name} attribute. {message}"
    return ApiError(400, {"error": {"title": "Invalid attribute", "message": text}})


def not_found(error: str = "RecordNotFound") -> ApiError:
    """Nothing is there."""
    return ApiError(404, {"error": error, "description": "Not found"})


def forbidden() -> ApiError:
    """Not for agents."""
    message = (
        "You do not have access to this page. Please contact the account owner of this help desk "
        "for further help."
    )
    return ApiError(403, {"error": {"title": "Forbidden", "message": message}})


def unauthorized(*, is_token: bool) -> ApiError:
    """Nobody knows who asks."""
    if not is_token:
        return ApiError(401, {"error": "Couldn't authenticate you"})
    description = (
        "The access token provided is expired, revoked, malformed or invalid for other reasons."
    )
    return ApiError(401, {"error": "invalid_token", "error_description": description})


def too_recent() -> ApiError:
    """A start within the minute that is withheld."""
    description = "Too recent start_time. Use a start_time older than 60 seconds"
    return ApiError(422, {"error": "StartTimeTooRecent", "description": description})


def too_many(retry_after: int) -> ApiError:
    """More requests than the limit lets through."""
    description = "Number of allowed incremental export API requests per minute exceeded"
    return ApiError(
        429,
        {"error": "APIRateLimitExceeded", "description": description},
        {"Retry-After": str(retry_after)},
    )
