"""`/generic/buyer/`"""

from typing import Annotated, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.buyers import closing, hashing, pin_tokens, pins
from solitude.buyers.models import EMAIL_LABEL, Buyer, parts, timed
from solitude.buyers.pins import State
from solitude.buyers.shown import BuyerShown, buyer_tag, shown_buyer
from solitude.prepared import insert_once
from solitude.telemetry import cef
from solitude.vault import hashes
from solitude.web import changes, etags, filters, paging
from solitude.web.answers import answer, created, done
from solitude.web.fields import SENSITIVE, Body, Flag, GivenText, StrictText, Taken, Text, kept
from solitude.web.filters import Filter
from solitude.web.networks import facts
from solitude.web.openapi import Page, errors, query
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
FILTERS = {
    "uuid": filters.text("uuid", "The buyer's uuid."),
    "active": filters.flag("active", "Whether the buyer is active."),
    "email": Filter(
        "The buyer's e-mail address, exactly as it was given; several buyers may have it.",
        {"type": "string"},
        lambda email: Q(email_hash__in=hashes.candidates(EMAIL_LABEL, email)),
    ),
    "email_sig": filters.text("email_hash", "The keyed hash that stands beside the e-mail address."),
}
PINS = ("pin", "new_pin")
RESET = "needs_pin_reset"
PIN_EVENTS = {"pin": "PIN set", "new_pin": "New PIN set", RESET: "PIN reset asked"}
# What a PUT that leaves them out sets back.
FLAGS = ("active", "authenticated", "pin_confirmed", "needs_pin_reset", "pin_was_locked_out")


def _pin(value: Any) -> Any:
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        # A number has lost the zeros that it began with.
        raise ValueError("must be a text")
    if word := pins.problem(value):
        raise ValueError(word)
    return value


# Empty or null takes it away.
Pin = Annotated[str | None, Taken(_pin, {"type": ["string", "null"], "pattern": "^([0-9]{4})?$"})]


class BuyerIn(Body):
    """A buyer."""

    uuid: Annotated[GivenText, Field(description="The marketplace's own name of the buyer, which no other buyer has.")]
    active: Flag = True
    authenticated: Annotated[Flag, Field(description="Whether the buyer came from a trusted login.")] = True
    email: Annotated[StrictText | None, SENSITIVE] = None
    locale: Text | None = None
    pin: Annotated[Pin, SENSITIVE, Field(description="Four digits, which the buyer then confirms.")] = None
    new_pin: Annotated[
        Pin, SENSITIVE, Field(description="Four digits, which become the PIN when the buyer confirms them.")
    ] = None
    pin_confirmed: Flag = False
    needs_pin_reset: Flag = False
    pin_was_locked_out: Flag = False


class BuyerChange(BuyerIn):
    """What is to be changed of a buyer."""

    uuid: GivenText = kept()


@router.post("/buyer/", response={201: BuyerShown, **errors(503)})
@touches(Does.CREATED, "buyer")
def create_buyer(request: ApiRequest, body: BuyerIn) -> HttpResponse:
    """Makes a buyer, with a PIN or without."""
    buyer = Buyer(**body.model_dump(exclude=set(PINS)))
    for name, form in _kept_pins(body.model_dump(include=set(PINS)), buyer).items():
        setattr(buyer, name, form)
    with transaction.atomic():
        if not insert_once(buyer):
            raise _clash(buyer)
        _tell_pins(request, buyer, [name for name in PINS if getattr(buyer, name)])
        return created(request, shown_buyer(buyer), tag=buyer_tag(buyer))


@router.get("/buyer/", response=Page[BuyerShown], openapi_extra=query(FILTERS))
@touches(Does.READ, "buyer")
def list_buyers(request: ApiRequest) -> HttpResponse:
    """Lists buyers, the newest first."""
    return paging.listed(request, _buyers(), shown_buyer, FILTERS, buyer_tag)


@router.get("/buyer/{int:pk}/", response=BuyerShown)
@touches(Does.READ, "buyer")
def get_buyer(request: ApiRequest, pk: int) -> HttpResponse:
    """Shows one buyer."""
    buyer = paging.one(request, _buyers(), pk, FILTERS)
    tag = buyer_tag(buyer)
    return etags.not_modified(request, tag) or answer(shown_buyer(buyer), ETag=tag)


@router.put("/buyer/{int:pk}/", response={200: BuyerShown, **errors(503)})
@touches(Does.CHANGED, "buyer")
def put_buyer(request: ApiRequest, pk: int, body: BuyerChange) -> HttpResponse:
    """Changes a buyer; flags that are left out are set back to their defaults."""
    return _change(request, pk, changes.given(body, reset=FLAGS))


@router.patch("/buyer/{int:pk}/", response={200: BuyerShown, **errors(503)})
@touches(Does.CHANGED, "buyer")
def patch_buyer(request: ApiRequest, pk: int, body: BuyerChange) -> HttpResponse:
    """Changes what is named of a buyer."""
    return _change(request, pk, changes.given(body))


@router.post("/buyer/{int:pk}/close/", response={204: None, **errors(404)})
@touches(Does.REMOVED, "buyer")
def close_buyer(request: ApiRequest, pk: int) -> HttpResponse:
    """Closes the account and forgets who the buyer was; what was paid stays. The providers forget the buyer as well."""
    with transaction.atomic():
        closing.close(pk)
        accesses.touched(f"/generic/buyer/{pk}/")
        response = done(request)
    closing.tell_providers(pk)
    return response


@router.post("/generic/buyer/{int:pk}/close/", response={204: None, **errors(404)}, deprecated=True)
@touches(Does.REMOVED, "buyer")
def close_buyer_by_its_old_path(request: ApiRequest, pk: int) -> HttpResponse:
    """The path that the old server had by mistake."""
    return close_buyer(request, pk)


def _buyers() -> QuerySet[Buyer]:
    return timed(Buyer.objects.select_related(*parts.joins))


def _change(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    if any(columns.get(name) for name in PINS):
        # Before the row is locked, because it takes its time.
        columns |= _kept_pins(columns, paging.one(request, _buyers(), pk, FILTERS))
    with transaction.atomic():
        buyer = paging.one(request, _buyers(), pk, FILTERS, lock=True)
        before = State.of(buyer)
        over = pins.awake(before, buyer.now).changes_since(before)
        if "pin" in columns:
            pin_tokens.forget(buyer)
        changes.change(request, buyer, _clash, **over, **columns)
        _tell_pins(request, buyer, [name for name in columns if name in (*PINS, RESET)])
    return answer(shown_buyer(buyer), ETag=buyer_tag(buyer))


def _tell_pins(request: ApiRequest, buyer: Buyer, changed: list[str]) -> None:
    """The security events of a PIN that was given, taken away or put in question."""
    for name in changed:
        if name != RESET or buyer.needs_pin_reset:
            did = PIN_EVENTS[name] if getattr(buyer, name) else "PIN taken away"
            cef.after_commit(f"{did}: {buyer.uuid}", 1, request=facts(request))


def _kept_pins(given: dict[str, Any], buyer: Buyer) -> dict[str, Any]:
    return {name: given[name] and hashing.kept_form(given[name], buyer.row_uuid) for name in PINS if name in given}


def _clash(_buyer: Buyer) -> BadFields:
    return BadFields(uuid="BUYER_UUID_ALREADY_EXISTS")
