"""The way of one classic request: fault? - who? - do it - answer (or lose the answer)."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults
from solitude_sandbox.faults import Fault, FaultBoard, Trouble
from solitude_sandbox.journal import Entry
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import looking
from solitude_sandbox.paypal.classic import errors, nvp
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.credentials import caller
from solitude_sandbox.paypal.classic.errors import ClassicError, knows_error
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.operations import NOTIFY_VALIDATE, ClassicOperation
from solitude_sandbox.paypal.ipn import VALIDATE
from solitude_sandbox.paypal.named import sellers_of_classic
from solitude_sandbox.paypal.times import stamp_ms
from solitude_sandbox.trouble import STATUSES, lose, trouble_of, wait

BUILD = "2680"
CONTENT_TYPE = "text/plain; charset=utf-8"


class ClassicApi:
    """Answers classic requests from the books, with the faults that are set."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def answer(self, operation: ClassicOperation, request: Request, debug_id: str) -> Response:
        """The response to one request. What it is known by is its tracking id."""
        pairs = _pairs(request)
        tracking_id = (pairs or {}).get("trackingId")
        entry = Entry(self._books.clock.now(), request.method, request.path, operation.name, tracking_id, debug_id)
        self._books.journal.add(entry)
        fault = None
        try:
            trouble = self._trouble(operation.name, request, pairs or {})
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            response = self._response(200, "Success", debug_id, self._act(operation, request, pairs, trouble))
        except ClassicError as error:
            response = self._response(error.status, "Failure", debug_id, {"error": [error.as_tree()]})
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _trouble(self, name: str, request: Request, pairs: dict[str, str]) -> Trouble:
        try:
            return trouble_of(self._board, name, request, lambda: sellers_of_classic(self._books, pairs))
        except ValueError:
            raise ClassicError(errors.INVALID_PARAMETER, faults.HEADER) from None

    def validate(self, request: Request, debug_id: str) -> Response:
        """POST /cgi-bin/webscr `cmd=_notify-validate&…`: whether PayPal has sent exactly the rest of it."""
        entry = Entry(self._books.clock.now(), request.method, request.path, NOTIFY_VALIDATE, None, debug_id)
        self._books.journal.add(entry)
        trouble = self._board.take(NOTIFY_VALIDATE)
        entry.fault = trouble.fault.kind if trouble.fault is not None else None
        wait(trouble.latency_s)
        with self._books.lock:
            known = self._books.ipns.knows(request.get_data().removeprefix(VALIDATE))
        response = Response("VERIFIED" if known else "INVALID", content_type=CONTENT_TYPE)
        if trouble.fault is not None:
            if trouble.fault.kind not in faults.AFTER_THE_WORK:
                response = Response("", STATUSES.get(trouble.fault.kind, 500), content_type=CONTENT_TYPE)
            response = lose(request, response, trouble.fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _act(
        self, operation: ClassicOperation, request: Request, pairs: dict[str, str] | None, trouble: Trouble
    ) -> Tree:
        wait(trouble.latency_s)
        if trouble.fault is not None and trouble.fault.kind not in faults.AFTER_THE_WORK:
            raise _failure(trouble.fault)
        if pairs is None:
            raise ClassicError(errors.INVALID_REQUEST, "body")
        fields = Fields(pairs)
        with self._books.lock:
            now, base = self._books.clock.now(), request.root_url.rstrip("/")
            self._books.catch_up(base, now)
            permission = caller(self._books, request)
            fields.required("requestEnvelope.errorLanguage")
            return operation.act(self._books, ClassicCall(operation.name, fields, looking(base, now), permission))

    def _response(self, status: int, ack: str, debug_id: str, tree: Tree) -> Response:
        envelope = {
            "timestamp": stamp_ms(self._books.clock.now()).replace("Z", "+00:00"),
            "ack": ack,
            "correlationId": debug_id,
            "build": BUILD,
        }
        return Response(nvp.write({"responseEnvelope": envelope, **tree}), status, content_type=CONTENT_TYPE)


def _pairs(request: Request) -> dict[str, str] | None:
    try:
        return nvp.read(request.get_data())
    except ValueError:
        return None


def _failure(fault: Fault) -> ClassicError:
    """The error of a fault that strikes before the work, or instead of it."""
    if fault.issue is not None and knows_error(fault.issue):
        return ClassicError(fault.issue)
    return ClassicError(errors.SYSTEM_ERROR, status=STATUSES.get(fault.kind, 500))
