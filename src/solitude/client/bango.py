"""Sellers and products at Bango."""

from collections.abc import Iterator, Mapping

from . import bango_answers as bango
from .answers import Page
from .calls import Calls, Path, filters_of, path_of
from .catalogue import PRODUCTS, SELLERS
from .wire import Amount, amount_text

PACKAGES, BANGO_PRODUCTS, STATUSES = "/bango/package/", "/bango/product/", "/bango/status/"
SBI = "/bango/sbi/"


class Bango(Calls):
    """Bango's data. Where a method takes `fields`, their names are Bango's, e.g. adminEmailAddress; docs/providers/bango.md lists them."""

    def create_bango_package(
        self, seller: int | Path, fields: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> bango.BangoPackage:
        """Makes a seller's account at Bango."""
        body = {"seller": path_of(SELLERS, seller), **fields}
        return self._post(PACKAGES, body, bango.BangoPackage.from_json, idempotency_key)

    def get_bango_package(self, bango_package: int | Path, *, full: bool = False) -> bango.BangoPackage:
        """`full`: with all that Bango knows of it, which is asked then."""
        body = {"full": True} if full else None
        return self._get(path_of(PACKAGES, bango_package), bango.BangoPackage.whole, body)

    def bango_packages(self, *, page: int = 1, limit: int = 20) -> Page[bango.BangoPackage]:
        """One page of the packages. Of a long list, read `iter_bango_packages`."""
        return self._list(PACKAGES, {}, bango.BangoPackage.from_json, page, limit)

    def iter_bango_packages(self) -> Iterator[bango.BangoPackage]:
        """Every package, the newest first."""
        return self._iter(PACKAGES, {}, bango.BangoPackage.from_json)

    def change_bango_package(
        self, bango_package: int | Path, fields: Mapping[str, str], *, if_match: str | None = None
    ) -> bango.BangoPackage:
        """Tells Bango all `fields` that can change; an empty or absent vatNumber makes Bango forget the one that it has.

        `if_match`: the `etag` of the package as you have seen it; raises PreconditionFailed if it has changed since.
        """
        return self._change(path_of(PACKAGES, bango_package), fields, bango.BangoPackage.changed, if_match)

    def create_bango_product(
        self,
        product: int | Path,
        bango_package: int | Path,
        *,
        name: str,
        category: int,
        idempotency_key: str | None = None,
    ) -> bango.BangoProduct:
        """Makes a product at Bango. `category`: 1 is games."""
        body = _new_product(product, bango_package, name, category)
        return self._post(BANGO_PRODUCTS, body, bango.BangoProduct.from_json, idempotency_key)

    def create_ready_bango_product(
        self,
        product: int | Path,
        bango_package: int | Path,
        *,
        name: str,
        category: int,
        idempotency_key: str | None = None,
    ) -> bango.BangoProduct:
        """The same, and makes it premium and rated, so that it can be sold at once."""
        body = _new_product(product, bango_package, name, category)
        return self._post("/provider/bango/product/", body, bango.BangoProduct.from_json, idempotency_key)

    def get_bango_product(self, bango_product: int | Path) -> bango.BangoProduct:
        return self._get(path_of(BANGO_PRODUCTS, bango_product), bango.BangoProduct.from_json)

    def find_bango_product(self, product: int) -> bango.BangoProduct | None:
        """What is kept for Bango of the product with this pk."""
        filters = filters_of(seller_product=product)
        found = self._list(BANGO_PRODUCTS, filters, bango.BangoProduct.from_json, page=1, limit=1)
        return next(iter(found.objects), None)

    def iter_bango_products(
        self, *, seller: int | None = None, external_id: str | None = None
    ) -> Iterator[bango.BangoProduct]:
        """Every product at Bango for which all that is given holds, the newest first. `seller`: the pk of the product's."""
        filters = filters_of(seller_product__seller=seller, seller_product__external_id=external_id)
        return self._iter(BANGO_PRODUCTS, filters, bango.BangoProduct.from_json)

    def change_bango_product(
        self,
        bango_product: int | Path,
        *,
        product: int | Path | None = None,
        bango_package: int | Path | None = None,
        if_match: str | None = None,
    ) -> bango.BangoProduct:
        """Changes which product and whose package it is about. Bango is not told."""
        body = {
            "seller_product": None if product is None else path_of(PRODUCTS, product),
            "seller_bango": None if bango_package is None else path_of(PACKAGES, bango_package),
        }
        return self._change(path_of(BANGO_PRODUCTS, bango_product), body, bango.BangoProduct.from_json, if_match)

    def set_bango_bank(
        self, bango_package: int | Path, fields: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> bango.BangoBank:
        """Tells Bango where to pay a seller."""
        body = {"seller_bango": path_of(PACKAGES, bango_package), **fields}
        return self._post("/bango/bank/", body, bango.BangoBank.from_json, idempotency_key)

    def make_bango_premium(
        self, bango_product: int | Path, price: Amount, currency: str, *, idempotency_key: str | None = None
    ) -> bango.BangoPremium | None:
        """Tells Bango that a product costs something; None where Bango knows that already."""
        body = {
            "seller_product_bango": path_of(BANGO_PRODUCTS, bango_product),
            "price": amount_text(price),
            "currencyIso": currency,
        }
        return self._post("/bango/premium/", body, _premium, idempotency_key)

    def update_bango_rating(
        self, bango_product: int | Path, scheme: str, rating: str, *, idempotency_key: str | None = None
    ) -> bango.BangoRating:
        """Tells Bango for whom a product is. `scheme`: GLOBAL or USA; `rating`: GLOBAL, UNIVERSAL, RESTRICTED or GENERAL."""
        body = {
            "seller_product_bango": path_of(BANGO_PRODUCTS, bango_product),
            "ratingScheme": scheme,
            "rating": rating,
        }
        return self._post("/bango/rating/", body, bango.BangoRating.from_json, idempotency_key)

    def begin_bango_login(self, package_id: int, *, idempotency_key: str | None = None) -> bango.BangoLogin:
        """Gets what lets the administrator of a package, by Bango's number, log in at Bango without a password."""
        return self._post("/bango/login/", {"packageId": package_id}, bango.BangoLogin.from_json, idempotency_key)

    def get_bango_sbi(self, bango_package: int | Path) -> bango.BangoAgreement:
        """The self-billing agreement that a seller has to read."""
        body = {"seller_bango": path_of(PACKAGES, bango_package)}
        return self._send("GET", SBI, body, bango.BangoAgreement.from_json)

    def accept_bango_sbi(
        self, bango_package: int | Path, *, idempotency_key: str | None = None
    ) -> bango.BangoAgreement:
        """Accepts it for a seller who has read it."""
        body = {"seller_bango": path_of(PACKAGES, bango_package)}
        return self._post(SBI, body, bango.BangoAgreement.from_json, idempotency_key)

    def check_bango_product(
        self, bango_product: int | Path, *, idempotency_key: str | None = None
    ) -> bango.BangoStatus:
        """Has Bango make a payment page for a product, which nobody will see, and says whether it could."""
        body = {"seller_product_bango": path_of(BANGO_PRODUCTS, bango_product)}
        return self._post(STATUSES, body, bango.BangoStatus.from_json, idempotency_key)

    def get_bango_status(self, bango_status: int | Path) -> bango.BangoStatus:
        return self._get(path_of(STATUSES, bango_status), bango.BangoStatus.from_json)

    def iter_bango_statuses(self) -> Iterator[bango.BangoStatus]:
        """Every check that is kept, the newest first."""
        return self._iter(STATUSES, {}, bango.BangoStatus.from_json)

    def debug_bango_product(self, bango_product: int | Path) -> bango.BangoFacts:
        """What the server knows of a product. Bango is not asked."""
        body = {"seller_product_bango": path_of(BANGO_PRODUCTS, bango_product)}
        return self._send("GET", "/bango/debug/", body, bango.BangoFacts.from_json)


def _premium(body: object) -> bango.BangoPremium | None:
    return bango.BangoPremium.from_json(body) if body else None


def _new_product(product: int | Path, bango_package: int | Path, name: str, category: int) -> dict[str, str | int]:
    return {
        "seller_product": path_of(PRODUCTS, product),
        "seller_bango": path_of(PACKAGES, bango_package),
        "name": name,
        "categoryId": category,
    }
