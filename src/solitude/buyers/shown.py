"""Buyers as the API shows them: of a PIN no more than whether there is one, and of a lock whether it holds now."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from solitude.buyers import pins
from solitude.buyers.models import Buyer, parts
from solitude.buyers.pins import State
from solitude.web import etags


class BuyerShown(TypedDict):
    """A buyer, with a part for each provider. Of a PIN nothing is shown but whether there is one."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/generic/buyer/31/"])]
    uuid: Annotated[str, Field(examples=["shop:77"])]
    active: Annotated[bool, Field(description="False: closed, or switched off by the client.")]
    authenticated: Annotated[bool, Field(description="Whether the buyer came from a trusted login.")]
    email: str | None
    locale: Annotated[str | None, Field(examples=["nl"])]
    pin: Annotated[bool, Field(description="Whether there is one.")]
    new_pin: Annotated[bool, Field(description="Whether there is one that is not confirmed yet.")]
    pin_confirmed: Annotated[bool, Field(description="Whether the buyer has repeated it.")]
    pin_failures: Annotated[int, Field(ge=0, description="Wrong tries since the last right one.")]
    pin_is_locked_out: Annotated[bool, Field(description="Whether too many tries lock the account now.")]
    pin_was_locked_out: Annotated[bool, Field(description="Whether they once did.")]
    needs_pin_reset: Annotated[bool, Field(description="For the client to set, and to act on.")]


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
