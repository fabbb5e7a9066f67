"""The API as a table: name, method, path, what does it, and how long its request ids are remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from solitude_sandbox.paypal import balances, integrations, referrals
from solitude_sandbox.paypal.balances import list_balances
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call
from solitude_sandbox.paypal.dispute_api import accept_claim, escalate, get_dispute, list_disputes, send_message
from solitude_sandbox.paypal.identity import openid_userinfo, paypal_userinfo
from solitude_sandbox.paypal.integrations import find_integration, get_integration
from solitude_sandbox.paypal.order_confirm import confirm_order
from solitude_sandbox.paypal.order_patch import patch_order
from solitude_sandbox.paypal.orders import capture_order, create_order, get_order
from solitude_sandbox.paypal.referrals import create_referral, get_referral
from solitude_sandbox.paypal.refunds import get_refund, refund_capture
from solitude_sandbox.paypal.reports import list_transactions
from solitude_sandbox.paypal.times import ORDERS_MEMORY, PAYMENTS_MEMORY, VAULT_MEMORY
from solitude_sandbox.paypal.vault import (
    create_payment_token,
    create_setup_token,
    delete_payment_token,
    get_payment_token,
    get_setup_token,
    list_payment_tokens,
)
from solitude_sandbox.paypal.webhook_changes import list_event_types, update_webhook, webhook_event_types
from solitude_sandbox.paypal.webhooks import (
    create_webhook,
    delete_webhook,
    get_cert,
    get_event,
    get_webhook,
    list_events,
    list_webhooks,
    resend_event,
    simulate_event,
    verify_webhook,
)

TOKEN = "token"  # noqa: S105 - an operation
PERSON_TOKEN = "person_token"  # noqa: S105 - an operation
TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - a path


@dataclass(frozen=True)
class Operation:
    """One row. `memory` None: PayPal-Request-Id means nothing here."""

    name: str
    method: str
    path: str
    act: Callable[[Books, Call], Answer]
    memory: timedelta | None = None
    request_id_required: bool = False
    needs_token: bool = True
    of_person: bool = False  # the token is that of a person who logged in

    @property
    def can_be_mocked(self) -> bool:
        """PayPal-Mock-Response works on Orders v2 and Payments v2: developer.paypal.com, "Negative testing"."""
        return self.path.startswith(("/v2/checkout/", "/v2/payments/"))


def get_capture(books: Books, call: Call) -> Answer:
    """GET /v2/payments/captures/{id}."""
    capture = books.capture(call.path_id)
    call.require_consent_of(capture.seller, needed=False)
    return Answer(200, capture.show)


_ORDERS = "/v2/checkout/orders"
_CAPTURE = "/v2/payments/captures/<path_id>"
_SETUP_TOKENS = "/v3/vault/setup-tokens"
_PAYMENT_TOKENS = "/v3/vault/payment-tokens"
_NOTIFICATIONS = "/v1/notifications"
_REFERRALS = referrals.PATH
_INTEGRATIONS = integrations.PATH
_IDENTITY = "/v1/identity"
_DISPUTES = "/v1/customer/disputes"
_WEBHOOKS = f"{_NOTIFICATIONS}/webhooks"
_EVENTS = f"{_NOTIFICATIONS}/webhooks-events"

OPERATIONS = (
    Operation("create_order", "POST", _ORDERS, create_order, ORDERS_MEMORY),
    Operation("get_order", "GET", f"{_ORDERS}/<path_id>", get_order),
    Operation("patch_order", "PATCH", f"{_ORDERS}/<path_id>", patch_order),
    Operation("confirm_order", "POST", f"{_ORDERS}/<path_id>/confirm-payment-source", confirm_order),
    Operation("capture_order", "POST", f"{_ORDERS}/<path_id>/capture", capture_order, ORDERS_MEMORY),
    Operation("get_capture", "GET", _CAPTURE, get_capture),
    Operation("refund", "POST", f"{_CAPTURE}/refund", refund_capture, PAYMENTS_MEMORY),
    Operation("get_refund", "GET", "/v2/payments/refunds/<path_id>", get_refund),
    Operation("setup_token", "POST", _SETUP_TOKENS, create_setup_token, VAULT_MEMORY, request_id_required=True),
    Operation("get_setup_token", "GET", f"{_SETUP_TOKENS}/<path_id>", get_setup_token),
    Operation("payment_token", "POST", _PAYMENT_TOKENS, create_payment_token, VAULT_MEMORY, request_id_required=True),
    Operation("list_payment_tokens", "GET", _PAYMENT_TOKENS, list_payment_tokens),
    Operation("get_payment_token", "GET", f"{_PAYMENT_TOKENS}/<path_id>", get_payment_token),
    Operation("delete_payment_token", "DELETE", f"{_PAYMENT_TOKENS}/<path_id>", delete_payment_token),
    Operation("report", "GET", "/v1/reporting/transactions", list_transactions),
    Operation("balances", "GET", balances.PATH, list_balances),
    Operation("list_disputes", "GET", _DISPUTES, list_disputes),
    Operation("get_dispute", "GET", f"{_DISPUTES}/<path_id>", get_dispute),
    Operation("accept_claim", "POST", f"{_DISPUTES}/<path_id>/accept-claim", accept_claim),
    Operation("send_message", "POST", f"{_DISPUTES}/<path_id>/send-message", send_message),
    Operation("escalate", "POST", f"{_DISPUTES}/<path_id>/escalate", escalate),
    Operation("create_webhook", "POST", _WEBHOOKS, create_webhook),
    Operation("list_webhooks", "GET", _WEBHOOKS, list_webhooks),
    Operation("get_webhook", "GET", f"{_WEBHOOKS}/<path_id>", get_webhook),
    Operation("update_webhook", "PATCH", f"{_WEBHOOKS}/<path_id>", update_webhook),
    Operation("webhook_event_types", "GET", f"{_WEBHOOKS}/<path_id>/event-types", webhook_event_types),
    Operation("list_event_types", "GET", f"{_NOTIFICATIONS}/webhooks-event-types", list_event_types),
    Operation("delete_webhook", "DELETE", f"{_WEBHOOKS}/<path_id>", delete_webhook),
    Operation("verify_webhook", "POST", f"{_NOTIFICATIONS}/verify-webhook-signature", verify_webhook),
    Operation("list_events", "GET", _EVENTS, list_events),
    Operation("get_event", "GET", f"{_EVENTS}/<path_id>", get_event),
    Operation("resend_event", "POST", f"{_EVENTS}/<path_id>/resend", resend_event),
    Operation("simulate_event", "POST", f"{_NOTIFICATIONS}/simulate-event", simulate_event),
    Operation("create_referral", "POST", _REFERRALS, create_referral),
    Operation("get_referral", "GET", f"{_REFERRALS}/<path_id>", get_referral),
    Operation("find_integration", "GET", _INTEGRATIONS, find_integration),
    Operation("get_integration", "GET", f"{_INTEGRATIONS}/<path_id>", get_integration),
    Operation("userinfo", "GET", f"{_IDENTITY}/oauth2/userinfo", paypal_userinfo, of_person=True),
    Operation("openid_userinfo", "GET", f"{_IDENTITY}/openidconnect/userinfo", openid_userinfo, of_person=True),
    Operation("get_cert", "GET", f"{_NOTIFICATIONS}/certs/<path_id>", get_cert, needs_token=False),
)

NAMES = frozenset({TOKEN, PERSON_TOKEN, *(operation.name for operation in OPERATIONS)})
