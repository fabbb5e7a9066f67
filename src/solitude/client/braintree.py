"""Payments through Braintree: by cards that a buyer told Braintree alone. Of a card, a marketplace sees a nonce, which is good for once."""

from . import answers
from . import braintree_answers as braintree
from .calls import Calls, Path, decimal_text, path_of, read
from .transport import Call
from .wire import BARE, Amount, Fields, target

PAYMETHODS, SUBSCRIPTIONS = "/braintree/mozilla/paymethod/", "/braintree/mozilla/subscription/"
WEBHOOK = "/braintree/webhook/"


class Braintree(Calls):
    """What moves money at Braintree, what is agreed there beforehand, and what tells of both."""

    def create_braintree_token(self, *, idempotency_key: str | None = None) -> str:
        """The client token with which a page of yours gets a nonce from Braintree, for the card that its buyer types there."""
        return self._post("/braintree/token/generate/", {}, _token, idempotency_key)

    def create_braintree_customer(
        self, buyer_uuid: str, *, idempotency_key: str | None = None
    ) -> braintree.BraintreeBuyer:
        """Makes a buyer, who must be there, a customer of Braintree's. Braintree is told nothing of who it is."""
        return self._post("/braintree/customer/", {"uuid": buyer_uuid}, braintree.BraintreeBuyer.made, idempotency_key)

    def create_braintree_paymethod(
        self, buyer_uuid: str, nonce: str, *, idempotency_key: str | None = None
    ) -> braintree.BraintreePaymethod:
        """Stores the card that a nonce stands for, when its bank has been asked. Raises Declined for one that the bank refuses."""
        body = {"buyer_uuid": buyer_uuid, "nonce": nonce}
        return self._post("/braintree/paymethod/", body, braintree.BraintreePaymethod.made, idempotency_key)

    def delete_braintree_paymethod(self, paymethod: int | Path, *, idempotency_key: str | None = None) -> None:
        """Deletes a card at Braintree, which ends its subscriptions there; here it stays, and is not active any more."""
        body = {"paymethod": path_of(PAYMETHODS, paymethod)}
        self._post("/braintree/paymethod/delete/", body, _nothing, idempotency_key)

    def pay_by_braintree(
        self,
        public_id: str,
        *,
        amount: Amount,
        nonce: str | None = None,
        paymethod: int | Path | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> braintree.BraintreePayment:
        """Takes a payment for a product of the catalogue, at once: by a `nonce`, or by a stored card. `pin_token` as for `pay`.

        It is checked then, which counts as paid, and completed when Braintree has settled it, some days later.
        """
        if (nonce is None) == (paymethod is None):
            raise ValueError("A payment is made by either nonce or paymethod.")
        body = {
            "product_id": public_id,
            "amount": decimal_text(amount),
            "nonce": nonce,
            "paymethod": None if paymethod is None else path_of(PAYMETHODS, paymethod),
            "pin_token": pin_token,
        }
        return self._post("/braintree/sale/", body, braintree.BraintreePayment.made, idempotency_key)

    def refund_braintree_payment(
        self,
        payment_uuid: str,
        *,
        amount: Amount | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Transaction:
        """Gives back `amount` of a payment that is settled, all that is left of it by default; the refund, a transaction of its own."""
        body = {"uuid": payment_uuid, "amount": decimal_text(amount), "reason": reason}
        return self._post("/braintree/refund/", body, _transaction, idempotency_key)

    def void_braintree_payment(self, payment_uuid: str, *, idempotency_key: str | None = None) -> answers.Transaction:
        """Gives up a payment that is not settled yet, whole: its buyer is not charged. Raises Conflict `not_voidable` after that."""
        return self._post("/braintree/void/", {"uuid": payment_uuid}, _transaction, idempotency_key)

    def create_braintree_subscription(
        self,
        paymethod: int | Path,
        plan: str,
        *,
        amount: Amount | None = None,
        idempotency_key: str | None = None,
    ) -> braintree.BraintreeSubscription:
        """Has Braintree take a payment each month, the first at once. `plan`: the public_id of a product of the catalogue.

        `amount`: where the catalogue has none. What was taken, webhooks tell.
        """
        body = {"paymethod": path_of(PAYMETHODS, paymethod), "plan": plan, "amount": decimal_text(amount)}
        return self._post("/braintree/subscription/", body, braintree.BraintreeSubscription.made, idempotency_key)

    def change_braintree_subscription(
        self, subscription: int | Path, paymethod: int | Path, *, idempotency_key: str | None = None
    ) -> braintree.BraintreeSubscription:
        """Has another card of the same buyer pay from now on."""
        body = {
            "subscription": path_of(SUBSCRIPTIONS, subscription),
            "paymethod": path_of(PAYMETHODS, paymethod),
        }
        path = "/braintree/subscription/paymethod/change/"
        return self._post(path, body, braintree.BraintreeSubscription.made, idempotency_key)

    def cancel_braintree_subscription(
        self, subscription: int | Path, *, idempotency_key: str | None = None
    ) -> braintree.BraintreeSubscription:
        """Nothing is taken after this."""
        body = {"subscription": path_of(SUBSCRIPTIONS, subscription)}
        path = "/braintree/subscription/cancel/"
        return self._post(path, body, braintree.BraintreeSubscription.made, idempotency_key)

    def answer_braintree_challenge(self, challenge: str) -> str:
        """What your webhook's address answers, as plain text, when Braintree asks it with `bt_challenge` whether it is yours."""
        call = Call("GET", target(WEBHOOK, {"bt_challenge": challenge}), bare=True)
        return read(call, self._persist(call).body, lambda body: Fields(body).text(BARE))

    def forward_braintree_webhook(
        self, bt_signature: str, bt_payload: str, *, idempotency_key: str | None = None
    ) -> braintree.BraintreeNotice | None:
        """Hands on the two fields that Braintree has posted to you. None: it was taken in, and is of no subscription.

        Raises InvalidRequest for what is not Braintree's. After any other error answer Braintree with 503: it comes again.
        """
        body = {"bt_signature": bt_signature, "bt_payload": bt_payload}
        return self._post(WEBHOOK, body, braintree.BraintreeNotice.from_json, idempotency_key)


def _token(body: object) -> str:
    return Fields(body).text("token")


def _transaction(body: object) -> answers.Transaction:
    return answers.Transaction.from_json(Fields(Fields(body).mapping("mozilla")).mapping("generic"))


def _nothing(_: object) -> None:
    """204 says nothing more."""
