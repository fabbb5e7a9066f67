"""ETags: a client says which state of a row it has seen, and is told when that is no longer the state.

A tag is made of the row's counter, so it changes with every change. The row that is compared before a change must be read in
the transaction of the change and locked (`select_for_update`): otherwise two requests with the same tag could both pass.
"""

import hashlib
import re
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from solitude.web.refusals import Refused, refusal
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


def etag_of(row: Row, *shown_with: Row) -> str:
    """The tag of an answer about `row`, quoted. `shown_with` are the other rows that the answer shows.

    Their part stands behind a dash. It tells that the answer has changed, and is no part of the condition for a change of the
    row: the tag of any answer about the row will do for that.
    """
    return f'"{_hash(row)}-{_hash(*shown_with)}"' if shown_with else f'"{_hash(row)}"'


def not_modified(request: HttpRequest, tag: str) -> HttpResponse | None:
    """For GET: 304 to a client that has this answer, 412 to one that wants another one, None to the rest."""
    if _is_stale(request, tag):
        return refusal(PreconditionFailed())
    if any(one in (ANY, tag) for one in _tags(request, "If-None-Match", weak=True)):
        return HttpResponse(status=304, headers={"ETag": tag})
    return None


def check_match(request: HttpRequest, row: Row) -> None:
    """Before a change of `row`, which is locked in the transaction of the change. Raises PreconditionFailed, which undoes it.

    A client need not say what it has seen; then the change goes on.
    """
    tag = etag_of(row)
    if _is_stale(request, tag) or any(
        one == ANY or _own(one) == tag for one in _tags(request, "If-None-Match", weak=True)
    ):
        raise PreconditionFailed


def _is_stale(request: HttpRequest, tag: str) -> bool:
    """Whether If-Match is there and names another state. An empty one, of a client that has lost its tag, does."""
    if "If-Match" not in request.headers:
        return False
    return not any(one == ANY or _own(one) == _own(tag) for one in _tags(request, "If-Match", weak=False))


def _tags(request: HttpRequest, header: str, *, weak: bool) -> Iterator[str]:
    """The tags in a header, quoted, also where a client left the quotes out; weak ones where they count."""
    for found in _TAG.finditer(request.headers.get(header, "")):
        if found["bare"] == ANY:
            yield ANY
        elif weak or not found["weak"]:
            yield f'"{found["bare"] or found["quoted"]}"'


def _own(tag: str) -> str:
    """The row's own part of a tag."""
    own, dash, _ = tag.partition("-")
    return f'{own}"' if dash else own


def _hash(*rows: Row) -> str:
    states = ",".join(f"{row._meta.label_lower}:{row.pk}:{row.counter}" for row in rows)
    return hashlib.sha256(states.encode()).hexdigest()[:HASH_CHARS]
