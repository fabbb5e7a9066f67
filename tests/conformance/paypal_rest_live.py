"""PayPal's REST platform as it is: its live sandbox, where a person approves, and where nothing goes wrong on demand.

What PayPal has in its books is asked with a client of its own, not with that of the house.
"""

import os
import time
from collections.abc import Collection
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3
from django.conf import settings
from tests.conformance.adapter import Funding, Seller, Sums
from tests.conformance.paypal import PaypalMarketplace, fees_of
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.rest.provider import RestPayPal

ORDERS, SETUP_TOKENS = "/v2/checkout/orders", "/v3/vault/setup-tokens"
TAKEN = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")
LOOK_EVERY_S = 2


class PaypalRestLive(PaypalMarketplace):
    """`LIVE_SELLER` is paid; `LIVE_CREDENTIAL` is a payment token, so that nobody has to approve most payments."""

    name = "paypal-rest-live"
    capabilities = RestPayPal.capabilities
    reach = frozenset()

    def __init__(self) -> None:
        self._seller = os.environ["LIVE_SELLER"]
        self._credential = os.environ.get("LIVE_CREDENTIAL", "")
        self._wait_s = int(os.environ.get("LIVE_WAIT_S", "600"))
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(30))

    def product(self, shop: Marketplace, seller: Seller) -> str:
        return shop.product(self._seller)

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        """Asks the person at the terminal, and looks at PayPal until it is done."""
        print(f"\nApprove as a buyer of the sandbox, then close the page: {url}", flush=True)
        named = parse_qs(urlsplit(url).query)
        path = (
            f"{ORDERS}/{named['token'][0]}" if "token" in named else f"{SETUP_TOKENS}/{named['approval_session_id'][0]}"
        )
        deadline = time.monotonic() + self._wait_s
        while self._get(path)["status"] != "APPROVED":
            assert time.monotonic() < deadline, f"nobody approved within {self._wait_s} s"
            time.sleep(LOOK_EVERY_S)

    def stored_buyer(self, shop: Marketplace) -> str:
        if not self._credential:
            return ""
        uuid = str(shop.buyer()["uuid"])
        # No client can set it through the API.
        BuyerPaypal.objects.create(buyer=Buyer.objects.get(uuid=uuid), key=self._credential)
        return uuid

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        found = {payment: self._payments(payment) for payment in payments}
        return {
            payment: Sums(
                _sum(shown["captures"]),
                _sum(shown.get("refunds", ())),
                *{capture["amount"]["currency_code"] for capture in shown["captures"]},
            )
            for payment, shown in found.items()
        }

    def fees(self, payment: str) -> Decimal:
        return sum(
            (fees_of(capture["seller_receivable_breakdown"]) for capture in self._payments(payment)["captures"]),
            Decimal(0),
        )

    def fees_returned(self, payment: str) -> Decimal:
        return sum(
            (fees_of(refund["seller_payable_breakdown"]) for refund in self._payments(payment).get("refunds", ())),
            Decimal(0),
        )

    def _payments(self, order: str) -> dict[str, Any]:
        (unit,) = self._get(f"{ORDERS}/{order}")["purchase_units"]
        return dict(unit.get("payments", {"captures": []}))

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._http.request(
            "GET", f"{settings.SOLITUDE_PAYPAL_URL}{path}", headers={"Authorization": f"Bearer {self._token()}"}
        )
        assert answer.status == 200, answer.data[:500]
        return dict(answer.json())

    def _token(self) -> str:
        login = f"{settings.SOLITUDE_PAYPAL_CLIENT_ID}:{settings.SOLITUDE_PAYPAL_CLIENT_SECRET}"
        answer = self._http.request(
            "POST",
            f"{settings.SOLITUDE_PAYPAL_URL}/v1/oauth2/token",
            body=b"grant_type=client_credentials",
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **urllib3.make_headers(basic_auth=login),
            },
        )
        assert answer.status == 200, answer.status
        return str(answer.json()["access_token"])


def _sum(moved: Collection[dict[str, Any]]) -> Decimal:
    return sum((Decimal(each["amount"]["value"]) for each in moved if each["status"] in TAKEN), Decimal(0))
