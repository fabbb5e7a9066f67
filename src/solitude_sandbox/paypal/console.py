"""PayPal's part of the console: what happened, and forms for faults, the clock, reviews, disputes and a fresh start."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.faults import ANY, NAMED_FAULTS
from solitude_sandbox.paypal.control import Control
from solitude_sandbox.paypal.control_answers import base_of
from solitude_sandbox.paypal.dispute_control import DisputeControl
from solitude_sandbox.paypal.disputes import (
    ACCEPTED,
    BUYER_FAVOUR,
    CANCELLED,
    OUTCOMES,
    PAYOUT,
    RESOLVED,
    SELLER_FAVOUR,
)
from solitude_sandbox.paypal.event_control import EventControl
from solitude_sandbox.paypal.events import Event
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
# Something's status, and buttons that do something to it: (action, words).
_ACTIONS = Markup(
    '{status} <form method="post" action="{at}"><input type="hidden" name="{kind}" value="{id}">{buttons}</form>'
)
_BUTTON = Markup('<button name="action" value="{}">{}</button>')
_OF_A_PENDING_CAPTURE = (("accept", "Accept"), ("deny", "Deny"))
_OF_A_CAPTURE = (("dispute", "Dispute"),)
_OF_A_DISPUTE = (
    (BUYER_FAVOUR, "For the buyer"),
    (SELLER_FAVOUR, "For the seller"),
    (ACCEPTED, "Seller accepts"),
    (CANCELLED, "Buyer cancels"),
    (PAYOUT, "PayPal pays"),
)


@dataclass(frozen=True)
class Controls:
    """What the console can do: the control API without its JSON."""

    books: Control
    events: EventControl
    disputes: DisputeControl


def show(controls: Controls, base: str) -> Markup:
    """The console's section; `base` is where the PayPal simulator is reached."""
    books = controls.books.books_as_json(base, ROWS_LIMIT)
    at = f"{base}/sandbox/console"
    forms = _FORMS.format(
        at=at,
        now=books["clock"]["now"],
        operations=Markup("").join(_OPTION.format(name) for name in (ANY, *sorted(NAMES))),
        faults=Markup("").join(_OPTION.format(name) for name in sorted(NAMED_FAULTS)),
    )
    tables = [*_tables_of_payments(books, at), *_tables_of_trouble(books, at), *_tables_of_the_rest(books)]
    return Markup("").join([forms, *tables, _table_of_events(controls.events.newest(ROWS_LIMIT))])


def act(controls: Controls, request: Request) -> Response:
    """POST of one of the forms; back to the console, or a page that says what was wrong."""
    try:
        _do(controls, request)
    except ValueError as error:
        content = Markup('<p role="alert">{}</p><p><a href="/">Back to the console</a></p>').format(str(error))
        return Response(html.page("That did not work", content), 400, content_type=html.CONTENT_TYPE)
    return Response("", 303, headers={"Location": "/"})


def _do(controls: Controls, request: Request) -> None:
    form, control = request.form, controls.books
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
    elif action == "dispute":
        controls.disputes.open_dispute(base_of(request), {"capture": form.get("capture", "")})
    elif action in OUTCOMES:
        controls.disputes.end_dispute(base_of(request), {"dispute": form.get("dispute", ""), "outcome": action})
    else:
        raise ValueError("Unknown action.")


def _tables_of_payments(books: dict[str, Any], at: str) -> list[Markup]:
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
    ]


def _tables_of_trouble(books: dict[str, Any], at: str) -> list[Markup]:
    return [
        html.table(
            "Disputes",
            ("Id", "Status", "Outcome", "Amount", "Reason", "Stage", "Capture"),
            [
                (
                    d["dispute_id"],
                    _dispute_status(d, at),
                    d.get("dispute_outcome", {}).get("outcome_code", ""),
                    _money(d["dispute_amount"]),
                    d["reason"],
                    d["dispute_life_cycle_stage"],
                    d["disputed_transactions"][0]["seller_transaction_id"],
                )
                for d in _newest(books["disputes"])
            ],
        ),
        html.table(
            "Reversals",
            ("Id", "Amount", "Seller", "Created"),
            [
                (r["id"], _money(r["amount"]), r["payer"]["email_address"], r["create_time"])
                for r in _newest(books["reversals"])
            ],
        ),
    ]


def _tables_of_the_rest(books: dict[str, Any]) -> list[Markup]:
    return [
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


def _table_of_events(events: list[Event]) -> Markup:
    return html.table(
        "Events",
        ("Number", "Id", "Type", "About", "What happened"),
        [(event.number, event.id, event.type, event.resource_id, event.summary) for event in events],
    )


def _status(capture: dict[str, Any], at: str) -> object:
    buttons = {"PENDING": _OF_A_PENDING_CAPTURE, "DECLINED": ()}.get(capture["status"], _OF_A_CAPTURE)
    return _with_buttons(capture["status"], at, "capture", capture["id"], buttons)


def _dispute_status(dispute: dict[str, Any], at: str) -> object:
    buttons = () if dispute["status"] == RESOLVED else _OF_A_DISPUTE
    return _with_buttons(dispute["status"], at, "dispute", dispute["dispute_id"], buttons)


def _with_buttons(status: str, at: str, kind: str, thing_id: str, buttons: tuple[tuple[str, str], ...]) -> object:
    if not buttons:
        return status
    shown = Markup("").join(_BUTTON.format(action, words) for action, words in buttons)
    return _ACTIONS.format(status=status, at=at, kind=kind, id=thing_id, buttons=shown)


def _money(money: dict[str, str]) -> str:
    return f"{money['value']} {money['currency_code']}"


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(reversed(rows))
