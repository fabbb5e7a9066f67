"""A simulator of a provider with a JSON API whose buyers approve on its page, made of what is its own: its operations and its words.

What every simulator has comes with it: books, the buyer's page, faults, a clock, a request log, answers remembered under an idempotency
key, the control API, a page that breaks it, and its section of the console.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults, html, panels
from solitude_sandbox.clock import Clock
from solitude_sandbox.control import Json, base_of, json_response
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import Fault, FaultBoard
from solitude_sandbox.journal import Entry, Journal
from solitude_sandbox.server import BODY_LIMIT_BYTES
from solitude_sandbox.store import BoundedStore
from solitude_sandbox.trouble import STATUSES, lose, trouble_of, wait
from solitude_sandbox.wording import address, code

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEY_HEADER = "Idempotency-Key"
# By which whoever asks says who it is.
TOKEN = "sandbox-token"  # noqa: S105  # it opens nothing but this
ROWS_LIMIT = 10_000
SHOWN_LIMIT = 50
CONTROLS = "/sandbox/controls"
PAY_PATH, ANSWERED_PATH = "/pay/<id>", "/calls/<id>"
WAITING = "waiting"
# The buttons of the buyer's page: what each makes of a payment, and by which of its addresses the buyer goes back.
BUTTONS = {
    "approve": ("approved", "return_url"),
    "decline": ("declined", "return_url"),
    "cancel": ("cancelled", "cancel_url"),
}
BAD_REQUEST, NOT_FOUND, NOT_POSSIBLE, SERVER_ERROR = "bad_request", "not_found", "not_possible", "server_error"


class Refusal(Exception):
    """The provider says no: `status`, and its own code for that."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Books:
    """The payments by their names. Whoever looks at them holds the provider's lock."""

    def __init__(self, name: str, seed: int | None) -> None:
        self._name, self._random = name, Random(seed)  # noqa: S311  # names, no secrets
        self.payments: BoundedStore[str, Json] = BoundedStore(ROWS_LIMIT)

    def begin(self, base: str, **fields: str) -> Json:
        """A payment that waits for its buyer at `url`."""
        name = f"{self._name}-{self._random.getrandbits(64):016x}"
        payment = {"id": name, "status": WAITING, "url": f"{base}{PAY_PATH.replace('<id>', name)}", **fields}
        self.payments.put(name, payment)
        return payment

    def payment(self, name: str, status: str = "") -> Json:
        """The payment of this name, if it has this status."""
        payment = self.payments.get(name)
        if payment is None:
            raise Refusal(404, NOT_FOUND)
        if status not in ("", payment["status"]):
            raise Refusal(409, NOT_POSSIBLE)
        return payment


