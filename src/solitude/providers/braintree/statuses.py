"""What the gateway's statuses of a transaction mean for money, and why one came to nothing.

Source: https://developer.paypal.com/braintree/docs/reference/general/statuses. A sale that is submitted for settlement is taken, and
becomes money when it is settled, some days later.
"""

from dataclasses import replace
from typing import Any, Final

from solitude.payments.contract import Evidence, RefundSeen, Seen

# Its bank has not answered: whoever has asked for it does not know either.
UNDECIDED: Final = "authorizing"
_ON_THE_WAY: Final = (
    "authorized",
    "submitted_for_settlement",
    "settlement_pending",
    "settling",
    "settlement_confirmed",
)
_SEEN: Final = {
    **dict.fromkeys(_ON_THE_WAY, Seen.PAID),
    "settled": Seen.PAID,
    "settlement_declined": Seen.UNSETTLED,
    "settlement_failed": Seen.UNSETTLED,
    "processor_declined": Seen.DECLINED,
    "gateway_rejected": Seen.DECLINED,
    "failed": Seen.DECLINED,
    "authorization_expired": Seen.DECLINED,
    "voided": Seen.VOIDED,
}
# Money that goes back is out of our hands with its submission: only what did not come so far, or came back, is none.
_REFUND_SEEN: Final = {
    **dict.fromkeys(("authorizing", "authorized", "settlement_pending"), RefundSeen.UNDER_WAY),
    **dict.fromkeys(
        ("submitted_for_settlement", "settling", "settlement_confirmed", "settled"),
        RefundSeen.DONE,
    ),
    **dict.fromkeys(
        (
            "settlement_declined",
            "settlement_failed",
            "processor_declined",
            "gateway_rejected",
            "failed",
            "authorization_expired",
            "voided",
        ),
        RefundSeen.FAILED,
    ),
}
# Where the gateway has a code for why: its name in the transaction, by status.
_CODES: Final = {
    "processor_declined": "processor_response_code",
    "settlement_declined": "processor_settlement_response_code",
    "gateway_rejected": "gateway_rejection_reason",
}
CODE_MAX_CHARS: Final = 64


def seen(status: str) -> Evidence | None:
    """What a payment in this status is; None for one that is undecided, and for a status that nobody knows here."""
    state = _SEEN.get(status)
    return Evidence(state, awaits_notice=status in _ON_THE_WAY) if state else None


def of_taken(evidence: Evidence) -> Evidence:
    """The same of a payment that was taken once: what is refused since then has come to nothing like one that is not settled."""
    return replace(evidence, state=Seen.UNSETTLED) if evidence.state == Seen.DECLINED else evidence


def refund_seen(status: str) -> RefundSeen | None:
    return _REFUND_SEEN.get(status)


def why(transaction: Any) -> str:
    """The status, and the gateway's code where it has one: `processor_declined 2000`. `transaction` is the SDK's."""
    status = str(transaction.status)
    code = str(getattr(transaction, _CODES.get(status, ""), None) or "") if status in _CODES else ""
    return f"{status} {code[:CODE_MAX_CHARS]}".rstrip()
