"""ETags: a client says which state of a row it has seen, and is told when that is no longer the state.

A tag is made of the row's counter, so it changes with every change. The row that is compared before a change must be read in
the transaction of the change and locked (`select_for_update`): otherwise two requests with the same tag could both pass.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from solitude.web.refusals import Refused, refusal
from solitude.web.requests import REPLAYED, Handler
from solitude.web.rows import Row

HASH_CHARS = 16
ANY = "*"
_TAG = re.compile(r'(?P<weak>W/)?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s",]+))')


class PreconditionFailed(Refused):
    """412 with an empty body: the row is no longer what the client says that it has seen."""

    def __init__(self) -> None:
        super().__init__(412, {})

    def response(self) -> HttpResponse:
        # As JSON, because other errors are given a body on their way out (`errors.JsonErrors`).
        return HttpResponse(status=self.status, content_type="application/json")


class ContentTags:
    """Gives every other answer that went well a tag of its content; whoever has that content already gets 304. One that is replayed has
    the tag that it had."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if REPLAYED in response or not tag_content(response):
            return response
        has_it = request.method == "GET" and _names(request, response["ETag"])
        return HttpResponse(status=304, headers={"ETag": response["ETag"]}) if has_it else response


def tag_content(response: HttpResponse) -> bool:
    """Tags an answer that went well and has no tag by its content; whether it did."""
    if not 200 <= response.status_code < 300 or "ETag" in response or not response.content:
        return False
    response["ETag"] = etag_of_content(response.content)
    return True


def etag_of(row: Row, *shown_with: Row, besides: str = "") -> str:
    """The tag of an answer about `row`, quoted. `shown_with` are the other rows that the answer shows, `besides` says what else it
    depends on.

    Their part stands behind a dash. It tells that the answer has changed, and is no part of the condition for a change of the
    row: the tag of any answer about the row will do for that.
    """
    return f'"{_hash(row)}-{_digest(_states(*shown_with) + besides)}"' if shown_with or besides else f'"{_hash(row)}"'


def etag_of_list(meta: Mapping[str, Any], tags: Iterable[str]) -> str:
    """The tag of one page of a list: of what the envelope says, and of every row on the page."""
    return f'"{_digest("".join([*map(str, meta.values()), *tags]))}"'


def etag_of_content(content: bytes) -> str:
    """The tag of an answer that is about no row in particular."""
    return f'"{_digest(content)}"'


def not_modified(request: HttpRequest, tag: str) -> HttpResponse | None:
    """For GET: 304 to a client that has this answer, 412 to one that wants another one, None to the rest."""
    if _is_stale(request, tag):
        return refusal(PreconditionFailed())
    return HttpResponse(status=304, headers={"ETag": tag}) if _names(request, tag) else None


def check_match(request: HttpRequest, row: Row) -> None:
    """Before a change of `row`, which is locked in the transaction of the change. Raises PreconditionFailed, which undoes it."""
    if not matches(request, row):
        raise PreconditionFailed


def matches(request: HttpRequest, row: Row) -> bool:
    """Whether `row` is what the client says that it has seen. It need not say; then the change goes on."""
    tag = etag_of(row)
    if _is_stale(request, tag):
        return False
    return not any(one == ANY or _own(one) == tag for one in _tags(request, "HTTP_IF_NONE_MATCH", weak=True))


def _names(request: HttpRequest, tag: str) -> bool:
    """Whether If-None-Match names this answer."""
    return any(one in (ANY, tag) for one in _tags(request, "HTTP_IF_NONE_MATCH", weak=True))


def _is_stale(request: HttpRequest, tag: str) -> bool:
    """Whether If-Match is there and names another state. An empty one, of a client that has lost its tag, does."""
    if "HTTP_IF_MATCH" not in request.META:
        return False
    return not any(one == ANY or _own(one) == _own(tag) for one in _tags(request, "HTTP_IF_MATCH", weak=False))


def _tags(request: HttpRequest, header: str, *, weak: bool) -> Iterator[str]:
    """The tags in a header, quoted, also where a client left the quotes out; weak ones where they count."""
    for found in _TAG.finditer(request.META.get(header, "")):
        if found["bare"] == ANY:
            yield ANY
        elif weak or not found["weak"]:
            yield f'"{found["bare"] or found["quoted"]}"'


def _own(tag: str) -> str:
    """The row's own part of a tag."""
    own, dash, _ = tag.partition("-")
    return f'{own}"' if dash else own


def _hash(row: Row) -> str:
    return _digest(_states(row))


def _states(*rows: Row) -> str:
    return ",".join(f"{row._meta.label_lower}:{row.pk}:{row.counter}" for row in rows)


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:HASH_CHARS]
