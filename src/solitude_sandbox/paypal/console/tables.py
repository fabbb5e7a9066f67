"""The console's tables, each of rows as the state page has them, the newest first."""

from collections.abc import Iterable

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.console import View
from solitude_sandbox.panels import delivery_status
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.console import buttons
from solitude_sandbox.paypal.console.parts import captures_of, money, order_link, order_of
from solitude_sandbox.wording import address, code, time, words


def orders(view: View, rows: Iterable[Json], caption: str = "Orders") -> Markup:
    """With what became of their payments."""
    return html.table(
        caption,
        ("Order", "Status", "Payment", "Amount", "Seller", "Created", ""),
        [
            (
                order_link(view, order["id"]),
                html.badge(order["status"]),
                html.join(html.badge(capture["status"]) for capture in captures_of(order)),
                money(*(unit["amount"] for unit in order["purchase_units"])),
                ", ".join(unit["payee"]["email_address"] for unit in order["purchase_units"]),
                time(order["create_time"]),
                buttons.for_answer(view, order),
            )
            for order in rows
        ],
    )


def captures(view: View, rows: Iterable[Json], caption: str = "Captures") -> Markup:
    """What was paid, and what can be done to it."""
    return html.table(
        caption,
        ("Capture", "Status", "Amount", "Seller", "Custom id", "Order", ""),
        [
            (
                code(capture["id"]),
                html.badge(capture["status"]),
                money(capture["amount"]),
                capture["payee"]["email_address"],
                capture.get("custom_id", ""),
                order_link(view, order_of(capture)),
                buttons.for_capture(view, capture),
            )
            for capture in rows
        ],
    )


def money_back(rows: Iterable[Json], caption: str) -> Markup:
    """Refunds or reversals."""
    return html.table(
        caption,
        ("Id", "Status", "Amount", "From", "Created"),
        [
            (
                code(each["id"]),
                html.badge(each["status"]),
                money(each["amount"]),
                each["payer"]["email_address"],
                time(each["create_time"]),
            )
            for each in rows
        ],
    )


def disputes(view: View, rows: Iterable[Json], caption: str = "Disputes") -> Markup:
    """With the outcomes that they may still have."""
    return html.table(
        caption,
        ("Dispute", "Status", "Outcome", "Amount", "Reason", "Stage", "Capture", ""),
        [
            (
                code(dispute["dispute_id"]),
                html.badge(dispute["status"]),
                dispute.get("dispute_outcome", {}).get("outcome_code", ""),
                money(dispute["dispute_amount"]),
                words(dispute["reason"]),
                dispute["dispute_life_cycle_stage"],
                code(dispute["disputed_transactions"][0]["seller_transaction_id"]),
                buttons.for_dispute(view, dispute),
            )
            for dispute in rows
        ],
    )


def setup_tokens(view: View, rows: Iterable[Json]) -> Markup:
    """Questions to buyers."""
    return html.table(
        "Setup tokens",
        ("Setup token", "Status", "Customer", ""),
        [
            (
                code(token["id"]),
                html.badge(token["status"]),
                token["customer"]["id"],
                buttons.for_answer(view, token),
            )
            for token in rows
        ],
    )


def payment_tokens(view: View, rows: Iterable[Json]) -> Markup:
    """Agreements of buyers."""
    return html.table(
        "Payment tokens",
        ("Payment token", "Status", "Customer", "Buyer", ""),
        [
            (
                code(token["id"]),
                html.badge("DELETED" if token["deleted"] else "ACTIVE"),
                token["customer"]["id"],
                token["payment_source"]["paypal"]["email_address"],
                buttons.for_agreement(view, token),
            )
            for token in rows
        ],
    )


def notifications(view: View, rows: Iterable[Json], caption: str = "Notifications sent") -> Markup:
    """One line for each message to each address."""
    return html.table(
        caption,
        ("Event", "About", "To", "Status", "Tries", "Last answer", "Next try", ""),
        [
            (
                words(message["event_type"]),
                code(message["resource"]),
                address(message["url"]),
                delivery_status(message),
                message["tries"],
                message["last_answer"],
                time(message["due"]) if message["due"] else "",
                buttons.for_event(view, message["event"]),
            )
            for message in rows
        ],
    )


def accounts(view: View, rows: Iterable[Json]) -> Markup:
    """Who has how much."""
    return html.table(
        "Accounts",
        ("E-mail", "Merchant id", "What it is", "Consent", "Balances"),
        [
            (
                account["email_address"],
                code(account["merchant_id"]),
                account["trait"],
                buttons.for_consent(view, account),
                money(*account["balances"]),
            )
            for account in rows
        ],
    )


def requests(rows: Iterable[Json], caption: str = "Requests") -> Markup:
    """What clients asked for."""
    return html.table(
        caption,
        ("At", "Request", "Answer", "Fault", "Request id", "Debug id"),
        [
            (
                time(request["at"]),
                code(f"{request['method']} {request['path']}"),
                request["status"] or "none",
                request["fault"] or "",
                code(request["request_id"] or ""),
                code(request["debug_id"]),
            )
            for request in rows
        ],
    )


def webhooks(rows: Iterable[Json]) -> Markup:
    """Who is told."""
    return html.table(
        "Webhooks",
        ("Webhook", "URL", "Event types"),
        [(code(each["id"]), each["url"], ", ".join(kind["name"] for kind in each["event_types"])) for each in rows],
    )


def events(view: View, rows: Iterable[Json]) -> Markup:
    """What there is to tell, whether anybody listens or not."""
    return html.table(
        "Events",
        ("Number", "Event", "Type", "What happened", "At", ""),
        [
            (
                event["number"],
                code(event["id"]),
                words(event["event_type"]),
                event["summary"],
                time(event["created"]),
                buttons.for_event(view, event["id"], "Send"),
            )
            for event in rows
        ],
    )
