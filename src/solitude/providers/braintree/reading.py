"""How the gateway's transactions and cards are read, as the SDK has them: from their statuses to evidence.

What does not say what it should is no evidence of anything. All raise NotUnderstood.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import UNDOINGS, Evidence, NotUnderstood, Reason, RefundEvidence, Seen
from solitude.providers.braintree import statuses
from solitude.web.answers import time_text

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
TEXT_MAX_CHARS: Final = 255
SALE, CREDIT = "sale", "credit"
# Among the ids of a payment: by which Braintree knows the money, and by which its people do.
TAKEN, SUPPORT = "capture", "support"
# Among the facts of a card's call: what is shown of it.
TYPE_NAME, LAST_DIGITS = "type_name", "truncated_id"
CREATED, UPDATED = "created_at", "updated_at"


class Undecided(NotUnderstood):
    """A sale that is neither taken nor refused yet."""


def sale(transaction: Any, expected: Money | None, key: str = "") -> tuple[Evidence, Reason | None, dict[str, str]]:
    """What became of a sale, why where it came to nothing, and the ids in it.

    `expected` is the amount that it must be of, `key` the reference that it must bear: another one is not ours, whatever it says.
    """
    _check(transaction, SALE, key)
    amount = money(transaction)
    if expected is not None and amount != expected:
        raise NotUnderstood("a sale of another amount")
    evidence = statuses.seen(str(transaction.status))
    if evidence is None:
        undecided = str(transaction.status) == statuses.UNDECIDED
        raise Undecided(statuses.UNDECIDED) if undecided else NotUnderstood("a sale in an unknown status")
    ids = {SUPPORT: identity(transaction)}
    if evidence.state == Seen.PAID or evidence.state in UNDOINGS:
        # Of what was never taken the id is for people alone.
        ids[TAKEN] = ids[SUPPORT]
    if evidence.state == Seen.PAID:
        return replace(evidence, captured=amount), None, ids
    return evidence, Reason(statuses.why(transaction)), ids


def refund(transaction: Any, expected: Money | None = None, key: str = "") -> RefundEvidence:
    _check(transaction, CREDIT, key)
    amount, state = money(transaction), statuses.refund_seen(str(transaction.status))
    if expected is not None and amount != expected:
        raise NotUnderstood("a refund of another amount")
    if state is None:
        raise NotUnderstood("a refund in an unknown status")
    return RefundEvidence(identity(transaction), state, amount, key or str(getattr(transaction, "order_id", "") or ""))


def card(method: Any) -> dict[str, str] | None:
    """What is shown of a card; None for what is none, such as a PayPal account: it has no kind of card and no digits."""
    kind, digits = getattr(method, "card_type", None), getattr(method, "last_4", None)
    if not isinstance(kind, str) or not isinstance(digits, str) or not kind or not digits.isdigit() or len(digits) > 4:
        return None
    return {TYPE_NAME: kind[:TEXT_MAX_CHARS], LAST_DIGITS: digits, **times(method)}


def times(found: Any) -> dict[str, str]:
    """When something was made and changed there, as our answers write times."""
    moments = {name: getattr(found, name, None) for name in (CREATED, UPDATED)}
    # The SDK gives UTC without saying so.
    return {name: time_text(at.replace(tzinfo=UTC)) for name, at in moments.items() if isinstance(at, datetime)}


def changed_at(dispute: Any) -> datetime | None:
    """When it became what it is told as, by the latest of its times."""
    past = getattr(dispute, "status_history", None) or []
    moments = [getattr(dispute, UPDATED, None), *(getattr(one, "timestamp", None) for one in past)]
    # The SDK gives UTC without saying so.
    return max((at.replace(tzinfo=UTC) for at in moments if isinstance(at, datetime)), default=None)


def money(found: Any, name: str = "amount") -> Money:
    try:
        return Money.parse(getattr(found, name), str(found.currency_iso_code))
    except (MoneyError, AttributeError):
        raise NotUnderstood("an amount that is none") from None


def identity(found: Any, name: str = "id") -> str:
    text = getattr(found, name, None)
    if not isinstance(text, str) or not ID.fullmatch(text):
        raise NotUnderstood("no id")
    return text


def _check(transaction: Any, kind: str, key: str) -> None:
    if getattr(transaction, "type", None) != kind:
        raise NotUnderstood(f"no {kind}")
    if key and getattr(transaction, "order_id", None) not in (None, "", key):
        raise NotUnderstood(f"a {kind} of another reference")
