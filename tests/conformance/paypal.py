"""What PayPal's adapters share: the marketplace's side, which is the same whatever interface PayPal is asked by."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from tests.conformance.adapter import Consent, Funding, Loss, Seller
from tests.conformance.said import Said, said
from tests.support import simulator
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation

FUNDINGS = {Funding.GOOD: "ok", Funding.DECLINED: "declined", Funding.HELD: "review"}
LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# The simulator's accounts tell by their names what is wrong with them.
SELLERS = {
    Seller.ORDINARY: "",
    Seller.CLOSED: "closed-seller@dev.example",
    Seller.SLOW: "slowrefund-seller@dev.example",
}
NOTIFIED = {
    "bad_signature": Said.FORGED,
    "missing_header": Said.FORGED,
    None: Said.KNOWN,  # the very same was taken in before
    "duplicate": Said.KNOWN,
    "known_already": Said.KNOWN,
    "in_progress": Said.KEPT,
    "not_of_concern": Said.NO_CONCERN,
    "parked": Said.NOT_THERE_YET,
    "orphan": Said.NOT_THERE_YET,
    "mismatch": Said.CONTRADICTS,
}
# After our time-out.
LATE_MS = 500


class PaypalMarketplace:
    """PayPal's routes of our API, in the words of the kit."""

    currency = "EUR"
    settings: ClassVar[Mapping[str, Any]] = {}
    with_partner: ClassVar[Mapping[str, Any]] = {}

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
        more: dict[str, Any] = {"platform_fee": Decimal(fee)} if fee else {}
        if delayed:
            more["disbursement"] = "delayed"
        if buyer:
            more |= {"user_id": buyer, "use_preapproval": True}
        return shop.pay(product, _key(key), amount=Decimal(amount), currency=self.currency, **more)

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.check(uuid=uuid)

    def check_refund(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.check(uuid=uuid)

    def cancel(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.cancel(uuid=uuid)

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        part = {"amount": amount} if amount else {}
        return shop.refund(_key(key), uuid=uuid, **part)

    def void(self, shop: Marketplace, uuid: str) -> Answer:
        raise NotImplementedError

    def ask_consent(self, shop: Marketplace, buyer: str) -> Consent:
        begun = shop.preapproval(buyer, **self.consent_terms())
        assert begun.status == 201, begun
        return Consent(begun["resource_uri"], begun["paypal_url"])

    def consent_terms(self) -> dict[str, Any]:
        """To what the buyer is to agree: to everything."""
        return {}

    def store_credential(self, shop: Marketplace, consent: Consent) -> Answer:
        return shop.put(consent.resource, {})

    def delete_credential(self, shop: Marketplace, buyer: str) -> Answer:
        (found,) = shop.get(f"/generic/buyer/?uuid={buyer}")["objects"]
        return shop.delete(found["paypal"]["resource_uri"])

    def said(self, answer: Answer) -> Said:
        """A notification is always taken in; what it was worth is in the body."""
        is_of_notification = "retry" in (answer.json or {})
        if is_of_notification and answer["status"] != "OK":
            return NOTIFIED[answer["reason"]]
        return said(answer)


class PaypalSimulator(PaypalMarketplace):
    """And at the simulator: what is the same whatever the interface. `operations` are its names of our operations."""

    operations: ClassVar[Mapping[Operation, str]]

    def __init__(self) -> None:
        self.paypal = simulator.running()

    def product(self, shop: Marketplace, seller: Seller) -> str:
        return shop.product(SELLERS[seller])

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        self.paypal.approve(url, FUNDINGS[funding])

    def turn_back(self, url: str) -> None:
        self.paypal.cancel(url)

    def stored_buyer(self, shop: Marketplace) -> str:
        return ""

    def asked(self, operation: Operation) -> int:
        return len(self.paypal.calls(self.operations[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        delay_ms = settings.SOLITUDE_PAYPAL_TIMEOUT_MS + LATE_MS
        self.paypal.fault(self.operations[operation], LOSSES[loss], delay_ms=delay_ms)

    def turn_away(self, operation: Operation) -> None:
        self.paypal.fault(self.operations[operation], "rate_limit_429", retry_after_s=7)

    def settle_refund(self, payment: str, *, good: bool) -> None:
        """An eCheck takes three days; none of the simulator's fails."""
        assert good
        self.paypal.advance(4 * 24 * 3600)


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}


def fees_of(breakdown: dict[str, Any]) -> Decimal:
    """The platform fees in PayPal's breakdown of a capture or refund."""
    return sum((Decimal(fee["amount"]["value"]) for fee in breakdown.get("platform_fees", [])), Decimal(0))
