"""The way of one API request: fault? - who? - body? - seen before? - do it - answer (or lose the answer)."""

import json
import math
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults
from solitude_sandbox.control import json_response
from solitude_sandbox.faults import Fault, FaultBoard, Trouble
from solitude_sandbox.journal import Entry
from solitude_sandbox.paypal import logins, oauth
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call
from solitude_sandbox.paypal.errors import ApiError, Problem, error_for, knows_issue, refuse, render
from solitude_sandbox.paypal.idempotency import REQUEST_ID_LENGTH, fingerprint
from solitude_sandbox.paypal.logins import GrantError
from solitude_sandbox.paypal.named import sellers_of_rest
from solitude_sandbox.paypal.oauth import Granted
from solitude_sandbox.paypal.operations import PERSON_TOKEN, TOKEN, Operation
from solitude_sandbox.server import BODY_LIMIT_BYTES
from solitude_sandbox.trouble import STATUSES, lose, trouble_of, wait


class Api:
    """Answers API requests from the books, with the faults that are set."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def answer(self, operation: Operation | None, request: Request, path_id: str, debug_id: str) -> Response:
        """The response to one request; `operation` None is an access token."""
        name = operation.name if operation is not None else _name_of_grant(request)
        request_id = request.headers.get("PayPal-Request-Id")
        entry = Entry(self._books.clock.now(), request.method, request.path, name, request_id, debug_id)
        self._books.journal.add(entry)
        fault = None
        try:
            trouble = self._trouble(name, request, path_id)
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            response = self._answer_or_fail(operation, request, path_id, trouble.latency_s, fault)
        except ApiError as error:
            status, body = render(error, name, debug_id)
            response = json_response(body, status)
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _trouble(self, name: str, request: Request, path_id: str) -> Trouble:
        try:
            return trouble_of(self._board, name, request, lambda: sellers_of_rest(self._books, request, path_id))
        except ValueError:
            raise refuse("INVALID_PARAMETER_VALUE", faults.HEADER, location="header") from None

    def _answer_or_fail(
        self, operation: Operation | None, request: Request, path_id: str, latency_s: float, fault: Fault | None
    ) -> Response:
        if fault is not None and (fault.kind in faults.BEFORE_THE_WORK or fault.issue is not None):
            wait(latency_s)
            raise _failure(fault)
        if operation is None:
            wait(latency_s)
            return self._token(request, fault)
        call = self._call(operation, request, path_id)
        if operation.memory is not None and call.request_id is not None:
            return self._once(operation, call, request.path, latency_s, fault)
        wait(latency_s)
        with self._books.lock:
            return _shown(self._act(operation, call, fault), call)

    def _once(self, operation: Operation, call: Call, path: str, latency_s: float, fault: Fault | None) -> Response:
        """Do it, unless the same request id has been here before."""
        memory = self._books.memory
        key = (call.client_id, path, call.request_id or "")
        until = call.now + (operation.memory or timedelta())
        seen = fingerprint(call.body)
        with self._books.lock:
            repeated = memory.begin(key, seen, call.now, until)
        if repeated is not None:
            wait(latency_s)
            with self._books.lock:
                return _shown(repeated, call, again=True)
        answer = None
        try:
            # The lock is not held here: a second request finds the first one in progress.
            wait(latency_s)
            with self._books.lock:
                answer = self._act(operation, call, fault)
                memory.finish(key, seen, answer, until)
                return _shown(answer, call)
        finally:
            if answer is None:
                with self._books.lock:
                    memory.abandon(key)

    def _act(self, operation: Operation, call: Call, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in faults.INSTEAD_OF_THE_WORK:
            return Answer(500, _stored_failure)
        return operation.act(self._books, call)

    def _token(self, request: Request, fault: Fault | None) -> Response:
        """POST /v1/oauth2/token. Its errors have a form of their own."""
        if fault is not None and fault.kind in faults.INSTEAD_OF_THE_WORK:
            raise ApiError(status=500)  # no request id to store it under
        login = request.authorization
        if login is None or login.type != "basic" or not oauth.is_client(login.username or "", login.password or ""):
            return json_response({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
        try:
            with self._books.lock:
                return json_response(self._granted(login.username or "", request.form.to_dict()), 200)
        except GrantError as error:
            return json_response(error.as_json(), 400)

    def _granted(self, client_id: str, form: dict[str, str]) -> dict[str, Any]:
        """What a known client gets for what it brings."""
        books, now = self._books, self._books.clock.now()
        if form.get("grant_type") in logins.GRANTS:
            return books.logins.grant(books.access_tokens, client_id, form, now)
        if form.get("grant_type") == "client_credentials":
            return books.access_tokens.issue(client_id, now)
        raise GrantError("unsupported_grant_type", "Grant Type is not supported")

    def _call(self, operation: Operation, request: Request, path_id: str) -> Call:
        """What is known of the request before its operation looks at it; `ApiError` if it gets no further."""
        now = self._books.clock.now()
        base = request.root_url.rstrip("/")
        granted = self._granted_to(request, base, now) if operation.needs_token else None
        if granted is not None and operation.of_person != (granted.person is not None):
            raise refuse("PERMISSION_DENIED")
        body = _body(request)
        if operation.can_be_mocked:
            _mock(request)
        request_id = request.headers.get("PayPal-Request-Id")
        if request_id is not None and not 1 <= len(request_id) <= REQUEST_ID_LENGTH:
            raise refuse("INVALID_STRING_LENGTH", "PayPal-Request-Id", request_id[:20], "header")
        if request_id is None and operation.request_id_required:
            raise refuse("MISSING_REQUIRED_PARAMETER", "PayPal-Request-Id", location="header")
        return Call(
            operation=operation.name,
            base=base,
            now=now,
            client_id=granted.client_id if granted is not None else "",
            person=granted.person if granted is not None else None,
            path_id=path_id,
            query=request.args.to_dict(),
            body=body,
            request_id=request_id,
            auth_assertion=request.headers.get("PayPal-Auth-Assertion"),
            representation="return=representation" in request.headers.get("Prefer", ""),
            raw=request.get_data() if body is not None else b"",
        )

    def _granted_to(self, request: Request, base: str, now: datetime) -> Granted:
        """Who asks; `ApiError` if nobody knows. What was due at PayPal in the meantime is done on the way."""
        login = request.authorization
        token = login.token if login is not None and login.type == "bearer" else None
        with self._books.lock:
            self._books.catch_up(base, now)
            granted = self._books.access_tokens.granted(token or "", now)
        if granted is None:
            raise ApiError(status=401)
        return granted


def _name_of_grant(request: Request) -> str:
    """A person's token has faults of its own."""
    return PERSON_TOKEN if request.form.get("grant_type") in logins.GRANTS else TOKEN


