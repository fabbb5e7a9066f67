"""`/paypal/webhook/`: PayPal's notifications, as the marketplace forwards them."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router
from pydantic import BeforeValidator

from solitude.payments import notifications
from solitude.payments.models import NOTIFICATION_MAX_CHARS, Notification
from solitude.payments.notifications import Handled
from solitude.providers.paypal.provider import PayPal
from solitude.transactions.amounts import amount_text
from solitude.web.answers import answer
from solitude.web.fields import Body, text_of
from solitude.web.requests import ApiRequest

router = Router()
HEADERS_MAX, HEADER_MAX_CHARS = 64, 4096
State = Notification.State
_STATUS = {State.APPLIED: "OK", State.PARKED: "OK", State.IGNORED: "IGNORED"}


def _headers(value: Any) -> Any:
    """Names and values as PayPal sent them; what PayPal does not send is left out, so that a proxy's header changes nothing."""
    if not isinstance(value, dict) or len(value) > HEADERS_MAX:
        raise ValueError(f"must be an object of at most {HEADERS_MAX} header fields")
    kept = {name: text for name, text in value.items() if name.lower().startswith("paypal-")}
    if any(not isinstance(text, str) or len(text) > HEADER_MAX_CHARS or not text.isascii() for text in kept.values()):
        raise ValueError(f"must have texts of at most {HEADER_MAX_CHARS} ASCII characters")
    return kept


class WebhookIn(Body):
    headers: Annotated[dict[str, str], BeforeValidator(_headers)]
    body: Annotated[str, text_of(NOTIFICATION_MAX_CHARS)]


@router.post("/webhook/")
def receive(request: ApiRequest, body: WebhookIn) -> HttpResponse:
    return answer(_shown(notifications.receive(PayPal.name, body.headers, body.body)))


def _shown(handled: Handled) -> dict[str, Any]:
    row = handled.row
    status = _STATUS.get(State(row.state), "ERROR")
    if status == "OK" and not handled.is_news and row.state == State.APPLIED:
        status = "IGNORED"
    about = row.transaction
    return {
        "status": status,
        "action": row.action,
        "uuid": about.uuid if about else None,
        "amount": (
            {"currency": row.currency, "amount": amount_text(row.amount, row.currency)} if row.currency else None
        ),
        "transaction": about.resource_uri if about else None,
        "event": row.event_id,
        "reason": handled.reason or None,
        "retry": handled.is_undecided or row.state == State.RECEIVED,
    }
