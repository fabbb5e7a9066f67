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
from solitude_sandbox.braintree.control import Control
from solitude_sandbox.braintree.dispute_control import DisputeControl
from solitude_sandbox.braintree.event_control import EventControl
from solitude_sandbox.braintree.ids import Ids
from solitude_sandbox.braintree.operations import NAMES, OPERATIONS
from solitude_sandbox.braintree.recurring_control import RecurringControl
from solitude_sandbox.clock import Clock
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
    controls = "/sandbox/state"

    def __init__(self, seed: int | None = None) -> None:
        self._books = Books(Clock(), Ids(seed))
        board = FaultBoard(NAMES, knows_issue)
        self._api = Api(self._books, board)
        self._fate = Fate(self._books.clock, board, self._clock_moved, self._books.reset)
        self._control = Control(self._books, self._fate)
        self._events = EventControl(self._books)
        self._recurring = RecurringControl(self._books)
        self._disputes = DisputeControl(self._books)
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
        return Markup('<p><a href="{}/sandbox/state">Its books</a></p>').format(base)

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
        fate, control = self._fate, self._control
        yield rule(page.PATH, ("GET", "POST"), partial(page.enter, self._books))
        yield rule("/sandbox/state", ("GET",), control.state)
        yield rule("/sandbox/nonce", ("POST",), control.nonce)
        yield rule("/sandbox/method", ("POST",), control.method)
        yield rule("/sandbox/settle", ("POST",), control.settle)
        yield rule("/sandbox/plans", ("GET", "POST"), self._recurring.plans)
        yield rule("/sandbox/subscription", ("POST",), self._recurring.subscription)
        yield rule("/sandbox/dispute", ("POST",), self._disputes.dispute)
        yield rule("/sandbox/dispute/resolve", ("POST",), self._disputes.resolve)
        yield rule("/sandbox/webhook", ("GET", "POST"), self._events.webhook)
        yield rule("/sandbox/events", ("GET", "POST"), self._events.events)
        yield rule("/sandbox/delivery", ("GET", "POST"), control.post.answer)
        yield rule("/sandbox/faults", ("GET", "POST", "DELETE"), fate.faults)
        yield rule("/sandbox/clock", ("GET", "POST"), fate.clock)
        yield rule("/sandbox/reset", ("POST",), fate.reset)
