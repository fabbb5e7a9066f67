"""The way of one API request: fault? - who? - what is asked? - do it - answer (or lose the answer)."""

import gzip
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults
from solitude_sandbox.braintree import accounts, processor, tampering, xml
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Call
from solitude_sandbox.braintree.errors import SENTENCES, InvalidError, StatusError, Wrong, api_error_response
from solitude_sandbox.braintree.errors import STATUSES as NAMED_STATUSES
from solitude_sandbox.braintree.operations import Operation
from solitude_sandbox.braintree.xml import NotXmlError
from solitude_sandbox.control import Json, base_of
from solitude_sandbox.faults import Fault, FaultBoard
from solitude_sandbox.journal import Entry
from solitude_sandbox.trouble import STATUSES, lose, trouble_of, wait

# By what a request is known in the log, whichever it has.
_KNOWN_BY = ("order_id", "token", "id")
# What a 422 never gives back.
_SECRET = frozenset({"payment_method_nonce", "number", "cvv"})


def knows_issue(operation: str, name: str) -> bool:
    """Whether a fault can ask for this: a validation error, what a processor says, a bare status, or an answer that is not right."""
    del operation
    return name in SENTENCES or name in NAMED_STATUSES or name in tampering.WAYS or processor.knows_code(name)


@dataclass(frozen=True)
class Asked:
    """A request, read: `name` is what its path names, `fields` what its body holds, `unreadable` why that could not be read."""

    request: Request
    merchant: str
    name: str
    fields: Json
    unreadable: StatusError | None

    def call(self, now: datetime, ordered: str | None) -> Call:
        """As the operations see it."""
        return Call(now, self.name, self.request.args.to_dict(), self.fields, base_of(self.request), ordered)


class Api:
    """Answers API requests from the books, with the faults that are set."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def answer(self, operation: Operation, request: Request, merchant: str, name: str = "") -> Response:
        """The response to one request."""
        asked = Asked(request, merchant, name, *_fields(operation, request))
        known_by = next((str(asked.fields[key]) for key in _KNOWN_BY if asked.fields.get(key)), None)
        entry = Entry(self._books.clock.now(), request.method, request.path, operation.name, known_by, "")
        self._books.journal.add(entry)
        fault: Fault | None = None
        try:
            trouble = trouble_of(self._board, operation.name, request, lambda: _about(asked.fields))
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            wait(trouble.latency_s)
            response = self._respond(operation, asked, fault)
        except ValueError:  # the header with which a request asks for its own fault
            response = Response("", 400)
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _respond(self, operation: Operation, asked: Asked, fault: Fault | None) -> Response:
        issue = fault.issue if fault is not None else None
        try:
            _stumble(operation, fault)
            _believe(asked.request, asked.merchant)
            if asked.unreadable is not None:
                raise asked.unreadable
            # Keys for requests are for merchants who were given them; this one was not, and must not believe otherwise.
            if asked.fields.get("api_request_key"):
                raise InvalidError(Wrong(operation.root, "api_request_key", "915231"))
            ordered = issue if issue is not None and operation.banked and processor.knows_code(issue) else None
            with self._books.lock:
                self._books.catch_up()
                answer = operation.act(self._books, asked.call(self._books.clock.now(), ordered))
                text = xml.write(answer.root, answer.content) if answer.root else ""
            return _message(asked.request, tampering.tampered(text, issue), answer.status)
        except InvalidError as error:
            params = {operation.root or operation.name: _shown(asked.fields)}
            return _message(asked.request, xml.write("api_error_response", api_error_response(error, params)), 422)
        except StatusError as error:
            return Response("", error.status)


def nowhere(error: HTTPException) -> Response:
    """There is no such page or verb: one is as unknown as the other."""
    return Response("", 404 if error.code == 405 else error.code)


def _stumble(operation: Operation, fault: Fault | None) -> None:
    """The error of a fault that strikes before the work, or instead of it."""
    if fault is None or fault.kind in faults.AFTER_THE_WORK:
        return
    issue = fault.issue
    if issue is None:
        raise StatusError(STATUSES.get(fault.kind, 500))
    if issue in NAMED_STATUSES:
        raise StatusError(NAMED_STATUSES[issue])
    if issue in SENTENCES:
        raise InvalidError(Wrong(operation.root or operation.name, "base", issue))


def _believe(request: Request, merchant: str) -> None:
    """StatusError unless the merchant's keys are right, and the client says which version of the API it speaks."""
    given = request.authorization
    known = given is not None and given.type == "basic"
    if given is None or not known or not accounts.knows(merchant, given.username or "", given.password or ""):
        raise StatusError(NAMED_STATUSES["authentication"])
    if not request.headers.get("X-ApiVersion", "").isdigit():
        raise StatusError(NAMED_STATUSES["upgrade_required"])


def _fields(operation: Operation, request: Request) -> tuple[Json, StatusError | None]:
    """What stands below the root of the body, or why that cannot be read."""
    if not operation.root:
        return {}, None
    try:
        document = xml.read(request.get_data())
    except NotXmlError:
        return {}, StatusError(400)
    fields = document.get(operation.root)
    return (fields if isinstance(fields, dict) else {}), None


def _about(fields: Json) -> Collection[str]:
    """Whom the request is about, for a fault that is only for somebody: the customer, or the merchant account."""
    return {str(fields[name]).lower() for name in ("customer_id", "merchant_account_id") if fields.get(name)}


def _shown(fields: Json) -> Json:
    """The fields as a refusal repeats them."""
    return {name: value for name, value in fields.items() if name not in _SECRET and isinstance(value, str)}


def _message(request: Request, text: str, status: int) -> Response:
    """An answer in XML, packed for who says that he can unpack it."""
    content = text.encode()
    headers = {}
    if content and "gzip" in request.headers.get("Accept-Encoding", ""):
        content, headers = gzip.compress(content, 1, mtime=0), {"Content-Encoding": "gzip"}
    return Response(content, status, content_type=xml.CONTENT_TYPE, headers=headers)
