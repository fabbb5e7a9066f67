"""Buyers as the API shows them: of a PIN no more than whether there is one, and of a lock whether it holds now."""

from typing_extensions import TypedDict

from solitude.buyers import pins
from solitude.buyers.models import Buyer, parts
from solitude.buyers.pins import State
from solitude.web import etags


class BuyerShown(TypedDict):
    """`pin`, `new_pin`: whether there is one."""

    resource_pk: int
    resource_uri: str
    uuid: str
    active: bool
    authenticated: bool
    email: str | None
    locale: str | None
    pin: bool
    new_pin: bool
    pin_confirmed: bool
    pin_failures: int
    pin_is_locked_out: bool
    pin_was_locked_out: bool
    needs_pin_reset: bool


def shown_buyer(buyer: Buyer) -> BuyerShown:
    state = _state_now(buyer)
    return {
        "resource_pk": buyer.pk,
        "resource_uri": buyer.resource_uri,
        "uuid": buyer.uuid,
        "active": buyer.active,
        "authenticated": buyer.authenticated,
        "email": buyer.email,
        "locale": buyer.locale,
        "pin": state.pin is not None,
        "new_pin": state.new_pin is not None,
        "pin_confirmed": state.pin_confirmed,
        "pin_failures": state.pin_failures,
        "pin_is_locked_out": state.pin_locked_at is not None,
        "pin_was_locked_out": state.pin_was_locked_out,
        "needs_pin_reset": state.needs_pin_reset,
        **parts.of(buyer),  # type: ignore[typeddict-item]  # the providers' parts are known when the process runs
    }


def buyer_tag(buyer: Buyer) -> str:
    """A lock ends by time alone, which changes the answer and not the row."""
    over = buyer.pin_locked_at is not None and _state_now(buyer).pin_locked_at is None
    return etags.etag_of(buyer, *parts.rows(buyer), besides="lock over" if over else "")


def _state_now(buyer: Buyer) -> State:
    state = State.of(buyer)
    return pins.awake(state, buyer.now) if state.pin_locked_at else state
