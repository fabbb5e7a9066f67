"""An attempt to pay, whatever became of it; and the refund of one that was paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.codes import OK, PENDING
from solitude_sandbox.bango.configuration import Configuration, Price
from solitude_sandbox.clock import stamp

if TYPE_CHECKING:
    from solitude_sandbox.bango.methods import Method


@dataclass(eq=False)
class Refund:
    """`code` is what GetRefundStatus answers: OK, PENDING, CANT_REFUND or NOT_SUPPORTED."""

    id: int
    payment: "Payment"
    external_id: str
    code: str
    created: datetime

    def as_json(self) -> Json:
        """For the state page."""
        return {
            "refundTransactionId": self.id,
            "status": self.code,
            "transactionId": self.payment.id,
            "bango": self.payment.configuration.offer.number.bango,
            "externalTransactionId": self.external_id,
            "amount": str(self.payment.price),
            "created": stamp(self.created),
        }


@dataclass(eq=False)
class Payment:
    """`id` is what Bango calls the transaction, `code` what became of it; `price` and `method` are what the buyer chose."""

    id: int
    token: str
    configuration: Configuration
    code: str
    message: str
    price: Price | None
    method: "Method | None"
    created: datetime
    refund: Refund | None = None

    @property
    def is_refunded(self) -> bool:
        """Whether the money has gone back."""
        return self.refund is not None and self.refund.code == OK

    @property
    def is_refund_pending(self) -> bool:
        """Whether a refund may still succeed."""
        return self.refund is not None and self.refund.code == PENDING

    def as_json(self) -> Json:
        """For the state page."""
        offer = self.configuration.offer
        return {
            "transactionId": self.id,
            "status": self.code,
            "billingConfigurationId": self.configuration.id,
            "bango": offer.number.bango,
            "externalTransactionId": offer.external_id,
            "price": str(self.price) if self.price else "",
            "network": self.method.network if self.method else "",
            "paymentMethod": self.method.type if self.method else "",
            "refund": self.refund.code if self.refund else None,
            "created": stamp(self.created),
        }
