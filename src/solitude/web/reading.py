"""A form while it is checked against what we know: everything that is wrong with it is told at once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from solitude.web.refusals import EVERYTHING, BadFields

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


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


def form_of(model: type[M], values: Mapping[str, Any]) -> M:
    """A form that this server fills in itself, from what a client has said elsewhere. Raises BadFields with every field at fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = {str(one["loc"][0]) if one["loc"] else EVERYTHING: str(one["msg"]) for one in found}
        raise BadFields(**{name: text.removeprefix("Value error, ") for name, text in said.items()}) from None
