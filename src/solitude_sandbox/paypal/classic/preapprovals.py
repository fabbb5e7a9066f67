"""AdaptivePayments/Preapproval, /PreapprovalDetails and /CancelPreapproval."""

from datetime import timedelta
from decimal import Decimal

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.finding import find_preapproval
from solitude_sandbox.paypal.classic.ipn import tell_preapproval
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.preapproval import CANCELED, NO_PERIOD, PERIODS, Preapproval, Terms
from solitude_sandbox.paypal.money import Money, digits, plain

LONGEST = timedelta(days=366)
# "Today" is still yesterday somewhere.
START_TOLERANCE = timedelta(days=1)
# 2,000 US dollars or its equivalent; of a currency without decimals a hundred times as many.
TOTAL_LIMIT = Decimal(2_000)
PAYMENTS_LIMIT = 1_000_000


def preapproval(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/Preapproval: a question to the sender."""
    terms = _read(call.fields)
    _check_dates(call, terms)
    if terms.total.value > TOTAL_LIMIT.scaleb(2 - digits(terms.total.currency)):
        raise ClassicError(errors.TOTAL_TOO_HIGH, plain(terms.total))
    made = Preapproval(books.ids.preapproval_key(), terms, call.look.now)
    books.preapprovals.put(made.key, made)
    return {"preapprovalKey": made.key}


def preapproval_details(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/PreapprovalDetails."""
    return find_preapproval(books, call.fields.required("preapprovalKey")).show(call.look.now)


def cancel_preapproval(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/CancelPreapproval; once more is no error."""
    cancel(books, find_preapproval(books, call.fields.required("preapprovalKey")), call.look)
    return {}


def cancel(books: Books, preapproval: Preapproval, call: Call) -> None:
    """The caller or the sender takes it back, for ever."""
    if preapproval.status != CANCELED:
        preapproval.status = CANCELED
        tell_preapproval(books, preapproval, call)


def _read(fields: Fields) -> Terms:
    currency = fields.currency()
    starts, ends = fields.day("startingDate"), fields.day("endingDate")
    total = fields.amount("maxTotalAmountOfAllPayments", currency)
    if starts is None:
        raise fields.missing("startingDate")
    if ends is None:
        raise fields.missing("endingDate")
    if total is None:
        raise fields.missing("maxTotalAmountOfAllPayments")
    fields.choice("pinType", ("NOT_REQUIRED",), "NOT_REQUIRED")
    return Terms(
        starts=starts,
        ends=ends,
        total=total,
        per_payment=_amount_within(fields, total),
        payments=fields.whole("maxNumberOfPayments", most=PAYMENTS_LIMIT),
        payments_per_period=fields.whole("maxNumberOfPaymentsPerPeriod", most=PAYMENTS_LIMIT),
        period=fields.choice("paymentPeriod", (NO_PERIOD, *PERIODS), NO_PERIOD),
        sender_email=fields.email("senderEmail"),
        memo=fields.text("memo"),
        return_url=fields.required_url("returnUrl"),
        cancel_url=fields.required_url("cancelUrl"),
        ipn_url=fields.url("ipnNotificationUrl"),
    )


def _amount_within(fields: Fields, total: Money) -> Money | None:
    amount = fields.amount("maxAmountPerPayment", total.currency)
    if amount is not None and amount.value > total.value:
        raise fields.wrong("maxAmountPerPayment")
    return amount


def _check_dates(call: ClassicCall, terms: Terms) -> None:
    today = call.look.now.date()
    if terms.starts < today - START_TOLERANCE:
        raise call.fields.wrong("startingDate")
    if terms.starts > today + LONGEST:
        raise ClassicError(errors.START_TOO_FAR)
    if terms.ends < terms.starts:
        raise call.fields.wrong("endingDate")
    if terms.ends - terms.starts > LONGEST:
        raise ClassicError(errors.RANGE_TOO_WIDE)
