"""The way of one SOAP request: what is asked? - fault? - who? - do it - answer (or lose the answer)."""

import hmac
from collections.abc import Collection, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults
from solitude_sandbox.bango import schema, soap
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import ACCESS_DENIED, OK, RefusedError, sentence
from solitude_sandbox.bango.operations import BY_ACTION, Operation, Service
from solitude_sandbox.bango.schema import Group, Part
from solitude_sandbox.bango.soap import CLIENT, SERVER, SoapFault
from solitude_sandbox.faults import Fault, FaultBoard
from solitude_sandbox.journal import Entry
from solitude_sandbox.trouble import STATUSES, lose, trouble_of, wait

USERNAME, PASSWORD = "sandbox-bango-user", "sandbox-bango-password"
UNKNOWN = "unknown"
PLAIN = "text/plain; charset=utf-8"


class Api:
    """Answers SOAP requests from the books, with the faults that are set."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def answer(self, service: Service, request: Request) -> Response:
        """The response to one request. What it is known by is its external transaction id, if it has one."""
        if request.method != "POST":
            return Response(f"{service.title} of the Bango simulator. Its WSDL is Bango's own.\n", content_type=PLAIN)
        operation = _operation(service, request)
        fields: dict[str, Any] = {}
        unreadable: SoapFault | None = None
        try:
            fields = _fields(service, operation, request)
        except SoapFault as error:
            unreadable = error
        name = operation.name if operation is not None else UNKNOWN
        entry = Entry(
            self._books.clock.now(), request.method, request.path, name, fields.get("externalTransactionId"), ""
        )
        self._books.journal.add(entry)
        fault: Fault | None = None
        try:
            trouble = trouble_of(self._board, name, request, lambda: self._sellers(fields))
            fault = trouble.fault
            entry.fault = fault.kind if fault is not None else None
            wait(trouble.latency_s)
            response = self._respond(operation, fields, unreadable, fault)
        except ValueError as error:
            response = _message(soap.write_fault(SoapFault(CLIENT, str(error))), 500)
        if fault is not None:
            response = lose(request, response, fault)
        entry.status = None if faults.WIRE_KEY in request.environ else response.status_code
        return response

    def _respond(
        self, operation: Operation | None, fields: dict[str, Any], unreadable: SoapFault | None, fault: Fault | None
    ) -> Response:
        if fault is not None and fault.issue is None and fault.kind not in faults.AFTER_THE_WORK:
            return _broken(fault)
        if operation is None or unreadable is not None:
            return _message(soap.write_fault(unreadable or SoapFault(CLIENT, "")), 500)
        try:
            values = self._act(operation, fields, fault)
        except RefusedError as error:
            values = {operation.code: error.code, operation.message: error.message}
        except SoapFault as error:
            return _message(soap.write_fault(error), 500)
        return _message(soap.write(_result(operation, values)), 200)

    def _act(self, operation: Operation, fields: dict[str, Any], fault: Fault | None) -> Values:
        if fault is not None and fault.issue is not None:
            raise RefusedError(fault.issue)
        with self._books.lock:
            call = Call(operation.name, self._books.clock.now(), fields)
            if not operation.guarded:
                return operation.act(self._books, call)
            if not _knows(call.text("username"), call.text("password")):
                raise RefusedError(ACCESS_DENIED)
            values = operation.act(self._books, call)
            code = values.get(operation.code, OK)
            return {operation.code: code, operation.message: sentence(code), **values}

    def _sellers(self, fields: Mapping[str, Any]) -> Collection[str]:
        """Who sells what the request is about: the package's number, and its admin's e-mail address."""
        with self._books.lock:
            number = self._books.numbers.get(str(fields.get("bango", "")))
            package = number.package if number is not None else self._books.packages.get(fields.get("packageId", 0))
            return () if package is None else (str(package.id), package.email("admin").lower())


def _operation(service: Service, request: Request) -> Operation | None:
    """What the SOAPAction names, if this service has it."""
    action = request.headers.get("SOAPAction", "").strip().removeprefix('"').removesuffix('"')
    operation = BY_ACTION.get(action)
    return operation if operation is not None and operation.service is service else None


def _fields(service: Service, operation: Operation | None, request: Request) -> dict[str, Any]:
    """The values of the request by name; SoapFault if it is none of this operation."""
    if operation is None:
        action = request.headers.get("SOAPAction", "")[:200]
        raise SoapFault(CLIENT, f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    if request.mimetype != "text/xml":
        raise SoapFault(CLIENT, "The content type must be text/xml; charset=utf-8.")
    element = soap.read(request.get_data(), service.headers)
    if element.tag != f"{{{service.namespace}}}{operation.name}":
        raise SoapFault(CLIENT, f"Server was unable to read request. {element.tag} is not {operation.name}.")
    if not operation.guarded:
        return schema.read(element, operation.takes, service.namespace)
    wrapped = Group((Part("request", operation.takes, required=True),))
    fields: dict[str, Any] = schema.read(element, wrapped, service.namespace)["request"]
    return fields


def _result(operation: Operation, values: Values) -> str:
    result = Group((Part(f"{operation.name}Result", operation.answers, required=True),))
    content = schema.write({f"{operation.name}Result": values}, result)
    return f'<{operation.name}Response xmlns="{operation.service.namespace}">{content}</{operation.name}Response>'


def _broken(fault: Fault) -> Response:
    """The error of a fault that strikes before the work, or instead of it."""
    status = STATUSES.get(fault.kind, 500)
    if status != 500:
        return Response("The service is unavailable.", status, content_type=PLAIN)
    return _message(soap.write_fault(SoapFault(SERVER, "Server was unable to process request.")), status)


def _message(content: str, status: int) -> Response:
    return Response(content, status, content_type=soap.CONTENT_TYPE)


def _knows(username: str, password: str) -> bool:
    return hmac.compare_digest(f"{username}:{password}".encode(), f"{USERNAME}:{PASSWORD}".encode())
