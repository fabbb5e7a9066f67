"""Braintree on the bench: its simulator, which does whatever the kit wants.

A buyer approves nothing there: it types a card, which becomes a nonce, and the payment is taken in the call that begins it. A pre-approval
is a card that is stored.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from tests.conformance.adapter import Consent, Funding, Loss, Message, Reach, Seller, Sums, WithoutFees
from tests.conformance.said import Said, said
from tests.support import braintree as simulator
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation
from solitude.providers.braintree.provider import Braintree as Provider
from solitude.providers.braintree.wire import Reply, wire

LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# After our time-out.
LATE_MS = 500
# Where the kit's shop listens for what a buyer's browser brings: nobody does, for the kit reads the address.
SHOP_URL = "http://127.0.0.1:9/card"
# Cards of which the sandbox says what becomes of them.
BEHAVIOURS = {Funding.GOOD: "good", Funding.DECLINED: "declined_later"}
NO_CARD = "/braintree/mozilla/paymethod/999/"
# What our own form finds wrong, by field: without a nonce nobody has typed a card, and only a webhook is wrong as a whole.
FIELDS = {"nonce": Said.NOT_APPROVED, "__all__": Said.FORGED}
UNDER_WAY = ("submitted_for_settlement", "settling", "settlement_pending", "settlement_confirmed")


class Braintree(WithoutFees):
    name = "braintree"
    currency = "USD"
    capabilities = Provider.capabilities
    reach = frozenset(Reach)
    settings: ClassVar[Mapping[str, Any]] = {}
    # The gateway's search finds a sale at once; what it has not found after an hour was not made. No payment waits for its buyer.
    found_after_h, absent_after_h, given_up_after_h = 1, 2, 1
    operations: ClassVar[Mapping[Operation, str]] = {
        Operation.PAY: "sale",
        Operation.REFUND: "refund",
        Operation.VOID: "void",
        Operation.STORE_CREDENTIAL: "create_method",
    }

    def __init__(self) -> None:
        self.braintree = simulator.running()
        self.braintree.reset()
        # What the kit has begun under a key: a repeat of the same wish has the same nonce in it.
        self._wishes: dict[str, dict[str, str]] = {}
        self._nonces: dict[str, str] = {}
        self._settling = Lock()
        # The card of each buyer, by our path of it.
        self._cards: dict[str, str] = {}

    # --- the marketplace ---

    def product(self, shop: Marketplace, seller: Seller) -> str:
        public_id = shop.product()
        (made,) = shop.get(f"/generic/product/?public_id={public_id}")["objects"]
        entry = {"seller_product": made["resource_uri"], "currency": self.currency}
        assert shop.post("/braintree/product/", entry).status == 201
        if seller == Seller.CLOSED:
            # The gateway has no sellers: what banks do not allow is what there is.
            self.braintree.fault(self.operations[Operation.PAY], "issue:2015")
        return public_id

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
        assert not fee
        assert not delayed
        wish = self._wishes.setdefault(key, self._card(buyer)) if key else self._card(buyer)
        body = {"product_id": product, "amount": amount, **wish}
        return _shown(shop.post("/braintree/sale/", body, **_key(key)))

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.post("/payments/check/", {"uuid": uuid})

    def check_refund(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.post("/payments/check/", {"uuid": uuid})

    def cancel(self, shop: Marketplace, uuid: str) -> Answer:
        raise NotImplementedError

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        """As a marketplace does it that has waited until the payment is settled."""
        (row,) = shop.get(f"/generic/transaction/?uuid={uuid}")["objects"]
        self._settled(row["uid_support"])
        body = {"uuid": uuid, **({"amount": amount} if amount else {})}
        return _shown(shop.post("/braintree/refund/", body, **_key(key)))

    def void(self, shop: Marketplace, uuid: str) -> Answer:
        return _shown(shop.post("/braintree/void/", {"uuid": uuid}))

    def ask_consent(self, shop: Marketplace, buyer: str) -> Consent:
        shop.post("/braintree/customer/", {"uuid": buyer})
        token = shop.post("/braintree/token/generate/", {})["token"]
        return Consent(buyer, self.braintree.card_page(token, SHOP_URL))

    def store_credential(self, shop: Marketplace, consent: Consent) -> Answer:
        """A repeat is the same wish."""
        body = {"buyer_uuid": consent.resource, "nonce": self._nonces.get(consent.url, "")}
        stored = shop.post("/braintree/paymethod/", body, **_key(f"card of {consent.resource}"))
        if stored.status == 201:
            self._cards[consent.resource] = stored["mozilla"]["resource_uri"]
        return stored

    def delete_credential(self, shop: Marketplace, buyer: str) -> Answer:
        return shop.post("/braintree/paymethod/delete/", {"paymethod": self._cards[buyer]})

    def said(self, answer: Answer) -> Said:
        if answer.status == 422 and "mozilla" in answer.json:
            return FIELDS.get(next(iter(answer["mozilla"])), Said.REFUSED)
        return Said.NOT_THERE_YET if answer.status == 500 else said(answer)

    def _card(self, buyer: str) -> dict[str, str]:
        """By what a payment is made: the card that is stored of a buyer, or of none one that somebody has just typed."""
        return {"paymethod": self._cards.get(buyer, NO_CARD)} if buyer else {"nonce": self.braintree.nonce()}

    # --- its buyer ---

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = self.braintree.enter_card(query["client_token"], query["return_url"], behaviour=BEHAVIOURS[funding])
        (self._nonces[url],) = parse_qs(urlsplit(back).query)["nonce"]

    def turn_back(self, url: str) -> None:
        """Who closes the page has told nobody a card."""

    # --- its books ---

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of Braintree's, whether they are ours or not. What a dispute has cost stands beside the sale."""
        state = self.braintree.state()
        lost: defaultdict[str, Decimal] = defaultdict(Decimal)
        for dispute in state["disputes"]:
            if dispute["status"] == "lost":
                lost[dispute["transaction"]] += Decimal(dispute["amount"])
        return {
            each["id"]: _sums(each, lost[each["id"]])
            for each in state["transactions"]
            if each["type"] == "sale" and each["status"] in (*UNDER_WAY, "settled")
        }

    # --- what it does, and what goes wrong ---

    def asked(self, operation: Operation) -> int:
        return len(self.braintree.calls(self.operations[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        delay_ms = settings.SOLITUDE_BRAINTREE_TIMEOUT_MS + LATE_MS
        self.braintree.fault(self.operations[operation], LOSSES[loss], delay_ms=delay_ms)

    def turn_away(self, operation: Operation) -> None:
        self.braintree.fault(self.operations[operation], "rate_limit_429", retry_after_s=7)

    def told(self) -> list[Message]:
        return [{"bt_signature": e["bt_signature"], "bt_payload": e["bt_payload"]} for e in self.braintree.told()]

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        return shop.post("/braintree/webhook/", dict(message))

    def forgeries(self, message: Message) -> list[Message]:
        """Another's signature, none of ours, and what was signed for something else."""
        signature, payload = message["bt_signature"], message["bt_payload"]
        public_key, _, digest = signature.rpartition("&")[2].rpartition("|")
        others = [
            {"bt_signature": f"{public_key}|{'0' * len(digest)}"},
            {"bt_signature": f"somebody|{digest}"},
            {"bt_payload": payload.replace(payload[40], "A" if payload[40] != "A" else "B", 1)},
        ]
        return [{**message, **other} for other in others]

    def refund_there(self, payment: str, amount: str) -> None:
        """As somebody else with the same keys."""
        self._settled(payment)
        reply = wire().ask("refund", lambda gateway: gateway.transaction.refund(payment, amount))
        assert isinstance(reply, Reply), reply
        assert reply.value.is_success, reply

    def reverse(self, payment: str) -> None:
        """A dispute that its buyer wins takes the money back."""
        self.dispute(payment, for_buyer=True)

    def dispute(self, payment: str, *, for_buyer: bool) -> None:
        self._settled(payment)
        self.braintree.resolve(self.braintree.dispute(payment), won=not for_buyer)

    def settle(self, payment: str, *, good: bool) -> None:
        self.braintree.settle(payment, good=good)

    def _settled(self, payment: str) -> None:
        """Sees to it that a payment that is under way is settled."""
        with self._settling:
            if payment and self.braintree.transaction(payment)["status"] in UNDER_WAY:
                self.braintree.settle(payment)


def _shown(answer: Answer) -> Answer:
    """With the names of the transaction where every other provider's answer has them."""
    if answer.status >= 300:
        return answer
    row = answer["mozilla"]["generic"]
    return replace(answer, json={**row, "transaction": row["resource_uri"]})


def _sums(sale: dict[str, Any], lost: Decimal) -> Sums:
    amount = Decimal(sale["amount"])
    return Sums(amount, amount - Decimal(sale["left"]) + lost, sale["currency"])


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
