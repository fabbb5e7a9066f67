"""`/bango/notification/` and `/bango/event/`: what tells of a payment, as the marketplace hands it on.

Either is kept and entered into the books before it is decided what the client is answered: also what is answered with 400 may be true.
"""

import json
from datetime import timedelta
from typing import Annotated, Final

from django.conf import settings
from django.db.models.functions import Now
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.events.models import Event
from solitude.payments import calls, notifications
from solitude.payments.models import NOTIFICATION_MAX_CHARS, Notification, ProviderCall
from solitude.payments.notifications import Handled
from solitude.providers.bango import event_password, events, networks, redirect, signature
from solitude.providers.bango.api.fields import Given, Plain, given_text
from solitude.providers.bango.inbound import EVENT, REDIRECT
from solitude.providers.bango.names import NAME, NUMBER
from solitude.providers.bango.soap.wire import OK
from solitude.telemetry import cef, metrics
from solitude.transactions.models import PAID, Status, Transaction, Type
from solitude.web.answers import done
from solitude.web.fields import SENSITIVE, Body, OptionalDecimal, text_of
from solitude.web.networks import facts
from solitude.web.openapi import Detail
from solitude.web.refusals import EVERYTHING, BadFields, Refused
from solitude.web.requests import ApiRequest

router = Router()
State = Notification.State
TOKEN_MAX_CHARS: Final = 1000
MESSAGE_MAX_CHARS: Final = 1000
RETRY_AFTER_S: Final = 5
NOT_FOUND, COMPLETED, EXPIRED = "Transaction not found.", "Transaction is completed.", "Transaction is too old."
# What happened to a payment, as the metric calls it; everything else has failed.
COUNTED = {OK: "completed", redirect.CANCEL: "cancelled"}


class RedirectIn(Body):
    """What the buyer's browser brought back from Bango's page, by the names of the old server."""

    moz_signature: Annotated[Given, Field(description="`MozSignature`.")]
    moz_transaction: Annotated[Given, Field(description="`MerchantTransactionId`: the transaction's uuid.")]
    billing_config_id: Annotated[Given, Field(description="`BillingConfigurationId`.")]
    bango_response_code: Annotated[Given, Field(description="`ResponseCode`: `OK`, `CANCEL`, or why it failed.")]
    bango_response_message: Annotated[str, given_text(MESSAGE_MAX_CHARS), Field(description="`ResponseMessage`.")]
    bango_trans_id: Annotated[Given, Field(description="`BangoTransactionId`.")]
    bango_token: Annotated[
        str, given_text(TOKEN_MAX_CHARS), Field(description="`Token`, by which Bango says what is true.")
    ]
    amount: Annotated[OptionalDecimal, Field(description="What was paid.")] = None
    currency: Annotated[Plain, Field(description="In which currency.")] = ""
    network: Annotated[
        Plain,
        Field(description="Where, and by whose bill: an ISO 3166 alpha-3 code and a carrier.", examples=["ESP_ORANGE"]),
    ] = ""

    @property
    def kept(self) -> str:
        """As a form of texts."""
        given = {name: value for name, value in self.model_dump().items() if value not in (None, "")}
        if self.amount is not None:
            given["amount"] = f"{self.amount:f}"
        if not self.is_network_right:
            del given["network"]
        return json.dumps(given, sort_keys=True)

    @property
    def is_network_right(self) -> bool:
        return not self.network or networks.read(self.network) is not None


class EventIn(Body):
    """An event as Bango brought it to the marketplace."""

    notification: Annotated[str, text_of(NOTIFICATION_MAX_CHARS), Field(description="The XML.")]
    username: Annotated[Plain, Field(description="As whom Bango came (Basic authentication).")]
    password: Annotated[Plain, SENSITIVE, Field(description="With which password.")]


@router.post("/notification/", response={204: None, 503: Detail})
def receive_bango_redirect(request: ApiRequest, body: RedirectIn) -> HttpResponse:
    """Takes in what a buyer brought back from Bango's page: has Bango confirm it, and enters what became of the payment.

    400 under `moz_transaction` where the payment is completed already or too old, and what is true is entered nevertheless. 503 while
    Bango cannot be asked: what was brought is kept and tried again, whether it is brought again or not.
    """
    before = _payment(body)
    handled = notifications.receive(NAME, REDIRECT, body.kept)
    if handled.reason == redirect.BAD_SIGNATURE or before is None:
        raise _tampered(request, "moz_signature", "Signature did not match.")
    if refused := _before_this(before) or _undecided(handled) or _not_true(request, handled):
        raise refused
    _count_and_tell(request, body, before)
    if not body.is_network_right:
        raise BadFields(network="must be an ISO 3166 alpha-3 code, one _ and a carrier")
    return done(request)


