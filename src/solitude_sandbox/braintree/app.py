"""The simulator of Braintree's gateway as one WSGI application: API, the page for cards, control."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from solitude_sandbox.braintree import api, page
from solitude_sandbox.braintree.api import Api, knows_issue
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.console import Console
from solitude_sandbox.braintree.controls import Controls
from solitude_sandbox.braintree.ids import Ids
from solitude_sandbox.braintree.operations import NAMES, OPERATIONS
from solitude_sandbox.clock import Clock
from solitude_sandbox.console import PATH as CONSOLE
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import FaultBoard
from solitude_sandbox.server import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Braintree:
    """One simulated gateway with books of its own; mount it anywhere.

    With a `seed` all identifiers are the same in every run that makes the same requests.
    """

    title = "Braintree"
    controls = f"{CONSOLE}/controls"

    def __init__(self, seed: int | None = None) -> None:
        self._books = Books(Clock(), Ids(seed))
        board = FaultBoard(NAMES, knows_issue)
        self._api = Api(self._books, board)
        self._fate = Fate(self._books.clock, board, self._clock_moved, self._books.reset)
        self._controls = Controls.of(self._books, self._fate)
        self._console = Console(self._controls)
        self._routes = Map(list(self._rules()), strict_slashes=False, redirect_defaults=False, merge_slashes=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        try:
            route, values = self._routes.bind_to_environ(environ).match()
            response: Response = route(request, **values)
        except HTTPException as error:
            response = api.nowhere(error)
        return response(environ, start_response)

    def close(self) -> None:
        """End what runs in the background."""
        self._books.delivery.close()

    def console(self, base: str) -> Markup:
        """This provider's section of the console; `base` is where this application is mounted."""
        return self._console.section(base)

    def _clock_moved(self) -> None:
        """Do at once what is due now; nobody has to ask for it first."""
        self._books.catch_up()
        self._books.delivery.wake()

    def _rules(self) -> Iterable[Rule]:
        def rule(path: str, methods: tuple[str, ...], route: Callable[..., Response]) -> Rule:
            return Rule(path, methods=methods, endpoint=route)

        for operation in OPERATIONS:
            path = f"/merchants/<merchant>{operation.path}"
            yield rule(path, (operation.method,), partial(self._api.answer, operation))
        fate, control, recurring = self._fate, self._controls.common, self._controls.recurring
        yield rule(page.PATH, ("GET", "POST"), partial(page.enter, self._books))
        yield rule("/sandbox/state", ("GET",), control.state)
        yield rule("/sandbox/nonce", ("POST",), control.nonce)
        yield rule("/sandbox/method", ("POST",), control.method)
        yield rule("/sandbox/settle", ("POST",), control.settle)
        yield rule("/sandbox/authorization", ("POST",), control.authorization)
        yield rule("/sandbox/plans", ("GET", "POST"), recurring.plans)
        yield rule("/sandbox/subscription", ("POST",), recurring.subscription)
        yield rule("/sandbox/dispute", ("POST",), self._controls.disputes.dispute)
        yield rule("/sandbox/dispute/resolve", ("POST",), self._controls.disputes.resolve)
        yield rule("/sandbox/webhook", ("GET", "POST"), self._controls.events.webhook)
        yield rule("/sandbox/events", ("GET", "POST"), self._controls.events.events)
        yield rule("/sandbox/delivery", ("GET", "POST"), control.post.answer)
        yield rule("/sandbox/faults", ("GET", "POST", "DELETE"), fate.faults)
        yield rule("/sandbox/clock", ("GET", "POST"), fate.clock)
        yield rule("/sandbox/reset", ("POST",), fate.reset)
        yield rule(CONSOLE, ("GET", "POST"), partial(self._console.answer, name=""))
        yield rule(f"{CONSOLE}/<path:name>", ("GET", "POST"), self._console.answer)
