"""How the classic interface's answer to a refund is read: each receiver gives back its part, and may fail to.

The answer names the receivers by e-mail; what is kept of it names them by their place in the intent: 0 is the seller, then come the shares.
"""

from collections.abc import Mapping

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import Call, Intent, NotUnderstood, Outcome, Reason, RefundEvidence, RefundSeen, Result
from solitude.providers.paypal.classic import nvp
from solitude.providers.paypal.classic.reading import ID, result
from solitude.providers.paypal.classic.wire import Reply

REFUND_FAILED = "REFUND_FAILED"
NO_ACCESS = "NO_API_ACCESS_TO_RECEIVER"
BEFORE = "ALREADY_REVERSED_OR_REFUNDED"
# What one receiver's part came to. What is not here is a refusal, with PayPal's word for it.
_DONE, _UNDER_WAY, _NOT_TRIED = "REFUNDED", "REFUNDED_PENDING", "NOT_PROCESSED"
_KNOWN_REFUSALS = frozenset(
    {
        "NOT_PAID",
        "REFUND_NOT_ALLOWED",
        "INSUFFICIENT_BALANCE",
        "AMOUNT_EXCEEDS_REFUNDABLE",
        "PREVIOUS_REFUND_PENDING",
        NO_ACCESS,
        BEFORE,
    }
)
# The client is told of these as of what became of its refund; of the others as of a refusal.
_SHOWN_FAILURES = frozenset({NO_ACCESS, BEFORE})
_FACTS = {"gross": "refundGrossAmount", "net": "refundNetAmount", "fee": "refundFeeAmount"}


def read(reply: Reply, call: Call) -> Result:
    """What a refund came to. Raises NotUnderstood."""
    parts = nvp.items(reply.pairs, "refundInfoList.refundInfo")
    statuses = {part.get("refundStatus", "") for part in parts} - {_NOT_TRIED}
    facts = _facts(parts, call.intent)
    moved = statuses & {_DONE, _UNDER_WAY}
    if moved and statuses <= {_DONE, _UNDER_WAY, BEFORE}:
        return _back(reply, call, parts, facts, is_under_way=_UNDER_WAY in statuses)
    if moved or not statuses <= _KNOWN_REFUSALS:
        # A part of it moved, or may have: the sum of what went back tells, later.
        return result(
            reply, Outcome.UNKNOWN, reason=Reason("PARTLY_REFUNDED" if moved else "REFUND_ERROR"), facts=facts
        )
    why = next(iter(sorted(statuses)), _NOT_TRIED)
    code = REFUND_FAILED if statuses and statuses <= _SHOWN_FAILURES else why
    return result(reply, Outcome.DECLINED, reason=Reason(code, f"PayPal says {why}."), facts=facts)


def _back(
    reply: Reply, call: Call, parts: list[dict[str, str]], facts: Mapping[str, str], *, is_under_way: bool
) -> Result:
    amount = call.intent.amount
    assert amount is not None  # noqa: S101  # a refund has one
    if len(parts) == 1 and _amount(parts[0], "refundGrossAmount", amount) != amount:
        raise NotUnderstood("a refund of another amount")
    named = parts[0].get("encryptedRefundTransactionId", "")
    if named and not ID.fullmatch(named):
        raise NotUnderstood("a refund whose id is none")
    state = RefundSeen.UNDER_WAY if is_under_way else RefundSeen.DONE
    seen = RefundEvidence(named, state, amount, call.key)
    outcome = Outcome.PENDING if is_under_way else Outcome.SUCCEEDED
    return result(reply, outcome, refund=seen, facts=facts)


def _facts(parts: list[dict[str, str]], intent: Intent) -> dict[str, str]:
    """`0.status`, `0.gross` and so on, by the receiver's place. No e-mail address is kept."""
    if intent.amount is None:
        return {}
    places = {email.casefold(): place for place, email in enumerate([intent.payee, *(s.payee for s in intent.shares)])}
    facts = {}
    for nth, part in enumerate(parts):
        # PayPal may know a receiver by another address than ours.
        place = places.get(part.get("receiver.email", "").casefold(), nth)
        if part.get("refundStatus") == _NOT_TRIED:
            continue
        facts[f"{place}.status"] = part.get("refundStatus", "")[:64]
        facts[f"{place}.amount"] = _amount(part, "receiver.amount", intent.amount).text
        facts |= {
            f"{place}.{ours}": _amount(part, theirs, intent.amount).text
            for ours, theirs in _FACTS.items()
            if part.get(theirs)
        }
    return facts


def _amount(part: Mapping[str, str], name: str, default: Money) -> Money:
    try:
        return Money.parse(part[name], default.currency) if part.get(name) else default
    except MoneyError as error:
        raise NotUnderstood("an amount that is none") from error
