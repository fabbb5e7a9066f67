"""PayPal's classic interface on the bench: its simulator, which does whatever the kit wants."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

import urllib3
from tests.conformance.adapter import Funding, Message, Reach, Sums
from tests.conformance.paypal import FUNDINGS, PaypalSimulator
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation
from solitude.providers.paypal.classic.provider import ClassicPayPal
from solitude_sandbox.paypal.classic import credentials
from solitude_sandbox.paypal.oauth import APP_ID

MARKETPLACE = "own@shop.example"
TAKEN = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED")


class PaypalClassic(PaypalSimulator):
    name = "paypal-classic"
    capabilities = ClassicPayPal.capabilities
    reach = frozenset(Reach)
    settings: ClassVar[Mapping[str, Any]] = {
        "SOLITUDE_PAYPAL_API": "classic",
        "SOLITUDE_PAYPAL_CLASSIC_EMAIL": MARKETPLACE,
        "SOLITUDE_PAYPAL_NOTIFY_URL": "https://shop.example/ipn",
    }
    with_partner: ClassVar[Mapping[str, Any]] = {"SOLITUDE_PAYPAL_CHAINS": ((Decimal(30), "partner@partner.example"),)}
    # It is found at once; what is not found then will not be sent again, and was not made.
    found_after_h, absent_after_h, given_up_after_h = 2, 2, 4
    operations: ClassVar[Mapping[Operation, str]] = {
        Operation.PAY: "classic_pay",
        Operation.REFUND: "classic_refund",
        Operation.STORE_CREDENTIAL: "classic_preapproval_details",
    }

    def consent_terms(self) -> dict[str, Any]:
        """PayPal wants to know until when, and how much."""
        ends = datetime.now(UTC).date() + timedelta(days=300)
        return {"end": ends.isoformat(), "currency": self.currency, "max_total": "1000.00"}

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        """What is declined for a payment PayPal declines on its page, where the buyer may choose another source."""
        if funding == Funding.DECLINED and "_ap-payment" in url:
            page = {"action": "approve", "funding": FUNDINGS[funding], "buyer": "bea@buyer.example"}
            again = urllib3.PoolManager(retries=False).request_encode_body("POST", url, page, encode_multipart=False)
            assert again.status == 400, again.status
        else:
            super().approve(url, funding)

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of PayPal's, whether they are ours or not."""
        return {
            payment["payKey"]: Sums(Decimal(main["receiver"]["amount"]), _returned(main), payment["currencyCode"])
            for payment in self.paypal.state()["payments"]
            for main in _parts(payment)[:1]
            if main.get("transactionStatus") in TAKEN
        }

    def fees(self, payment: str) -> Decimal:
        return sum((Decimal(part["receiver"]["amount"]) for part in self._own_parts(payment)), Decimal(0))

    def divided(self, payment: str) -> list[Decimal]:
        """The seller passes the others' shares on."""
        whole, *shares = (Decimal(part["receiver"]["amount"]) for part in _parts(self._payment(payment)))
        return sorted([whole - sum(shares), *shares], reverse=True)

    def fees_returned(self, payment: str) -> Decimal:
        return sum((_returned(part) for part in self._own_parts(payment)), Decimal(0))

    def told(self) -> list[Message]:
        return [{"data": ipn} for ipn in self.paypal.ipns()]

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        return shop.tell(message["data"])

    def forgeries(self, message: Message) -> list[Message]:
        """Another amount, another receiver, and a field more."""
        data = message["data"]
        forged = [data.replace("12.34", "12.35"), data.replace("dev.example", "thief.example"), f"{data}&memo=x"]
        # Not each IPN tells an amount and a receiver.
        return [{"data": one} for one in forged if one != data]

    def refund_there(self, payment: str, amount: str) -> None:
        (main, *_) = _parts(self._payment(payment))
        part = {"receiverList.receiver(0).email": main["receiver"]["email"], "receiverList.receiver(0).amount": amount}
        self._ask("AdaptivePayments/Refund", {"payKey": payment, "currencyCode": self.currency, **part})

    def reverse(self, payment: str) -> None:
        self.paypal.reverse(payment)

    def settle(self, payment: str, *, good: bool) -> None:
        self.paypal.review("accept" if good else "deny", payment=payment)

    def _payment(self, pay_key: str) -> dict[str, Any]:
        (found,) = [payment for payment in self.paypal.state()["payments"] if payment["payKey"] == pay_key]
        return dict(found)

    def _own_parts(self, pay_key: str) -> list[dict[str, Any]]:
        return [part for part in _parts(self._payment(pay_key)) if part["receiver"]["email"] == MARKETPLACE]

    def _ask(self, call: str, pairs: dict[str, str]) -> None:
        """As somebody else with the same account."""
        headers = {
            "X-PAYPAL-APPLICATION-ID": APP_ID,
            "X-PAYPAL-SECURITY-USERID": credentials.USER,
            "X-PAYPAL-SECURITY-PASSWORD": credentials.PASSWORD,
            "X-PAYPAL-SECURITY-SIGNATURE": credentials.SIGNATURE,
            "X-PAYPAL-REQUEST-DATA-FORMAT": "NV",
            "X-PAYPAL-RESPONSE-DATA-FORMAT": "NV",
        }
        body = urlencode({**pairs, "requestEnvelope.errorLanguage": "en_US"}).encode()
        answer = urllib3.PoolManager(retries=False).request("POST", f"{self.paypal.url}/{call}", body, headers=headers)
        assert b"responseEnvelope.ack=Success" in answer.data, answer.data[:500]


def _parts(payment: dict[str, Any]) -> list[dict[str, Any]]:
    """What each receiver has of it; the seller, who is paid all of it, is the first."""
    return list(payment["paymentInfoList"]["paymentInfo"])


def _returned(part: dict[str, Any]) -> Decimal:
    is_reversed = part.get("transactionStatus") == "REVERSED"
    return Decimal(part["receiver"]["amount"] if is_reversed else part["refundedAmount"])
