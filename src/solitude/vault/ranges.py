"""All rows of a table, a range of primary keys at a time: no statement and no snapshot is of ten million rows.

Each row is looked at once, as in one statement for all of them; only the moment is another one for each range. What is added
meanwhile is behind the last row, and is looked at as well. So who asks whether there is any row of a kind that nobody makes any more
learns that as surely as of one statement.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Model, Q

RANGE_ROWS: Final = 20_000


def of(model: type[Model]) -> Iterator[Q]:
    """Conditions that together hold for every row of the model, each for `RANGE_ROWS` rows at the most."""
    after = None
    while True:
        last = end(model, after)
        yield within(after, last)
        if last is None:
            return
        after = last


def end(model: type[Model], after: Any) -> Any:
    """The primary key up to which the range goes that begins behind `after` (None: with the first row); None is to the end."""
    keys = model._base_manager.filter(within(after, None)).order_by("pk").values_list("pk", flat=True)
    return next(iter(keys[RANGE_ROWS - 1 : RANGE_ROWS]), None)


def within(after: Any, last: Any) -> Q:
    """The condition for the rows behind `after`, up to and with `last`; None is no bound."""
    begun = Q() if after is None else Q(pk__gt=after)
    return begun if last is None else begun & Q(pk__lte=last)
