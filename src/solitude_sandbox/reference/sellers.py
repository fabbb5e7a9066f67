"""Sellers, and the terms that they agree to."""

from dataclasses import asdict, dataclass

from solitude_sandbox.control import Json
from solitude_sandbox.reference import forms
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.call import Answer, Call, named
from solitude_sandbox.reference.errors import invalid, unknown

RESOURCE = "sellers"
ACTIVE = "ACTIVE"
STATUSES = (ACTIVE, "INACTIVE", "DISABLED")

_NEW = {
    "uuid": forms.text(),
    "status": forms.choice(STATUSES),
    "name": forms.text(),
    "email": forms.email(required=True),
    "agreement": forms.date(),
}
_CHANGED = _NEW | {
    "status": forms.choice(STATUSES, required=False),
    "name": forms.text(required=False),
    "email": forms.email(required=False),
}


@dataclass(frozen=True)
class Seller:
    """As the provider shows it; what was never said, or was left out of a change, is empty."""

    uuid: str
    status: str
    name: str
    email: str
    agreement: str

    def show(self) -> Json:
        """The resource."""
        return asdict(self) | named(RESOURCE, self.uuid)


def list_sellers(books: Books, _call: Call) -> Answer:
    """GET /sellers."""
    return Answer(200, [seller.show() for seller in books.sellers])


def create_seller(books: Books, call: Call) -> Answer:
    """POST /sellers."""
    seller = Seller(**forms.read(_NEW, call.form))
    if books.sellers.get(seller.uuid) is not None:
        raise invalid({"uuid": "UUID must be unique"})
    books.sellers.put(seller.uuid, seller)
    return Answer(201, seller.show())


def get_seller(books: Books, call: Call) -> Answer:
    """GET /sellers/U."""
    return Answer(200, _find(books, call.uuid).show())


def update_seller(books: Books, call: Call) -> Answer:
    """PUT /sellers/U: the uuid of the body decides whom it is about, and what the body leaves out is blanked."""
    seller = Seller(**forms.read(_CHANGED, call.form))
    if books.sellers.get(seller.uuid) is None:
        raise invalid({"uuid": f"zero results for uuid {seller.uuid}"})
    books.sellers.put(seller.uuid, seller)
    return Answer(200, seller.show())


def delete_seller(books: Books, call: Call) -> Answer:
    """DELETE /sellers/U, also of one that nobody knows; its products stay."""
    books.sellers.remove(call.uuid)
    return Answer(204, None)


def get_terms(books: Books, call: Call) -> Answer:
    """GET /terms/U of the seller U."""
    seller = _find(books, call.uuid)
    text = f"Terms for {seller.name or 'the seller'}: these words hold the place of an agreement."
    return Answer(200, {"text": text, "agreement": seller.agreement})


def _find(books: Books, uuid: str) -> Seller:
    seller = books.sellers.get(uuid)
    if seller is None:
        raise unknown(RESOURCE, uuid)
    return seller
