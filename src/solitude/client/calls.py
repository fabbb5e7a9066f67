"""What every method is made of: a call, its tries, and the reading of its answer. The methods stand in the other modules, by subject."""

import re
import uuid as uuids
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from . import answers, bango_answers, braintree_answers
from .errors import NoAnswer
from .retries import Clock, Retries, persist
from .transport import Answer, Call, Transport
from .wire import Amount, Fields, Unreadable, amount_text, encode, target

IDEMPOTENCY_KEY_MAX_CHARS = 255
# Of a list at a time: as many as the server gives.
LIST_ROWS = 100

_IDEMPOTENCY_KEY = re.compile(rf"[!-~]{{1,{IDEMPOTENCY_KEY_MAX_CHARS}}}")
_ETAG = re.compile(r'(W/)?"[!#-~]{1,200}"')
_PK = re.compile(r"[A-Za-z0-9_-]{1,100}")

T = TypeVar("T")
Seen = TypeVar(
    "Seen",
    answers.Buyer,
    answers.Seller,
    answers.Product,
    answers.Transaction,
    bango_answers.BangoPackage,
    bango_answers.BangoProduct,
    bango_answers.BangoStatus,
    braintree_answers.BraintreeBuyer,
    braintree_answers.BraintreePaymethod,
    braintree_answers.BraintreeProduct,
    braintree_answers.BraintreeSubscription,
    braintree_answers.BraintreeTransaction,
)


class Stored(Protocol):
    """Anything that the server keeps under a path of its own: a Buyer, a Seller, a Product ..."""

    @property
    def resource_uri(self) -> str: ...


Path = str | Stored
"""A resource: its path, e.g. "/generic/seller/4/", or the answer that was given for it."""


