"""PATCH /v2/checkout/orders/{id}: the changes that a shop makes before the money moves.

Of the many paths that PayPal can patch, the simulator knows the purchase unit's amount, description, custom_id and
invoice_id; the others are answered with 422 NOT_PATCHABLE.
"""

import re
from dataclasses import replace

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.order import APPROVED, COMPLETED, Order
from solitude_sandbox.paypal.order_request import UnitRequest, read_amount
from solitude_sandbox.paypal.reading import Reader

OPERATIONS_LIMIT = 50
PATH = re.compile(r"/purchase_units/@reference_id=='([^']{1,256})'/(amount|description|custom_id|invoice_id)")


def patch_order(books: Books, call: Call) -> Answer:
    """Apply a JSON patch, all of it or nothing; 204."""
    order = books.order(call.path_id, call.now)
    if order.status == COMPLETED:
        raise refuse("ORDER_ALREADY_COMPLETED")
    steps = call.body
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise refuse("INVALID_PARAMETER_SYNTAX", "/")
    if len(steps) > OPERATIONS_LIMIT:
        raise refuse("INVALID_ARRAY_MAX_ITEMS", "/")
    wanted = {unit.asked.reference_id: unit.asked for unit in order.units}
    for index, step in enumerate(steps):
        _apply(order, wanted, step, f"/{index}")
    for unit in order.units:
        unit.asked = wanted[unit.asked.reference_id]
    order.updated = call.now
    return Answer(204, lambda _: None)


def _apply(order: Order, wanted: dict[str, UnitRequest], step: Json, at: str) -> None:
    path, operation = step.get("path"), step.get("op")
    if not isinstance(path, str):
        raise refuse("PATCH_PATH_REQUIRED", f"{at}/path")
    if operation not in ("add", "replace", "remove"):
        raise refuse("INVALID_PATCH_OPERATION", f"{at}/op", str(operation)[:20])
    found = PATH.fullmatch(path)
    if found is None:
        raise refuse("NOT_PATCHABLE", f"{at}/path", path[:100])
    reference, key = found.groups()
    unit = wanted.get(reference)
    if unit is None:
        raise refuse("REFERENCE_ID_NOT_FOUND", f"{at}/path", path[:100])
    if operation != "remove" and step.get("value") is None:
        raise refuse("PATCH_VALUE_REQUIRED", f"{at}/value")
    if key == "amount":
        wanted[reference] = _with_amount(order, unit, step, at)
    else:
        wanted[reference] = _with_text(unit, key, {} if operation == "remove" else step, at)


def _with_amount(order: Order, unit: UnitRequest, step: Json, at: str) -> UnitRequest:
    if step["op"] == "remove":
        raise refuse("INVALID_PATCH_OPERATION", f"{at}/op", "remove")
    reader = Reader()
    amount, breakdown = read_amount(reader, {"amount": step["value"]}, f"{at}/value")
    reader.check()
    if amount is None or amount.currency != unit.amount.currency:
        raise refuse("MULTI_CURRENCY_ORDER", f"{at}/value")
    if order.status == APPROVED and amount != unit.amount:
        raise refuse("AMOUNT_CHANGE_NOT_ALLOWED", f"{at}/value")
    if unit.platform_fee is not None and unit.platform_fee.value > amount.value:
        raise refuse("INVALID_PLATFORM_FEES_AMOUNT", f"{at}/value")
    return replace(unit, amount=amount, breakdown=breakdown, items=())


def _with_text(unit: UnitRequest, key: str, step: Json, at: str) -> UnitRequest:
    reader = Reader()
    text = reader.text(step, "value", at, most=127)
    reader.check()
    if key == "description":
        return replace(unit, description=text)
    return replace(unit, custom_id=text) if key == "custom_id" else replace(unit, invoice_id=text)
