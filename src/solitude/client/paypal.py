"""What is kept for PayPal of sellers and buyers, and what PayPal tells."""

from collections.abc import Iterable, Mapping

from . import answers, reports
from .calls import Calls, Path, given, path_of, uri_of
from .catalogue import PRODUCTS
from .wire import Fields

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

    def permission_url(
        self, url: str, scope: Iterable[str], *, seller: str | None = None, idempotency_key: str | None = None
    ) -> str:
        """Where to send a seller who shall permit these; it comes back to `url`. `seller`: the uuid, then only this one counts."""
        body = {"url": url, "scope": list(scope), "seller": seller}
        return self._post("/paypal/permission-url/", body, _token, idempotency_key)

    def permission_token(
        self, token: str, verifier: str, seller_uuid: str, *, idempotency_key: str | None = None
    ) -> bool:
        """Takes in what a seller brought back from that page; True, or an error."""
        body = {"token": token, "verifier": verifier, "seller": seller_uuid}
        return self._post("/paypal/permission-token/", body, _is_kept, idempotency_key)

    def permission_check(
        self,
        permissions: Iterable[str],
        *,
        token: str | None = None,
        seller_uuid: str | None = None,
        idempotency_key: str | None = None,
    ) -> bool:
        """Whether a seller has permitted all of these. Give one of `token` and `seller_uuid`."""
        body = {"permissions": list(permissions), "token": token, "seller": seller_uuid}
        return self._post("/paypal/permission-check/", body, _status, idempotency_key)

    def personal_basic(self, seller_uuid: str, *, idempotency_key: str | None = None) -> answers.PersonalData:
        """Who a seller is. Raises DataMismatch if PayPal tells of somebody else."""
        body = {"seller": seller_uuid}
        return self._post("/paypal/personal-basic/", body, answers.PersonalData.basic, idempotency_key)

    def personal_advanced(self, seller_uuid: str, *, idempotency_key: str | None = None) -> answers.PersonalData:
        """Where a seller lives. Raises DataMismatch if PayPal tells of somebody else."""
        body = {"seller": seller_uuid}
        return self._post("/paypal/personal-advanced/", body, answers.PersonalData.advanced, idempotency_key)

    def account_check(
        self, seller_uuid: str, *, currencies: Iterable[str] | None = None, idempotency_key: str | None = None
    ) -> answers.AccountCheck:
        """Whether a seller can be sold for. Nothing is charged."""
        body = {"seller": seller_uuid, "currencies": list(currencies) if currencies is not None else None}
        return self._post("/paypal/account-check/", body, answers.AccountCheck.from_json, idempotency_key)

    def id_check(self, paypal_id: str) -> answers.AccountTest:
        """Whether somebody can be paid by this PayPal id, as far as PayPal tells."""
        query = {"paypal_id": paypal_id}
        return self._send("GET", "/paypal/id-check/", None, answers.AccountTest.from_json, query)

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


def _token(body: object) -> str:
    return Fields(body).text("token")


def _is_kept(body: object) -> bool:
    f = Fields(body)
    return f.flag("token") and f.flag("secret")


def _status(body: object) -> bool:
    return Fields(body).flag("status")


def _personal(fields: Mapping[str, str]) -> dict[str, str]:
    unknown = set(fields) - set(answers.PERSONAL)
    if unknown:
        raise TypeError(f"There is no field {', '.join(sorted(unknown))}.")
    return dict(fields)
