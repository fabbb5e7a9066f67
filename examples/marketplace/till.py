"""All that the shop asks of Solitude.

An answer that did not come is no answer: then a purchase waits, and the feed tells what became of it. It is never guessed.
"""

import contextlib
from collections.abc import Mapping

from solitude.client import Conflict, Declined, NoAnswer, NotFound, OutcomeUnknown, ServerError, Solitude, SolitudeError

from .books import CANCELLED, DECLINED, OPEN, PAID, PARTLY_REFUNDED, REFUNDED, WAITING, Books, Customer, Purchase
from .catalogue import APPS, CURRENCY, REMEMBERED_MOST, App

# Whether money was taken is not known after these; after all others it was not.
UNKNOWN = (OutcomeUnknown, ServerError, NoAnswer)
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


class Till:
    """`url` is where the shop is reached: PayPal sends customers back there."""

    def __init__(self, client: Solitude, books: Books, url: str) -> None:
        self._client = client
        self._books = books
        self._url = url

    def buy(self, customer: Customer, app: App) -> Purchase:
        """A new purchase. It is in our books before anybody is asked for money."""
        return self.settle(customer, self._books.begin(customer, app.public_id, app.price))

    def settle(self, customer: Customer, purchase: Purchase) -> Purchase:
        """Goes on with a purchase from wherever it is; safe at any time and as often as you like."""
        if not purchase.uuid:
            self._pay(customer, purchase)
        else:
            self._books.keep_state(purchase.id, *self.look(purchase))
        return self._books.purchase(purchase.id) or purchase

    def _pay(self, customer: Customer, purchase: Purchase) -> None:
        """Starts the payment, or takes it at once from a customer who is remembered.

        The purchase's id is the idempotency key: asked again, Solitude answers with the same payment.
        """
        place = f"{self._url}/purchases/{purchase.id}"
        try:
            payment = self._client.pay(
                user_id=customer.uuid,
                app_id=purchase.app,
                amount=purchase.price,
                currency=CURRENCY,
                use_preapproval=customer.remembered,
                return_url=f"{place}/back",
                cancel_url=f"{place}/cancelled",
                memo=APPS[purchase.app].name,
                idempotency_key=f"pay-{purchase.id}",
            )
        except UNKNOWN as error:
            self._books.keep_payment(purchase.id, WAITING, error.uuid, error.transaction)
        except SolitudeError as error:
            self._books.keep_payment(purchase.id, DECLINED, error.uuid, error.transaction)
        else:
            state = STATES[payment.status]
            self._books.keep_payment(purchase.id, state, payment.uuid, payment.transaction, payment.pay_url)

    def look(self, purchase: Purchase) -> tuple[str, str]:
        """What is true now, and where the customer can pay, if so. What was approved and not taken yet is taken by this."""
        try:
            check = self._client.check(uuid=purchase.uuid)
        except Declined:
            return DECLINED, ""
        except UNKNOWN:
            return WAITING, ""
        return STATES[check.status], check.pay_url or ""

    def cancel(self, purchase: Purchase) -> None:
        """The customer came back without paying, and nothing is taken after this. Who has paid all the same is told so."""
        check = self._client.cancel(uuid=purchase.uuid)
        self._books.keep_state(purchase.id, STATES[check.status], check.pay_url or "")

    def refund(self, customer: Customer, purchase: Purchase) -> Purchase:
        """Gives back all that is left. Pressed twice it is one refund."""
        with contextlib.suppress(Conflict):  # nothing is left: somebody was faster
            self._client.refund(uuid=purchase.uuid, idempotency_key=f"refund-{purchase.id}")
        return self.settle(customer, purchase)

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

    def forward(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Hands PayPal's message on. Whether it has arrived; if not, PayPal should come again. ValueError: it is not from PayPal."""
        try:
            return not self._client.forward_paypal_webhook(headers, body).retry
        except SolitudeError:
            return False

    def forward_ipn(self, body: bytes) -> bool:
        """The same in the older form, which has no headers of its own."""
        try:
            return not self._client.forward_paypal_ipn(body).retry
        except SolitudeError:
            return False
