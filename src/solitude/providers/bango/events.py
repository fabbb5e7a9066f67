"""Bango's events: XML that Bango brings to the marketplace under a password that only it was told. They tell of payments that went well.

The amount in one does not count: Bango bills what was offered. It tells at most which of several prices that was.
"""

import hashlib
import json
from typing import Any, Final

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.outbound import xml
from solitude.payments.contract import Action, Evidence, Notice, NotUnderstood, Seen
from solitude.telemetry.logs import get_logger

PAYMENT, OK = "PAYMENT", "OK"
SHOWN_MAX_CHARS: Final = 64

log = get_logger("solitude.bango")
# A byte order mark that somebody has read as Latin-1.
_TORN_MARK = "\u00ef\u00bb\u00bf"


class BadEvent(NotUnderstood):
    """It is no event that can be taken in. `told` says why to who brought it, and may show a word of it."""

    def __init__(self, problem: str, shown: str | None = None) -> None:
        super().__init__(problem)
        self.told = problem if shown is None else f"{problem}: {shown[:SHOWN_MAX_CHARS]}"


def read(notification: str) -> Notice:
    """The first event of the message, as the only one that Bango sends in one. Raises BadEvent."""
    event = _first(notification)
    action = _text(_child(event, "action"))
    if not action:
        raise BadEvent("Action is required")
    if action != PAYMENT:
        raise BadEvent("Action invalid", action)
    items = _items(event)
    transaction, uuid = items.get("transId", ""), items.get("externalCPTransID", "")
    if not transaction and not uuid:
        raise BadEvent("No transaction is named")
    if items.get("status") != OK:
        raise BadEvent("Unspecified state", items.get("status", ""))
    paid = _amount(items)
    # With what was paid, so that another amount is seen, and told to operators, though the payment is known.
    named = json.dumps([transaction, uuid, OK, items.get("paymentAmount"), items.get("paymentCurrency")])
    return Notice(
        event_id=f"event:{hashlib.sha256(named.encode()).hexdigest()}",
        event_type="event.paid",
        action=Action.PAYMENT,
        uuid=uuid,
        ids={"support": transaction, "capture": transaction} if transaction else {},
        payees=(items["bango"],) if items.get("bango") else (),
        amount=paid,
        amount_binds=False,
        payment=Evidence(Seen.PAID, captured=paid),
    )


def _first(notification: str) -> Any:
    try:
        root = xml.parse(notification.removeprefix(_TORN_MARK))
    except xml.NotXml:
        raise BadEvent("XML parse error") from None
    if xml.local(root.tag) != "bangoEvents":
        raise BadEvent("XML parse error")
    return _child(_child(root, "eventList"), "event")


def _items(event: Any) -> dict[str, str]:
    data = _child(event, "data")
    if data is None:
        raise BadEvent("Data is required")
    return {item.get("name", ""): item.get("value", "").strip() for item in data if xml.local(str(item.tag)) == "item"}


def _amount(items: dict[str, str]) -> Money | None:
    """None where the event does not say what was paid, or says no amount of money."""
    amount, currency = items.get("paymentAmount"), items.get("paymentCurrency")
    if not amount or not currency:
        return None
    try:
        return Money.parse(amount, currency)
    except MoneyError:
        log.warning("bango_event_without_amount")
        return None


def _child(parent: Any, name: str) -> Any:
    return next((child for child in parent if xml.local(str(child.tag)) == name), None) if parent is not None else None


def _text(element: Any) -> str:
    return (element.text or "").strip() if element is not None else ""
