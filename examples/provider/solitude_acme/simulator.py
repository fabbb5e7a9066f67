"""ACME on this machine, with whatever can go wrong there. Knows nothing of Solitude."""

from decimal import Decimal

from solitude_sandbox.app import Simulated
from solitude_sandbox.control import Json
from solitude_sandbox.json_provider import Call, JsonProvider, Operation, Refusal

REFUSALS = {"payee_closed": 422, "too_much": 422}


def pay(call: Call) -> Json:
    if call.text("payee") == "closed":
        raise Refusal(422, "payee_closed")
    asked = {name: call.text(name) for name in ("payee", "amount", "currency", "return_url", "cancel_url")}
    return call.books.begin(call.base, refunded="0", **asked)


def capture(call: Call) -> Json:
    payment = call.payment("approved")
    payment["status"] = "paid"
    return payment


def refund(call: Call) -> Json:
    payment, amount = call.payment("paid"), Decimal(call.text("amount"))
    refunded = Decimal(payment["refunded"]) + amount
    if not 0 < refunded <= Decimal(payment["amount"]):
        raise Refusal(422, "too_much")
    payment["refunded"] = str(refunded)
    return {"id": f"refund-{call.key}", "amount": str(amount), "currency": payment["currency"]}


def simulator(seed: int | None = None) -> Simulated:
    operations = (
        Operation("pay", "POST", "/payments", pay),
        Operation("capture", "POST", "/payments/<id>/capture", capture),
        Operation("refund", "POST", "/payments/<id>/refunds", refund),
        Operation("look_up", "GET", "/payments/<id>", Call.payment),
    )
    return JsonProvider("acme", operations=operations, issues=REFUSALS, seed=seed)
