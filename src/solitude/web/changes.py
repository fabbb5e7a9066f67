"""PUT and PATCH: the columns that a request gives, and the order in which it can be wrong."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from solitude.web.etags import PreconditionFailed, matches
from solitude.web.fields import Body
from solitude.web.refusals import BadFields
from solitude.web.rows import Row

R = TypeVar("R", bound=Row)


def given(body: Body, reset: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that a PATCH names. A PUT resets flags and choices that it leaves out, and keeps the rest: `reset` names them."""
    omitted = {name: type(body).model_fields[name].default for name in reset}
    return omitted | body.model_dump(include=body.model_fields_set)


def change(request: HttpRequest, row: R, clash: Callable[[R], BadFields], **columns: Any) -> None:
    """Changes the locked row inside the transaction of its lock; raises as `judged` does."""
    with judged(request, row, clash):
        row.change(**columns)


@contextmanager
def judged(request: HttpRequest, row: R, clash: Callable[[R], BadFields]) -> Iterator[None]:
    """Around a change of the locked row. What is wrong with the body is told before what is stale.

    Raises what `clash` makes when a unique constraint refuses the row as it would be, and PreconditionFailed.
    """
    is_current = matches(request, row)
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise clash(row) from None
    if not is_current:
        raise PreconditionFailed
