"""The operations about packages: what a seller is, and how it is changed."""

from datetime import timedelta

from solitude_sandbox.bango import checks
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import INVALID_PERSON, RefusedError, invalid
from solitude_sandbox.bango.package import ACTIVE, ADMIN, FINANCE, SUPPORT, Listener, Package, Person

LOGIN_LIFE = timedelta(hours=1)
FILLED = ("vendorName", "companyName", "address1", "addressCity", "addressState", "addressZipCode", "addressPhone")
OPTIONAL = ("address2", "addressFax", "vatNumber")
BANK_FILLED = {
    "bankAccountPayeeName": 50,
    "bankAccountCode": 20,
    "bankName": 50,
    "bankAddress1": 50,
    "bankAddressZipCode": 50,
}
BANK_OPTIONAL = {"bankAddress2": 50, "bankAddressCity": 50, "bankAddressState": 50}


def create_package(books: Books, call: Call) -> Values:
    """CreatePackage: a seller, with three persons who may log in."""
    roles = (ADMIN, SUPPORT, FINANCE)
    details = {f"{role}EmailAddress": checks.email(call, f"{role}EmailAddress") for role in roles}
    details["paypalEmailAddress"] = checks.email(call, "paypalEmailAddress")
    details |= {name: checks.filled(call, name) for name in FILLED}
    details |= {name: checks.optional(call, name) for name in OPTIONAL}
    details["countryIso"] = checks.country(call, "countryIso")
    details["currencyIso"] = checks.currency(call, "currencyIso")
    details["homePageURL"] = checks.url(call, "homePageURL", "INVALID_URL")
    listener = Listener(
        checks.url(call, "eventNotificationURL", "INVALID_EVENTNOTIFICATIONURL"),
        checks.optional(call, "eventNotificationUsername"),
        checks.optional(call, "eventNotificationPassword"),
    )
    persons = {role: _person(books) for role in roles}
    package = Package(books.ids.package(), details, persons, listener, call.now)
    books.packages.put(package.id, package)
    shown = {f"{role}PersonId": person.id for role, person in persons.items()}
    shown_once = {f"{role}PersonPassword": person.password for role, person in persons.items()}
    return {"packageId": package.id, **shown, **shown_once}


def get_package(books: Books, call: Call) -> Values:
    """GetPackage: everything but the passwords. What is empty is absent."""
    package = books.package(call)
    return {
        **{name: value or None for name, value in package.details.items()},
        "eventNotificationEnabled": bool(package.listener.url),
        "eventNotificationURL": package.listener.url or None,
        "status": ACTIVE,
        **agreement_of(package, call),
    }


def agreement_of(package: Package, call: Call) -> Values:
    """Whether the package's self-billing agreement holds, since when and how long."""
    return {
        "sbiAgreementAccepted": package.has_agreed(call.now),
        "acceptedSBIAgreement": package.agreed,
        "sbiAgreementExpires": package.agreement_expires(),
    }


def update_support_email(books: Books, call: Call) -> Values:
    """UpdateSupportEmailAddress."""
    return _update_email(books, call, SUPPORT)


def update_finance_email(books: Books, call: Call) -> Values:
    """UpdateFinanceEmailAddress."""
    return _update_email(books, call, FINANCE)


def _update_email(books: Books, call: Call, role: str) -> Values:
    """Another address makes another person; the same one is refused."""
    package = books.package(call)
    address = checks.email(call, "emailAddress")
    if address == package.email(role):
        raise RefusedError(INVALID_PERSON)
    package.details[f"{role}EmailAddress"] = address
    package.persons[role] = person = _person(books)
    return {"personId": person.id, "personPassword": person.password}


def update_address(books: Books, call: Call) -> Values:
    """UpdateAddressDetails: all of it at once."""
    package = books.package(call)
    details = {name: checks.filled(call, name) for name in FILLED if name != "companyName"}
    details |= {name: checks.optional(call, name) for name in ("address2", "addressFax")}
    details["countryIso"] = checks.country(call, "countryIso")
    details["homePageURL"] = checks.url(call, "homePageURL", "INVALID_URL")
    package.details |= details
    return {}


def set_vat_number(books: Books, call: Call) -> Values:
    """SetVATNumber."""
    package = books.package(call)
    package.details["vatNumber"] = checks.filled(call, "vatNumber")
    return {}


def delete_vat_number(books: Books, call: Call) -> Values:
    """DeleteVATNumber: refused when there is none."""
    package = books.package(call)
    if not package.details["vatNumber"]:
        raise RefusedError("VAT_NUMBER_DOES_NOT_EXIST")
    package.details["vatNumber"] = ""
    return {}


def create_bank_details(books: Books, call: Call) -> Values:
    """CreateBankDetails: once for each package. Nothing of them is kept."""
    package = books.package(call)
    for name, most in BANK_FILLED.items():
        checks.filled(call, name, most)
    for name, most in BANK_OPTIONAL.items():
        checks.optional(call, name, most)
    number = checks.optional(call, "bankAccountNumber", 20)
    if not checks.optional(call, "bankAccountIban", 34) and not number:
        raise invalid("bankAccountNumber")
    checks.country(call, "bankAddressIso")
    if package.has_bank_details:
        raise RefusedError("BANK_DETAILS_EXIST")
    package.has_bank_details = True
    return {}


def get_email_addresses(books: Books, call: Call) -> Values:
    """GetEmailAddresses: the three persons."""
    package = books.package(call)
    ids = {f"{role}PersonId": person.id for role, person in package.persons.items()}
    return ids | {f"{role}EmailAddress": package.email(role) for role in package.persons}


def get_login_token(books: Books, call: Call) -> Values:
    """GetAutoAuthenticationLoginToken: for one of the package's persons, named by id and e-mail address."""
    package = books.package(call)
    person_id, address = call.number("personId"), call.text("emailAddress")
    if not any(person.id == person_id and package.email(role) == address for role, person in package.persons.items()):
        raise RefusedError(INVALID_PERSON)
    return {"authenticationToken": books.ids.token(), "tokenExpiry": call.now + LOGIN_LIFE}


def _person(books: Books) -> Person:
    return Person(books.ids.person(), books.ids.password())
