"""PayPal's classic errors by number: what each means for us.

Numbers: the tables of errors in PayPal's Adaptive Payments Developer Guide. The sentences are ours, because PayPal's repeat the value at
fault, which may be an e-mail address or the key of a pre-approval.
"""

from typing import Final

from solitude.money import currencies
from solitude.payments.contract import CredentialRefused, Reason

# An earlier try of this very operation was taken.
TRACKING_ID_IN_USE: Final = "579042"
INVOICE_IN_USE: Final = "580026"
PREAPPROVAL_CANCELLED: Final = "569013"
NO_SUCH_PREAPPROVAL: Final = "589019"
NO_SUCH_TRACKING_ID: Final = "579051"
NO_SUCH_PAY_KEY: Final = "589018"
INVALID_PARAMETER: Final = "580022"
ARGUMENT_NOT_SUPPORTED: Final = "580027"

UNKNOWN_CURRENCY = "Unknown currency"

# PayPal itself failed: it may have been done. Their category says so as well, where it is there.
OF_PAYPAL = frozenset({"500000", "520002", "529038", "580030"})
# Of the payment that a look-up is about.
NO_SUCH_PAYMENT = frozenset({NO_SUCH_TRACKING_ID, NO_SUCH_PAY_KEY})

# PayPal has the pre-approval no more.
_GONE = frozenset({PREAPPROVAL_CANCELLED, NO_SUCH_PREAPPROVAL})
# The buyer cannot pay by it now, and perhaps can in another way.
_NO_MONEY = frozenset({"589009"})
_PREAPPROVAL = {
    "539012": "The buyer has not approved the pre-approval yet.",
    "569013": "The pre-approval was cancelled.",
    "569016": "The pre-approval needs a PIN, and PINs are not enabled.",
    "569017": "The pre-approval is suspended.",
    "569018": "Pre-approved payments are disabled.",
    "569019": "The pre-approval is suspended after too many wrong PINs.",
    "579014": "The pre-approval is of another buyer.",
    "579024": "The pre-approval has not begun yet, or is over.",
    "579025": "The pre-approval is not for this day of the week.",
    "579026": "The pre-approval is not for this day of the month.",
    "579027": "The pre-approval is for another currency.",
    "579028": "More than the pre-approval allows for one payment.",
    "579030": "More payments than the pre-approval allows for the period.",
    "579031": "More than the pre-approval allows in total.",
    "589019": "There is no such pre-approval.",
}
_PAYEE = {
    "539041": "The seller's country cannot receive payments.",
    "559044": "A setting of the seller's account refuses the payment.",
    "569042": "The seller's e-mail address is not confirmed.",
    "579033": "The buyer and the seller are the same.",
    "589039": "PayPal does not know the seller's e-mail address.",
}
_SHARE = {
    "579007": "More receivers than PayPal takes.",
    "579017": "The shares are more than the amount.",
    "579040": "Two receivers are the same.",
}
_AMOUNT = {
    "570012": "Not all of it can be refunded after a part was.",
    "570013": "More than the payment.",
    "570014": "More than is left of the payment.",
    "570015": "All of it was refunded already.",
    "570017": "It is too late to refund this payment.",
    "589023": "The amount has more digits than PayPal takes.",
    "589038": "More than is left of the payment.",
    "589041": "A payment with shares can only be refunded as a whole.",
}
_TERMS = {
    "570026": ("start", "The first day is too far away."),
    "579038": ("end", "A pre-approval lasts a year at most."),
    "579055": ("max_total", "More than PayPal lets a buyer pre-approve."),
}
_OTHERS = {
    "520009": "An account is restricted.",
    "539043": "The buyer's country cannot send payments.",
    "560018": "A payment of this kind cannot be refunded.",
    "589009": "The buyer has no source of money that PayPal can use.",
    "589037": "The seller has no part in this payment.",
}
_BY_FIELD: dict[str, tuple[str, str]] = {
    **{number: ("use_preapproval", text) for number, text in _PREAPPROVAL.items()},
    **{number: ("app_id", text) for number, text in _PAYEE.items()},
    **{number: ("platform_fee", text) for number, text in _SHARE.items()},
    **{number: ("amount", text) for number, text in _AMOUNT.items()},
    **_TERMS,
    **{number: ("__all__", text) for number, text in _OTHERS.items()},
}
# Whose value PayPal did not like, by the start of its own name for it.
_PARAMETERS = (
    ("returnUrl", "return_url"),
    ("cancelUrl", "cancel_url"),
    ("ipnNotificationUrl", "ipn_url"),
    ("memo", "memo"),
    ("preapprovalKey", "use_preapproval"),
    ("startingDate", "start"),
    ("endingDate", "end"),
    ("maxTotalAmountOfAllPayments", "max_total"),
    ("maxAmountPerPayment", "max_per_payment"),
    ("receiverList", "app_id"),
    ("currencyCode", "currency"),
)


def reason(error_id: str, parameter: str, currency: str) -> Reason:
    """Why PayPal refused. `parameter`: the name in the request that it named; `currency`: what was asked in."""
    if error_id in (INVALID_PARAMETER, ARGUMENT_NOT_SUPPORTED):
        return _invalid(error_id, parameter, currency)
    field, text = _BY_FIELD.get(error_id, ("__all__", ""))
    return Reason(error_id, text, field)


def of_credential(error_id: str) -> CredentialRefused | None:
    """What the refusal of a payment by pre-approval says of that; None where it is about something else."""
    if error_id in _GONE:
        return CredentialRefused.GONE
    return CredentialRefused.NOW if error_id in _PREAPPROVAL or error_id in _NO_MONEY else None


def _invalid(error_id: str, parameter: str, currency: str) -> Reason:
    """PayPal does not take a value: where it does not say which, it is the currency."""
    field = next((field for start, field in _PARAMETERS if parameter.startswith(start)), "__all__")
    if field == "currency" or not parameter:
        name = currencies.name(currency) if currencies.is_currency(currency) else UNKNOWN_CURRENCY
        return Reason(error_id, name, "currency")
    return Reason(error_id, "PayPal does not take this value.", "amount" if parameter.endswith(".amount") else field)
