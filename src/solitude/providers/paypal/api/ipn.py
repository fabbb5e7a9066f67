"""`/paypal/ipn/`: PayPal's notifications in the form of IPNs, as the marketplace forwards them."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.payments import notifications
from solitude.payments.contract import Action
from solitude.payments.models import NOTIFICATION_MAX_CHARS, Notification
from solitude.payments.notifications import MISMATCH, NOT_UNDERSTOOD, Handled
from solitude.providers.paypal.api.webhook import HandledStatus, MoneyTold
from solitude.providers.paypal.ipn.inbound import HEADERS
from solitude.providers.paypal.names import NAME
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import Transaction
from solitude.web.answers import answer
from solitude.web.fields import Body, Taken, text_of
from solitude.web.refusals import REQUIRED
from solitude.web.requests import ApiRequest

router = Router()
State = Notification.State


def _given(value: Any) -> Any:
    if value == "":
        raise ValueError(REQUIRED)
    return value


Data = Annotated[
    str,
    text_of(NOTIFICATION_MAX_CHARS),
    Taken(_given, {"type": "string", "minLength": 1, "maxLength": NOTIFICATION_MAX_CHARS}),
]


class IpnIn(Body):
    """An IPN as it came from PayPal to the marketplace."""

    data: Annotated[
        Data,
        Field(description="Its raw body, still url-encoded: PayPal is asked whether these very bytes are its own."),
    ]


class PaypalIpn(TypedDict):
    """What became of an IPN."""

    status: Annotated[
        HandledStatus,
        Field(
            description="`OK`: taken in. `IGNORED`: not PayPal's, about nothing known here, known already, or of no concern. "
            "`ERROR`: it contradicts what is known, or cannot be read; see `reason`."
        ),
    ]
    action: Annotated[
        str | None,
        Field(json_schema_extra={"enum": [*Action, None]}, description="What it is about, where that is known."),
    ]
    uuid: Annotated[str | None, Field(description="The uuid of the payment that it is about.")]
    amount: Annotated[MoneyTold | None, Field(description="The money that it tells of.")]
    transaction: Annotated[
        str | None,
        Field(description="The path of the payment, or of its refund.", examples=["/generic/transaction/7/"]),
    ]
    data: Annotated[str, Field(description="As it was sent.")]
    resource_uri: Annotated[str, Field(examples=["/paypal/ipn/7/"])]
    reason: Annotated[
        str | None,
        Field(description="Why it is where it is, in one word, such as `bad_signature`, `mismatch` or `parked`."),
    ]
    retry: Annotated[
        bool, Field(description="Answer PayPal with 503, so that it sends this again; with 200 otherwise.")
    ]


@router.post("/ipn/", response={201: PaypalIpn})
def receive_ipn(request: ApiRequest, body: IpnIn) -> HttpResponse:
    """Takes in an IPN of PayPal, as the marketplace hands it on: has PayPal prove it, and enters what it tells."""
    return answer(_shown(notifications.receive(NAME, HEADERS, body.data), body.data), 201)


def _shown(handled: Handled, data: str) -> PaypalIpn:
    row, about = handled.row, handled.row.transaction
    told: MoneyTold | None = None
    if row.currency:
        told = {"currency": row.currency, "amount": amount_text(row.amount, row.currency)}
    return {
        "status": _status(handled),
        "action": row.action,
        "uuid": _payment_of(about).uuid if about else None,
        "amount": told,
        "transaction": about.resource_uri if about else None,
        "data": data,
        "resource_uri": f"/paypal/ipn/{row.pk}/",
        "reason": handled.reason or None,
        "retry": handled.is_undecided or row.state == State.RECEIVED,
    }


def _payment_of(row: Transaction) -> Transaction:
    return row.related or row  # a refund or reversal names its payment


def _status(handled: Handled) -> HandledStatus:
    if handled.row.state == State.APPLIED and handled.is_news:
        return "OK"
    return "ERROR" if handled.reason in (MISMATCH, NOT_UNDERSTOOD) else "IGNORED"