def _shown(answer: Answer, call: Call, *, again: bool = False) -> Response:
    content = answer.show(call)
    if isinstance(content, str):
        return Response(content, answer.status, content_type="application/x-pem-file")
    return json_response(content, 200 if again and answer.status == 201 else answer.status)


def _stored_failure(_: Call) -> None:
    raise ApiError(status=500)


def _body(request: Request) -> Any:
    """The JSON body, None if there is none. PayPal wants the content type also with an empty body."""
    if "Transfer-Encoding" in request.headers:
        raise ApiError(status=411)
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise ApiError(status=413)
    if request.method not in ("POST", "PATCH"):
        return None
    if request.mimetype != "application/json":
        raise ApiError(status=415)
    content = request.get_data()
    if not content.strip():
        return None
    try:
        return json.loads(content, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError(Problem("MALFORMED_REQUEST_JSON", "/")) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    """Numbers beyond a float's range would come back out as `Infinity`, which is not JSON."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large")
    return value


def _mock(request: Request) -> None:
    """PayPal-Mock-Response: {"mock_application_codes": "ISSUE"} asks for that error."""
    header = request.headers.get("PayPal-Mock-Response")
    if header is None:
        return
    try:
        code = json.loads(header)["mock_application_codes"]
    except (ValueError, TypeError, KeyError, RecursionError):
        code = None
    if not isinstance(code, str) or not knows_issue(code):
        raise refuse("INVALID_PARAMETER_VALUE", "PayPal-Mock-Response", header[:100], "header")
    raise error_for(code)


def _failure(fault: Fault) -> ApiError:
    """The error of a fault that strikes before the work; a lost connection leaves it unsent."""
    if fault.issue is not None:
        return error_for(fault.issue)
    return ApiError(status=STATUSES.get(fault.kind, 500))
