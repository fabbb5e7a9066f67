"""What is for sale, and by whom."""

from dataclasses import dataclass
from decimal import Decimal

from solitude.client import Solitude

CURRENCY = "EUR"
REMEMBERED_MOST = Decimal(200)  # what a remembered customer may spend in all before being asked again


@dataclass(frozen=True)
class App:
    """Something to buy. `public_id` is its name at Solitude, `payee` the developer's PayPal account, `hue` its colour in degrees."""

    public_id: str
    name: str
    blurb: str
    price: Decimal
    seller: str
    payee: str
    hue: int


APPS = {
    app.public_id: app
    for app in (
        App(
            "star-map", "Star Map", "The whole sky in your pocket.", Decimal("2.49"), "lovelace", "ada@dev.example", 250
        ),
        App(
            "night-train",
            "Night Train",
            "A novel in forty stations.",
            Decimal("4.75"),
            "verne",
            "jules@dev.example",
            350,
        ),
        App(
            "paper-planes", "Paper Planes", "Fold, throw, repeat.", Decimal("0.99"), "lovelace", "ada@dev.example", 165
        ),
    )
}


def publish(client: Solitude) -> None:
    """Makes sellers and products known to Solitude. What is there from an earlier start stays as it is."""
    for app in APPS.values():
        if client.find_product(app.public_id) is not None:
            continue
        seller = client.find_seller(f"firefly:{app.seller}")
        if seller is None:
            seller = client.create_seller(f"firefly:{app.seller}")
            client.create_paypal_seller(seller, paypal_id=app.payee)
        client.create_product(seller=seller, external_id=app.public_id, public_id=app.public_id)
