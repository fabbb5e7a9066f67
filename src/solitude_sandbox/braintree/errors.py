"""What the gateway refuses with: validation errors with their codes (422), or a bare HTTP status.

The codes are those of the official SDK (braintree/error_codes.py), the sentences Braintree's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solitude_sandbox.braintree.xml import Items, Symbol
from solitude_sandbox.control import Json

# code -> what it says.
SENTENCES = {
    "81501": "Amount cannot be negative.",
    "81502": "Amount is required.",
    "81503": "Amount is an invalid format.",
    "81528": "Amount is too large.",
    "81531": "Amount must be greater than zero.",
    "91501": "Order ID is too long.",
    "91504": "Transaction can only be voided if status is authorized, submitted_for_settlement, or settlement_pending.",
    "91505": "Cannot refund credit.",
    "91506": "Cannot refund transaction unless it is settled.",
    "91507": "Cannot submit for settlement unless status is authorized.",
    "91508": "Cannot determine payment method.",
    "91510": "Customer ID is invalid.",
    "91511": "Customer does not have any credit cards.",
    "91512": "Transaction has already been completely refunded.",
    "91513": "Merchant account ID is invalid.",
    "91515": "Cannot provide both payment_method_token and payment_method_nonce attributes.",
    "91516": "Payment method token does not belong to customer.",
    "91518": "Payment method token is invalid.",
    "91521": "Refund amount is too large.",
    "91522": "Settlement amount is too large.",
    "91523": "Transaction type is invalid.",
    "91524": "Transaction type is required.",
    "91564": "Cannot use a payment_method_nonce more than once.",
    "91565": "Unknown or expired payment_method_nonce.",
    "91575": "Cannot simulate transaction settlement.",
    "915200": "The refund was declined by the bank.",
    "915231": "API request key is not allowed.",
    "91609": "Customer ID has already been taken.",
    "91610": "Customer ID is invalid.",
    "91612": "Customer ID is too long.",
    "81901": "Cannot edit a canceled subscription.",
    "81902": "ID has already been taken.",
    "81904": "Price is an invalid format.",
    "81905": "Subscription has already been canceled.",
    "81906": "ID is invalid (use only letters, numbers, '-', and '_').",
    "81910": "Cannot edit an expired subscription.",
    "81923": "Price is too large.",
    "91901": "Merchant account ID is invalid.",
    "91903": "Payment method token is invalid.",
    "91904": "Plan ID is invalid.",
    "91905": "Payment method token is not associated with customer.",
    "91906": "Number of billing cycles must be numeric.",
    "91907": "Number of billing cycles must be greater than zero.",
    "91920": "Cannot edit price changing fields on past due subscription.",
    "91921": "Invalid request format.",
    "91923": "Merchant account currency does not match the plan's.",
    "91925": "Payment method nonce is invalid.",
    "91927": "Payment method nonce must be of a card in the vault.",
    "95704": "Disputes can only be accepted when they are in an Open state.",
    "95705": "Disputes can only be finalized when they are in an Open state.",
    "81604": "Email is an invalid format.",
    "81605": "Email is too long.",
    "81715": "Credit card number is invalid.",
    "81724": "Duplicate card exists in the vault.",
    "82902": "Cannot vault one-time use PayPal account.",
    "82905": "Customer ID is required for vaulting.",
    "91718": "Credit card token is invalid.",
    "91719": "Credit card token has already been taken.",
    "91720": "Credit card token is too long.",
    "92201": "Dynamic descriptor name is invalid.",
    "92206": "Dynamic descriptor URL is invalid.",
    "92804": "Customer specified by customer_id does not exist.",
    "92806": "Version specified is not supported.",
    "93102": "Nonce is invalid.",
    "93103": "Nonce is required.",
    "93104": "Customer ID is required.",
    "93105": "Customer ID is invalid.",
    "93107": "Cannot use a payment_method_nonce more than once.",
    "93108": "Unknown or expired payment_method_nonce.",
}
# Bare statuses, by the names under which faults know them (braintree/util/http.py).
STATUSES = {
    "authentication": 401,
    "authorization": 403,
    "request_timeout": 408,
    "upgrade_required": 426,
    "gateway_timeout": 504,
}


class StatusError(Exception):
    """An HTTP status, and nothing that can be read."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(frozen=True)
class Wrong:
    """One validation error: on which attribute of which object (a path, such as `transaction.credit_card`)."""

    path: str
    attribute: str
    code: str

    @property
    def message(self) -> str:
        """What the gateway says of it."""
        return SENTENCES[self.code]


class InvalidError(Exception):
    """A request that is not done: 422 with what is wrong, or with the `transaction` or `verification` that came to nothing."""

    def __init__(self, *wrong: Wrong, message: str = "", **shown: Any) -> None:
        super().__init__(message or "; ".join(each.message for each in wrong))
        self.wrong = wrong
        self.message = message or "\n".join(each.message for each in wrong)
        self.shown = shown


def invalid(path: str, attribute: str, code: str) -> InvalidError:
    """One thing is wrong."""
    return InvalidError(Wrong(path, attribute, code))


def missing() -> StatusError:
    """What the path names is not there."""
    return StatusError(404)


def api_error_response(error: InvalidError, params: Json) -> Json:
    """What stands in the answer; `params` are those of the request, as the gateway gives them back without what is secret."""
    tree: Json = {}
    for each in error.wrong:
        node = tree
        for name in each.path.split("."):
            node = node.setdefault(name, {})
        node.setdefault("errors", []).append(each)
    shown = {name: value for name, value in error.shown.items() if value is not None}
    return {"errors": _level(tree), "params": params, "message": error.message} | shown


def _level(tree: Mapping[str, Any]) -> Json:
    """One object's errors, of which there may be none, and below it those of its parts."""
    parts = {name: _level(part) for name, part in tree.items() if name != "errors"}
    return {"errors": Items("error", [_shown(each) for each in tree.get("errors", ())]), **parts}


def _shown(wrong: Wrong) -> Json:
    return {"code": wrong.code, "attribute": Symbol(wrong.attribute), "message": wrong.message}
