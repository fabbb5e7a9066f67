"""What can go wrong, as one small family of exceptions, and the one place that makes them from answers.

Their texts are safe for a log: no secret, no token, no e-mail address. The attributes hold what the server said, in
full.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .wire import Fields, Unreadable

MESSAGE_MAX_CHARS = 300
RUNNING = "idempotency_in_progress"
_SILENT_CODES = ("busy", "database_unavailable", RUNNING)
_HIDDEN = re.compile(
    r"[^\s@\"'<>/?&=:]+(?:@|%40)[^\s@\"'<>/?&=:]+"  # an e-mail address, plain or percent-encoded
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
)


class SolitudeError(Exception):
    """Anything that kept a call from its answer.

    `status`: the HTTP status, None without an answer. `code`, `detail`: the server's word and sentence for it.
    `transaction` and `uuid`: the transaction that was written, if there is one. `idempotency_key`: the key of the
    call; a repeat with it cannot pay twice as long as the server remembers it (24 hours by default). `retry_after_s`:
    seconds after which the server wants to be asked again. `body`: the whole answer.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(_safe(message))
        self.status = status
        self.body: Mapping[str, Any] = body or {}
        self.idempotency_key = idempotency_key
        self.retry_after_s = retry_after_s

    @property
    def code(self) -> str | None:
        return self._text("code")

    @property
    def detail(self) -> str | None:
        return self._text("detail")

    @property
    def settles(self) -> bool:
        """Whether this is an answer about the call's idempotency key, and so about every call with it before. Where it is none, one of
        those may have been carried out.

        Signature, permission and the limit of work come before the key; a broken server or connection says nothing at all, nor does a
        database that is away. And a refusal that names no reason, but for 412, which never does, is none of whoever looks at keys.
        """
        silent = isinstance(self, NoAnswer | OutcomeUnknown | NotSigned | Forbidden | ServerError)
        silent = silent or not (self.body or isinstance(self, PreconditionFailed))
        return not silent and self.code not in _SILENT_CODES

    @property
    def transaction(self) -> str | None:
        return self._text("transaction")

    @property
    def uuid(self) -> str | None:
        return self._text("uuid")

    def _text(self, name: str) -> str | None:
        value = self.body.get(name)
        return value if isinstance(value, str) else None


class InvalidRequest(SolitudeError):
    """400 and its like: the request is wrong as it stands; nothing was written and nothing was sent to a provider."""

    @property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, by field; `__all__` for rules that no one field breaks."""
        # The PIN calls answer in the namespaced form: {"mozilla": {field: [{"code", "message"}]}}.
        named = _field_errors(self.body.get("mozilla"))
        if named:
            return {one.field: tuple(e.code for e in named if e.field == one.field) for one in named}
        lists = {name: value for name, value in self.body.items() if isinstance(value, list)}
        return {name: tuple(str(item) for item in value) for name, value in lists.items()}

    @property
    def bango_code(self) -> str | None:
        """Bango's word for it, where it was Bango that refused: then something may have been done before."""
        return self._text("__bango__")


class CursorExpired(InvalidRequest):
    """410: the event feed no longer reaches back to the cursor; `oldest` is where it begins now."""

    @property
    def oldest(self) -> str | None:
        return self._text("oldest")


class NotSigned(SolitudeError):
    """401: the signature was refused; `detail` says which check failed (a clock that is off is one)."""


class Forbidden(SolitudeError):
    """403: this client may not do that, or not from this network, or a PIN is needed (`code`)."""


class NotFound(SolitudeError):
    """404: there is no such thing."""


class Conflict(SolitudeError):
    """409: the state of things does not allow it; `code` says which, e.g. `refund_exceeds_captured` or `not_approved`.

    With `idempotency_in_progress` the first call with this key is still running: ask again with `idempotency_key`.
    """

    @property
    def refundable(self) -> Decimal | None:
        """How much of the payment can still be refunded, where the server says so."""
        try:
            return Fields(self.body).amount_or_none("refundable")
        except Unreadable:
            return None


class PreconditionFailed(SolitudeError):
    """412: what was to be changed is no longer what you have seen (`if_match`); nothing was done. Look at it again."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One reason of a refusal; `field` is `__all__` when no one is to blame. Decide by `code`, never by `message`."""

    field: str
    code: str
    message: str


class Declined(SolitudeError):
    """422: the provider refused. That transaction is failed and nothing was charged. Or the server itself did, under the name `payments`,
    and nothing was written: no provider takes this payment (`no_provider`), or its provider has no such thing (`not_possible`)."""

    @property
    def provider(self) -> str | None:
        """The provider's name, e.g. `paypal`."""
        return next((name for name, value in self.body.items() if isinstance(value, Mapping)), None)

    @property
    def errors(self) -> tuple[FieldError, ...]:
        return _field_errors(self.body.get(self.provider)) if self.provider else ()


