"""The shapes that no resource has for itself: the envelope of lists, and the errors."""

from decimal import Decimal
from typing import Annotated, Any, Generic, NotRequired, TypeVar

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

T = TypeVar("T")
Time = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, description="UTC.", examples=["2026-11-23T14:05:06.789Z"])
]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-11-23"])]
Amount = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$",
        description="In the currency's main unit, with the currency's own digits.",
        examples=["2.49"],
    ),
]
# As the forms of the wiki have it.
NumericAmount = Annotated[Decimal, WithJsonSchema({"type": "number"})]


class Meta(TypedDict):
    """What a list says of itself: the page, and the links to its neighbours. Behind a cursor nothing is counted."""

    page: int | None
    total_count: int | None
    next: str | None
    prev: str | None


class Page(TypedDict, Generic[T]):
    """One page of a list, the newest first."""

    meta: Meta
    objects: list[T]


class Detail(TypedDict):
    """An error in words. `code` is there where a program has to tell cases apart."""

    detail: str
    code: NotRequired[str]


class ServerError(TypedDict):
    """A fault of this server: the class of the error, and nothing else of it."""

    error: str


# What a path that does not exist is answered with, such as one with a word for a number.
Nothing = Annotated[dict[str, Any], Field(max_length=0)]

# By field; `__all__` for rules that no one field breaks.
FieldErrors = dict[str, list[str]]


class CodedError(TypedDict):
    """One reason of a refusal. Programs decide by `code`, people read `message`."""

    code: str
    message: str


class Unavailable(TypedDict):
    """This cannot be done now: `code` says whether the database is away (`database_unavailable`), or what is busy."""

    detail: str
    code: NotRequired[str]


# By namespace and field.
NamespacedErrors = dict[str, dict[str, list[CodedError]]]

# The forms of the contract by status; None is an empty body.
FORMS: dict[int, Any] = {
    304: None,
    400: FieldErrors | Detail,
    401: Detail,
    403: Detail,
    404: Detail | Nothing,
    406: Detail,
    409: Detail,
    411: Detail,
    412: None,
    413: Detail,
    415: Detail,
    422: NamespacedErrors | Detail,
    500: ServerError,
    502: Detail,
    503: Unavailable,
    504: Detail,
}
