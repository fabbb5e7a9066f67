"""PayPal's error answers: one exception, one table of issues, one body.

`issues.csv` holds issue names, HTTP statuses and descriptions as PayPal publishes them in its OpenAPI files
(github.com/paypal/paypal-rest-api-specifications) and, for the vault, on developer.paypal.com. The same issue may have
another status or text in another operation, hence the column `operations`. Two rows are the simulator's own:
DUPLICATE_REQUEST_ID and URL_NOT_ON_THIS_MACHINE.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

DOCUMENTATION = "https://developer.paypal.com/api/rest/reference/orders/v2/errors/"

# HTTP status -> PayPal's name and message (schemas error_400 … error_500 of the OpenAPI files).
NAMES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid authentication credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    405: ("METHOD_NOT_SUPPORTED", "The server does not implement the requested HTTP method."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    411: ("INVALID_REQUEST", "The request has no Content-Length."),
    413: ("INVALID_REQUEST", "The request body is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}


@dataclass(frozen=True)
class Problem:
    """One entry of `details`: an issue, and where it is (`field` is a JSON pointer)."""

    issue: str
    field: str = ""
    value: str = ""
    location: str = ""


class ApiError(Exception):
    """The operation is refused. The issue of the first problem decides the status, unless `status` is given."""

    def __init__(
        self, *problems: Problem, status: int | None = None, links: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(status, *problems)
        self.problems = problems
        self.status = status
        self.links = links or []


def refuse(issue: str, field: str = "", value: str = "", location: str = "") -> ApiError:
    """The error with one problem, to be raised by the caller."""
    return ApiError(Problem(issue, field, value, location))


def knows_issue(issue: str) -> bool:
    """Whether the issue is in the table, or is the name of a plain failure such as INTERNAL_SERVER_ERROR."""
    return issue in _table() or issue in _statuses_by_name()


def error_for(issue: str) -> ApiError:
    """The error that `issue:NAME` and PayPal-Mock-Response ask for; the issue must be known."""
    status = None if issue in _table() else _statuses_by_name()[issue]
    return ApiError(status=status) if status else refuse(issue)


def render(error: ApiError, operation: str, debug_id: str) -> tuple[int, dict[str, Any]]:
    """Status and body, with the status and the texts that the issues have in this operation."""
    details = [_detail(problem, operation) for problem in error.problems]
    status = error.status or _lookup(error.problems[0].issue, operation)[0]
    name, message = NAMES[status]
    body: dict[str, Any] = {"name": name, "message": message, "debug_id": debug_id}
    if details:
        body["details"] = details
    information = [
        {"href": f"{DOCUMENTATION}#{detail['issue']}", "rel": "information_link", "method": "GET"}
        for detail in details[:1]
    ]
    body["links"] = information + error.links
    return status, body


def _detail(problem: Problem, operation: str) -> dict[str, str]:
    places = {"field": problem.field, "value": problem.value, "location": problem.location}
    detail = {key: value for key, value in places.items() if value}
    if problem.field and not problem.location:
        detail["location"] = "body"
    detail["issue"] = problem.issue
    detail["description"] = _lookup(problem.issue, operation)[1]
    return detail


def _lookup(issue: str, operation: str) -> tuple[int, str]:
    entries = _table()[issue]
    return entries.get(operation) or next(iter(entries.values()))


@cache
def _table() -> dict[str, dict[str, tuple[int, str]]]:
    """Issue -> operation -> (HTTP status, description)."""
    table: dict[str, dict[str, tuple[int, str]]] = {}
    text = resources.files(__package__).joinpath("issues.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        for operation in row["operations"].split():
            table.setdefault(row["issue"], {})[operation] = (int(row["status"]), row["description"])
    return table


@cache
def _statuses_by_name() -> dict[str, int]:
    return {name: status for status, (name, _) in NAMES.items() if status >= 429}
