"""A form while it is checked against what we know: everything that is wrong with it is told at once."""

from collections.abc import Callable
from typing import TypeVar

from solitude.web.refusals import BadFields

T = TypeVar("T")


class Reading:
    """What is wrong with a form so far, by field."""

    def __init__(self) -> None:
        self.problems: dict[str, str | list[str]] = {}

    def take(self, name: str, read: Callable[[], T]) -> T | None:
        """What `read` gives; None, and why, where it raises ValueError."""
        try:
            return read()
        except ValueError as error:
            self.problems[name] = str(error)
            return None

    def end(self) -> None:
        """Raises BadFields with every field at fault."""
        if self.problems:
            raise BadFields(**self.problems)
