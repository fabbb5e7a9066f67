"""PayPal: the customer approves there and Solitude takes the money; or agrees once, and pays with one click from then on."""

import contextlib
from collections.abc import Callable, Mapping

from solitude.client import Conflict, Declined, NotFound, Product, Seller, Solitude, SolitudeError

from ..books import CANCELLED, DECLINED, OPEN, PAID, PARTLY_REFUNDED, REFUNDED, WAITING, Books, Customer, Purchase
from ..catalogue import APPS, CURRENCY, REMEMBERED_MOST, App
from .way import Begun, Message, State

STATES = {
    # what `pay` says
    "created": OPEN,
    "pending": WAITING,
    "completed": PAID,
    # what `check` says
    "CREATED": OPEN,
    "PENDING": WAITING,
    "COMPLETED": PAID,
    "DECLINED": DECLINED,
    "CANCELLED": CANCELLED,
    "EXPIRED": CANCELLED,
    "PARTIALLY_REFUNDED": PARTLY_REFUNDED,
    "REFUNDED": REFUNDED,
}


class PayPal:
    """A `Way`. It also keeps who is remembered."""

    key, name, note = "paypal", "PayPal", "With your PayPal account."
    gives_back = True

    def __init__(self, client: Solitude, books: Books, url: str) -> None:
        self._client = client
        self._books = books
        self._url = url

    def publish(self, app: App, seller: Seller, product: Product) -> None:  # noqa: ARG002 - PayPal knows no products
        """The developer's account is the payee."""
        if seller.paypal is None:
            self._client.create_paypal_seller(seller, paypal_id=app.payee)

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:
        """Takes it at once from a customer who is remembered."""
        payment = self._client.pay(
            user_id=customer.uuid,
            app_id=purchase.app,
            amount=purchase.price,
            currency=CURRENCY,
            use_preapproval=customer.remembered,
            return_url=f"{place}/back",
            cancel_url=f"{place}/back?cancelled=yes",
            memo=APPS[purchase.app].name,
            idempotency_key=f"pay-{purchase.id}",
        )
        return Begun(payment.uuid, payment.transaction, STATES[payment.status], payment.pay_url or "")

    def came_back(self, purchase: Purchase, query: str) -> None:
        """Who cancels is not charged after this; who has approved is charged by the look that follows."""
        if "cancelled=yes" in query:
            self._client.cancel(uuid=purchase.uuid)

    def look(self, purchase: Purchase) -> State:
        """What was approved and not taken yet is taken by this."""
        try:
            check = self._client.check(uuid=purchase.uuid)
        except Declined:
            return DECLINED, ""
        return STATES[check.status], check.pay_url or ""

    def give_back(self, purchase: Purchase) -> None:
        """Done at once, as a rule."""
        with contextlib.suppress(Conflict):  # nothing is left: somebody was faster
            self._client.refund(uuid=purchase.uuid, idempotency_key=f"refund-{purchase.id}")

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """Webhook messages, and the same in the older form."""
        return {"/paypal/webhook": self._forward, "/paypal/ipn": self._forward_ipn}

    def _forward(self, message: Message) -> bool:
        """Byte for byte: whether it is genuine is Solitude's to say."""
        try:
            return not self._client.forward_paypal_webhook(message.headers, message.body).retry
        except SolitudeError:
            return False

    def _forward_ipn(self, message: Message) -> bool:
        try:
            return not self._client.forward_paypal_ipn(message.body).retry
        except SolitudeError:
            return False

    def ask_to_remember(self, customer: Customer) -> str:
        """Where the customer agrees to pay without a visit to PayPal from now on."""
        if self._client.find_buyer(customer.uuid) is None:
            self._client.create_buyer(customer.uuid)
        asked = self._client.start_preapproval(
            buyer_uuid=customer.uuid,
            return_url=f"{self._url}/remembered",
            cancel_url=f"{self._url}/purchases",
            currency=CURRENCY,
            max_total=REMEMBERED_MOST,
        )
        self._books.keep_agreement(customer.uuid, asked.pk, remembered=False)
        return asked.paypal_url

    def remember(self, customer: Customer) -> bool:
        """The customer is back. Whether there is an agreement is for Solitude to say, not for the address that was called."""
        try:
            agreed = bool(customer.agreement) and self._client.finish_preapproval(customer.agreement).active
        except (Conflict, NotFound):
            agreed = False
        self._books.keep_agreement(customer.uuid, "", remembered=agreed or customer.remembered)
        return agreed

    def forget(self, customer: Customer) -> None:
        """Ends the agreement, at PayPal as well."""
        buyer = self._client.find_buyer(customer.uuid)
        if buyer is not None and buyer.paypal is not None:
            self._client.forget_paypal_key(buyer.paypal.pk)
        self._books.keep_agreement(customer.uuid, "", remembered=False)
