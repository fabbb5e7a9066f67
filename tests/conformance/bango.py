"""Bango on the bench: its simulator, which does whatever the kit wants.

What became of a payment the marketplace knows by what the buyer's browser brings back, and by Bango's events.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import uuid4

from django.conf import settings
from tests.bango import world
from tests.conformance.adapter import Funding, Loss, Message, Reach, Seller, Sums, WithoutCredentials
from tests.conformance.said import Said, said
from tests.support import bango as simulator
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL

from solitude.payments.contract import Operation
from solitude.providers.bango.provider import Bango as Provider
from solitude.providers.bango.soap.wire import Reply, wire

LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# After our time-out.
LATE_MS = 500
ANY_METHOD: Final = 2
REDIRECT, EVENT = "/bango/notification/", "/bango/event/"
# By the sentences of the old server, which had no codes; where one goes on, by its beginning.
SENTENCES = {
    "Already refunded": Said.TOO_MUCH,
    "Not completed": Said.NOT_CAPTURED,
    "Transaction is completed.": Said.KNOWN,
    "Transaction is too old.": Said.TOO_LATE,
    "Transaction not found": Said.NOT_THERE_YET,
    "Signature did not match.": Said.FORGED,
    "Invalid Bango token": Said.FORGED,
    "Auth incorrect": Said.FORGED,
    "It contradicts what is known": Said.CONTRADICTS,
}
IS_OTHER: Final = "is not what Bango says."


class Bango(WithoutCredentials):
    name = "bango"
    currency = "EUR"
    capabilities = Provider.capabilities
    reach = frozenset(Reach)
    settings: ClassVar[Mapping[str, Any]] = {"SOLITUDE_BANGO_NOTIFICATION_URL": "https://shop.example/bango"}
    # Nothing is found by our reference. After half an hour nobody waits for a page any more; a refund is asked for again at once.
    found_after_h, absent_after_h, given_up_after_h = 1, 1, 1
    operations: ClassVar[Mapping[Operation, str]] = {
        Operation.PAY: "CreateBillingConfiguration",
        Operation.REFUND: "DoRefund",
    }

    def __init__(self) -> None:
        self.bango = simulator.running()
        self.bango.reset()
        self._uuids: dict[str, str] = {}
        self._brought: dict[str, dict[str, str]] = {}

    # --- the marketplace ---

    def product(self, shop: Marketplace, seller: Seller) -> str:
        made = shop.post("/provider/bango/product/", world.new_product(shop))
        assert made.status == 200, made
        if seller == Seller.CLOSED:
            # Bango closes nobody whom it has let in: it knows the number no more.
            self.bango.fault(self.operations[Operation.PAY], "issue:NO_BANGO_EXISTS")
        if seller == Seller.SLOW:
            self.bango.refunds(pending=True)
        return str(made["resource_uri"])

    def pay(
        self,
        shop: Marketplace,
        product: str,
        amount: str,
        *,
        buyer: str = "",
        fee: str = "",
        key: str = "",
        delayed: bool = False,
    ) -> Answer:
        assert not buyer + fee
        assert not delayed
        return self._bill(shop, product, {self.currency: amount}, key)

    def offer(self, shop: Marketplace, product: str, prices: Mapping[str, str]) -> Answer:
        return self._bill(shop, product, prices)

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        """Hands on what the buyer brought back; before that there is nothing but to look here."""
        if uuid in self._brought:
            return self.forward(shop, self.brought(shop, uuid))
        return shop.get(f"/generic/transaction/?uuid={uuid}")

    def check_refund(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.get(f"/bango/refund/?uuid={uuid}")

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        assert not amount
        return shop.post("/bango/refund/", {"uuid": uuid}, **_key(key))

    def said(self, answer: Answer) -> Said:
        if answer.status == 503 and answer["detail"].partition(" is kept")[1]:
            return Said.KEPT
        if answer.status != 400:
            return said(answer)
        if "__bango__" in answer.json:
            return Said.REFUSED
        ((field, (sentence,)),) = answer.json.items()
        if field in ("amount", "currency"):
            return Said.CONTRADICTS
        if sentence.endswith(IS_OTHER):
            return Said.FORGED
        known = [said for begins, said in SENTENCES.items() if sentence.startswith(begins)]
        assert known, answer
        return known[0]

    def _bill(self, shop: Marketplace, product: str, prices: Mapping[str, str], key: str = "") -> Answer:
        # The transaction's uuid is the marketplace's own: who repeats a wish repeats it.
        uuid = self._uuids.setdefault(key or str(uuid4()), f"shop:{uuid4()}")
        body = {
            "seller_product_bango": product,
            "pageTitle": "Star Map",
            "prices": [
                {"price": price, "currency": currency, "method": ANY_METHOD} for currency, price in prices.items()
            ],
            "redirect_url_onsuccess": RETURN_URL,
            "redirect_url_onerror": CANCEL_URL,
            "transaction_uuid": uuid,
            "user_uuid": "shop:8812",
        }
        return shop.post("/bango/billing/", body, **_key(key))

    # --- its buyer ---

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        self._back(self.bango.pay(url) if funding == Funding.GOOD else self.bango.fail(url))

    def choose(self, url: str, currency: str) -> None:
        self._back(self.bango.pay(url, currency=currency))

    def turn_back(self, url: str) -> None:
        self._back(self.bango.cancel(url))

    def brought(self, _shop: Marketplace, uuid: str) -> Message:
        return {REDIRECT: self._brought[uuid]}

    def _back(self, location: str) -> None:
        form = simulator.form(location)
        self._brought[form["moz_transaction"]] = form

    # --- its books ---

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of Bango's, whether they are ours or not."""
        return {
            str(payment["billingConfigurationId"]): _sums(payment)
            for payment in self.bango.state()["payments"]
            if payment["status"] == "OK"
        }

    # --- what it does, and what goes wrong ---

    def asked(self, operation: Operation) -> int:
        return len(self.bango.calls(self.operations[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        delay_ms = settings.SOLITUDE_BANGO_TIMEOUT_MS + LATE_MS
        self.bango.fault(self.operations[operation], LOSSES[loss], delay_ms=delay_ms)

    def turn_away(self, operation: Operation) -> None:
        self.bango.fault(self.operations[operation], "rate_limit_429", retry_after_s=7)

    def told(self) -> list[Message]:
        """Under the password that Bango was told with the package."""
        return [{EVENT: event} for event in self.bango.told()]

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        ((path, body),) = message.items()
        return shop.post(path, body)

    def forgeries(self, message: Message) -> list[Message]:
        """An event under another password, as somebody else, and under none; a return in which one thing is another."""
        ((path, body),) = message.items()
        if path == EVENT:
            others: list[dict[str, str]] = [{"password": "guessed"}, {"username": "somebody"}, {"password": ""}]
        else:
            others = [
                {"moz_signature": "0" * 64},
                {"bango_response_code": "CANCEL"},
                {"bango_response_message": "Better luck next time"},
                {"bango_trans_id": "1"},
                {"bango_token": "guessed"},
                {"amount": "0.01"},
            ]
        return [{path: {**body, **other}} for other in others]

    def misstated(self, message: Message, amount: str, currency: str) -> Message:
        """An event, which is believed for its password."""
        xml = message[EVENT]["notification"]
        for name, value in {"paymentAmount": amount, "paymentCurrency": currency}.items():
            before, told, after = xml.partition(f'name="{name}" value="')
            xml = f'{before}{told}{value}"{after.partition(chr(34))[2]}'
        return {EVENT: {**message[EVENT], "notification": xml}}

    def refund_there(self, payment: str, amount: str) -> None:
        """As somebody else with the same account; a payment goes back as a whole."""
        taken = self._taken(payment)
        refund = {"bango": taken["bango"], "transactionId": taken["transactionId"], "refundType": "OPERATOR"}
        reply = wire().ask("DoRefund", {**refund, "externalTransactionId": str(uuid4())})
        assert isinstance(reply, Reply), reply
        assert reply.is_ok, reply

    def settle_refund(self, payment: str, *, good: bool) -> None:
        (refund,) = [
            refund
            for refund in self.bango.state()["refunds"]
            if refund["transactionId"] == self._taken(payment)["transactionId"] and refund["status"] == "PENDING"
        ]
        self.bango.settle_refund(refund["refundTransactionId"], good=good)

    def _taken(self, configuration: str) -> dict[str, Any]:
        (found,) = [
            payment
            for payment in self.bango.state()["payments"]
            if str(payment["billingConfigurationId"]) == configuration and payment["status"] == "OK"
        ]
        return dict(found)


def _sums(payment: dict[str, Any]) -> Sums:
    amount, currency = payment["price"].split()
    return Sums(Decimal(amount), Decimal(amount if payment["refund"] == "OK" else 0), currency)


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