@dataclass(frozen=True)
class Call:
    """One API request: `id` is what the path names, `key` its idempotency key; `body` is JSON. `base` is where the provider is reached."""

    id: str
    key: str
    body: Json
    base: str
    books: Books

    def text(self, name: str) -> str:
        """A text of the body that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise Refusal(400, f"{BAD_REQUEST}:{name}")
        return value

    def payment(self, status: str = "") -> Json:
        """The one that the path names."""
        return self.books.payment(self.id, status)


@dataclass(frozen=True)
class Operation:
    """One of the API, by the name under which faults know it; `<id>` in the path is what it is about. `act` raises Refusal; the books'
    lock is held."""

    name: str
    method: str
    path: str
    act: Callable[[Call], Json]


class JsonProvider:
    """The WSGI application. `operations` are those of the API; one is added, `find_call`: what was answered under a key.

    `issues` are the provider's codes that can be asked for as faults, with their statuses. With a `seed` all names are the same in every
    run.
    """

    controls = CONTROLS

    def __init__(
        self, name: str, *, operations: Sequence[Operation], issues: Mapping[str, int], seed: int | None = None
    ) -> None:
        self.title, self._name, self._seed = name.capitalize(), name, seed
        self._operations = (*operations, Operation("find_call", "GET", ANSWERED_PATH, self._answered))
        self._names, self._issues = [each.name for each in self._operations], issues
        self._lock = threading.RLock()
        self._clock = Clock()
        self._board = FaultBoard(self._names, lambda _operation, issue: issue in issues)
        self._fate = Fate(self._clock, self._board, lambda: None, self._forget)
        self._forget()
        self._routes = Map(list(self._rules()), strict_slashes=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = BODY_LIMIT_BYTES
        try:
            route, values = self._routes.bind_to_environ(request.environ).match()
            response: Response = route(request, values.get("id", ""))
        except HTTPException as error:
            response = _refused(Refusal(error.code or 400, error.name.lower().replace(" ", "_")))
        return response(environ, start_response)

    def close(self) -> None:
        """Nothing runs in the background."""

    def console(self, base: str) -> Markup:
        """Its section of the page that shows all simulators."""
        with self._lock:
            rows = list(reversed(list(self._books.payments)))[:SHOWN_LIMIT]
            shown = [(code(row["id"]), html.badge(row["status"]), _amount(row), address(row["url"])) for row in rows]
        page = Markup("<p>Its buyers come to <code>{}{}</code>.</p>").format(base, PAY_PATH)
        return html.join([page, html.table("Payments", ("Payment", "Status", "Amount", "Buyer's page"), shown)])

    # --- the API ---

    def _answer(self, operation: Operation, request: Request, name: str) -> Response:
        entry = Entry(self._clock.now(), request.method, request.path, operation.name, None, "")
        self._journal.add(entry)
        fault = None
        try:
            trouble = trouble_of(self._board, operation.name, request)
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            wait(trouble.latency_s)
            response = self._done(operation, request, name, fault)
        except Refusal as refusal:
            response = _refused(refusal)
        except ValueError as error:  # the header with which a request asks for its own fault
            response = _refused(Refusal(400, str(error)))
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _done(self, operation: Operation, request: Request, name: str, fault: Fault | None) -> Response:
        """What was answered under a key is answered again, as it is now; what was not done is not remembered."""
        if fault is not None and fault.kind not in faults.AFTER_THE_WORK:
            status = self._issues.get(fault.issue or "", STATUSES.get(fault.kind, 500))
            raise Refusal(status, fault.issue or SERVER_ERROR)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "unauthorized")
        key = request.headers.get(KEY_HEADER, "") if operation.method == "POST" else ""
        with self._lock:
            call = Call(name, key, _body(request), base_of(request), self._books)
            answer = (self._answers.get(key) if key else None) or _acted(operation, call)
            if key:
                self._answers.put(key, answer)
            return json_response(answer[1], answer[0])

    def _answered(self, call: Call) -> Json:
        status, body = self._answers.get(call.id) or (404, {"error": NOT_FOUND})
        if status != 201:
            raise Refusal(status, body["error"])
        return body

    # --- the buyer ---

    def _buyer(self, request: Request, name: str) -> Response:
        try:
            with self._lock:
                payment = self._books.payment(name, WAITING)
                if request.method == "POST":
                    payment["status"], url = BUTTONS.get(request.form.get("action", ""), (WAITING, ""))
                    return Response("", 303, headers={"Location": payment.get(url, request.base_url)})
                amount = html.amount(_amount(payment))
        except Refusal as refusal:
            return html.message(self.title, "This did not work", refusal.code, refusal.status)
        buttons = [html.button(action, action.capitalize()) for action in BUTTONS]
        return html.sheet(self.title, "Pay", html.join([amount, html.form(*buttons)]))

    # --- the controls ---

    def _rules(self) -> Iterable[Rule]:
        def plain(path: str, methods: tuple[str, ...], answer: Callable[[Request], Response]) -> Rule:
            return Rule(path, methods=methods, endpoint=lambda request, _id: answer(request))

        for operation in self._operations:
            yield Rule(operation.path, methods=(operation.method,), endpoint=partial(self._answer, operation))
        yield Rule(PAY_PATH, methods=("GET", "POST"), endpoint=self._buyer)
        yield plain("/sandbox/state", ("GET",), lambda _request: json_response(self._state(), 200))
        yield plain("/sandbox/faults", ("GET", "POST", "DELETE"), self._fate.faults)
        yield plain("/sandbox/clock", ("GET", "POST"), self._fate.clock)
        yield plain("/sandbox/reset", ("POST",), self._fate.reset)
        yield plain(CONTROLS, ("GET", "POST"), self._show_controls)

    def _show_controls(self, request: Request) -> Response:
        warning, status = "", 200
        if request.method == "POST":
            try:
                panels.act(self._fate, lambda _manner: None, request.form)
                return Response("", 303, headers={"Location": request.base_url})
            except ValueError as error:
                warning, status = str(error), 400
        state = self._state()
        parts = [
            html.alert(warning),
            panels.faults(state, "", self._names),
            panels.clock(state, ""),
            panels.fresh_start("Forgets every payment, and goes back to real time.", ""),
        ]
        return Response(html.page(self.title, html.join(parts)), status, content_type=html.CONTENT_TYPE)

    def _state(self) -> Json:
        """The books and the request log, the oldest first."""
        with self._lock:
            return {
                "clock": self._fate.time(),
                "faults": self._fate.faults_as_json(),
                "payments": list(self._books.payments),
                "requests": [entry.as_json() for entry in self._journal.entries()],
            }

    def _forget(self) -> None:
        with self._lock:
            self._clock.reset()
            self._journal = Journal()
            self._answers: BoundedStore[str, tuple[int, Json]] = BoundedStore(ROWS_LIMIT)
            self._books = Books(self._name, self._seed)


def _acted(operation: Operation, call: Call) -> tuple[int, Json]:
    """Status and body; a refusal is an answer too, that is remembered like any other."""
    try:
        return (201 if operation.method == "POST" else 200), operation.act(call)
    except Refusal as refusal:
        return refusal.status, {"error": refusal.code}


def _refused(refusal: Refusal) -> Response:
    return json_response({"error": refusal.code}, refusal.status)


def _body(request: Request) -> Json:
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(400, BAD_REQUEST) from None
    if not isinstance(body, dict):
        raise Refusal(400, BAD_REQUEST)
    return body


def _amount(payment: Json) -> str:
    return f"{payment['amount']} {payment['currency']}"
