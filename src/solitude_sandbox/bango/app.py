"""The Bango simulator as one WSGI application: SOAP services, the buyer's page, control."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from solitude_sandbox.bango import page
from solitude_sandbox.bango.api import Api
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.codes import knows_code
from solitude_sandbox.bango.console import Console
from solitude_sandbox.bango.control import Control
from solitude_sandbox.bango.ids import Ids
from solitude_sandbox.bango.operations import NAMES, SERVICES
from solitude_sandbox.clock import Clock
from solitude_sandbox.console import PATH as CONSOLE
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import FaultBoard
from solitude_sandbox.server import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Route = Callable[[Request], Response]


class Bango:
    """One simulated Bango with books of its own; mount it anywhere.

    With a `seed` all identifiers are the same in every run that makes the same requests.
    """

    title = "Bango"
    controls = f"{CONSOLE}/controls"

    def __init__(self, seed: int | None = None) -> None:
        self._books = Books(Clock(), Ids(seed))
        board = FaultBoard(NAMES, lambda _operation, code: knows_code(code))
        self._api = Api(self._books, board)
        self._fate = Fate(self._books.clock, board, self._books.delivery.wake, self._books.reset)
        self._control = Control(self._books, self._fate)
        self._console = Console(self._control, self._fate)
        self._routes = Map(list(self._rules()), strict_slashes=False, redirect_defaults=False, merge_slashes=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        try:
            route, values = self._routes.bind_to_environ(environ).match()
            response: Response = route(request, **values)
        except HTTPException as error:
            response = Response.force_type(error.get_response(environ))
        return response(environ, start_response)

    def close(self) -> None:
        """End what runs in the background."""
        self._books.delivery.close()

    def console(self, base: str) -> Markup:
        """This provider's section of the console; `base` is where this application is mounted."""
        return self._console.section(base)

    def _rules(self) -> Iterable[Rule]:
        def rule(path: str, methods: tuple[str, ...], route: Route) -> Rule:
            return Rule(path, methods=methods, endpoint=route)

        for service in SERVICES:
            yield rule(service.path, ("GET", "POST"), partial(self._api.answer, service))
        yield rule(page.PATH, ("GET", "POST"), partial(page.payment, self._books))
        fate, control = self._fate, self._control
        yield rule("/sandbox/faults", ("GET", "POST", "DELETE"), fate.faults)
        yield rule("/sandbox/clock", ("GET", "POST"), fate.clock)
        yield rule("/sandbox/reset", ("POST",), fate.reset)
        yield rule("/sandbox/pay", ("POST",), control.pay)
        yield rule("/sandbox/refunds", ("GET", "POST"), control.refunds)
        yield rule("/sandbox/refund", ("POST",), control.refund)
        yield rule("/sandbox/events", ("GET",), control.events)
        yield rule("/sandbox/event-url", ("GET", "POST"), control.event_url)
        yield rule("/sandbox/delivery", ("GET", "POST"), control.post.answer)
        yield rule("/sandbox/state", ("GET",), control.state)
        yield Rule(CONSOLE, methods=("GET", "POST"), endpoint=partial(self._console.answer, name=""))
        yield Rule(f"{CONSOLE}/<path:name>", methods=("GET", "POST"), endpoint=self._console.answer)
