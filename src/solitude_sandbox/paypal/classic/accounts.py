"""AdaptiveAccounts/GetVerifiedStatus: whether an e-mail address has an account, and of what kind."""

from solitude_sandbox.addresses import is_email
from solitude_sandbox.paypal import persons
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.errors import UNKNOWN_ACCOUNT, UNKNOWN_EMAIL, ClassicError
from solitude_sandbox.paypal.classic.nvp import Tree

NONE, NAME = "NONE", "NAME"


def get_verified_status(books: Books, call: ClassicCall) -> Tree:
    """AdaptiveAccounts/GetVerifiedStatus; with NAME, first and last name must be the account's."""
    fields = call.fields
    email, criteria = fields.required("emailAddress"), fields.required("matchCriteria")
    if criteria not in (NONE, NAME):
        raise fields.wrong("matchCriteria")
    if not is_email(email):
        raise fields.wrong("emailAddress")
    if criteria == NAME and (fields.required("firstName"), fields.required("lastName")) != (
        persons.GIVEN_NAME,
        persons.FAMILY_NAME,
    ):
        raise ClassicError(UNKNOWN_ACCOUNT)
    account = books.accounts.by_email(email.lower())
    trait = account.trait
    if trait.classic_payment_error == UNKNOWN_EMAIL:
        raise ClassicError(UNKNOWN_ACCOUNT)
    return {
        "accountStatus": "UNVERIFIED" if trait.payment_issue == "PAYEE_ACCOUNT_NOT_VERIFIED" else "VERIFIED",
        "countryCode": persons.COUNTRY,
        "userInfo": {
            "emailAddress": account.email,
            "accountType": trait.account_type,
            "accountId": account.merchant_id,
            "name": {"salutation": "", "firstName": persons.GIVEN_NAME, "lastName": persons.FAMILY_NAME},
            "businessName": persons.COMPANY,
        },
    }
