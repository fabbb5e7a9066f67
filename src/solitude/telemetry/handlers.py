"""A mixin for handlers: when a line could not be written, its record says why, for those who try the logs (`trial`)."""

import logging
import sys


class Noting(logging.Handler):
    """The standard library only has a place to print such errors, which is the console, with the raw values of the line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        record.lost = sys.exception()


class Console(Noting, logging.StreamHandler):  # type: ignore[type-arg]
    """Standard error."""
