"""PayPal's part of the console: what happened, and forms for faults, the clock, reviews and a fresh start."""

from typing import Any

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.faults import ANY, NAMED_FAULTS
from solitude_sandbox.paypal.control import Control
from solitude_sandbox.paypal.control_answers import base_of
from solitude_sandbox.paypal.operations import NAMES

ROWS_LIMIT = 50

_FORMS = Markup(
    '<h2>Make something go wrong</h2><form class="row" method="post" action="{at}">'
    '<label>Operation <select name="operation">{operations}</select></label>'
    '<label>Fault <input name="fault" list="faults" required placeholder="timeout_after or issue:NAME"></label>'
    '<datalist id="faults">{faults}</datalist>'
    '<label>Count <input name="count" type="number" min="0" value="1"></label>'
    '<label>Delay (ms) <input name="delay_ms" type="number" min="0" value="1000"></label>'
    '<label>Retry-After (s) <input name="retry_after_s" type="number" min="0" value="1"></label>'
    '<button class="first" name="action" value="fault">Set</button>'
    '<button name="action" value="clear" formnovalidate>Clear all faults</button></form>'
    '<h2>Clock: {now}</h2><form class="row" method="post" action="{at}">'
    '<label>Advance by (s) <input name="advance_s" type="number" min="0" value="3600"></label>'
    '<button name="action" value="advance">Advance</button></form>'
    '<h2>Start anew</h2><form method="post" action="{at}">'
    '<button name="action" value="reset">Forget everything</button></form>'
)
_OPTION = Markup('<option value="{0}">{0}</option>')
_REVIEW = Markup(
    '{status} <form method="post" action="{at}"><input type="hidden" name="capture" value="{id}">'
    '<button name="action" value="accept">Accept</button><button name="action" value="deny">Deny</button></form>'
)


def show(control: Control, base: str) -> Markup:
    """The console's section; `base` is where the PayPal simulator is reached."""
    books = control.books_as_json(base, ROWS_LIMIT)
    at = f"{base}/sandbox/console"
    forms = _FORMS.format(
        at=at,
        now=books["clock"]["now"],
        operations=Markup("").join(_OPTION.format(name) for name in (ANY, *sorted(NAMES))),
        faults=Markup("").join(_OPTION.format(name) for name in sorted(NAMED_FAULTS)),
    )
    return Markup("").join([forms, *_tables(books, at)])


def act(control: Control, request: Request) -> Response:
    """POST of one of the forms; back to the console, or a page that says what was wrong."""
    try:
        _do(control, request)
    except ValueError as error:
        content = Markup('<p role="alert">{}</p><p><a href="/">Back to the console</a></p>').format(str(error))
        return Response(html.page("That did not work", content), 400, content_type=html.CONTENT_TYPE)
    return Response("", 303, headers={"Location": "/"})


def _do(control: Control, request: Request) -> None:
    form = request.form
    action = form.get("action")
    if action == "fault":
        numbers = {key: int(form.get(key, "0")) for key in ("count", "delay_ms", "retry_after_s")}
        control.set_fault({"operation": form.get("operation"), "fault": form.get("fault"), **numbers})
    elif action == "clear":
        control.clear_faults()
    elif action == "advance":
        control.advance(int(form.get("advance_s", "")))
    elif action == "reset":
        control.start_anew()
    elif action in ("accept", "deny"):
        control.decide(base_of(request), form.get("capture", ""), action)
    else:
        raise ValueError("Unknown action.")


def _tables(books: dict[str, Any], at: str) -> list[Markup]:
    return [
        html.table(
            "Faults to come",
            ("Operation", "Fault", "Count (0: until cleared)", "Delay (ms)"),
            [(fault["operation"], fault["fault"], fault["count"], fault["delay_ms"]) for fault in books["faults"]],
        ),
        html.table(
            "Accounts",
            ("E-mail", "Merchant id", "What it is", "Balances"),
            [
                (a["email_address"], a["merchant_id"], a["trait"], ", ".join(_money(b) for b in a["balances"]))
                for a in _newest(books["accounts"])
            ],
        ),
        html.table("Orders", ("Id", "Status", "Amounts", "Created"), [_order(o) for o in _newest(books["orders"])]),
        html.table(
            "Captures",
            ("Id", "Status", "Amount", "Seller", "Custom id"),
            [
                (c["id"], _status(c, at), _money(c["amount"]), c["payee"]["email_address"], c.get("custom_id", ""))
                for c in _newest(books["captures"])
            ],
        ),
        html.table(
            "Refunds",
            ("Id", "Status", "Amount", "Created"),
            [(r["id"], r["status"], _money(r["amount"]), r["create_time"]) for r in _newest(books["refunds"])],
        ),
        html.table(
            "Setup tokens",
            ("Id", "Status", "Customer"),
            [(t["id"], t["status"], t["customer"]["id"]) for t in _newest(books["setup_tokens"])],
        ),
        html.table(
            "Payment tokens",
            ("Id", "Deleted", "Customer", "Buyer"),
            [
                (t["id"], t["deleted"], t["customer"]["id"], t["payment_source"]["paypal"]["email_address"])
                for t in _newest(books["payment_tokens"])
            ],
        ),
        html.table(
            "Requests",
            ("Method", "Path", "Status", "Fault", "Request id", "Debug id"),
            [
                (r["method"], r["path"], r["status"] or "-", r["fault"] or "", r["request_id"] or "", r["debug_id"])
                for r in _newest(books["requests"])
            ],
        ),
    ]


def _order(order: dict[str, Any]) -> tuple[object, ...]:
    amounts = ", ".join(_money(unit["amount"]) for unit in order["purchase_units"])
    approve = next((link for link in order["links"] if link["rel"] in ("approve", "payer-action")), None)
    status = order["status"]
    if approve is not None:
        status = Markup('<a href="{}">{}</a>').format(approve["href"], status)
    return order["id"], status, amounts, order["create_time"]


def _status(capture: dict[str, Any], at: str) -> object:
    if capture["status"] != "PENDING":
        return capture["status"]
    return _REVIEW.format(status="PENDING", at=at, id=capture["id"])


def _money(money: dict[str, str]) -> str:
    return f"{money['value']} {money['currency_code']}"


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(reversed(rows))
