"""The way of one API request: fault? - signed? - body? - do it - answer (or lose the answer)."""

import json
from collections.abc import Mapping

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults, html
from solitude_sandbox.control import json_response
from solitude_sandbox.faults import Fault, FaultBoard
from solitude_sandbox.journal import Entry
from solitude_sandbox.reference import oauth1
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.call import Answer, Call
from solitude_sandbox.reference.errors import (
    BAD_REQUEST,
    INTERNAL,
    INVALID_CREDENTIALS,
    NOT_FOUND,
    STATUSES,
    THROTTLED,
    TOO_LARGE,
    UNAVAILABLE,
    ZippyError,
)
from solitude_sandbox.reference.operations import Operation
from solitude_sandbox.reference.pages import BRAND
from solitude_sandbox.trouble import lose, trouble_of, wait

OPEN = ("/payment/", "/styleguide")
_OF_FAULTS = {"error_503": UNAVAILABLE, "rate_limit_429": THROTTLED}


class Api:
    """Answers API requests from the books, with the faults that are set."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def answer(self, operation: Operation, request: Request, uuid: str) -> Response:
        """The response to one request; `uuid` is what the path names, or ""."""
        entry = Entry(self._books.clock.now(), request.method, request.path, operation.name, None, "")
        self._books.journal.add(entry)
        fault = None
        try:
            trouble = trouble_of(self._board, operation.name, request, lambda: self._sellers(request, uuid))
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            wait(trouble.latency_s)
            done = self._do(operation, request, uuid, fault)
            response = json_response(done.body, done.status)
        except ZippyError as error:
            response = refusal(request, error)
        except ValueError as error:  # the header with which a request asks for its own fault
            response = refusal(request, ZippyError(BAD_REQUEST, str(error)))
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _do(self, operation: Operation, request: Request, uuid: str, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind not in faults.AFTER_THE_WORK:
            name = fault.issue or _OF_FAULTS.get(fault.kind, INTERNAL)
            raise ZippyError(name, "This was asked for.")
        if not operation.open:
            believe(request)
        call = Call(self._books.clock.now(), uuid, request.args.to_dict(), _form(request))
        with self._books.lock:
            return operation.act(self._books, call)

    def _sellers(self, request: Request, uuid: str) -> set[str]:
        """Whom the request is about, by uuid and e-mail address; whatever makes no sense names nobody."""
        try:
            form = _form(request)
        except ZippyError:
            form = {}
        with self._books.lock:
            product = self._books.products.get(str(form.get("product_id")))
            ids = {uuid, *(str(form.get(name)) for name in ("uuid", "seller_id"))}
            ids |= {product.seller_id} if product is not None else set()
            known = [seller for each in ids if (seller := self._books.sellers.get(each)) is not None]
        return {name.lower() for name in (*ids, *(seller.email for seller in known))}


def believe(request: Request) -> None:
    """`ZippyError` unless it is signed."""
    wrong = oauth1.wrong_with(request)
    if wrong is not None:
        raise ZippyError(INVALID_CREDENTIALS, wrong)


def nowhere(request: Request, error: HTTPException) -> Response:
    """There is no such page, no such verb, or the request could not be read; but for the buyer's pages, only who signs learns which."""
    try:
        if error.code == STATUSES[TOO_LARGE]:
            raise ZippyError(TOO_LARGE, "The body is too large.")
        if not request.path.startswith(OPEN):
            believe(request)
        raise ZippyError(NOT_FOUND, f"{request.method} {request.path[:200]} does not exist")
    except ZippyError as refused:
        return refusal(request, refused)


def refusal(request: Request, error: ZippyError) -> Response:
    """As JSON, or for a browser as a page."""
    if "html" in request.headers.get("Accept", ""):
        return html.message(BRAND, "This did not work", error.message, error.status, f"{error.status} {error.name}")
    return json_response(error.as_json(), error.status)


def _form(request: Request) -> Mapping[str, object]:
    """The fields of the body, JSON or a form."""
    if request.method not in ("POST", "PUT"):
        return {}
    if request.mimetype == oauth1.FORM:
        return request.form.to_dict()
    try:
        fields = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        raise ZippyError(BAD_REQUEST, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise ZippyError(BAD_REQUEST, "The body must be a JSON object.")
    return fields
