"""Forms: what each field must be. All that is wrong is said at once; a field that nobody knows is refused, unless it is empty."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.addresses import is_email, is_web_url
from solitude_sandbox.reference.errors import INVALID_ARGUMENT, ZippyError, invalid

TEXT_LENGTH = 1_000
URL_LENGTH = 2_048
# Halves of a character, which JSON can have and UTF-8 cannot.
_HALVES = re.compile("[\ud800-\udfff]")
_PRICE = re.compile(r"\d+\.\d{2}", re.ASCII)

# What is wrong with a text, or nothing.
Judge = Callable[[str], str | None]


@dataclass(frozen=True)
class Field:
    """`judge` sees only what is not empty."""

    judge: Judge
    required: bool = True
    most: int = TEXT_LENGTH


def text(*, required: bool = True) -> Field:
    """Any text."""
    return Field(lambda _: None, required)


def url() -> Field:
    """A web address."""
    return Field(lambda value: None if is_web_url(value) else "Please enter a valid URL.", most=URL_LENGTH)


def email(*, required: bool) -> Field:
    """An e-mail address."""
    return Field(lambda value: None if is_email(value) else "Please enter a valid email address.", required)


def choice(values: Collection[str], *, required: bool = True) -> Field:
    """One of these."""
    wrong = f"value must be one of {', '.join(values)}"
    return Field(lambda value: None if value in values else wrong, required)


def date() -> Field:
    """A day, with or without a time, which need not be given."""
    return Field(_not_a_date, required=False)


def price() -> Field:
    """An amount with two digits after the point, and nothing around it."""
    wrong = "This field must be in the format of 0.00."
    return Field(lambda value: None if _PRICE.fullmatch(value) else wrong)


def read(fields: Mapping[str, Field], given: Mapping[str, object]) -> dict[str, str]:
    """Every field's text, "" for what is left out; `ZippyError` with all that is wrong."""
    refuse_unknown(fields, given)
    texts = {name: _text(given.get(name)) for name in fields}
    wrong = {name: reason for name, field in fields.items() if (reason := _wrong(name, field, texts[name]))}
    if wrong:
        raise invalid(wrong)
    return {name: value or "" for name, value in texts.items()}


def refuse_unknown(known: Iterable[str], given: Mapping[str, object]) -> None:
    """`ZippyError` if something is given that nobody asked for."""
    extra = [name for name, value in given.items() if name not in set(known) and value not in ("", None)]
    if extra:
        raise ZippyError(INVALID_ARGUMENT, f"Unrecognized fields: {','.join(name[:100] for name in extra)}")


def _text(value: object) -> str | None:
    """As the original turns JSON into texts; None if it is no plain value, or nothing that can be written down."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    return text if _HALVES.search(text) is None else None


def _wrong(name: str, field: Field, value: str | None) -> str | None:
    if value is None:
        return "This field must be a text."
    if not value:
        return f"{name} is required." if field.required else None
    if len(value) > field.most:
        return f"This field has {field.most} characters at most."
    return field.judge(value)


def _not_a_date(value: str) -> str | None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "Please enter a valid date."
    return None
