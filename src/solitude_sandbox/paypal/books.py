"""Everything that the simulator knows, in one place, behind one lock."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from solitude_sandbox.agenda import Agenda
from solitude_sandbox.clock import Clock
from solitude_sandbox.delivery import Delivery, is_here
from solitude_sandbox.journal import Journal
from solitude_sandbox.parcels import Addressee
from solitude_sandbox.paypal.accounts import Accounts
from solitude_sandbox.paypal.call import Call, Json, looking
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.events import Event, EventLog
from solitude_sandbox.paypal.idempotency import Memory
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.ipn import Ipn, IpnLog
from solitude_sandbox.paypal.ipn_sale import fields_of
from solitude_sandbox.paypal.logins import Logins
from solitude_sandbox.paypal.oauth import AccessTokens
from solitude_sandbox.paypal.patience import OF_IPN, OF_WEBHOOKS
from solitude_sandbox.paypal.signing import Signer
from solitude_sandbox.store import BoundedStore

if TYPE_CHECKING:
    from datetime import datetime

    from solitude_sandbox.paypal.captures import Capture
    from solitude_sandbox.paypal.classic.payment import Payment
    from solitude_sandbox.paypal.classic.permission import Permission
    from solitude_sandbox.paypal.classic.permissions import PermissionRequest
    from solitude_sandbox.paypal.classic.preapproval import Preapproval
    from solitude_sandbox.paypal.disputes import Dispute
    from solitude_sandbox.paypal.order import Order
    from solitude_sandbox.paypal.referrals import Referral
    from solitude_sandbox.paypal.refunds import Refund
    from solitude_sandbox.paypal.reversals import Reversal
    from solitude_sandbox.paypal.vault import PaymentToken, SetupToken
    from solitude_sandbox.paypal.webhooks import Webhook

# More than the API lets anybody register.
WEBHOOKS_LIMIT = 100
RESOURCES_LIMIT = 50_000
REFERRALS_LIMIT = 1_000
ONBOARDED_LIMIT = 20_000
INVOICES_LIMIT = 100_000
# Of the classic interface; a payment to one receiver has two.
TRANSACTIONS_LIMIT = 200_000


class Books:
    """The state of the simulated PayPal. Hold `lock` while you read or write; never while you wait."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        # These outlive a reset: a client's access token does not end because a test starts anew, nor does its trust.
        self.access_tokens = AccessTokens(ids)
        self.signer = Signer(f"CERT-{ids.debug_id()}")
        self.delivery = Delivery("PayPal", clock, self._catch_up_for_delivery)
        self._open_new()

    def _open_new(self) -> None:
        self.accounts = Accounts()
        self.memory = Memory()
        self.journal = Journal()
        self.webhooks: BoundedStore[str, Webhook] = BoundedStore(WEBHOOKS_LIMIT)
        self.agenda: Agenda[Callable[[Call], None]] = Agenda()
        self.events = EventLog()
        self.ipns = IpnLog()
        self.ipn_url: str | None = None
        self.orders: BoundedStore[str, Order] = BoundedStore(RESOURCES_LIMIT)
        self.captures: BoundedStore[str, Capture] = BoundedStore(RESOURCES_LIMIT)
        self.refunds: BoundedStore[str, Refund] = BoundedStore(RESOURCES_LIMIT)
        self.reversals: BoundedStore[str, Reversal] = BoundedStore(RESOURCES_LIMIT)
        self.disputes: BoundedStore[str, Dispute] = BoundedStore(RESOURCES_LIMIT)
        self.setup_tokens: BoundedStore[str, SetupToken] = BoundedStore(RESOURCES_LIMIT)
        self.payment_tokens: BoundedStore[str, PaymentToken] = BoundedStore(RESOURCES_LIMIT)
        # The classic interface's; a payment is also found by its tracking id and by the ids of its transactions.
        self.payments: BoundedStore[str, Payment] = BoundedStore(RESOURCES_LIMIT)
        self.tracking_ids: BoundedStore[str, Payment] = BoundedStore(RESOURCES_LIMIT)
        self.transactions: BoundedStore[str, Payment] = BoundedStore(TRANSACTIONS_LIMIT)
        self.preapprovals: BoundedStore[str, Preapproval] = BoundedStore(RESOURCES_LIMIT)
        self.permission_requests: BoundedStore[str, PermissionRequest] = BoundedStore(RESOURCES_LIMIT)
        self.permissions: BoundedStore[str, Permission] = BoundedStore(RESOURCES_LIMIT)
        # Each may be as long as a request: fewer are kept.
        self.referrals: BoundedStore[str, Referral] = BoundedStore(REFERRALS_LIMIT)
        # tracking id -> merchant id of who came through the onboarding page with it.
        self.onboarded: BoundedStore[str, str] = BoundedStore(ONBOARDED_LIMIT)
        self.logins = Logins(self.ids)
        # (merchant id, invoice id) of sales and of refunds, each to be used once -> where it was used.
        self.sale_invoices: BoundedStore[tuple[str, str], str] = BoundedStore(INVOICES_LIMIT)
        self.refund_invoices: BoundedStore[tuple[str, str], str] = BoundedStore(INVOICES_LIMIT)

    def reset(self) -> None:
        """Forget everything but access tokens and certificates, and go back to real time."""
        with self.lock:
            for webhook in self.webhooks:
                webhook.to.gone = True
            self._open_new()
            self.clock.reset()
            self.delivery.clear()

    def tell(self, call: Call, event_type: str, resource: Json) -> Event:
        """Make a webhook event of a change, in the same step as the change, and have it brought to who wants it."""
        event = self.events.add(self.ids, call, event_type, resource)
        for webhook in self.webhooks:
            if webhook.wants(event):
                self.delivery.post(event, webhook.to)
        if self.ipn_url is not None:
            fields = fields_of(self, event_type, event.resource_id, call.now)
            if fields is not None:
                self.send_ipn(call, fields, event.resource_id, self.ipn_url)
        return event

    def subscriber(self, webhook_id: str, url: str, base: str) -> Addressee:
        """Who gets the events of a webhook, each signed for it."""
        return Addressee(url, OF_WEBHOOKS, webhook_id, lambda message: self.signer.headers(message, webhook_id, base))

    def tell_by_ipn(self, call: Call, fields: Mapping[str, str], about: str, url: str | None) -> None:
        """Send a notification to this address, without one to that of the accounts; if there is none, nobody is told."""
        to = url or self.ipn_url
        if to is not None:
            self.send_ipn(call, fields, about, to)

    def send_ipn(
        self, call: Call, fields: Mapping[str, str], about: str, url: str | None, *, genuine: bool = True
    ) -> Ipn:
        """Write a notification down, and have it brought if its address is one of this machine."""
        message = self.ipns.add(self.ids, call.now, fields, about, url, genuine=genuine)
        self.bring_ipn(message)
        return message

    def bring_ipn(self, message: Ipn) -> None:
        """Have it brought, once more if it was before."""
        if message.url is not None and is_here(message.url):
            self.delivery.start()
            self.delivery.post(message, Addressee(message.url, OF_IPN))

    def catch_up(self, base: str, now: "datetime") -> None:
        """Do what the agenda has for the time up to now; `base` is for the links in what is told of it."""
        while (entry := self.agenda.next_due(now)) is not None:
            entry.act(looking(base, entry.due))

    def _catch_up_for_delivery(self) -> None:
        """Nobody may ask for days, but who has registered a webhook is told in time, with the links it knows."""
        with self.lock:
            base = next((webhook.base for webhook in self.webhooks), "")
            self.catch_up(base, self.clock.now())

    def order(self, order_id: str, now: "datetime") -> "Order":
        """The order, or 404 if it is unknown or has expired."""
        order = self.orders.get(order_id)
        if order is None or order.expired(now):
            raise refuse("INVALID_RESOURCE_ID", "/order_id", order_id, "path")
        return order

    def capture(self, capture_id: str) -> "Capture":
        """The capture, or 404."""
        capture = self.captures.get(capture_id)
        if capture is None:
            raise refuse("INVALID_RESOURCE_ID", "/capture_id", capture_id, "path")
        return capture

    def refund(self, refund_id: str) -> "Refund | Reversal":
        """The refund, or what PayPal shows like one; or 404."""
        refund = self.refunds.get(refund_id) or self.reversals.get(refund_id)
        if refund is None:
            raise refuse("INVALID_RESOURCE_ID", "/refund_id", refund_id, "path")
        return refund

    def dispute(self, dispute_id: str) -> "Dispute":
        """The dispute, or 404."""
        dispute = self.disputes.get(dispute_id)
        if dispute is None:
            raise refuse("INVALID_RESOURCE_ID", "/id", dispute_id, "path")
        return dispute

    def setup_token(self, token_id: str, now: "datetime") -> "SetupToken":
        """The setup token, or 404 if it is unknown or has expired."""
        token = self.setup_tokens.get(token_id)
        if token is None or token.expired(now):
            raise refuse("INVALID_RESOURCE_ID", "/id", token_id, "path")
        return token

    def payment_token(self, token_id: str) -> "PaymentToken":
        """The payment token, deleted or not, or 404."""
        token = self.payment_tokens.get(token_id)
        if token is None:
            raise refuse("INVALID_RESOURCE_ID", "/id", token_id, "path")
        return token
