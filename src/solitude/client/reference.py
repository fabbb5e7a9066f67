"""Providers that speak the reference interface: payments, notices, what is kept of sellers and products, and whatever else they offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from . import answers
from .calls import Calls, Path, decimal_text, filters_of, given, path_of, read, uri_of
from .catalogue import PRODUCTS
from .transport import Call
from .wire import BARE, Amount, Fields, target

REFERENCE = "reference"
REFERENCE_SELLERS = "/provider/reference/sellers/"
REFERENCE_PRODUCTS = "/provider/reference/products/"
REFERENCE_TERMS = "/provider/reference/terms/"


@dataclass(frozen=True, slots=True)
class ReferencePayment:
    """A payment that was begun. The buyer pays at `pay_url`, and so can whoever else has that; None: it has ended since."""

    uuid: str
    transaction: str
    status: str
    amount: Decimal
    currency: str
    provider: str
    pay_url: str | None = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            status=f.text("status"),
            amount=f.amount("amount"),
            currency=f.text("currency"),
            provider=f.text("provider"),
            pay_url=f.text_or_none("pay_url"),
        )


@dataclass(frozen=True, slots=True)
class ReferenceNotice:
    """What a provider says of a notice. `transaction` and `uuid`: of the payment, where it is one of the server's."""

    is_genuine: bool
    reason: str
    transaction: str | None
    uuid: str | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            is_genuine=f.text("result") == "OK",
            reason=f.text("reason"),
            transaction=f.text_or_none("transaction"),
            uuid=f.text_or_none("uuid"),
        )


@dataclass(frozen=True, slots=True)
class ReferenceSeller:
    """A seller at the provider. `reference`: what the provider has of it; empty in a list, for which it is not asked."""

    pk: int
    resource_uri: str
    seller: str
    reference: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        return replace(cls.kept(body), reference=dict(Fields(body).mapping("reference")))

    @classmethod
    def kept(cls, body: object) -> Self:
        """Of a list, for which the provider is not asked."""
        f = Fields(body)
        return cls(
            pk=f.whole("id"),
            resource_uri=f.text("resource_uri"),
            seller=f.text("seller"),
            reference={},
        )


@dataclass(frozen=True, slots=True)
class ReferenceProduct:
    """A product at the provider, and who sells it there. `reference` as with sellers."""

    pk: int
    resource_uri: str
    product: str
    seller: str
    reference: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        return replace(cls.kept(body), reference=dict(Fields(body).mapping("reference")))

    @classmethod
    def kept(cls, body: object) -> Self:
        """Of a list, for which the provider is not asked."""
        f = Fields(body)
        return cls(
            pk=f.whole("id"),
            resource_uri=f.text("resource_uri"),
            product=f.text("seller_product"),
            seller=f.text("seller_reference"),
            reference={},
        )


@dataclass(frozen=True, slots=True)
class ReferenceTerms:
    """What a seller agrees to: in `reference` the text, and the day of the agreement."""

    pk: int
    resource_uri: str
    reference: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(pk=f.whole("id"), resource_uri=f.text("resource_uri"), reference=dict(f.mapping("reference")))


