"""`/generic/confirm_pin/`, `/generic/verify_pin/` and `/generic/reset_confirm_pin/`"""

from datetime import datetime
from typing import Annotated, Any, NotRequired

from django.http import HttpResponse
from ninja import Router
from pydantic import ConfigDict, WithJsonSchema
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.buyers import pin_calls, pin_tokens, pins
from solitude.buyers.models import UUID_MAX_CHARS, Buyer
from solitude.buyers.pin_calls import Call, Follow
from solitude.buyers.pins import Tried
from solitude.telemetry import cef
from solitude.web.answers import answer, time_text
from solitude.web.fields import SENSITIVE
from solitude.web.networks import facts
from solitude.web.openapi import Time, errors
from solitude.web.paranoia import WatchedBody
from solitude.web.refusals import not_found, unprocessable
from solitude.web.requests import ApiRequest, client_key

router = Router()
REQUIRED, INVALID = "required", "invalid"
CEF_SEVERITY = 1
# A number is taken as its digits.
_UUID = {"type": ["string", "integer"], "minLength": 1, "maxLength": UUID_MAX_CHARS}
_PIN = {"type": ["string", "integer"], "pattern": "^[0-9]{4}$", "minimum": 1000, "maximum": 9999}


class PinIn(WatchedBody):
    """The buyer, and the PIN that was typed."""

    wanted = ("uuid", "pin")
    # Read by hand, because these calls have the newer form of errors.
    model_config = ConfigDict(json_schema_extra={"required": ["uuid", "pin"]})
    uuid: Annotated[Any, WithJsonSchema(_UUID)] = None
    pin: Annotated[Any, WithJsonSchema(_PIN | {"x-sensitive": True}), SENSITIVE] = None


class Confirmed(TypedDict):
    """Whether the PIN was right."""

    confirmed: bool
    uuid: str


class Verified(TypedDict):
    """`pin`: whether the buyer has one. The token is there when the PIN was valid: it is good for one payment until it expires."""

    valid: bool
    locked: bool
    uuid: str
    pin: bool
    pin_token: NotRequired[str]
    pin_token_expires: NotRequired[Time]


@router.post("/confirm_pin/", response={200: Confirmed, **errors(404, 422, 503)})
@touches(Does.CHANGED, "pin")
def confirm_pin(request: ApiRequest, body: PinIn) -> HttpResponse:
    """The buyer repeats a PIN that was set. A wrong one is counted, and takes an earlier confirmation back."""
    return _confirmed(*_tried(request, pin_calls.CONFIRM, body))


@router.post("/verify_pin/", response={200: Verified, **errors(404, 422, 503)})
@touches(Does.READ, "pin")
def verify_pin(request: ApiRequest, body: PinIn) -> HttpResponse:
    """The buyer gives the PIN. A wrong one is counted; too many lock the account for a while, for all three of these calls."""
    issued: list[tuple[str, datetime]] = []

    def issue(buyer: Buyer, tried: Tried) -> None:
        if tried.is_right:
            issued.append(pin_tokens.issue(buyer, client_key(request), buyer.now))

    buyer_uuid, tried = _tried(request, pin_calls.VERIFY, body, issue)
    shown: Verified = {
        "valid": tried.is_right,
        "locked": tried.is_locked,
        "uuid": buyer_uuid,
        "pin": tried.state.pin is not None,
    }
    for token, expires in issued:
        shown |= {"pin_token": token, "pin_token_expires": time_text(expires)}
    return answer(shown)


@router.post("/reset_confirm_pin/", response={200: Confirmed, **errors(404, 422, 503)})
@touches(Does.CHANGED, "pin")
def reset_confirm_pin(request: ApiRequest, body: PinIn) -> HttpResponse:
    """The buyer repeats a `new_pin`, which then becomes the PIN. A wrong one is counted."""
    return _confirmed(*_tried(request, pin_calls.RESET_CONFIRM, body))


def _confirmed(buyer_uuid: str, tried: Tried) -> HttpResponse:
    shown: Confirmed = {"confirmed": tried.is_right, "uuid": buyer_uuid}
    return answer(shown)


def _tried(request: ApiRequest, call: Call, body: PinIn, follow: Follow | None = None) -> tuple[str, Tried]:
    buyer_uuid, pin = _read(body)
    tried = pin_calls.carry_out(call, buyer_uuid, pin, follow)
    if tried.event:
        cef.event(f"{tried.event}: {buyer_uuid}", CEF_SEVERITY, request=facts(request))
    return buyer_uuid, tried


def _read(body: PinIn) -> tuple[str, str]:
    """Uuid and PIN. Raises Refused: 422 by field; 404 for a buyer who is unknown, whatever the PIN."""
    buyer_uuid, pin = _text(body.uuid), _text(body.pin)
    found = {"uuid": _problem_of_uuid(body.uuid, buyer_uuid), "pin": _problem_of_pin(body.pin, pin)}
    problems = {field: problem for field, problem in found.items() if problem}
    if list(problems) == ["pin"] and not Buyer.objects.filter(uuid=buyer_uuid).exists():
        raise not_found()
    if problems:
        raise unprocessable("mozilla", problems)
    return buyer_uuid, pin


def _text(value: Any) -> str:
    """A number is its digits; what is neither text nor number, or could be no uuid, is nothing."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**UUID_MAX_CHARS:
        return str(value)
    return value if isinstance(value, str) else ""


def _problem_of_uuid(given: Any, text: str) -> tuple[str, str] | None:
    if given in (None, ""):
        return REQUIRED, "This field is required."
    is_good = text and len(text) <= UUID_MAX_CHARS and "\x00" not in text
    return None if is_good else (INVALID, f"must be a text of at most {UUID_MAX_CHARS} characters")


def _problem_of_pin(given: Any, text: str) -> tuple[str, str] | None:
    if given in (None, ""):
        return REQUIRED, "This field is required."
    word = pins.problem(text) if text else pins.NOT_DIGITS
    return (INVALID, word) if word else None
