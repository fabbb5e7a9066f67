"""What is for sale, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from solitude.client import Solitude

if TYPE_CHECKING:
    from .ways import Way

CURRENCY = "EUR"
REMEMBERED_MOST = Decimal(200)  # what a remembered customer may spend in all before being asked again


@dataclass(frozen=True)
class App:
    """Something to buy. `public_id` is its name at Solitude; `payee` the developer's address, which is a PayPal account too; `hue` its
    colour in degrees."""

    public_id: str
    name: str
    blurb: str
    price: Decimal
    seller: str
    studio: str
    payee: str
    hue: int


ADA = {"seller": "lovelace", "studio": "Lovelace Works", "payee": "ada@dev.example"}
JULES = {"seller": "verne", "studio": "Verne and Daughters", "payee": "jules@dev.example"}
APPS = {
    app.public_id: app
    for app in (
        App("star-map", "Star Map", "The whole sky in your pocket.", Decimal("2.49"), hue=250, **ADA),
        App("night-train", "Night Train", "A novel in forty stations.", Decimal("4.75"), hue=350, **JULES),
        App("paper-planes", "Paper Planes", "Fold, throw, repeat.", Decimal("0.99"), hue=165, **ADA),
    )
}


def publish(client: Solitude, ways: Iterable["Way"]) -> None:
    """Makes sellers and products known to Solitude, and to each provider. What is there from an earlier start stays as it is."""
    for app in APPS.values():
        uuid = f"firefly:{app.seller}"
        seller = client.find_seller(uuid) or client.create_seller(uuid)
        product = client.find_product(app.public_id) or client.create_product(
            seller=seller, external_id=app.public_id, public_id=app.public_id
        )
        for way in ways:
            way.publish(app, seller, product)
