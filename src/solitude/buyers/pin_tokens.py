"""The token of a PIN that was just given: whoever verified it may begin one payment of this buyer with it.

Only a keyed hash is kept. A token is used by deleting it, in the transaction that writes the intent of the payment: so it is
used once, and not at all by a payment that was refused before.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from solitude.buyers.models import Buyer, PinToken
from solitude.configuration import ALL_CLIENTS
from solitude.telemetry import cef
from solitude.vault import hashes
from solitude.web.refusals import Refused

LABEL = "pin-token"
TOKEN_BYTES = 32


def issue(buyer: Buyer, client: str, now: datetime) -> tuple[str, datetime]:
    """A new token and when it expires; `now` is the database's time."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires = now + timedelta(seconds=settings.SOLITUDE_PIN_TOKEN_LIFE_S)
    PinToken.objects.create(token_hash=hashes.keyed_hash(LABEL, token), buyer=buyer, client=client, expires=expires)
    cef.after_commit("PIN token made", 1, extra=_whose(buyer))
    return token, expires


def is_required(buyer: Buyer, client: str) -> bool:
    """A PIN that is not confirmed counts: else a wrong confirmation, which anybody can give, would open the door."""
    return buyer.pin is not None and bool({ALL_CLIENTS, client} & settings.SOLITUDE_REQUIRE_PIN)


def use(buyer: Buyer, client: str, token: str | None) -> None:
    """Before the intent of a payment, in its transaction. Raises Refused (403), which undoes that.

    A token that was given must be good even where none is required.
    """
    if token:
        known = PinToken.objects.filter(token_hash__in=hashes.candidates(LABEL, token), buyer=buyer.pk, client=client)
        if not known.filter(expires__gt=Now()).delete()[0]:
            cef.event("PIN token refused", 3, extra=_whose(buyer))
            raise Refused(403, {"detail": "This PIN token is not good for this.", "code": "pin_token_invalid"})
        cef.after_commit("PIN token used", 1, extra=_whose(buyer))
    elif is_required(buyer, client):
        raise Refused(403, {"detail": "This buyer has a PIN: verify it first.", "code": "pin_required"})


def _whose(buyer: Buyer) -> dict[str, str]:
    return {"cs6Label": "buyer", "cs6": buyer.uuid}


def forget(buyer: Buyer) -> None:
    """When the PIN that they stand for is no longer the buyer's."""
    PinToken.objects.filter(buyer=buyer.pk).delete()


def expired() -> QuerySet[PinToken]:
    return PinToken.objects.filter(expires__lte=Now())
