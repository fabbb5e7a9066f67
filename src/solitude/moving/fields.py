"""The types of columns that no request has, as pydantic types; the others are those of the API (`web.fields`)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.utils import timezone
from pydantic import BaseModel, BeforeValidator, ConfigDict

from solitude.money.currencies import is_currency

COUNT_MAX = 2**31 - 1
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# Another machine's clock may be ahead of this one's.
CLOCKS_APART = timedelta(minutes=5)


def _any_moment(value: Any) -> Any:
    if value is None:
        return None
    try:
        # Without an offset nobody can tell which hour was meant.
        moment = datetime.fromisoformat(value)
        utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        utc = None
    if utc is None:
        raise ValueError("must be a time with its offset, such as 2012-03-04T05:06:07Z")
    return utc


def _moment(value: Any) -> Any:
    utc = _any_moment(value)
    if utc is not None and not EARLIEST <= utc <= timezone.now() + CLOCKS_APART:
        raise ValueError("must lie between 1970 and now")
    return utc


def _count(value: Any) -> Any:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > COUNT_MAX:
        raise ValueError(f"must be a whole number from 0 to {COUNT_MAX}")
    return int(text)


def _currency(value: Any) -> Any:
    if value in (None, ""):
        return None
    if not is_currency(value):
        raise ValueError("must be empty or an ISO 4217 code in capitals")
    return value


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
# Which may lie ahead.
AnyMoment = Annotated[datetime | None, BeforeValidator(_any_moment)]
Count = Annotated[int, BeforeValidator(_count)]
Currency = Annotated[str | None, BeforeValidator(_currency)]


class OfEveryRow(BaseModel):
    """The columns of `kind.OF_EVERY_ROW`. A column that is not there is refused: a misspelt name must not lose what it names."""

    model_config = ConfigDict(extra="forbid")

    created: Moment = None
    modified: Moment = None
    counter: Count = 0
    resource_uri: Any = None

    def stamps(self, now: datetime) -> dict[str, Any]:
        """The columns of the row, in Django's terms."""
        created = self.created or now
        return {"created": created, "modified": self.modified or created, "counter": self.counter}

    def stamps_of_account(self, now: datetime) -> dict[str, Any]:
        """The same of `kind.OF_ACCOUNTS`."""
        return {**self.stamps(now), "modified": self.modified or now}
