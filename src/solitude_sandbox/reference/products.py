"""Products of sellers."""

from dataclasses import asdict, dataclass

from solitude_sandbox.control import Json
from solitude_sandbox.reference import forms
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.call import Answer, Call, named
from solitude_sandbox.reference.errors import INVALID_ARGUMENT, NOT_FOUND, ZippyError, invalid, unknown
from solitude_sandbox.reference.sellers import ACTIVE

RESOURCE = "products"

_NEW = {"uuid": forms.text(), "name": forms.text(), "external_id": forms.text(), "seller_id": forms.text()}
_FILTERS = ("external_id", "seller_id")


@dataclass(frozen=True)
class Product:
    """`external_id` is the marketplace's, unique per seller; `seller_id` is the seller's uuid."""

    uuid: str
    name: str
    external_id: str
    seller_id: str
    status: str = ACTIVE

    def show(self) -> Json:
        """The resource."""
        return asdict(self) | named(RESOURCE, self.uuid)


def list_products(books: Books, call: Call) -> Answer:
    """GET /products, all of them or those of an external id, of a seller, or both."""
    forms.refuse_unknown(_FILTERS, call.query)
    wanted = {name: call.query[name] for name in _FILTERS if call.query.get(name)}
    if "seller_id" in wanted and books.sellers.get(wanted["seller_id"]) is None:
        raise ZippyError(NOT_FOUND, f"zero results for seller_id {wanted['seller_id'][:100]}")
    shown = (product.show() for product in books.products)
    return Answer(200, [product for product in shown if all(product[name] == value for name, value in wanted.items())])


def create_product(books: Books, call: Call) -> Answer:
    """POST /products."""
    product = Product(**forms.read(_NEW, call.form))
    seller = books.sellers.get(product.seller_id)
    if seller is None or seller.status != ACTIVE:
        raise invalid({"seller_id": f"zero results for seller_id {product.seller_id}"})
    if books.products.get(product.uuid) is not None:
        raise invalid({"uuid": "UUID must be unique"})
    if books.external_ids.get((product.seller_id, product.external_id)) is not None:
        raise ZippyError(INVALID_ARGUMENT, "external_id must be unique per seller")
    books.products.put(product.uuid, product)
    books.external_ids.put((product.seller_id, product.external_id), product.uuid)
    return Answer(201, product.show())


def get_product(books: Books, call: Call) -> Answer:
    """GET /products/U."""
    product = books.products.get(call.uuid)
    if product is None:
        raise unknown(RESOURCE, call.uuid)
    return Answer(200, product.show())
