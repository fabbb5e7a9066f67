"""Sellers and their products."""

from collections.abc import Iterator

from . import answers
from .calls import Calls, Path, filters_of, path_of, uri_of

SELLERS = "/generic/seller/"
PRODUCTS = "/generic/product/"


class Catalogue(Calls):
    """Who sells, and what."""

    def create_seller(self, uuid: str, *, active: bool = True, idempotency_key: str | None = None) -> answers.Seller:
        return self._post(SELLERS, {"uuid": uuid, "active": active}, answers.Seller.from_json, idempotency_key)

    def get_seller(self, seller: int | Path) -> answers.Seller:
        return self._get(path_of(SELLERS, seller), answers.Seller.from_json)

    def find_seller(self, uuid: str) -> answers.Seller | None:
        return self._find(SELLERS, "uuid", uuid, answers.Seller.from_json)

    def sellers(self, *, active: bool | None = None, page: int = 1, limit: int = 20) -> answers.Page[answers.Seller]:
        """One page of the sellers, all or only those that are `active` or not. Of a long list, read `iter_sellers`."""
        return self._list(SELLERS, filters_of(active=active), answers.Seller.from_json, page, limit)

    def iter_sellers(self, *, active: bool | None = None) -> Iterator[answers.Seller]:
        """Every seller, or every one that is `active` or not, the newest first."""
        return self._iter(SELLERS, filters_of(active=active), answers.Seller.from_json)

    def change_seller(
        self,
        seller: int | Path,
        *,
        uuid: str | None = None,
        active: bool | None = None,
        if_match: str | None = None,
    ) -> answers.Seller:
        """Changes what is given and keeps the rest. Nothing of a seller that is not `active` can be bought.

        `if_match`: the `etag` of the seller as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = {"uuid": uuid, "active": active}
        return self._change(path_of(SELLERS, seller), body, answers.Seller.from_json, if_match)

    def create_product(
        self,
        *,
        seller: Path,
        external_id: str,
        public_id: str,
        access: int | None = None,
        secret: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Product:
        """`external_id`: the seller's name for it; `public_id`: the one of the whole marketplace."""
        body = {
            "seller": uri_of(seller),
            "external_id": external_id,
            "public_id": public_id,
            "access": access,
            "secret": secret,
        }
        return self._post(PRODUCTS, body, answers.Product.from_json, idempotency_key)

    def get_product(self, product: int | Path) -> answers.Product:
        return self._get(path_of(PRODUCTS, product), answers.Product.from_json)

    def find_product(self, public_id: str) -> answers.Product | None:
        return self._find(PRODUCTS, "public_id", public_id, answers.Product.from_json)

    def products(
        self,
        *,
        seller: int | answers.Seller | None = None,
        seller_uuid: str | None = None,
        seller_active: bool | None = None,
        external_id: str | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> answers.Page[answers.Product]:
        """One page of the products for which all that is given holds. Of a long list, read `iter_products`."""
        filters = filters_of(
            seller=seller, seller__uuid=seller_uuid, seller__active=seller_active, external_id=external_id
        )
        return self._list(PRODUCTS, filters, answers.Product.from_json, page, limit)

    def iter_products(
        self,
        *,
        seller: int | answers.Seller | None = None,
        seller_uuid: str | None = None,
        seller_active: bool | None = None,
        external_id: str | None = None,
    ) -> Iterator[answers.Product]:
        """Every product for which all that is given holds, the newest first."""
        filters = filters_of(
            seller=seller, seller__uuid=seller_uuid, seller__active=seller_active, external_id=external_id
        )
        return self._iter(PRODUCTS, filters, answers.Product.from_json)

    def change_product(
        self,
        product: int | Path,
        *,
        seller: Path | None = None,
        external_id: str | None = None,
        public_id: str | None = None,
        access: int | None = None,
        secret: str | None = None,
        if_match: str | None = None,
    ) -> answers.Product:
        """Changes what is given and keeps the rest; an empty `secret` is none.

        `if_match`: the `etag` of the product as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = {
            "seller": uri_of(seller),
            "external_id": external_id,
            "public_id": public_id,
            "access": access,
            "secret": secret,
        }
        return self._change(path_of(PRODUCTS, product), body, answers.Product.from_json, if_match)
