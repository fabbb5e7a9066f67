"""The PayPal simulator as one WSGI application: API, pages, control."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from solitude_sandbox.clock import Clock
from solitude_sandbox.console import PATH as CONSOLE
from solitude_sandbox.control import json_response
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import FaultBoard
from solitude_sandbox.paypal import pages, referrals
from solitude_sandbox.paypal.api import Api
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.by_hand import ByHand
from solitude_sandbox.paypal.classic import operations as classic
from solitude_sandbox.paypal.classic import pages as classic_pages
from solitude_sandbox.paypal.classic.api import ClassicApi
from solitude_sandbox.paypal.classic.control import ClassicControl
from solitude_sandbox.paypal.classic.errors import knows_error
from solitude_sandbox.paypal.console import Console, Controls
from solitude_sandbox.paypal.control import Control
from solitude_sandbox.paypal.dispute_control import DisputeControl
from solitude_sandbox.paypal.errors import ApiError, knows_issue, render
from solitude_sandbox.paypal.event_control import EventControl
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.ipn import VALIDATE
from solitude_sandbox.paypal.ipn_control import IpnControl
from solitude_sandbox.paypal.login_page import login
from solitude_sandbox.paypal.onboarding_page import onboarding
from solitude_sandbox.paypal.operations import NAMES, OPERATIONS, TOKEN_PATH
from solitude_sandbox.paypal.seller_control import SellerControl
from solitude_sandbox.server import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Route = Callable[[Request, str, str], Response]


class PayPal:
    """One simulated PayPal with books of its own; mount it anywhere, its links follow the request's Host and path.

    With a `seed` all identifiers are the same in every run that makes the same requests.
    """

    title = "PayPal"
    controls = f"{CONSOLE}/controls"

    def __init__(self, seed: int | None = None) -> None:
        self._ids = Ids(seed)
        self._books = Books(Clock(), self._ids)
        board = FaultBoard(NAMES | classic.NAMES, _knows_issue)
        self._api = Api(self._books, board)
        self._classic = ClassicApi(self._books, board)
        fate = Fate(self._books.clock, board, self._books.delivery.wake, self._books.reset)
        self._controls = Controls(
            fate,
            Control(self._books, fate),
            EventControl(self._books),
            DisputeControl(self._books),
            ByHand(self._books),
            SellerControl(self._books),
            ClassicControl(self._books),
            IpnControl(self._books),
        )
        self._console = Console(self._books, self._controls)
        self._routes = Map(list(self._rules()), strict_slashes=False, redirect_defaults=False, merge_slashes=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        debug_id = self._ids.debug_id()
        response = self._respond(request, debug_id)
        response.headers["PayPal-Debug-Id"] = debug_id
        return response(environ, start_response)

    def close(self) -> None:
        """End what runs in the background."""
        self._books.delivery.close()

    def console(self, base: str) -> Markup:
        """This provider's section of the console; `base` is where this application is mounted."""
        return self._console.section(base)

    def _respond(self, request: Request, debug_id: str) -> Response:
        try:
            route, values = self._routes.bind_to_environ(request.environ).match()
            response: Response = route(request, values.get("path_id", ""), debug_id)
        except HTTPException as error:
            status = error.code if error.code in (404, 405, 413) else 400
            code, body = render(ApiError(status=status), "", debug_id)
            response = json_response(body, code)
            if isinstance(error, MethodNotAllowed):
                response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response

    def _answer_classic(
        self, operation: classic.ClassicOperation, request: Request, _path_id: str, debug_id: str
    ) -> Response:
        return self._classic.answer(operation, request, debug_id)

    def _webscr(self, request: Request, _path_id: str, debug_id: str) -> Response:
        """PayPal's old address for everything: pages, and who asks whether a notification is genuine."""
        if request.method == "POST" and request.get_data().startswith(VALIDATE):
            return self._classic.validate(request, debug_id)
        return classic_pages.webscr(self._books, request)

    def _rules(self) -> Iterable[Rule]:
        def rule(path: str, methods: tuple[str, ...], route: Route) -> Rule:
            return Rule(path, methods=methods, endpoint=route)

        def plain(path: str, methods: tuple[str, ...], answer: Callable[[Request], Response]) -> Rule:
            return rule(path, methods, lambda request, _path_id, _debug_id: answer(request))

        api, books = self._api, self._books
        fate = self._controls.fate
        control, events, disputes = self._controls.books, self._controls.events, self._controls.disputes
        classic_control, ipns = self._controls.classic, self._controls.ipns
        sellers = self._controls.sellers
        by_hand = self._controls.by_hand
        yield rule(TOKEN_PATH, ("POST",), partial(api.answer, None))
        for operation in OPERATIONS:
            yield rule(operation.path, (operation.method,), partial(api.answer, operation))
        for each in classic.OPERATIONS:
            yield rule(each.path, ("POST",), partial(self._answer_classic, each))
        yield plain("/checkoutnow", ("GET", "POST"), lambda request: pages.checkout(books, request))
        yield plain("/agreements/approve", ("GET", "POST"), lambda request: pages.agreement(books, request))
        yield rule("/cgi-bin/webscr", ("GET", "POST"), self._webscr)
        yield plain(
            "/webapps/adaptivepayment/flow/pay",
            ("GET", "POST"),
            lambda request: classic_pages.payment(books, request),
        )
        yield plain(referrals.PAGE_PATH, ("GET", "POST"), lambda request: onboarding(books, request))
        yield plain("/signin/authorize", ("GET", "POST"), lambda request: login(books, request))
        yield plain("/sandbox/onboard", ("POST",), sellers.onboard)
        yield plain("/sandbox/revoke", ("POST",), sellers.revoke)
        yield plain("/sandbox/faults", ("GET", "POST", "DELETE"), fate.faults)
        yield plain("/sandbox/clock", ("GET", "POST"), fate.clock)
        yield plain("/sandbox/reset", ("POST",), fate.reset)
        yield plain("/sandbox/approve", ("POST",), control.approve)
        yield plain("/sandbox/review", ("POST",), control.review)
        yield plain("/sandbox/dispute", ("POST",), disputes.open)
        yield plain("/sandbox/dispute/update", ("POST",), disputes.update)
        yield plain("/sandbox/dispute/resolve", ("POST",), disputes.resolve)
        yield plain("/sandbox/dispute/appeal", ("POST",), disputes.appeal)
        yield plain("/sandbox/preapproval", ("POST",), classic_control.preapproval)
        yield plain("/sandbox/permissions/revoke", ("POST",), classic_control.revoke_permissions)
        yield plain("/sandbox/payment/refund", ("POST",), classic_control.refund)
        yield plain("/sandbox/reversal", ("POST",), classic_control.reversal)
        yield plain("/sandbox/ipns", ("GET",), ipns.ipns)
        yield plain("/sandbox/ipn", ("POST",), ipns.compose)
        yield plain("/sandbox/ipn-url", ("GET", "POST"), ipns.url)
        yield plain("/sandbox/refund", ("POST",), by_hand.refund)
        yield plain("/sandbox/end-agreement", ("POST",), by_hand.revoke)
        yield plain("/sandbox/events", ("GET",), events.events)
        yield plain("/sandbox/webhook", ("POST",), events.webhook)
        yield plain("/sandbox/delivery", ("GET", "POST"), events.post.answer)
        yield plain("/sandbox/ca.pem", ("GET",), events.root_certificate)
        yield plain("/sandbox/state", ("GET",), control.state)
        for path in (CONSOLE, f"{CONSOLE}/<path:path_id>"):
            yield rule(path, ("GET", "POST"), lambda request, page, _debug_id: self._console.answer(request, page))


def _knows_issue(operation: str, issue: str) -> bool:
    """Whether an operation has the issue that a fault names; the classic ones have numbers."""
    return knows_error(issue) if operation in classic.NAMES else knows_issue(issue)
