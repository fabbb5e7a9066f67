"""What sellers permit us at PayPal: asked for on a page of PayPal's, brought back by the seller, proved by PayPal, and kept.

What a seller brings back proves nothing by itself. Onboarding: PayPal is asked who came through our page. Log in: the code is for
one state of ours, and PayPal's answer names our nonce. Classic: PayPal takes the verifier of its own token only.
"""

import secrets
import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from solitude.providers.paypal import records
from solitude.providers.paypal.classic import people
from solitude.providers.paypal.models import SCOPES_MAX_CHARS, TOKEN_MAX_CHARS, PermissionRequest, SellerPaypal
from solitude.providers.paypal.names import CLASSIC, Interface
from solitude.providers.paypal.provider import paypal
from solitude.providers.paypal.rest import login, onboarding
from solitude.providers.paypal.sellers.permission_names import PERSONAL
from solitude.sellers.models import Seller
from solitude.vault import hashes

_LABEL = "paypal.permission"
_RANDOM_BYTES = 32
Kind = PermissionRequest.Kind
Columns = dict[str, Any]


class NotGranted(Exception):
    """The seller has permitted nothing, or not to who asks now."""


class NotOurs(Exception):
    """What was brought back does not belong to what was asked; `field` is the one at fault."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def ask(interface: Interface, seller: Seller | None, permissions: Collection[str], return_url: str) -> str:
    """Where the seller permits these. PayPal is asked on the way, with no transaction open. Raises NotDone."""
    if interface == CLASSIC:
        token = people.request(paypal().classic.wire, permissions, return_url)
        _remember(Kind.CLASSIC, token, seller)
        return people.address(token)
    if PERSONAL.issuperset(permissions):
        state, nonce = secrets.token_urlsafe(_RANDOM_BYTES), secrets.token_urlsafe(_RANDOM_BYTES)
        _remember(Kind.LOGIN, state, seller, return_url=return_url, nonce=nonce)
        return login.address(state, nonce, return_url, permissions)
    tracking_id = str(uuid.uuid4())
    _remember(Kind.ONBOARDING, tracking_id, seller)
    return onboarding.refer(paypal().rest.wire, tracking_id, return_url, permissions)


def waiting(reference: str) -> PermissionRequest | None:
    """The request that this is the answer to, unless it was used or has expired."""
    known = PermissionRequest.objects.filter(reference_hash__in=hashes.candidates(_LABEL, reference))
    return known.filter(expires__gt=timezone.now()).first()


def proved(asked: PermissionRequest, reference: str, verifier: str) -> Columns:
    """What a seller's row keeps of the answer, once PayPal has confirmed it; asked with no transaction open.

    Raises NotDone, NotGranted, and NotOurs, after which the request is used up.
    """
    match asked.kind:
        case Kind.ONBOARDING:
            return _onboarded(reference, verifier)
        case Kind.LOGIN:
            return _logged_in(asked, verifier)
    permission = people.exchange(paypal().classic.wire, reference, verifier)
    return {"token": permission.token.reveal(), "secret": permission.secret.reveal()}


def use(asked: PermissionRequest) -> bool:
    """Uses the request up; False if another one has done so in the meantime."""
    return bool(PermissionRequest.objects.filter(pk=asked.pk).delete()[0])


def keep(row: SellerPaypal, given: Columns) -> None:
    """Keeps what a seller, whose row is locked, has permitted; the feed tells how its account stands."""
    columns = dict(given)
    standing = columns.pop("standing", None)
    if any(len(columns.get(name) or "") > TOKEN_MAX_CHARS for name in ("token", "secret", "refresh_token")):
        raise ValueError("a token of PayPal's is longer than we keep")
    row.change(**columns)
    if standing is not None:
        records.tell_standing(row, standing)


def _remember(kind: str, reference: str, seller: Seller | None, **more: str) -> None:
    life = timedelta(seconds=settings.SOLITUDE_PAYPAL_PERMISSION_LIFE_S)
    with transaction.atomic():
        PermissionRequest(
            kind=kind,
            reference_hash=hashes.keyed_hash(_LABEL, reference),
            seller=seller,
            expires=timezone.now() + life,
            **more,
        ).save(force_insert=True)


def _onboarded(tracking_id: str, merchant_id: str) -> Columns:
    wire = paypal().rest.wire
    merchant = onboarding.merchant_of(wire, tracking_id)
    if merchant is None:
        raise NotGranted
    if merchant != merchant_id:
        raise NotOurs("verifier")
    found = onboarding.integration(wire, merchant)
    if found is None or not found.is_connected:
        raise NotGranted
    return {
        "merchant_id": merchant,
        "merchant_id_hash": records.paypal_id_hash(merchant),
        "standing": records.standing_of(found),
    }


def _logged_in(asked: PermissionRequest, code: str) -> Columns:
    found = login.exchange(paypal().rest.wire, code, asked.return_url or "")
    if found.nonce is not None and not secrets.compare_digest(found.nonce, asked.nonce or ""):
        raise NotOurs("verifier")
    return {"refresh_token": found.refresh_token.reveal(), "login_scopes": found.scopes[:SCOPES_MAX_CHARS]}
