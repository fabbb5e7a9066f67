"""A provider of the reference interface ("Zippy"): the customer pays there by card, and the provider signs what came of it."""

import contextlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from solitude.client import Product, Seller, Solitude, SolitudeError

from ..books import OPEN, Customer, Purchase
from ..catalogue import CURRENCY, App
from .way import Begun, Message, NothingBackError, State, state_of

NOTICES = "/reference/notices"
# Where the customers are, and by whom they phone.
REGION, CARRIER = "214", "ESP_ORANGE"


class Reference:
    """A `Way`."""

    key, name, note = "reference", "Zippy", "By card."
    gives_back = False

    def __init__(self, client: Solitude, url: str) -> None:
        self._client = client
        self._url = url
        # What is sold, by the names of the apps.
        self._products: dict[str, str] = {}

    def publish(self, app: App, seller: Seller, product: Product) -> None:
        """The provider has sellers and products of its own."""
        self._products[app.public_id] = product.resource_uri
        if self._client.reference_products(external_id=app.public_id).objects:
            return
        known = self._client.reference_sellers(seller_uuid=seller.uuid).objects
        at_provider = (
            known[0]
            if known
            else self._client.create_reference_seller(
                seller.resource_uri, uuid=seller.uuid, name=app.studio, email=app.payee
            )
        )
        self._client.create_reference_product(
            product.resource_uri, at_provider.resource_uri, uuid=f"firefly:{app.public_id}", name=app.name
        )

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:  # noqa: ARG002 - the provider asks who it is
        """The customer comes back whatever becomes of it, and the provider tells the shop in the background too."""
        payment = self._client.pay_by_reference(
            self._products[purchase.app],
            amount=purchase.price,
            currency=CURRENCY,
            pay_method="CARD",
            carrier=CARRIER,
            region=REGION,
            success_url=f"{place}/back",
            error_url=f"{place}/back",
            callback_success_url=f"{self._url}{NOTICES}",
            callback_error_url=f"{self._url}{NOTICES}",
            idempotency_key=f"pay-{purchase.id}",
        )
        return Begun(payment.uuid, payment.transaction, OPEN, payment.pay_url or "")

    def came_back(self, purchase: Purchase, query: str) -> None:  # noqa: ARG002 - the query names the payment
        """The query is signed. If Solitude cannot ask whether it is genuine now, the provider tells us once more in the background."""
        with contextlib.suppress(SolitudeError):
            self._client.forward_reference_notice(query)

    def look(self, purchase: Purchase) -> State:
        """What the provider's notices came to."""
        return state_of(self._client, purchase)

    def give_back(self, purchase: Purchase) -> None:  # noqa: ARG002 - no purchase at all
        """The interface knows no refunds."""
        raise NothingBackError

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """The notices of its payments."""
        return {NOTICES: self._forward}

    def _forward(self, message: Message) -> bool:
        """A form with one field: the same query that the customer brings back. It comes again until we answer 200."""
        (signed,) = parse_qs(message.body.decode("ascii"))["signed_notice"]
        try:
            genuine = self._client.forward_reference_notice(signed).is_genuine
        except SolitudeError:
            return False
        if not genuine:
            raise ValueError("This is not the provider's.")
        return True
