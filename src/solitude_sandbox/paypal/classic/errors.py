"""The classic interface's errors: a number, a sentence, and what was wrong. The answer's HTTP status is 200 even so.

Numbers and sentences: the tables of errors in PayPal's Adaptive Payments Developer Guide.
"""

from solitude_sandbox.paypal.classic.nvp import Tree

SYSTEM_ERROR = "500000"
INTERNAL_ERROR = "520002"
BAD_CREDENTIALS = "520003"
ACCOUNT_RESTRICTED = "520009"
PAYMENT_FAILED = "529038"
NOT_AUTHORIZED_YET = "539012"
NO_ACCESS_TO_PAYMENT = "540031"
NOT_ALLOWED = "550001"
RECEIVER_SETTING = "559044"
BAD_APPLICATION = "560022"
UNSUPPORTED_VALUE = "560027"
PREAPPROVAL_CANCELED = "569013"
PREAPPROVAL_SUSPENDED = "569017"
EMAIL_UNCONFIRMED = "569042"
FULL_AFTER_PARTIAL_REFUND = "570012"
MORE_THAN_THE_PAYMENT = "570013"
MORE_THAN_IS_LEFT = "570014"
FULLY_REFUNDED = "570015"
TOO_LATE_TO_REFUND = "570017"
START_TOO_FAR = "570026"
TOO_MANY_RECEIVERS = "579007"
OTHER_SENDER = "579014"
PRIMARY_TOO_SMALL = "579017"
OUT_OF_DATE = "579024"
OTHER_CURRENCY = "579027"
OVER_PAYMENT_LIMIT = "579028"
OVER_NUMBER_LIMIT = "579030"
OVER_TOTAL_LIMIT = "579031"
SENDER_IS_RECEIVER = "579033"
RANGE_TOO_WIDE = "579038"
SAME_RECEIVER = "579040"
TRACKING_ID_IN_USE = "579042"
UNKNOWN_TRACKING_ID = "579051"
TOTAL_TOO_HIGH = "579055"
INVALID_REQUEST = "580001"
INVALID_PARAMETER = "580022"
UNKNOWN_ACCOUNT = "580023"
INVOICE_IN_USE = "580026"
UNSUPPORTED_ARGUMENT = "580027"
MALFORMED_URL = "580028"
MISSING_PARAMETER = "580029"
NO_SOURCE = "589009"
UNKNOWN_PAY_KEY = "589018"
UNKNOWN_PREAPPROVAL = "589019"
ROUNDED_AMOUNT = "589023"
REFUND_CURRENCY = "589036"
REFUND_RECEIVER = "589037"
REFUND_AMOUNT = "589038"
UNKNOWN_EMAIL = "589039"
CHAIN_REFUNDS_ALL = "589041"
UNKNOWN_TRANSACTION = "589052"

