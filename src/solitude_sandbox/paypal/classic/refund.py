"""A refund of what one receiver got, or of some of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solitude_sandbox.paypal.times import ECHECK_CLEARS_AFTER


@dataclass(frozen=True)
class PartRefund:
    """`amount` goes back to who had paid it; of it PayPal gives `fee`, the receiver the rest."""

    id: str
    amount: Decimal
    fee: Decimal
    created: datetime
    by_echeck: bool

    def pending(self, now: datetime) -> bool:
        """Whether an eCheck has not cleared yet."""
        return self.by_echeck and now < self.created + ECHECK_CLEARS_AFTER
