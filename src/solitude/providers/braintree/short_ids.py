"""The uuid of a transaction at Braintree, short enough to be read aloud: `bt-<its primary key>-<unix seconds>`, both in base 56.

The digits are those of the old server, whose uuids are among a marketplace's own records: no i and no o, no 0 and no 1.
"""

from datetime import datetime
from typing import Final

PREFIX: Final = "bt"
DIGITS: Final = "abcdefghjklmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def short_id(pk: int, moment: datetime) -> str:
    return f"{PREFIX}-{_written(pk)}-{_written(int(moment.timestamp()))}"


def _written(number: int) -> str:
    """The most significant digit first."""
    rest, digit = divmod(number, len(DIGITS))
    return (_written(rest) if rest else "") + DIGITS[digit]