# `{}` is the first parameter.
MESSAGES = {
    SYSTEM_ERROR: "There is a system error",
    INTERNAL_ERROR: "Internal error",
    BAD_CREDENTIALS: "Authentication failed. API credentials are incorrect.",
    ACCOUNT_RESTRICTED: "Account {} is restricted",
    PAYMENT_FAILED: "There was an error while making this payment",
    NOT_AUTHORIZED_YET: "The preapproval key has not been authorized yet",
    "539041": "The email account is based in a country that is not enabled to receive payments",
    "539043": "The email account is based in a country that is not enabled to send payments",
    NO_ACCESS_TO_PAYMENT: "You do not have permission to get these details",
    NOT_ALLOWED: "User is not allowed to perform this action",
    RECEIVER_SETTING: "Account setting on the receiver prohibited the payment",
    BAD_APPLICATION: "The X-PAYPAL-APPLICATION-ID header contains an invalid value",
    UNSUPPORTED_VALUE: "The argument value is unsupported",
    PREAPPROVAL_CANCELED: "The preapproval key has been canceled",
    "569016": "Preapproval PIN functionality is not enabled",
    PREAPPROVAL_SUSPENDED: "The preapproval key has been suspended",
    "569018": "Preapproved payments have been disabled",
    "569019": "The preapproval has been suspended due to too many PIN failures",
    EMAIL_UNCONFIRMED: "The email account {} is not confirmed by PayPal",
    FULL_AFTER_PARTIAL_REFUND: "Cannot do a full refund after a partial refund",
    MORE_THAN_THE_PAYMENT: "The partial refund amount must be less than or equal to the original transaction amount",
    MORE_THAN_IS_LEFT: "The partial refund amount must be less than or equal to the remaining amount",
    FULLY_REFUNDED: "This transaction has already been fully refunded",
    TOO_LATE_TO_REFUND: "You are over the time limit to perform a refund on this transaction",
    START_TOO_FAR: "The starting date is too far in the future",
    TOO_MANY_RECEIVERS: "The maximum number of receivers is {}",
    OTHER_SENDER: "The preapproval key specifies a different sender than the payment request",
    PRIMARY_TOO_SMALL: (
        "The amount for the primary receiver must be greater than or equal to the total of other chained receiver amounts"
    ),
    OUT_OF_DATE: "The preapproval key cannot be used before the start date or after the end date",
    "579025": "The preapproval key cannot be used on this weekday",
    "579026": "The preapproval key cannot be used on this day of the month",
    OTHER_CURRENCY: "The preapproval key specifies a different currency than the payment request",
    OVER_PAYMENT_LIMIT: "The payment amount exceeds the maximum amount per payment",
    OVER_NUMBER_LIMIT: "The number of payments made this period exceeds the maximum number of payments per period",
    OVER_TOTAL_LIMIT: "The total amount of all payments exceeds the maximum total amount for all payments",
    SENDER_IS_RECEIVER: "The sender and each receiver must have different accounts",
    RANGE_TOO_WIDE: "The date range between the start date and the end date is too wide",
    SAME_RECEIVER: "The receivers cannot belong to the same PayPal account",
    TRACKING_ID_IN_USE: "The tracking ID already exists and cannot be duplicated",
    UNKNOWN_TRACKING_ID: "The tracking ID is invalid",
    TOTAL_TOO_HIGH: "The limit for total amount of all payments is above PayPal's limit",
    INVALID_REQUEST: "Invalid request: {}",
    INVALID_PARAMETER: "Invalid request parameter: {}",
    UNKNOWN_ACCOUNT: "Cannot determine PayPal Account status",
    INVOICE_IN_USE: "The invoice id ({}) already exists for the receiver and cannot be duplicated",
    UNSUPPORTED_ARGUMENT: "The argument {} is unsupported",
    MALFORMED_URL: "The URL {} is malformed",
    MISSING_PARAMETER: "Missing request parameter: {}",
    "580030": "This transaction cannot be processed at this time. Please try again later.",
    NO_SOURCE: "This payment cannot be processed because no payment source is available",
    UNKNOWN_PAY_KEY: "The pay key is invalid",
    UNKNOWN_PREAPPROVAL: "The preapproval key {} is invalid",
    ROUNDED_AMOUNT: "If a fractional amount is rounded due to currency conversion, funds could be lost",
    REFUND_CURRENCY: "The currency code is missing or does not match the code in the payment request",
    REFUND_RECEIVER: "The refund's receiver was not part of the payment request",
    REFUND_AMOUNT: "The refund has to be both less than or equal to the original payment request and greater than zero",
    UNKNOWN_EMAIL: "The email address {} is invalid. It may not be registered in PayPal's system yet",
    CHAIN_REFUNDS_ALL: "All receivers must give full refunds for this type of chained payment",
    UNKNOWN_TRANSACTION: "The transaction ID is invalid",
}

PARAMETER_LENGTH = 200


class ClassicError(Exception):
    """The operation is refused, for one reason. `status` is other than 200 only for failures of PayPal's own."""

    def __init__(self, error_id: str, *parameters: str, status: int = 200) -> None:
        super().__init__(error_id, *parameters)
        self.error_id = error_id
        self.parameters = [parameter[:PARAMETER_LENGTH] for parameter in parameters]
        self.status = status

    @property
    def sentence(self) -> str:
        """PayPal's words."""
        return MESSAGES[self.error_id].format(*self.parameters or [""]).strip()

    def as_tree(self) -> Tree:
        """The part `error(0)` of the answer."""
        return {
            "errorId": self.error_id,
            "domain": "PLATFORM",
            "subdomain": "Application",
            "severity": "Error",
            "category": "System" if self.status >= 500 else "Application",
            "message": self.sentence,
            "parameter": self.parameters,
        }


def knows_error(error_id: str) -> bool:
    """Whether this is the number of an error that the classic interface has."""
    return error_id in MESSAGES
