"""Errors of the provider: a name, its HTTP status, and a sentence or, of a form, a JSON text of fields and reasons."""

import json
from collections.abc import Mapping

from solitude_sandbox.control import Json

INVALID_ARGUMENT, BAD_REQUEST, CONFLICT = "InvalidArgumentError", "BadRequestError", "ConflictError"
INVALID_CREDENTIALS, NOT_FOUND, RESOURCE_NOT_FOUND = "InvalidCredentialsError", "NotFoundError", "ResourceNotFoundError"
INTERNAL, THROTTLED, UNAVAILABLE = "InternalError", "RequestThrottledError", "ServiceUnavailableError"
TOO_LARGE = "RequestEntityTooLargeError"

# The last lines are defined and, but for a fault that is asked for, never used.
STATUSES = {
    INVALID_ARGUMENT: 409,
    CONFLICT: 409,
    BAD_REQUEST: 400,
    INVALID_CREDENTIALS: 401,
    NOT_FOUND: 404,
    RESOURCE_NOT_FOUND: 404,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    TOO_LARGE: 413,
    "NotAuthorizedError": 403,
    "BadMethodError": 405,
    "WrongAcceptError": 406,
    "PreconditionFailedError": 412,
    THROTTLED: 429,
}


class ZippyError(Exception):
    """A refusal; `name` is one of `STATUSES`."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status, which the body repeats twice."""
        return STATUSES[self.name]

    def as_json(self) -> Json:
        """The body of the answer."""
        return {"error": {"code": self.status, "status": self.status, "name": self.name, "message": self.message}}


def invalid(reasons: Mapping[str, str]) -> ZippyError:
    """Fields that are wrong: the message is a JSON text."""
    return ZippyError(INVALID_ARGUMENT, json.dumps(reasons, separators=(",", ":"), ensure_ascii=False))


def unknown(resource: str, uuid: str) -> ZippyError:
    """No such thing of a kind, such as `sellers`."""
    return ZippyError(RESOURCE_NOT_FOUND, f"{resource} {uuid[:100]} not found")