class IdempotencyKeyReused(SolitudeError):
    """422: this idempotency key was used with another request before. A defect of the caller; nothing was done."""


class ProviderUnavailable(SolitudeError):
    """502, 503: it could not be sent to the provider, or the server is `busy`, or its database is away (`database_unavailable`).

    Nothing was charged by this call."""


class OutcomeUnknown(SolitudeError):
    """504: the provider was asked and its answer is not known: the buyer may have been charged.

    Never pay anew: repeat with `idempotency_key`, ask `check(uuid=error.uuid)`, or wait for the event.
    """


class ServerError(SolitudeError):
    """500: the server broke. What it did before is not known: repeat with `idempotency_key`, or look it up."""


class DataMismatch(SolitudeError):
    """500 with an `error_code`: PayPal tells of somebody else than the seller whose data were asked for; nothing was kept.

    `body["error_data"]` names the other one.
    """


class NoAnswer(SolitudeError):
    """No answer that can be relied on: no connection, a time-out, or something between that is not a Solitude server.

    `sent` is False only when the request surely never left, so that nothing can have happened; otherwise nothing is
    known: repeat with `idempotency_key`. `transient`: whether a repeat may help.
    """

    def __init__(self, message: str, *, sent: bool = True, transient: bool = True, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.sent = sent
        self.transient = transient


_BY_STATUS: dict[int, type[SolitudeError]] = {
    401: NotSigned,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: CursorExpired,
    412: PreconditionFailed,
    500: ServerError,
}
_PROVIDER_STATUSES = {502: ProviderUnavailable, 503: ProviderUnavailable, 504: OutcomeUnknown}


def error_of(
    what: str,
    status: int,
    body: Mapping[str, Any] | None,
    *,
    idempotency_key: str | None = None,
    retry_after_s: float | None = None,
) -> SolitudeError:
    """The exception for an answer that is no success; `what` is method and path, `body` None when it was not JSON."""
    kind = _kind(status, body)
    summary = f"{what}: {status}" if kind is not NoAnswer else f"{what}: {status}, not from a Solitude server"
    message = ", ".join([summary, *_reasons(body or {})])
    facts: dict[str, Any] = {
        "status": status,
        "body": body,
        "idempotency_key": idempotency_key,
        "retry_after_s": retry_after_s,
    }
    if kind is NoAnswer:
        return NoAnswer(message, transient=status >= 500, **facts)
    return kind(message, **facts)


def _kind(status: int, body: Mapping[str, Any] | None) -> type[SolitudeError]:
    if status in _PROVIDER_STATUSES:
        # A proxy in between sends the same statuses when it has lost the server, and then nothing is known about the
        # money: only the server's own `code` makes them an answer.
        return _PROVIDER_STATUSES[status] if body and isinstance(body.get("code"), str) else NoAnswer
    if status == 422:
        return _refusal(body or {})
    if status == 500 and body and "error_code" in body:
        return DataMismatch
    return _BY_STATUS.get(status) or (InvalidRequest if 400 <= status < 500 else NoAnswer)


def _refusal(body: Mapping[str, Any]) -> type[SolitudeError]:
    if body.get("code") == "idempotency_key_reused":
        return IdempotencyKeyReused
    if "mozilla" in body or not body:
        return InvalidRequest
    return Declined


def _field_errors(given: object) -> tuple[FieldError, ...]:
    """The errors under one namespace; what is not in that form is left out rather than guessed."""
    if not isinstance(given, Mapping):
        return ()
    found = [
        (str(field), error)
        for field, errors in given.items()
        if isinstance(errors, list)
        for error in errors
        if isinstance(error, Mapping)
    ]
    return tuple(FieldError(field, str(e.get("code", "")), str(e.get("message", ""))) for field, e in found)


def _reasons(body: Mapping[str, Any]) -> list[str]:
    """What may stand in a log: words, sentences and names of fields, but no text about a field's value."""
    reasons = [body[name] for name in ("code", "detail") if isinstance(body.get(name), str)]
    reasons += [f"{name} is wrong" for name, value in body.items() if isinstance(value, list)]
    for name, value in body.items():
        reasons += [f"{name}: {error.field} {error.code}" for error in _field_errors(value)]
    return reasons


def _safe(message: str) -> str:
    if len(message) > MESSAGE_MAX_CHARS:
        # Cut first, at a space: half an address would not be recognised as one.
        message = message[:MESSAGE_MAX_CHARS].rpartition(" ")[0] + " …"
    return _HIDDEN.sub("…", message)
