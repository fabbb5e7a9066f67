"""The simulator of the reference provider as one WSGI application: API, pages, control."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.clock import Clock
from solitude_sandbox.console import PATH as CONSOLE
from solitude_sandbox.control import json_response
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import FaultBoard
from solitude_sandbox.reference import api
from solitude_sandbox.reference.api import Api
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.console import Console
from solitude_sandbox.reference.control import Control
from solitude_sandbox.reference.errors import STATUSES, ZippyError
from solitude_sandbox.reference.ids import Ids
from solitude_sandbox.reference.operations import NAMES, OPERATIONS
from solitude_sandbox.reference.pages import BRAND, Pages
from solitude_sandbox.server import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Route = Callable[[Request, str], Response]


class Reference:
    """One simulated provider with books of its own; mount it anywhere.

    With a `seed` all identifiers are the same in every run that makes the same requests.
    """

    title = "Reference provider"
    controls = f"{CONSOLE}/controls"

    def __init__(self, seed: int | None = None) -> None:
        self._books = Books(Clock(), Ids(seed))
        board = FaultBoard(NAMES, lambda _operation, name: name in STATUSES)
        self._fate = Fate(self._books.clock, board, self._books.delivery.wake, self._books.reset)
        self._api = Api(self._books, board)
        self._control = Control(self._books, self._fate)
        self._console = Console(self._control, self._fate)
        # As in the original there is one spelling of a path, and a verb that is not offered is as unknown as a path.
        self._routes = Map(list(self._rules()), strict_slashes=True, merge_slashes=False, redirect_defaults=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        return self._respond(request)(environ, start_response)

    def close(self) -> None:
        """End what runs in the background."""
        self._books.delivery.close()

    def console(self, base: str) -> Markup:
        """This provider's section of the console; `base` is where this application is mounted."""
        return self._console.section(base)

    def _respond(self, request: Request) -> Response:
        try:
            route, values = self._routes.bind_to_environ(request.environ).match()
            response: Response = route(request, values.get("name", ""))
        except HTTPException as error:
            response = api.nowhere(request, error)
        return response

    def _rules(self) -> Iterable[Rule]:
        def plain(path: str, methods: tuple[str, ...], answer: Callable[[Request], Response]) -> Rule:
            return Rule(path, methods=methods, endpoint=lambda request, _name: answer(request))

        control, pages, fate = self._control, Pages(self._books), self._fate
        for operation in OPERATIONS:
            yield Rule(operation.path, methods=(operation.method,), endpoint=partial(self._api.answer, operation))
        yield plain("/", ("GET",), _front_door)
        yield plain("/payment/start", ("GET",), _page(pages.start))
        yield plain("/payment/card", ("GET",), _page(pages.card))
        yield plain("/payment/confirm", ("GET",), _page(pages.confirm))
        yield plain("/payment/confirm-mobile-number", ("GET",), _page(pages.confirm_mobile_number))
        yield plain("/payment/confirm-pin", ("GET",), _page(pages.confirm_pin))
        yield plain("/payment/process", ("POST",), _page(pages.process))
        yield plain("/sandbox/state", ("GET",), control.state)
        yield plain("/sandbox/pay", ("POST",), control.pay)
        yield plain("/sandbox/keys", ("GET", "POST"), control.keys)
        yield plain("/sandbox/notices", ("GET", "POST"), control.notices)
        yield plain("/sandbox/delivery", ("GET", "POST"), control.post.answer)
        yield plain("/sandbox/faults", ("GET", "POST", "DELETE"), fate.faults)
        yield plain("/sandbox/clock", ("GET", "POST"), fate.clock)
        yield plain("/sandbox/reset", ("POST",), fate.reset)
        for path in (CONSOLE, f"{CONSOLE}/<name>"):
            yield Rule(path, methods=("GET", "POST"), endpoint=self._console.answer)


def _page(show: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A page of the buyer's, or what is wrong."""

    def shown(request: Request) -> Response:
        try:
            return show(request)
        except ZippyError as error:
            return api.refusal(request, error)

    return shown


def _front_door(request: Request) -> Response:
    """GET /: nobody has to say who he is."""
    if "html" in request.headers.get("Accept", ""):
        return html.message(
            BRAND, "A payment provider", "Shops speak to it with signed requests; buyers come with a link."
        )
    return json_response({"result": "OK"}, 200)