class Calls:
    """A server, and how to call it."""

    def __init__(
        self,
        url: str,
        key: str,
        secret: str | bytes,
        *,
        timeout_s: float = 30.0,
        retries: Retries | None = None,
        ca_file: str | None = None,
        certificate: tuple[str, str] | None = None,
        trace: Callable[[], str | None] | None = None,
        connections: int = 10,
        allow_plain_http: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if not key or not secret or timeout_s <= 0 or connections < 1:
            raise ValueError("key and secret are needed, timeout_s above 0 and at least one connection.")
        self._transport = Transport(
            url,
            key,
            secret,
            timeout_s=timeout_s,
            connections=connections,
            ca_file=ca_file,
            certificate=certificate,
            trace=trace,
            plain=allow_plain_http,
        )
        self._retries = retries or Retries()
        self._clock = clock or Clock()

    def __repr__(self) -> str:
        return f"Solitude({self._transport!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the idle connections."""
        self._transport.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Any call of the API that has no method here; the answer's JSON object, empty where there is none.

        `path` is plain text: it is percent-encoded here. Without a key a POST is repeated only if it surely never left.
        """
        return self._persist(_call(method, path, body, query, idempotency_key)).body

    def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        make: Callable[[object], T],
        idempotency_key: str | None,
        if_match: str | None = None,
    ) -> T:
        key = str(uuids.uuid4()) if idempotency_key is None else idempotency_key
        call = _call("POST", path, given(body), None, key)
        if if_match is not None:
            call = replace(call, if_match=_etag(if_match))
        return read(call, self._persist(call).body, make)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        make: Callable[[object], T],
        query: Mapping[str, str | int] | None = None,
    ) -> T:
        call = _call(method, path, body, query, None)
        return read(call, self._persist(call).body, make)

    def _find(self, path: str, name: str, value: str, make: Callable[[object], T]) -> T | None:
        if not value:
            # The API takes an empty filter for no filter, and would give anything.
            raise ValueError(f"{name} must not be empty.")
        call = _call("GET", path, None, {name: value}, None)
        return read(call, self._persist(call).body, lambda body: _only(body, name, value, make))

    def _get(self, path: str, make: Callable[[object], Seen], body: Mapping[str, Any] | None = None) -> Seen:
        return self._seen(_call("GET", path, body, None, None), make)

    def _change(self, path: str, body: Mapping[str, Any], make: Callable[[object], Seen], if_match: str | None) -> Seen:
        call = _call("PATCH", path, given(body), None, None)
        return self._seen(call if if_match is None else replace(call, if_match=_etag(if_match)), make)

    def _seen(self, call: Call, make: Callable[[object], Seen]) -> Seen:
        answer = self._persist(call)
        return replace(read(call, answer.body, make), etag=answer.etag)

    def _iter(self, path: str, filters: Mapping[str, str | int], make: Callable[[object], T]) -> Iterator[T]:
        """All that a list has, page by page. None goes missing and none comes twice while others are added."""
        cursor: str | None = ""
        while cursor is not None:
            call = _call("GET", path, None, {**filters, "limit": LIST_ROWS, "cursor": cursor}, None)
            found, following = read(call, self._persist(call).body, lambda body: _page(body, make))
            yield from found
            if following == cursor:
                raise NoAnswer(f"{call.what}: there is more, but the cursor stands still", transient=False)
            cursor = following

    def _list(
        self, path: str, filters: Mapping[str, str | int], make: Callable[[object], T], page: int, limit: int
    ) -> answers.Page[T]:
        if page < 1 or not 1 <= limit <= LIST_ROWS:
            raise ValueError(f"page is 1 or more, and limit 1 to {LIST_ROWS}.")
        call = _call("GET", path, None, {**filters, "page": page, "limit": limit}, None)
        return read(call, self._persist(call).body, lambda body: answers.Page.from_json(body, make))

    def _persist(self, call: Call) -> Answer:
        return persist(
            lambda left_s: self._transport.send(call, left_s),
            # A time-out that is not longer than the server was asked to hold the request would end it each time.
            replace(self._retries, total_s=self._retries.total_s + call.held_s),
            self._clock,
            repeatable=call.repeatable,
        )


def _call(
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    query: Mapping[str, str | int] | None,
    idempotency_key: str | None,
) -> Call:
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise ValueError(f"An idempotency key has 1 to {IDEMPOTENCY_KEY_MAX_CHARS} printable ASCII characters.")
    raw = b"" if body is None else encode(body)
    return Call(method.upper(), target(path, query), raw, idempotency_key)


def read(call: Call, body: Mapping[str, Any], make: Callable[[object], T]) -> T:
    """The answer as `make` reads it. Raises NoAnswer: a success that cannot be read is not known to be one."""
    try:
        return make(body)
    except Unreadable as error:
        raise NoAnswer(f"{call.what}: {error}", transient=False, idempotency_key=call.idempotency_key) from None


def _only(body: object, name: str, value: str, make: Callable[[object], T]) -> T | None:
    """The one object of a list whose field is what was asked for, lest another one is taken for it."""
    return next((make(item) for item in Fields(body).items("objects") if Fields(item).text(name) == value), None)


def _page(body: object, make: Callable[[object], T]) -> tuple[list[T], str | None]:
    """What a page of a list has, and the cursor of the following one."""
    f = Fields(body)
    link = Fields(f.mapping("meta")).text_or_none("next")
    cursors = parse_qs(urlsplit(link).query).get("cursor") if link else [None]
    if not cursors:
        raise Unreadable("The field next has no cursor.")
    return [make(item) for item in f.items("objects")], cursors[0]


def _etag(text: str) -> str:
    if not _ETAG.fullmatch(text):
        raise ValueError("if_match is the etag of an answer, with its quotes.")
    return text


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was given: a default belongs to the server, so it is not sent."""
    return {name: value for name, value in body.items() if value is not None}


def filters_of(**named: str | bool | int | answers.Seller | None) -> dict[str, str | int]:
    """Filters of a list, as a query has them. Raises ValueError for an empty one: the API would take it for none."""
    filters: dict[str, str | int] = {}
    for name, value in given(named).items():
        if value == "":
            raise ValueError(f"{name} must not be empty.")
        if isinstance(value, answers.Seller):
            filters[name] = value.pk
        else:
            filters[name] = str(value).lower() if isinstance(value, bool) else value
    return filters


def decimal_text(value: Amount | None) -> str | None:
    return None if value is None else amount_text(value)


def uri_of(resource: Path | None) -> str | None:
    return resource if resource is None or isinstance(resource, str) else resource.resource_uri


def path_of(base: str, resource: int | Path) -> str:
    """The path of one resource under `base`, from its pk, its path, or the answer given for it. Raises ValueError."""
    name = str(resource) if isinstance(resource, int) else str(uri_of(resource)).removeprefix(base).strip("/")
    if not _PK.fullmatch(name):
        raise ValueError(f"That names nothing under {base}.")
    return f"{base}{name}/"
