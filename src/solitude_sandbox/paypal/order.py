"""An order: its states, its life span, and how PayPal shows it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.funding import Approval
from solitude_sandbox.paypal.order_request import OrderRequest, UnitRequest
from solitude_sandbox.paypal.times import ORDER_APPROVED_LIFE, ORDER_UNAPPROVED_LIFE

CREATED = "CREATED"
PAYER_ACTION_REQUIRED = "PAYER_ACTION_REQUIRED"
APPROVED = "APPROVED"
COMPLETED = "COMPLETED"


@dataclass
class Unit:
    """A purchase unit: what was asked, whom it pays, and its capture once there is one."""

    asked: UnitRequest
    seller: Account
    fee_payee: Account | None
    capture: Capture | None = None

    def show(self, call: Call) -> Json:
        """PayPal's purchase unit."""
        asked = self.asked
        texts = {
            "description": asked.description,
            "custom_id": asked.custom_id,
            "invoice_id": asked.invoice_id,
            "soft_descriptor": asked.soft_descriptor,
        }
        shown: Json = {
            "reference_id": asked.reference_id,
            "amount": self._amount(),
            "payee": self.seller.as_payee(),
            "payment_instruction": self._instruction(),
            **{key: value for key, value in texts.items() if value is not None},
        }
        if asked.items:
            shown["items"] = [item.as_json() for item in asked.items]
        if self.capture is not None:
            shown["payments"] = {"captures": [self.capture.show(call)]}
            if self.capture.refunds:
                shown["payments"]["refunds"] = [refund.show(call) for refund in self.capture.refunds]
        return shown

    def _amount(self) -> Json:
        shown: Json = self.asked.amount.as_json()
        if self.asked.breakdown:
            shown["breakdown"] = {key: part.as_json() for key, part in self.asked.breakdown.items()}
        return shown

    def _instruction(self) -> Json:
        shown: Json = {"disbursement_mode": self.asked.disbursement_mode}
        if self.asked.platform_fee is not None and self.fee_payee is not None:
            fee = {"amount": self.asked.platform_fee.as_json(), "payee": self.fee_payee.as_payee()}
            shown["platform_fees"] = [fee]
        return shown

    def new_capture(self, capture_id: str, order_id: str, buyer: Account, now: datetime) -> Capture:
        """A capture of this unit, not yet settled."""
        asked = self.asked
        return Capture(
            id=capture_id,
            order_id=order_id,
            amount=asked.amount,
            seller=self.seller,
            buyer=buyer,
            outcome="PENDING",
            created=now,
            updated=now,
            platform_fee=asked.platform_fee.value if asked.platform_fee is not None else Decimal(0),
            platform_fee_payee=self.fee_payee,
            disbursement_mode=asked.disbursement_mode,
            custom_id=asked.custom_id,
            invoice_id=asked.invoice_id,
        )


@dataclass
class Order:
    """States: CREATED (no payment source) or PAYER_ACTION_REQUIRED -> APPROVED -> COMPLETED.

    A declined instrument leads from APPROVED back to PAYER_ACTION_REQUIRED. `since` is when the state was entered.
    """

    id: str
    units: list[Unit]
    asked: OrderRequest
    status: str
    created: datetime
    since: datetime
    updated: datetime
    approval: Approval | None = None
    declines: int = 0

    def enter(self, status: str, now: datetime) -> None:
        """Change the state."""
        self.status, self.since, self.updated = status, now, now

    def approve(self, approval: Approval, now: datetime) -> None:
        """The buyer agrees."""
        self.approval = approval
        self.enter(APPROVED, now)

    def decline(self, now: datetime) -> None:
        """The instrument was declined: the buyer must come back and choose another."""
        self.approval = None
        self.declines += 1
        self.enter(PAYER_ACTION_REQUIRED, now)

    def expired(self, now: datetime) -> bool:
        """Whether PayPal knows it no more: 6 hours without approval, 3 hours after it without capture."""
        if self.status == COMPLETED:
            return False
        return now >= self.since + (ORDER_APPROVED_LIFE if self.status == APPROVED else ORDER_UNAPPROVED_LIFE)

    def show(self, call: Call) -> Json:
        """PayPal's order object, whole."""
        shown: Json = {
            "id": self.id,
            "intent": "CAPTURE",
            "status": self.status,
            "purchase_units": [unit.show(call) for unit in self.units],
            "create_time": stamp(self.created),
            "update_time": stamp(self.updated),
            "links": self._links(call),
        }
        if self.approval is not None:
            shown["payer"] = self.approval.as_payer()
            shown["payment_source"] = {"paypal": self.approval.as_wallet()}
        elif self.asked.by_wallet:
            shown["payment_source"] = {"paypal": {}}
        return shown

    def show_as_preferred(self, call: Call) -> Json:
        """Whole after `Prefer: return=representation`, else id, status and links."""
        if call.representation:
            return self.show(call)
        return {"id": self.id, "status": self.status, "links": self._links(call)}

    def approval_link(self, call: Call, rel: str) -> dict[str, str]:
        """Where the buyer goes."""
        return call.link(f"/checkoutnow?token={self.id}", rel)

    def _links(self, call: Call) -> list[dict[str, str]]:
        path = f"/v2/checkout/orders/{self.id}"
        links = [call.link(path, "self")]
        if self.status == CREATED:
            links.append(self.approval_link(call, "approve"))
        if self.status == PAYER_ACTION_REQUIRED:
            links.append(self.approval_link(call, "payer-action"))
        if self.status in (CREATED, APPROVED):
            links += [call.link(path, "update", "PATCH"), call.link(f"{path}/capture", "capture", "POST")]
        return links
