"""Payments and refunds through Bango, and what tells of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from .calls import Calls, Path, path_of
from .wire import Amount, Fields, amount_text

OPERATOR: Final = 0
"""A price may be paid on the operator's bill alone."""
CARD: Final = 1
"""By card alone."""
ANY: Final = 2
"""Both."""
BANGO_PRODUCTS, REFUNDS = "/bango/product/", "/bango/refund/"
# What stands in the query of the address to which Bango sends a buyer back, by the name that the server has for it.
_RETURNED = {
    "moz_signature": "MozSignature",
    "moz_transaction": "MerchantTransactionId",
    "billing_config_id": "BillingConfigurationId",
    "bango_response_code": "ResponseCode",
    "bango_response_message": "ResponseMessage",
    "bango_trans_id": "BangoTransactionId",
    "bango_token": "Token",
    "amount": "price",
    "currency": "currency",
    "network": "network",
}


@dataclass(frozen=True, slots=True)
class BangoPrice:
    """What a payment costs in one currency; `method` is OPERATOR, CARD or ANY."""

    amount: Amount
    currency: str
    method: int = ANY

    def to_json(self) -> dict[str, Any]:
        return {"price": amount_text(self.amount), "currency": self.currency, "method": self.method}


@dataclass(frozen=True, slots=True)
class BangoBilling:
    """A payment that waits for its buyer at `pay_url`; None where the server does not know where Bango's page is.

    `billing_configuration_id`: Bango's number of that page. `code` and `message`: what Bango answered.
    """

    billing_configuration_id: int | None
    pay_url: str | None
    uuid: str
    transaction: str
    code: str
    message: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            billing_configuration_id=f.whole_or_none("billingConfigurationId"),
            pay_url=f.text_or_none("pay_url"),
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            code=f.text("responseCode"),
            message=f.text("responseMessage"),
        )


@dataclass(frozen=True, slots=True)
class BangoRefund:
    """A refund: a transaction of its own. `status` is Bango's code: OK, PENDING, or why it failed."""

    status: str
    uuid: str
    transaction: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(status=f.text("status"), uuid=f.text("uuid"), transaction=f.text("transaction"))


class BangoPayments(Calls):
    """What moves money at Bango."""

    def begin_bango_payment(
        self,
        bango_product: int | Path,
        *,
        title: str,
        prices: Iterable[BangoPrice],
        success_url: str,
        error_url: str,
        transaction_uuid: str,
        user_uuid: str,
        icon_url: str | None = None,
        application_size: int | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> BangoBilling:
        """Begins a payment that its buyer has to make on Bango's page.

        `prices`: of each currency the first counts, and the buyer chooses one. `transaction_uuid`: your own of the transaction; one that
        you keep as received is taken over. `user_uuid`: the buyer's. `application_size` in bytes. `pin_token` as for `pay`.
        """
        body = {
            "seller_product_bango": path_of(BANGO_PRODUCTS, bango_product),
            "pageTitle": title,
            "prices": [price.to_json() for price in prices],
            "redirect_url_onsuccess": success_url,
            "redirect_url_onerror": error_url,
            "transaction_uuid": transaction_uuid,
            "user_uuid": user_uuid,
            "icon_url": icon_url,
            "application_size": application_size,
            "pin_token": pin_token,
        }
        return self._post("/bango/billing/", body, BangoBilling.from_json, idempotency_key)

    def take_in_bango_return(self, returned: Mapping[str, str], *, idempotency_key: str | None = None) -> None:
        """Hands on what a buyer's browser brought back: the parameters in the query of your success or error URL, all of them.

        Raises InvalidRequest where Bango says otherwise, and where the payment is completed already or too old, and ProviderUnavailable
        while Bango cannot be asked. Whatever it raises: the transaction tells where the payment stands.
        """
        body = {field: returned.get(name) for field, name in _RETURNED.items()}
        self._post("/bango/notification/", body, _nothing, idempotency_key)

    def take_in_bango_event(
        self, notification: str, username: str, password: str, *, idempotency_key: str | None = None
    ) -> None:
        """Hands on the XML that Bango has brought, with the pair of its Basic authentication.

        Raises InvalidRequest for what is not Bango's or not known; the latter is kept by the server.
        """
        body = {"notification": notification, "username": username, "password": password}
        self._post("/bango/event/", body, _nothing, idempotency_key)

    def refund_bango_payment(
        self,
        payment_uuid: str,
        *,
        manual: bool = False,
        fake_response: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> BangoRefund:
        """Gives back a payment, as a whole. `manual`: it is made by hand, and Bango is not asked; `fake_response` says what is answered
        in Bango's place."""
        fake = None if fake_response is None else dict(fake_response)
        body = {"uuid": payment_uuid, "manual": manual or None, "fake_response": fake}
        return self._post(REFUNDS, body, BangoRefund.from_json, idempotency_key)

    def get_bango_refund(self, refund_uuid: str) -> BangoRefund:
        """Where a refund stands; Bango is asked about one that is pending."""
        return self._send("GET", REFUNDS, None, BangoRefund.from_json, {"uuid": refund_uuid})


def _nothing(_: object) -> None:
    """204 says nothing more."""
