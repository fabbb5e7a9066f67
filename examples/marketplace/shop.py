"""The shop as a WSGI application: which page is where, and who may see it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from solitude.client import SolitudeError

from . import pages
from .books import OPEN, WAITING, Books, Customer, Purchase
from .catalogue import APPS
from .till import Till

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

COOKIE = "session"
BODY_LIMIT_BYTES = 256 * 1024

_NEW_SESSION = "shop.new_session"


class Shop:
    """Pages for people, and addresses for PayPal's messages."""

    def __init__(self, books: Books, till: Till) -> None:
        self._books = books
        self._till = till
        self._routes = Map(
            [
                Rule("/", methods=["GET"], endpoint=self._front),
                Rule("/buy/<app>", methods=["POST"], endpoint=self._buy),
                Rule("/purchases", methods=["GET"], endpoint=self._purchases),
                Rule("/purchases/<purchase>", methods=["GET"], endpoint=self._purchase),
                Rule("/purchases/<purchase>/back", methods=["GET"], endpoint=self._back),
                Rule("/purchases/<purchase>/cancelled", methods=["GET"], endpoint=self._cancelled),
                Rule("/purchases/<purchase>/refund", methods=["POST"], endpoint=self._refund),
                Rule("/remember", methods=["POST"], endpoint=self._remember),
                Rule("/remembered", methods=["GET"], endpoint=self._remembered),
                Rule("/forget", methods=["POST"], endpoint=self._forget),
                Rule("/paypal/webhook", methods=["POST"], endpoint=self._webhook),
                Rule("/paypal/ipn", methods=["POST"], endpoint=self._ipn),
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
            # Lax: sent along when PayPal sends the customer back, but not with a form that another site makes a browser post.
            session = request.environ[_NEW_SESSION]
            response.set_cookie(COOKIE, session, httponly=True, samesite="Lax", secure=request.is_secure)
        return response

    def _front(self, request: Request) -> Response:
        return _html(pages.front(APPS.values(), self._customer(request)))

    def _buy(self, request: Request, app: str) -> Response:
        if app not in APPS:
            raise NotFound
        purchase = self._till.buy(self._customer_or_new(request), APPS[app])
        return redirect(purchase.pay_url if purchase.state == OPEN else f"/purchases/{purchase.id}", 303)

    def _purchases(self, request: Request) -> Response:
        customer = self._customer(request)
        return _html(pages.purchases(self._books.purchases_by(customer) if customer is not None else ()))

    def _purchase(self, request: Request, purchase: str) -> Response:
        customer, found = self._own(request, purchase)
        return _html(pages.purchase(self._till.settle(customer, found) if found.state == WAITING else found))

    def _back(self, request: Request, purchase: str) -> Response:
        """From PayPal. The address proves nothing: Solitude says whether it was approved, and takes the money."""
        self._till.settle(*self._own(request, purchase))
        return redirect(f"/purchases/{purchase}", 303)

    def _cancelled(self, request: Request, purchase: str) -> Response:
        _, found = self._own(request, purchase)
        self._till.cancel(found)
        return redirect(f"/purchases/{purchase}", 303)

    def _refund(self, request: Request, purchase: str) -> Response:
        self._till.refund(*self._own(request, purchase))
        return redirect("/purchases", 303)

    def _remember(self, request: Request) -> Response:
        return redirect(self._till.ask_to_remember(self._customer_or_new(request)), 303)

    def _remembered(self, request: Request) -> Response:
        customer = self._customer(request)
        if customer is None or not self._till.remember(customer):
            return _html(pages.message("As before", "You did not agree, so we go on asking you each time."))
        return redirect("/", 303)

    def _forget(self, request: Request) -> Response:
        customer = self._customer(request)
        if customer is not None:
            self._till.forget(customer)
        return redirect("/", 303)

    def _webhook(self, request: Request) -> Response:
        """PayPal's message, byte for byte. Whether it is genuine is Solitude's to say."""
        return _received(lambda: self._till.forward(dict(request.headers), request.get_data()))

    def _ipn(self, request: Request) -> Response:
        return _received(lambda: self._till.forward_ipn(request.get_data()))

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


def _received(forward: Callable[[], bool]) -> Response:
    """200, or 503 for PayPal to come again; whoever sends what PayPal never would is told so."""
    try:
        return Response(status=200 if forward() else 503)
    except ValueError:
        raise BadRequest from None


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})
