"""What is kept for PayPal of sellers and buyers, and what PayPal tells."""

from collections.abc import Mapping

from . import answers, reports
from .calls import Calls, Path, given, path_of, uri_of
from .catalogue import PRODUCTS

PAYPAL_BUYERS = "/paypal/buyer/"
PAYPAL_PRODUCTS = "/paypal/product/"
PAYPAL_SELLERS = "/paypal/seller/"


class PayPal(Calls):
    """PayPal's data."""

    def create_paypal_seller(
        self,
        seller: Path,
        *,
        paypal_id: str,
        interface: str | None = None,
        idempotency_key: str | None = None,
        **personal: str,
    ) -> answers.PayPalSeller:
        """`interface`: by which of PayPal's the seller is paid, "rest" or "classic"; a setting decides by default.

        `personal`: any of `answers.PERSONAL`, e.g. country="NL".
        """
        named = given({"interface": interface})
        body = {"seller": uri_of(seller), "paypal_id": paypal_id, **named, **_personal(personal)}
        return self._post(PAYPAL_SELLERS, body, answers.PayPalSeller.from_json, idempotency_key)

    def get_paypal_seller(self, paypal_seller: int | Path) -> answers.PayPalSeller:
        return self._send("GET", path_of(PAYPAL_SELLERS, paypal_seller), None, answers.PayPalSeller.from_json)

    def change_paypal_seller(
        self,
        paypal_seller: int | Path,
        *,
        paypal_id: str | None = None,
        interface: str | None = None,
        **personal: str,
    ) -> answers.PayPalSeller:
        """Changes what is given and keeps the rest."""
        path = path_of(PAYPAL_SELLERS, paypal_seller)
        self.call("PATCH", path, given({"paypal_id": paypal_id, "interface": interface}) | _personal(personal))
        # A PATCH of these resources may be answered with no body.
        return self._send("GET", path, None, answers.PayPalSeller.from_json)

    def create_paypal_product(
        self, product: int | Path, *, paypal_id: str | None = None, idempotency_key: str | None = None
    ) -> answers.PayPalProduct:
        """Without a `paypal_id` the product's seller is paid."""
        body = {"seller_product": path_of(PRODUCTS, product), "paypal_id": paypal_id}
        return self._post(PAYPAL_PRODUCTS, body, answers.PayPalProduct.from_json, idempotency_key)

    def get_paypal_product(self, paypal_product: int | Path) -> answers.PayPalProduct:
        return self._send("GET", path_of(PAYPAL_PRODUCTS, paypal_product), None, answers.PayPalProduct.from_json)

    def change_paypal_product(self, paypal_product: int | Path, *, paypal_id: str | None) -> answers.PayPalProduct:
        """None lets the product's seller be paid again."""
        path = path_of(PAYPAL_PRODUCTS, paypal_product)
        self.call("PATCH", path, {"paypal_id": paypal_id})
        return self._send("GET", path, None, answers.PayPalProduct.from_json)

    def create_paypal_buyer(self, buyer: Path, *, idempotency_key: str | None = None) -> answers.PayPalBuyer:
        return self._post(PAYPAL_BUYERS, {"buyer": uri_of(buyer)}, answers.PayPalBuyer.from_json, idempotency_key)

    def get_paypal_buyer(self, paypal_buyer: int | Path) -> answers.PayPalBuyer:
        return self._send("GET", path_of(PAYPAL_BUYERS, paypal_buyer), None, answers.PayPalBuyer.from_json)

    def forget_paypal_key(self, paypal_buyer: int | Path) -> None:
        """Ends the buyer's pre-approval, at PayPal as well."""
        self.call("PATCH", path_of(PAYPAL_BUYERS, paypal_buyer), {"key": None})

    def delete_paypal_buyer(self, paypal_buyer: int | Path) -> None:
        """Ends the buyer's pre-approval, at PayPal as well, and forgets all else that was kept for PayPal."""
        self.call("DELETE", path_of(PAYPAL_BUYERS, paypal_buyer))

    def forward_paypal_webhook(
        self, headers: Mapping[str, str], body: bytes | str, *, idempotency_key: str | None = None
    ) -> reports.Notice:
        """Hands on a notification as it came from PayPal. Answer PayPal with 200 unless the notice says `retry`.

        Of `headers` only PayPal's own are sent. A body that is not UTF-8 is a ValueError: it is not from PayPal.
        """
        given = reports.notification(headers, body)
        return self._post("/paypal/webhook/", given, reports.Notice.from_json, idempotency_key)

    def forward_paypal_ipn(self, body: bytes | str, *, idempotency_key: str | None = None) -> reports.Ipn:
        """Hands on an IPN as it came from PayPal, still url-encoded. Answer PayPal with 200 unless the answer says `retry`.

        A body that is not ASCII is a ValueError: it is not from PayPal.
        """
        text = body.decode("ascii") if isinstance(body, bytes) else body
        return self._post("/paypal/ipn/", {"data": text}, reports.Ipn.from_json, idempotency_key)


def _personal(fields: Mapping[str, str]) -> dict[str, str]:
    unknown = set(fields) - set(answers.PERSONAL)
    if unknown:
        raise TypeError(f"There is no field {', '.join(sorted(unknown))}.")
    return dict(fields)
