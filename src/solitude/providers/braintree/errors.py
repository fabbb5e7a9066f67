"""What the gateway's refusals are told as: by field, each with the gateway's code and its text.

Validation errors stand under their attribute. A bank's or the gateway's own refusal of a card stands in the verification or the
transaction that the answer has beside them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from solitude.payments.contract import Reason
from solitude.telemetry import redaction
from solitude.web.openapi import CodedError
from solitude.web.refusals import EVERYTHING

CVV: Final = "cvv"
# The card's code does not match, or was not verified.
_CVV_AT_FAULT: Final = ("N", "U")
UNKNOWN: Final = "unknown"
ERRORS_MAX: Final = 20
NAME_MAX_CHARS: Final = 64
TEXT_MAX_CHARS: Final = 255
# Among the facts of a call that was refused: all that was said, as JSON.
ERRORS: Final = "errors"

Errors = dict[str, list[CodedError]]


def told(refusal: Any) -> Errors:
    """All that the gateway said; `refusal` is the SDK's ErrorResult."""
    found: Errors = {}
    for error in refusal.errors.deep_errors[:ERRORS_MAX]:
        _add(found, error.attribute, error.code, error.message)
    _judge(found, refusal.credit_card_verification or refusal.transaction, refusal.message)
    if not found:
        _add(found, EVERYTHING, UNKNOWN, refusal.message)
    return found


def of_transaction(transaction: Any) -> Errors:
    """The same of a transaction that came to nothing, and that is found later."""
    found: Errors = {}
    _judge(found, transaction, f"Gateway Rejected: {getattr(transaction, 'gateway_rejection_reason', None)}")
    return found or {EVERYTHING: [CodedError(code=_clean(transaction.status), message="")]}


def codes(errors: Errors) -> set[str]:
    return {error["code"] for listed in errors.values() for error in listed}


def reason(errors: Errors) -> Reason:
    """The first of them."""
    field, listed = next(iter(errors.items()))
    return Reason(listed[0]["code"], listed[0]["message"], field)


def kept(errors: Errors) -> dict[str, str]:
    """As the facts of a call."""
    return {ERRORS: json.dumps(errors)}


def of_facts(facts: Mapping[str, str], why: Reason | None) -> Errors:
    """What was said to a call with these facts; where nothing was said, our own reason stands for it."""
    if ERRORS in facts:
        errors: Errors = json.loads(facts[ERRORS])
        return errors
    why = why or Reason(UNKNOWN)
    return {why.field: [CodedError(code=why.code, message=why.message)]}


def _judge(found: Errors, judged: Any, rejection: str) -> None:
    """Adds what the bank, or the gateway itself, had against a card. `judged` is a verification, a transaction, or nothing."""
    status = str(getattr(judged, "status", None) or "")
    if status.startswith("gateway"):
        field = CVV if getattr(judged, "cvv_response_code", None) in _CVV_AT_FAULT else EVERYTHING
        _add(found, field, getattr(judged, "gateway_rejection_reason", None), rejection)
    elif status.startswith(("processor", "failed")):
        code, text = (getattr(judged, f"processor_response_{part}", None) for part in ("code", "text"))
        _add(found, EVERYTHING, code, text)


def _add(found: Errors, field: Any, code: Any, message: Any) -> None:
    error = CodedError(code=_clean(code) or UNKNOWN, message=_clean(message))
    found.setdefault(_clean(field)[:NAME_MAX_CHARS] or EVERYTHING, []).append(error)


def _clean(value: Any) -> str:
    return redaction.clean(str(value))[:TEXT_MAX_CHARS] if value is not None else ""
