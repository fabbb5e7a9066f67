"""The settings as operators may see them: what is secret by its name is masked, and so is what looks like a secret by its value."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from django.conf import settings
from typing_extensions import TypedDict

from solitude.configuration import PREFIX
from solitude.money.money import Money
from solitude.telemetry import redaction

MASK = "*" * 20
_SECRET_NAME = re.compile("API|TOKEN|KEY|SECRET|PASS|SIGNATURE", re.IGNORECASE)
# Up to the last @: a password may hold one, and a proxy's or a database's URL is read so too.
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
# Random text, as keys and long ids are: letters and digits without an end.
_KEY_LIKE = re.compile(r"(?=[0-9+_=-]*[A-Za-z])(?=[A-Za-z+_=-]*[0-9])[A-Za-z0-9+_=-]{32,}")


class SettingShown(TypedDict):
    """A setting; what looks like a secret is masked."""

    key: str
    value: Any


def names() -> list[str]:
    """All settings of ours, whether they were set or have their default."""
    return sorted({name for name in dir(settings) if name.startswith(PREFIX)})


def shown(name: str) -> SettingShown | None:
    """The setting of that name, cleansed; None where there is none."""
    if name not in names():
        return None
    return {"key": name, "value": cleansed(name, getattr(settings, name))}


def cleansed(name: str, value: Any) -> Any:
    """The value as JSON without its secrets. What is of no known kind is masked as a whole."""
    if _SECRET_NAME.search(name):
        return MASK
    match value:
        case None | bool() | int():
            return value
        case Money():
            return f"{value.amount} {value.currency}"
        case Mapping():
            return {_without_secrets(str(key)): cleansed(str(key), inner) for key, inner in value.items()}
        case list() | tuple():
            return [cleansed(name, inner) for inner in value]
        case str() | Path() | Decimal() | IPv4Network() | IPv6Network():
            return _without_secrets(str(value))
        case _ if is_dataclass(value):
            return {one.name: cleansed(one.name, getattr(value, one.name)) for one in fields(value)}
        case _:
            return MASK


def _without_secrets(text: str) -> str:
    masked = redaction.mask(_USER_INFO.sub(f"{MASK}@", text)).replace(redaction.MASK, MASK)
    return _KEY_LIKE.sub(MASK, masked)
