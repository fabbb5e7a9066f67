"""PATCH /v2/checkout/orders/{id}: the changes that a shop makes before the money moves.

Of the many paths that PayPal can patch, the simulator knows the intent (which stays CAPTURE) and those of a purchase unit in
`PATCHES`; the others are answered with 422 NOT_PATCHABLE.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.order import APPROVED, COMPLETED, Order
from solitude_sandbox.paypal.order_request import PayeeRequest, UnitRequest, read_amount, read_instruction
from solitude_sandbox.paypal.orders import new_unit
from solitude_sandbox.paypal.reading import Reader

STEPS_LIMIT = 50
INTENT = "/intent"
PATH = re.compile(r"/purchase_units/@reference_id=='([^']{1,256})'/([a-z_/]{1,60})")
ADD, REPLACE, REMOVE = "add", "replace", "remove"

# The unit with the change. The step's `value` is there unless it removes something.
Change = Callable[[Reader, UnitRequest, Json, str], UnitRequest]


@dataclass(frozen=True)
class Patch:
    """What can be done to one path."""

    operations: tuple[str, ...]
    change: Change


def patch_order(books: Books, call: Call) -> Answer:
    """Apply a JSON patch, all of it or nothing; 204."""
    order = books.order(call.path_id, call.now)
    if order.status == COMPLETED:
        raise refuse("ORDER_ALREADY_COMPLETED")
    steps = call.body
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise refuse("INVALID_PARAMETER_SYNTAX", "/")
    if len(steps) > STEPS_LIMIT:
        raise refuse("INVALID_ARRAY_MAX_ITEMS", "/")
    wanted = {unit.asked.reference_id: unit.asked for unit in order.units}
    for index, step in enumerate(steps):
        _apply(order, wanted, step, f"/{index}")
    order.units = [new_unit(books, asked, f"/purchase_units/{index}") for index, asked in enumerate(wanted.values())]
    order.updated = call.now
    return Answer(204, lambda _: None)


def _apply(order: Order, wanted: dict[str, UnitRequest], step: Json, at: str) -> None:
    path, operation = step.get("path"), step.get("op")
    if not isinstance(path, str):
        raise refuse("PATCH_PATH_REQUIRED", f"{at}/path")
    if operation not in (ADD, REPLACE, REMOVE):
        raise refuse("INVALID_PATCH_OPERATION", f"{at}/op", str(operation)[:20])
    if path == INTENT:
        _check_intent(step, at)
        return
    found = PATH.fullmatch(path)
    patch = PATCHES.get(found[2]) if found is not None else None
    if found is None or patch is None:
        raise refuse("NOT_PATCHABLE", f"{at}/path", path[:100])
    unit = wanted.get(found[1])
    if unit is None:
        raise refuse("REFERENCE_ID_NOT_FOUND", f"{at}/path", path[:100])
    if operation not in patch.operations:
        raise refuse("INVALID_PATCH_OPERATION", f"{at}/op", operation)
    if operation != REMOVE and step.get("value") is None:
        raise refuse("PATCH_VALUE_REQUIRED", f"{at}/value")
    reader = Reader()
    changed = patch.change(reader, unit, {} if operation == REMOVE else step, at)
    reader.check()
    _check(order, unit, changed, at)
    wanted[found[1]] = changed


def _check_intent(step: Json, at: str) -> None:
    reader = Reader()
    if step["op"] != REPLACE:
        raise refuse("INVALID_PATCH_OPERATION", f"{at}/op", step["op"])
    if reader.choice(step, "value", at, ("CAPTURE", "AUTHORIZE"), required=True) == "AUTHORIZE":
        reader.malformed("NOT_SUPPORTED", f"{at}/value", "AUTHORIZE")
    reader.check()


def _check(order: Order, unit: UnitRequest, changed: UnitRequest, at: str) -> None:
    """What holds between the amount and the rest."""
    amount, fee = changed.amount, changed.platform_fee
    if {amount.currency, fee.currency if fee is not None else amount.currency} != {unit.amount.currency}:
        raise refuse("MULTI_CURRENCY_ORDER", f"{at}/value")
    if order.status == APPROVED and amount != unit.amount:
        raise refuse("AMOUNT_CHANGE_NOT_ALLOWED", f"{at}/value")
    if fee is not None and fee.value > amount.value:
        raise refuse("INVALID_PLATFORM_FEES_AMOUNT", f"{at}/value")


def _amount(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    amount, breakdown = read_amount(reader, {"amount": step["value"]}, f"{at}/value")
    return replace(unit, amount=amount or unit.amount, breakdown=breakdown, items=())


def _description(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    return replace(unit, description=reader.text(step, "value", at, most=127))


def _custom_id(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    return replace(unit, custom_id=reader.text(step, "value", at, most=127))


def _invoice_id(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    return replace(unit, invoice_id=reader.text(step, "value", at, most=127))


def _soft_descriptor(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    return replace(unit, soft_descriptor=reader.text(step, "value", at, most=22))


def _payee_email(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    return replace(unit, payee=PayeeRequest(reader.email(step, "value", at), None))


def _instruction(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    value = reader.object(step, "value", at) or {}
    return replace(unit, instruction=read_instruction(reader, value, f"{at}/value"))


def _mode(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    read = read_instruction(reader, {"disbursement_mode": step["value"]}, f"{at}/value")
    return replace(unit, instruction=replace(unit.instruction, disbursement_mode=read.disbursement_mode))


def _fees(reader: Reader, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    read = read_instruction(reader, {"platform_fees": step.get("value")}, f"{at}/value")
    return replace(unit, instruction=replace(read, disbursement_mode=unit.disbursement_mode))


# The table of PayPal's checkout_orders_v2 file, as far as it goes here.
PATCHES = {
    "amount": Patch((REPLACE,), _amount),
    "description": Patch((ADD, REPLACE, REMOVE), _description),
    "custom_id": Patch((ADD, REPLACE, REMOVE), _custom_id),
    "invoice_id": Patch((ADD, REPLACE, REMOVE), _invoice_id),
    "soft_descriptor": Patch((REPLACE, REMOVE), _soft_descriptor),
    "payee/email": Patch((REPLACE,), _payee_email),
    "payment_instruction": Patch((REPLACE,), _instruction),
    "payment_instruction/disbursement_mode": Patch((REPLACE,), _mode),
    "payment_instruction/platform_fees": Patch((ADD, REPLACE, REMOVE), _fees),
}
