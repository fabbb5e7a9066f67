"""What the buyer chose on PayPal's page: who pays, and how well the funding works."""

from dataclasses import dataclass

from solitude_sandbox.paypal.accounts import Account

OK = "ok"
DECLINED = "declined"
CAPTURE_DECLINED = "capture_declined"
REVIEW = "review"

# Name -> what a person reads beside the radio button, and what comes of it.
FUNDINGS = {
    OK: ("A card that works", "The charge succeeds."),
    DECLINED: (
        "A card that is declined",
        "The charge is refused with INSTRUMENT_DECLINED; you are asked to come back.",
    ),
    CAPTURE_DECLINED: ("A card that is declined later", "The charge succeeds, its capture is DECLINED."),
    REVIEW: ("A payment under review", "The charge succeeds, its capture is PENDING until somebody decides."),
}

# What becomes of a capture paid in this way; DECLINED makes none.
OUTCOMES = {OK: "COMPLETED", CAPTURE_DECLINED: "DECLINED", REVIEW: "PENDING"}

DEFAULT_BUYER = "buyer@sandbox.example"


@dataclass(frozen=True)
class Approval:
    """The buyer's consent to an order, or to later charges."""

    buyer: Account
    funding: str

    def as_payer(self) -> dict[str, object]:
        """PayPal's `payer` object."""
        return {
            "email_address": self.buyer.email,
            "payer_id": self.buyer.merchant_id,
            "name": {"given_name": "Sandbox", "surname": "Buyer"},
            "address": {"country_code": "US"},
        }

    def as_wallet(self) -> dict[str, object]:
        """PayPal's `payment_source.paypal` object in an order."""
        return {
            "email_address": self.buyer.email,
            "account_id": self.buyer.merchant_id,
            "account_status": "VERIFIED",
            "name": {"given_name": "Sandbox", "surname": "Buyer"},
            "address": {"country_code": "US"},
        }
