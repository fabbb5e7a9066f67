"""What an answer of our API says, whatever form it has: routes that are older than the house have forms of their own."""

from enum import StrEnum

from tests.support.marketplace import Answer


class Said(StrEnum):
    """In the house's own codes, where it has one for it."""

    DONE = "done"
    REFUSED = "refused"  # by the provider
    KNOWN = "known_already"
    KEPT = "kept"  # taken in, and not made anything of yet
    TOO_LATE = "too_late"
    FORGED = "forged"  # not believed to be the provider's
    CONTRADICTS = "mismatch"  # the provider's, and not what we know
    NOT_THERE_YET = "parked"  # about nothing that is in our books so far
    NO_CONCERN = "not_of_concern"
    NOT_APPROVED = "not_approved"
    NOT_CAPTURED = "not_captured"
    TOO_MUCH = "refund_exceeds_captured"
    NOT_VOIDABLE = "not_voidable"
    UNDER_WAY = "refund_under_way"
    IN_PROGRESS = "idempotency_in_progress"
    BUSY = "provider_busy"
    UNREACHABLE = "provider_unreachable"
    UNKNOWN = "outcome_unknown"


def said(answer: Answer) -> Said:
    """Of a route that answers as the house does: the code is in the body. Raises ValueError for a code that the kit does not know."""
    if answer.status < 300:
        return Said.DONE
    if answer.status == 422:
        return Said.REFUSED
    return Said(answer["code"])
