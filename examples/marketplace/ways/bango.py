"""Bango: the customer pays there, with the phone bill or by card; money goes back when the operator says so."""

import contextlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from werkzeug.datastructures import Authorization

from solitude.client import BangoPrice, InvalidRequest, Product, Seller, Solitude, SolitudeError

from ..books import OPEN, Customer, Purchase
from ..catalogue import APPS, CURRENCY, App
from .way import Begun, Message, NothingBackError, State, state_of, waiting_refund

EVENTS = "/bango/events"
GAMES = 1


class Bango:
    """A `Way`."""

    key, name, note = "bango", "Bango", "With your phone bill, or by card."
    gives_back = True

    def __init__(self, client: Solitude, url: str) -> None:
        self._client = client
        self._url = url
        # What Solitude calls the apps' products at Bango, by the names of the apps.
        self._products: dict[str, str] = {}

    def publish(self, app: App, seller: Seller, product: Product) -> None:
        """A studio has a package at Bango, and each app a number."""
        known = self._client.find_bango_product(product.pk)
        if known is None:
            packages = {each.seller: each.resource_uri for each in self._client.iter_bango_packages()}
            package = packages.get(seller.pk) or self._new_package(app, seller)
            known = self._client.create_ready_bango_product(product.pk, package, name=app.name, category=GAMES)
        self._products[app.public_id] = known.resource_uri

    def _new_package(self, app: App, seller: Seller) -> str:
        fields = {
            "adminEmailAddress": app.payee,
            "supportEmailAddress": app.payee,
            "financeEmailAddress": app.payee,
            "paypalEmailAddress": app.payee,
            "vendorName": app.studio,
            "companyName": app.studio,
            "address1": "1 Harbour Road",
            "addressCity": "Vigo",
            "addressState": "Pontevedra",
            "addressZipCode": "36201",
            "addressPhone": "34600000000",
            "countryIso": "ESP",
            "currencyIso": CURRENCY,
        }
        package = self._client.create_bango_package(seller.pk, fields).resource_uri
        self._client.accept_bango_sbi(package)  # a real shop shows it to the studio first
        return package

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:
        """The customer comes back whatever becomes of it, with what Bango says in the query."""
        payment = self._client.begin_bango_payment(
            self._products[purchase.app],
            title=APPS[purchase.app].name,
            prices=[BangoPrice(purchase.price, CURRENCY)],
            success_url=f"{place}/back",
            error_url=f"{place}/back",
            transaction_uuid=f"firefly:{purchase.id}",
            user_uuid=customer.uuid,
            idempotency_key=f"pay-{purchase.id}",
        )
        return Begun(payment.uuid, payment.transaction, OPEN, payment.pay_url or "")

    def came_back(self, purchase: Purchase, query: str) -> None:  # noqa: ARG002 - the query names the payment
        """Solitude has Bango confirm it, and Bango's event may have been faster: what is true, a look tells."""
        with contextlib.suppress(SolitudeError):
            self._client.take_in_bango_return(dict(parse_qsl(query)))

    def look(self, purchase: Purchase) -> State:
        """Bango tells nobody that a refund is done: it is asked."""
        refund = waiting_refund(self._client.get_transaction(purchase.transaction))
        if refund is not None:
            with contextlib.suppress(SolitudeError):  # then it is as it was
                self._client.get_bango_refund(refund)
        return state_of(self._client, purchase)

    def give_back(self, purchase: Purchase) -> None:
        """The operator may take days."""
        try:
            self._client.refund_bango_payment(purchase.uuid, idempotency_key=f"refund-{purchase.id}")
        except InvalidRequest as error:
            raise NothingBackError from error

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """Events, of payments whose customers did not come back too."""
        return {EVENTS: self._forward}

    def _forward(self, message: Message) -> bool:
        """Bango comes with a user name and a password, which Solitude knows."""
        login = Authorization.from_header(message.headers.get("Authorization"))
        if login is None or login.type != "basic":
            raise ValueError("This is not Bango's.")
        try:
            self._client.take_in_bango_event(
                message.body.decode("utf-8-sig"), login.username or "", login.password or ""
            )
        except InvalidRequest as error:
            raise ValueError("This is not Bango's, or about nothing that we know.") from error
        except SolitudeError:
            return False
        return True
