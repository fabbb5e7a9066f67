"""The shop as a WSGI application: which page is where, and who may see it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from solitude.client import SolitudeError

from . import pages
from .books import OPEN, UNSETTLED, Books, Customer, Purchase
from .catalogue import APPS
from .till import Till
from .ways import Message, NothingBackError, PayPal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

COOKIE = "session"
BODY_LIMIT_BYTES = 256 * 1024

_NEW_SESSION = "shop.new_session"


class Shop:
    """Pages for people, and addresses for the providers' messages."""

    def __init__(self, books: Books, till: Till, paypal: PayPal) -> None:
        self._books = books
        self._till = till
        self._paypal = paypal
        self._routes = Map(
            [
                Rule("/", methods=["GET"], endpoint=self._front),
                Rule("/till/<app>", methods=["GET"], endpoint=self._choose),
                Rule("/buy/<app>/<way>", methods=["POST"], endpoint=self._buy),
                Rule("/purchases", methods=["GET"], endpoint=self._purchases),
                Rule("/purchases/<purchase>", methods=["GET"], endpoint=self._purchase),
                Rule("/purchases/<purchase>/back", methods=["GET"], endpoint=self._back),
                Rule("/purchases/<purchase>/refund", methods=["POST"], endpoint=self._refund),
                Rule("/remember", methods=["POST"], endpoint=self._remember),
                Rule("/remembered", methods=["GET"], endpoint=self._remembered),
                Rule("/forget", methods=["POST"], endpoint=self._forget),
                *(
                    Rule(path, methods=["POST"], endpoint=partial(_receive, take))
                    for way in till.ways.values()
                    for path, take in way.receives.items()
                ),
            ]
        )

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        return self._respond(request)(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            page, values = self._routes.bind_to_environ(request.environ).match()
            response: Response = page(request, **values)
        except SolitudeError:
            # Purchases deal with their own errors: here nothing was paid for.
            return _html(pages.message("Not now", "We cannot reach our payment service. Please try again later."), 503)
        except HTTPException as error:
            return _html(pages.message(error.name, "There is no such page."), error.code or 500)
        if _NEW_SESSION in request.environ:
            # Lax: sent along when a provider sends the customer back, but not with a form that another site makes a browser post.
            session = request.environ[_NEW_SESSION]
            response.set_cookie(COOKIE, session, httponly=True, samesite="Lax", secure=request.is_secure)
        return response

    def _front(self, request: Request) -> Response:
        return _html(pages.front(APPS.values(), self._customer(request)))

    def _choose(self, request: Request, app: str) -> Response:  # noqa: ARG002 - every page takes the request
        if app not in APPS:
            raise NotFound
        return _html(pages.till(APPS[app], self._till.ways.values()))

    def _buy(self, request: Request, app: str, way: str) -> Response:
        if app not in APPS or way not in self._till.ways:
            raise NotFound
        purchase = self._till.buy(self._customer_or_new(request), APPS[app], self._till.ways[way])
        return redirect(purchase.pay_url if purchase.state == OPEN else f"/purchases/{purchase.id}", 303)

    def _purchases(self, request: Request) -> Response:
        customer = self._customer(request)
        found = self._books.purchases_by(customer) if customer is not None else []
        now = [self._till.settle(customer, each) if each.state in UNSETTLED else each for each in found if customer]
        return _html(pages.purchases(now, self._till.ways))

    def _purchase(self, request: Request, purchase: str) -> Response:
        customer, found = self._own(request, purchase)
        if found.state in pages.LOOKED_AT_AGAIN:
            found = self._till.settle(customer, found)
        return _html(pages.purchase(found, self._till.ways[found.way]))

    def _back(self, request: Request, purchase: str) -> Response:
        """From the provider."""
        self._till.came_back(*self._own(request, purchase), request.query_string.decode("latin-1"))
        return redirect(f"/purchases/{purchase}", 303)

    def _refund(self, request: Request, purchase: str) -> Response:
        try:
            self._till.give_back(*self._own(request, purchase))
        except NothingBackError:
            return _html(pages.message("No refund", "This payment cannot be given back in the way it came."), 409)
        return redirect("/purchases", 303)

    def _remember(self, request: Request) -> Response:
        return redirect(self._paypal.ask_to_remember(self._customer_or_new(request)), 303)

    def _remembered(self, request: Request) -> Response:
        customer = self._customer(request)
        if customer is None or not self._paypal.remember(customer):
            return _html(pages.message("As before", "You did not agree, so we go on asking you each time."))
        return redirect("/", 303)

    def _forget(self, request: Request) -> Response:
        customer = self._customer(request)
        if customer is not None:
            self._paypal.forget(customer)
        return redirect("/", 303)

    def _customer(self, request: Request) -> Customer | None:
        return self._books.customer_of(request.cookies.get(COOKIE, ""))

    def _customer_or_new(self, request: Request) -> Customer:
        customer = self._customer(request)
        if customer is None:
            session, customer = self._books.new_customer()
            request.environ[_NEW_SESSION] = session
        return customer

    def _own(self, request: Request, purchase: str) -> tuple[Customer, Purchase]:
        """Whoever did not make a purchase is not told that there is one."""
        customer, found = self._customer(request), self._books.purchase(purchase)
        if customer is None or found is None or found.customer != customer.number:
            raise NotFound
        return customer, found


def _receive(take: Callable[[Message], bool], request: Request) -> Response:
    """A provider's message: 200, or 503 for the provider to come again; whoever sends what no provider would is told so."""
    try:
        return Response(status=200 if take(Message(dict(request.headers), request.get_data())) else 503)
    except (ValueError, KeyError):
        raise BadRequest from None


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})
