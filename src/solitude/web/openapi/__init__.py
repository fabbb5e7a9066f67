"""The description of the API, OpenAPI 3.1, made from the routes: what they take and what they answer.

A route names its answers (`response=`) with the TypedDicts that its functions return, so that the type checker holds the code to
them and the document cannot say anything else. What is the same everywhere (signature, request id, errors of the gate) is added by
`gate`, what was seen in a recorded run by `examples`.
"""

from solitude.web.openapi.description import document
from solitude.web.openapi.routes import Api, errors, parameters, query, unconditional
from solitude.web.openapi.shapes import (
    Amount,
    CodedError,
    Day,
    Detail,
    FieldErrors,
    Meta,
    NamespacedErrors,
    Nothing,
    NumericAmount,
    Page,
    ServerError,
    Time,
)

__all__ = [
    "Amount",
    "Api",
    "CodedError",
    "Day",
    "Detail",
    "FieldErrors",
    "Meta",
    "NamespacedErrors",
    "Nothing",
    "NumericAmount",
    "Page",
    "ServerError",
    "Time",
    "document",
    "errors",
    "parameters",
    "query",
    "unconditional",
]
