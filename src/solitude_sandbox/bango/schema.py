"""What elements an operation takes and answers: the small part of XML Schema that Bango's services use.

Strict on both sides. The simulator takes what the WSDL files allow and nothing else, so that a client that works here sends
what Bango takes; and what it answers has every element that must be there, in its order.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from solitude_sandbox.bango.soap import CLIENT, SoapFault, text

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# What .NET writes for a time that is not known.
NO_TIME = "0001-01-01T00:00:00"
INT_LIMIT, LONG_LIMIT = 2**31, 2**63
WHOLE = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})", re.ASCII)


@dataclass(frozen=True)
class Scalar:
    """A value: how it is read (ValueError if it is none) and written, and what stands for none where one must be."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    none: str


@dataclass(frozen=True)
class Part:
    """An element by its name: a value, a group of others, or any number of one other. Optional unless `required`."""

    name: str
    kind: "Scalar | Group | Many"
    required: bool = False


@dataclass(frozen=True)
class Group:
    """Elements in this order. `namespace` is theirs, where it is not that of what they are in."""

    parts: tuple[Part, ...]
    namespace: str = ""


@dataclass(frozen=True)
class Many:
    """As many of this element as one likes; those that are nil count for nothing."""

    part: Part


def _whole(limit: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if WHOLE.fullmatch(value.strip()) is None or not -limit <= int(value) < limit:
            raise ValueError(f"{value!r} is no whole number in range")
        return int(value)

    return read


def _decimal(value: str) -> Decimal:
    if DECIMAL.fullmatch(value.strip()) is None:
        raise ValueError(f"{value!r} is no decimal number")
    return Decimal(value.strip())


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _only_written(value: str) -> Any:
    raise NotImplementedError(f"No request has one: {value}")


STRING = Scalar(str, text, "")
INT = Scalar(_whole(INT_LIMIT), str, "0")
LONG = Scalar(_whole(LONG_LIMIT), str, "0")
DECIMAL_NUMBER = Scalar(_decimal, lambda value: format(value, "f"), "0")
BOOLEAN = Scalar(_only_written, lambda value: "true" if value else "false", "false")
TIME = Scalar(_only_written, _time, NO_TIME)


def strings(names: str) -> tuple[Part, ...]:
    """Optional strings of these names."""
    return tuple(Part(name, STRING) for name in names.split())


def must(kind: Scalar, name: str) -> Part:
    """A value that must be there."""
    return Part(name, kind, required=True)


def read(element: Element, group: Group, namespace: str) -> dict[str, Any]:
    """The values by name, without those that are absent; SoapFault if anything is not as the group has it."""
    if (element.text or "").strip():
        raise SoapFault(CLIENT, f"Server was unable to read request. {_name(element)} holds a text.")
    found: dict[str, Any] = {}
    waiting = iter(group.parts)
    for child in element:
        part = next((part for part in waiting if child.tag == f"{{{namespace}}}{part.name}"), None)
        if part is None:
            raise SoapFault(
                CLIENT, f"Server was unable to read request. {child.tag} is unknown, twice, or not in its place."
            )
        found[part.name] = _read(child, part, namespace)
    for part in group.parts:
        if part.required and part.name not in found:
            raise SoapFault(CLIENT, f"Server was unable to read request. {part.name} is missing.")
    return found


def _read(element: Element, part: Part, namespace: str) -> Any:
    match part.kind:
        case Group():
            return read(element, part.kind, namespace)
        case Many(part=each):
            for child in element:
                if child.tag != f"{{{namespace}}}{each.name}":
                    raise SoapFault(CLIENT, f"Server was unable to read request. {child.tag} is not {each.name}.")
            return [_read(child, each, namespace) for child in element if child.get(NIL) not in ("1", "true")]
        case Scalar():
            if len(element) or element.get(NIL) is not None:
                raise SoapFault(CLIENT, f"Server was unable to read request. {part.name} is not a value.")
            try:
                return part.kind.read(element.text or "")
            except ValueError as error:
                raise SoapFault(CLIENT, f"Server was unable to read request. {part.name}: {error}.") from None


def write(values: Mapping[str, Any], group: Group) -> str:
    """The elements: those that have a value, and those that must be there."""
    return "".join(_write(part, values.get(part.name), group.namespace) for part in group.parts)


def _write(part: Part, value: Any, namespace: str = "") -> str:
    if value is None and not part.required:
        return ""
    match part.kind:
        case Scalar():
            content = part.kind.none if value is None else part.kind.write(value)
        case Group():
            content = write(value or {}, part.kind)
        case Many(part=each):
            content = "".join(_write(each, one) for one in value or ())
    declared = f' xmlns="{namespace}"' if namespace else ""
    return f"<{part.name}{declared}>{content}</{part.name}>"


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
