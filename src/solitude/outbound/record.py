"""What the provider-call log keeps of an exchange: the shape of everything, the values of what was allowed by name.

An allow-list, because a provider may add a field with a person's name at any time.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from solitude.telemetry import redaction

from .http import Answer, NoAnswer, NotSent, Request, place

DIGEST_CHARACTERS = 12
_quick: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a body is kept. What is over a limit is replaced by a mark that says how much there was."""

    depth: int = 8
    items: int = 50
    """Of one list or object."""
    nodes: int = 500
    """Of the whole body."""
    text_characters: int = 256
    name_characters: int = 64


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be kept in the clear: keys of JSON bodies (at any depth, in any case) and names of headers (in any
    case)."""

    keys: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange as it may be stored. `status` and `answer` are None without an answer; `error` is then the reason.

    Times are aware UTC; `answered_at` is None without an answer. `sent` is False only when it is certain that nothing
    was sent.
    """

    operation: str
    method: str
    path: str
    sent: bool
    status: int | None
    error: str | None
    sent_at: datetime
    answered_at: datetime | None
    duration_ms: int
    correlation_id: str
    request: dict[str, Any]
    answer: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it; times in ISO 8601."""
        return {
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "sent": self.sent,
            "status": self.status,
            "error": self.error,
            "sent_at": self.sent_at.isoformat(),
            "answered_at": self.answered_at.isoformat() if self.answered_at else None,
            "duration_ms": self.duration_ms,
            "correlation_id": self.correlation_id,
            "request": self.request,
            "answer": self.answer,
        }


def describe(
    request: Request,
    outcome: Answer | NotSent | NoAnswer,
    *,
    sent_at: datetime,
    kept: Kept,
    limits: Limits = DEFAULT_LIMITS,
) -> Exchange:
    """The redacted record of what `Outlet.send` returned or raised for this request. `sent_at` must be aware."""
    if sent_at.tzinfo is None:
        raise ValueError("sent_at must be aware")
    answer = outcome if isinstance(outcome, Answer) else None
    _, path, query = place(request.shown_url)
    return Exchange(
        operation=request.operation,
        method=request.method,
        path=redaction.line(f"{path}?{query}" if query else path),
        sent=not isinstance(outcome, NotSent),
        status=answer.status if answer else None,
        error=None if isinstance(outcome, Answer) else str(outcome.reason),
        sent_at=sent_at,
        answered_at=sent_at + timedelta(milliseconds=answer.duration_ms) if answer else None,
        duration_ms=outcome.duration_ms,
        correlation_id=answer.correlation_id if answer else "",
        request=_message(request.headers, request.body, kept, limits),
        answer=_message(answer.headers, answer.body, kept, limits) if answer else None,
    )


def redact_json(value: object, kept: frozenset[str], limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value with its structure and keys, and with `[redacted]` for every scalar that is not under one of the
    `kept` keys.

    A list under a kept key keeps its scalars; an object under a kept key is judged key by key. Null, true and false
    under other keys are redacted too: they can tell as much as a text. Kept texts still lose what the log patterns
    recognise.
    """
    return _Redaction(_lowered(kept), limits).of(value, keep=False, depth=0)


@lru_cache
def _lowered(names: frozenset[str]) -> frozenset[str]:
    """Providers keep the same names in every message."""
    return frozenset(name.lower() for name in names)


class _Redaction:
    def __init__(self, kept: frozenset[str], limits: Limits) -> None:
        self._kept = kept
        self._limits = limits
        self._nodes_left = limits.nodes
        # What was made of each kept text: currencies, ids and times come several times in one body.
        self._shown: dict[str, str] = {}

    def of(self, value: object, *, keep: bool, depth: int) -> Any:
        self._nodes_left -= 1
        # Most are texts, dicts or lists, and to ask of one whether it is a Mapping takes longer than all that is done with it.
        if type(value) is str:
            return self._text(value) if keep else redaction.MASK
        if isinstance(value, (list, tuple)):
            return self._list(value, depth, keep=keep) if self._has_room(depth) else f"[list of {len(value)}]"
        if isinstance(value, (dict, Mapping)):
            return self._object(value, depth) if self._has_room(depth) else f"[object of {len(value)}]"
        return self._scalar(value) if keep else redaction.MASK

    def _has_room(self, depth: int) -> bool:
        return depth < self._limits.depth and self._nodes_left > 0

    def _object(self, value: Mapping[Any, object], depth: int) -> dict[str, Any]:
        redacted: dict[str, Any] = {}
        for key, inner in value.items():
            if len(redacted) >= self._limits.items or self._nodes_left <= 0:
                redacted["..."] = f"[{len(value) - len(redacted)} more]"
                break
            text = str(key)
            keep = text.lower() in self._kept
            # One of the names of ours needs no mask.
            name = (text if keep else redaction.mask(text))[: self._limits.name_characters]
            redacted[name] = self.of(inner, keep=keep, depth=depth + 1)
        return redacted

    def _list(self, value: list[object] | tuple[object, ...], depth: int, *, keep: bool) -> list[Any]:
        redacted: list[Any] = []
        for inner in value:
            if len(redacted) >= self._limits.items or self._nodes_left <= 0:
                redacted.append(f"[{len(value) - len(redacted)} more]")
                break
            redacted.append(self.of(inner, keep=keep, depth=depth + 1))
        return redacted

    def _scalar(self, value: object) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and redaction.line(str(value)) == str(value):
            return value
        # Decimals and floats as texts: an amount must read as it was sent.
        return self._text(str(value))

    def _text(self, value: str) -> str:
        shown = self._shown.get(value)
        if shown is None:
            shown = self._shown[value] = redaction.line(value)[: self._limits.text_characters]
        return shown


def _message(headers: Mapping[str, str], body: bytes, kept: Kept, limits: Limits) -> dict[str, Any]:
    wanted = _lowered(kept.headers)
    shown = {
        lower: redaction.line(value)[: limits.text_characters]
        for name, value in headers.items()
        if (lower := name.lower()) in wanted
    }
    return {"headers": shown, "body": _body(body, kept.keys, limits)}


def _body(body: bytes, kept: frozenset[str], limits: Limits) -> Any:
    if not body:
        return None
    try:
        value = _read(body)
    except (ValueError, ArithmeticError, RecursionError):
        return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()[:DIGEST_CHARACTERS]}
    return redact_json(value, kept, limits)


def _read(body: bytes) -> Any:
    """What `json.loads` reads, or raises: of what the quicker reader does not take it decides."""
    try:
        return _quick.decode(body)
    except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError):
        return json.loads(body, parse_float=Decimal)
