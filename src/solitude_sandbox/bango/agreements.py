"""The operations about the self-billing agreement, with which a seller lets Bango write the invoices."""

from datetime import UTC, datetime

from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import RefusedError
from solitude_sandbox.bango.packages import agreement_of

VALID_FROM = datetime(2013, 1, 1, tzinfo=UTC)
TEXT = """SELF-BILLING AGREEMENT

1. The developer agrees that Bango issues self-billed invoices for all supplies made through Bango.
2. The developer issues no sales invoices for the transactions that this agreement covers.
3. This agreement ends one year after it was accepted, or earlier if either side ends the contract.

This is a simulator: nobody is bound by accepting it."""


def get_agreement(books: Books, call: Call) -> Values:
    """GetSBIAgreement: the text, and since when it is the one to accept."""
    books.package(call)
    return {"sbiAgreement": TEXT, "sbiAgreementValidFrom": VALID_FROM}


def accept_agreement(books: Books, call: Call) -> Values:
    """AcceptSBIAgreement: for a year."""
    package = books.package(call)
    if package.has_agreed(call.now):
        raise RefusedError("SBI_ALREADY_ACCEPTED")
    package.agreed = call.now.replace(microsecond=0)
    return {}


def get_accepted_agreement(books: Books, call: Call) -> Values:
    """GetAcceptedSBIAgreement: whether it is accepted, since when and how long."""
    return agreement_of(books.package(call), call)
