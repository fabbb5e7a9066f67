"""The shapes that no resource has for itself: the envelope of lists, and the errors."""

from typing import Any, Generic, NotRequired, TypeVar

from typing_extensions import TypedDict

T = TypeVar("T")


class Meta(TypedDict):
    """What a list says of itself: the page, and the links to its neighbours. Behind a cursor nothing is counted."""

    page: int | None
    total_count: int | None
    next: str | None
    prev: str | None


class Page(TypedDict, Generic[T]):
    meta: Meta
    objects: list[T]


class Detail(TypedDict):
    """An error in words. `code` is there where a program has to tell cases apart."""

    detail: str
    code: NotRequired[str]


class ServerError(TypedDict):
    """A fault of this server: the class of the error, and nothing else of it."""

    error: str


# By field; `__all__` for rules that no one field breaks.
FieldErrors = dict[str, list[str]]


class CodedError(TypedDict):
    """One reason of a refusal. Programs decide by `code`, people read `message`."""

    code: str
    message: str


# By namespace and field.
NamespacedErrors = dict[str, dict[str, list[CodedError]]]

# The forms of the contract by status; None is an empty body.
FORMS: dict[int, Any] = {
    304: None,
    400: FieldErrors | Detail,
    401: Detail,
    403: Detail,
    404: Detail,
    406: Detail,
    409: Detail,
    411: Detail,
    412: None,
    413: Detail,
    415: Detail,
    422: NamespacedErrors | Detail,
    500: ServerError,
    502: Detail,
    503: Detail,
    504: Detail,
}