def _payment(body: RedirectIn) -> Transaction | None:
    """The payment as it is before this. Whoever has no signature of ours is not told whether there is one. Raises BadFields."""
    row = Transaction.objects.filter(provider=NUMBER, type=Type.PAYMENT, uuid=body.moz_transaction).first()
    if row is None and signature.is_signed(body.moz_transaction, body.moz_signature):
        raise BadFields(moz_transaction=NOT_FOUND)
    return row


def _before_this(row: Transaction) -> Refused | None:
    """What the contract refuses whatever the buyer brings back."""
    if row.status in PAID:
        return BadFields(moz_transaction=COMPLETED)
    expiry = timedelta(seconds=settings.SOLITUDE_BANGO_TRANSACTION_EXPIRY_S)
    paying = calls.paying(row)
    # By the database's clock, and from when its buyer was sent to Bango: the row may have been kept for longer.
    is_old = paying is not None and ProviderCall.objects.filter(pk=paying.pk, begun_at__lt=Now() - expiry).exists()
    return BadFields(moz_transaction=EXPIRED) if is_old else None


def _undecided(handled: Handled) -> Refused | None:
    if not handled.is_undecided and not handled.row.is_waiting:
        return None
    body: Detail = {"detail": "Bango cannot be asked about the token now. It is kept.", "code": "bango_unreachable"}
    return Refused(503, body, {"Retry-After": str(RETRY_AFTER_S)})


def _not_true(request: ApiRequest, handled: Handled) -> Refused | None:
    if handled.row.state != State.REFUSED:
        return None
    _, _, what = handled.row.reason.partition(":")
    match handled.reason:
        case redirect.UNKNOWN_TOKEN:
            return _tampered(request, EVERYTHING, "Invalid Bango token: Bango does not know it.")
        case redirect.TAMPERED:
            return _tampered(request, EVERYTHING, f"{what} is not what Bango says.")
        case notifications.MISMATCH:
            field = what if what in ("amount", "currency") else EVERYTHING
            return BadFields(**{field: f"Bango tells another {what} than was agreed."})
    return BadFields(__all__="Bango's answer cannot be read.")


def _tampered(request: ApiRequest, field: str, text: str) -> Refused:
    cef.event("Bango token tampering", 3, request=facts(request))
    return BadFields(**{field: text})


def _count_and_tell(request: ApiRequest, body: RedirectIn, before: Transaction) -> None:
    metrics.count(f"bango.notification.{COUNTED.get(body.bango_response_code, 'failed')}")
    now = Transaction.objects.get(pk=before.pk)
    _tell_changed(request, Status(before.status).name.lower(), Status(now.status).name.lower())


@router.post("/event/", response={204: None, 503: Detail})
def receive_bango_event(request: ApiRequest, body: EventIn) -> HttpResponse:
    """Takes in an event of Bango's, as Bango brought it to the marketplace.

    400 under `notification` where it is about a payment that is not known: it is kept, and entered when the payment turns up.
    """
    if not event_password.is_right(body.username, body.password):
        cef.event("Bango event with wrong credentials", 5, request=facts(request))
        raise BadFields(__all__="Auth incorrect")
    handled = notifications.receive(NAME, EVENT, body.notification)
    if refused := _no_event(handled, body):
        raise refused
    if handled.is_news and handled.row.transaction is not None:
        moved = Event.objects.filter(resource_uri=handled.row.transaction.resource_uri).order_by("-pk").first()
        if moved is not None and moved.old and moved.new:
            _tell_changed(request, moved.old, moved.new)
    return done(request)


def _no_event(handled: Handled, body: EventIn) -> Refused | None:
    match handled.row.state:
        case State.PARKED | State.ORPHAN:
            return BadFields(notification="Transaction not found, aborting.")
        case State.RECEIVED:
            detail: Detail = {"detail": "It is kept, and somebody is at it.", "code": notifications.IN_PROGRESS}
            return Refused(503, detail, {"Retry-After": str(RETRY_AFTER_S)})
        case State.REFUSED if handled.reason == notifications.NOT_UNDERSTOOD:
            return BadFields(notification=_why_not_read(body))
        case State.REFUSED:
            return BadFields(notification=f"It contradicts what is known: {handled.row.reason.partition(':')[2]}.")
    return None


def _why_not_read(body: EventIn) -> str:
    try:
        events.read(body.notification)
    except events.BadEvent as error:
        return error.told
    return "It cannot be read."


def _tell_changed(request: ApiRequest, old: str, new: str) -> None:
    extra = {"cs6Label": "old", "cs6": old, "cs7Label": "new", "cs7": new}
    cef.event("Transaction change success", 7, request=facts(request), extra=extra)