class Reference(Calls):
    """`provider`: the name that the server's settings give a provider, "reference" by default."""

    def pay_by_reference(
        self,
        product: int | Path,
        *,
        amount: Amount,
        currency: str,
        pay_method: str,
        carrier: str,
        region: str,
        success_url: str,
        error_url: str,
        callback_success_url: str,
        callback_error_url: str,
        provider: str = REFERENCE,
        buyer: str | None = None,
        uuid: str | None = None,
        product_id: str | None = None,
        product_image_url: str | None = None,
        source: str | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> ReferencePayment:
        """Begins a payment; send the buyer to its `pay_url`, and hand on what comes back (`forward_reference_notice`).

        `pay_method`: "CARD" or "OPERATOR". The buyer comes back to `success_url` or `error_url`, and the provider posts a notice to
        the one of the other two. `product_id`: the provider's name of the product, where `create_reference_product` has made none.
        """
        body = {
            "seller_product": path_of(PRODUCTS, product),
            "amount": decimal_text(amount),
            "currency": currency,
            "pay_method": pay_method,
            "carrier": carrier,
            "region": region,
            "success_url": success_url,
            "error_url": error_url,
            "callback_success_url": callback_success_url,
            "callback_error_url": callback_error_url,
            "buyer": buyer,
            "uuid": uuid,
            "product_id": product_id,
            "product_image_url": product_image_url,
            "source": source,
            "pin_token": pin_token,
        }
        return self._post(_at(provider, "pay"), body, ReferencePayment.from_json, idempotency_key)

    def forward_reference_notice(
        self, qs: str, *, provider: str = REFERENCE, idempotency_key: str | None = None
    ) -> ReferenceNotice:
        """Hands on what the provider has signed: the query with which the buyer came back, or the posted `signed_notice`, still encoded.

        Raises ProviderUnavailable where the provider does not say whether it is genuine; that of a payment of the server's is kept.
        """
        return self._post(_at(provider, "notices"), {"qs": qs}, ReferenceNotice.from_json, idempotency_key)

    def create_reference_seller(
        self,
        seller: Path,
        *,
        uuid: str,
        name: str,
        email: str,
        status: str = "ACTIVE",
        agreement: date | str | None = None,
        idempotency_key: str | None = None,
    ) -> ReferenceSeller:
        """Makes a seller at the provider. `uuid`: what it is to be called there; `agreement`: the day of it."""
        body = {"seller": uri_of(seller), **_seller(uuid, name, email, status, agreement)}
        return self._post(REFERENCE_SELLERS, body, ReferenceSeller.from_json, idempotency_key)

    def get_reference_seller(self, reference_seller: int | Path) -> ReferenceSeller:
        return self._send("GET", path_of(REFERENCE_SELLERS, reference_seller), None, ReferenceSeller.from_json)

    def reference_sellers(
        self, *, seller_uuid: str | None = None, page: int = 1, limit: int = 20
    ) -> answers.Page[ReferenceSeller]:
        filters = filters_of(seller__uuid=seller_uuid)
        return self._list(REFERENCE_SELLERS, filters, ReferenceSeller.kept, page, limit)

    def put_reference_seller(
        self,
        reference_seller: int | Path,
        seller: Path,
        *,
        uuid: str,
        name: str,
        email: str,
        status: str = "ACTIVE",
        agreement: date | str | None = None,
    ) -> ReferenceSeller:
        """Changes a seller at the provider. Give everything: what is left out is blank there afterwards."""
        body = {"seller": uri_of(seller), **_seller(uuid, name, email, status, agreement)}
        path = path_of(REFERENCE_SELLERS, reference_seller)
        return self._send("PUT", path, given(body), ReferenceSeller.from_json)

    def create_reference_product(
        self,
        product: int | Path,
        reference_seller: int | Path,
        *,
        uuid: str,
        name: str,
        idempotency_key: str | None = None,
    ) -> ReferenceProduct:
        """Makes a product of that seller at the provider. `uuid`: what it is to be called there."""
        body = _product(product, reference_seller, uuid, name)
        return self._post(REFERENCE_PRODUCTS, body, ReferenceProduct.from_json, idempotency_key)

    def get_reference_product(self, reference_product: int | Path) -> ReferenceProduct:
        return self._send("GET", path_of(REFERENCE_PRODUCTS, reference_product), None, ReferenceProduct.from_json)

    def reference_products(
        self,
        *,
        seller: int | answers.Seller | None = None,
        external_id: str | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> answers.Page[ReferenceProduct]:
        filters = filters_of(seller_product__seller=seller, seller_product__external_id=external_id)
        return self._list(REFERENCE_PRODUCTS, filters, ReferenceProduct.kept, page, limit)

    def get_reference_terms(self, reference_seller: int | Path) -> ReferenceTerms:
        """What a seller agrees to with the provider."""
        path = path_of(REFERENCE_SELLERS, reference_seller).replace(REFERENCE_SELLERS, REFERENCE_TERMS)
        return self._send("GET", path, None, ReferenceTerms.from_json)

    def list_at_provider(self, provider: str, resource: str, **filters: str) -> list[Any]:
        """What a provider has of a resource, such as "sellers", with its own filters."""
        call = Call("GET", target(_at(provider, resource), filters), bare=True)
        return read(call, self._persist(call).body, _items)

    def get_at_provider(self, provider: str, resource: str, uuid: str) -> dict[str, Any]:
        """One thing that a provider has, by the provider's name of it."""
        return self.call("GET", _at(provider, resource, uuid))

    def create_at_provider(
        self, provider: str, resource: str, fields: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Makes something at a provider. The server keeps nothing of it: pay with `pay_by_reference`."""
        return self._post(_at(provider, resource), fields, _whole, idempotency_key)

    def put_at_provider(self, provider: str, resource: str, uuid: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Changes one thing at a provider. Give everything: what is left out is blank there afterwards."""
        return self.call("PUT", _at(provider, resource, uuid), fields)

    def delete_at_provider(self, provider: str, resource: str, uuid: str) -> None:
        """Deletes one thing at a provider."""
        self.call("DELETE", _at(provider, resource, uuid))


def _seller(uuid: str, name: str, email: str, status: str, agreement: date | str | None) -> dict[str, Any]:
    day = agreement.isoformat() if isinstance(agreement, date) else agreement
    return {"uuid": uuid, "name": name, "email": email, "status": status, "agreement": day}


def _product(product: int | Path, seller: int | Path, uuid: str, name: str) -> dict[str, Any]:
    return {
        "seller_product": path_of(PRODUCTS, product),
        "seller_reference": path_of(REFERENCE_SELLERS, seller),
        "uuid": uuid,
        "name": name,
    }


def _at(provider: str, resource: str, uuid: str | None = None) -> str:
    """The path of a resource of a provider's, or of one thing of it. Raises ValueError for a name that leads elsewhere."""
    names = [provider, resource] if uuid is None else [provider, resource, uuid]
    if any(name in ("", ".", "..") or "/" in name for name in names):
        raise ValueError("A provider, a resource and a uuid are names without a slash.")
    return f"/provider/{'/'.join(names)}/"


def _whole(body: object) -> dict[str, Any]:
    Fields(body)
    return dict(body) if isinstance(body, Mapping) else {}


def _items(body: object) -> list[Any]:
    return Fields(body).items(BARE)
