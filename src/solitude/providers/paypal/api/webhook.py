"""`/paypal/webhook/`: PayPal's notifications, as the marketplace forwards them."""

import json
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.payments import notifications
from solitude.payments.contract import Action
from solitude.payments.models import NOTIFICATION_HEADERS_MAX_CHARS, NOTIFICATION_MAX_CHARS, Notification
from solitude.payments.notifications import Handled
from solitude.providers.paypal.names import NAME
from solitude.transactions.amounts import amount_text
from solitude.web.answers import answer
from solitude.web.fields import Body, Taken, text_of
from solitude.web.openapi import Amount
from solitude.web.requests import ApiRequest

router = Router()
HEADERS_MAX, HEADER_MAX_CHARS = 64, 4096
BAD_SIGNATURE = "bad_signature"
State = Notification.State
HandledStatus = Literal["OK", "IGNORED", "ERROR"]


def _headers(value: Any) -> Any:
    """Names and values as PayPal sent them; what PayPal does not send is left out, so that a proxy's header changes nothing."""
    if not isinstance(value, dict) or len(value) > HEADERS_MAX:
        raise ValueError(f"must be an object of at most {HEADERS_MAX} header fields")
    kept = {name: text for name, text in value.items() if name.lower().startswith("paypal-")}
    if any(not isinstance(text, str) or len(text) > HEADER_MAX_CHARS or not text.isascii() for text in kept.values()):
        raise ValueError(f"must have texts of at most {HEADER_MAX_CHARS} ASCII characters")
    if len(json.dumps(kept)) > NOTIFICATION_HEADERS_MAX_CHARS:
        raise ValueError(f"must have at most {NOTIFICATION_HEADERS_MAX_CHARS} characters together")
    return kept


class WebhookIn(Body):
    """A notification as it came from PayPal to the marketplace."""

    headers: Annotated[
        dict[str, str],
        Taken(
            _headers,
            {
                "type": "object",
                "maxProperties": HEADERS_MAX,
                "patternProperties": {
                    "^[Pp][Aa][Yy][Pp][Aa][Ll]-": {
                        "type": "string",
                        "maxLength": HEADER_MAX_CHARS,
                        "pattern": r"^[\u0000-\u007f]*$",
                    }
                },
            },
        ),
        Field(
            description="Its headers; only those whose names begin with `PayPal-` count, and they have at most "
            f"{NOTIFICATION_HEADERS_MAX_CHARS} characters together, as JSON."
        ),
    ]
    body: Annotated[
        str, text_of(NOTIFICATION_MAX_CHARS), Field(description="Its raw body, unchanged: the signature is over it.")
    ]


class MoneyTold(TypedDict):
    """An amount and its currency."""

    currency: str
    amount: Amount | None


class PaypalNotice(TypedDict):
    """What became of a notification."""

    status: Annotated[
        HandledStatus,
        Field(description="`OK`: taken in. `IGNORED`: known already, or of no concern. `ERROR`: see `reason`."),
    ]
    action: Annotated[
        str | None,
        Field(json_schema_extra={"enum": [*Action, None]}, description="What it is about, where that is known."),
    ]
    uuid: Annotated[str | None, Field(description="The uuid of the transaction that it is about.")]
    amount: Annotated[MoneyTold | None, Field(description="The money that it tells of.")]
    transaction: Annotated[str | None, Field(examples=["/generic/transaction/7/"])]
    event: Annotated[str | None, Field(description="PayPal's id of the notification, once it is proved genuine.")]
    reason: Annotated[
        str | None,
        Field(
            description="Why it is where it is, in one word, such as `bad_signature`, `mismatch`, `orphan` or `parked`."
        ),
    ]
    retry: Annotated[
        bool, Field(description="Answer PayPal with 503, so that it sends this again; with 200 otherwise.")
    ]


@router.post("/webhook/", response=PaypalNotice)
def receive_notification(request: ApiRequest, body: WebhookIn) -> HttpResponse:
    """Takes in a notification of PayPal, as the marketplace hands it on: proves it, and enters what it tells."""
    return answer(_shown(notifications.receive(NAME, body.headers, body.body)))


def _shown(handled: Handled) -> PaypalNotice:
    row, about = handled.row, handled.row.transaction
    return {
        "status": _status(handled),
        "action": row.action,
        "uuid": about.uuid if about else None,
        "amount": (
            {"currency": row.currency, "amount": amount_text(row.amount, row.currency)} if row.currency else None
        ),
        "transaction": about.resource_uri if about else None,
        "event": row.event_id,
        "reason": BAD_SIGNATURE if _is_forged(handled) else handled.reason or None,
        "retry": handled.is_undecided or row.state == State.RECEIVED,
    }


def _is_forged(handled: Handled) -> bool:
    """Whether it was shown not to be PayPal's. By what, row and log say: whoever brings it can do nothing about it."""
    row = handled.row
    is_judged = row.state == State.REFUSED and row.event_id is None and not handled.is_undecided
    return is_judged and handled.reason != notifications.NOT_UNDERSTOOD


def _status(handled: Handled) -> HandledStatus:
    match State(handled.row.state):
        case State.APPLIED:
            return "OK" if handled.is_news else "IGNORED"
        case State.PARKED:
            return "OK"
        case State.IGNORED:
            return "IGNORED"
    return "ERROR"
