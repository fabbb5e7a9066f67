"""Bango's services as a table: where each is, and what each operation takes, answers and does."""

from collections.abc import Callable
from dataclasses import dataclass

from solitude_sandbox.bango import agreements, billing, numbers, packages, refunds, tokens
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.schema import (
    BOOLEAN,
    DECIMAL_NUMBER,
    INT,
    LONG,
    STRING,
    TIME,
    Group,
    Many,
    Part,
    must,
    strings,
)


@dataclass(frozen=True)
class Service:
    """`action` is how the SOAPAction of its operations begins. `headers` are those that it understands."""

    title: str
    path: str
    namespace: str
    action: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One row. `code` and `message` are what its answer calls the response's.

    `guarded`: the request is wrapped once more, and carries credentials.
    """

    name: str
    service: Service
    takes: Group
    answers: Group
    act: Callable[[Books, Call], Values]
    guarded: bool = True
    code: str = "responseCode"
    message: str = "responseMessage"


_EXPORTER = "com.bango.webservices.mozillaexporter"
_BILLING = "com.bango.webservices.billingconfiguration"
_DIRECT = "com.bango.webservices.directbilling"
_MOZILLA = "https://mozilla.bango.net/"

EXPORTER = Service("MozillaExporter", "/mozillaexporter/service.asmx", _EXPORTER, f"{_EXPORTER}/")
BILLING = Service(
    "BillingConfiguration",
    "/billingconfiguration_v2_0/Service.svc/soap11",
    _BILLING,
    f"{_BILLING}/",
    (f"{{{_BILLING}}}MessageSignature",),
)
DIRECT = Service(
    "DirectBilling",
    "/DirectBilling_v4_1/Service.svc/soap11",
    _DIRECT,
    f"{_DIRECT}/DirectBilling/",
    (f"{{{_DIRECT}}}MessageSignature",),
)
TOKENS = Service("TokenChecker", "/_/ws/tokenchecker.asmx", _MOZILLA, _MOZILLA)
SERVICES = (EXPORTER, BILLING, DIRECT, TOKENS)

_CREDENTIALS = strings("username password")
_OUTCOME = strings("responseCode responseMessage")
_EMAILS = "adminEmailAddress supportEmailAddress financeEmailAddress paypalEmailAddress"
_ADDRESS = "address1 address2 addressCity addressState addressZipCode addressPhone addressFax"
_DETAILS = f"{_EMAILS} vendorName companyName {_ADDRESS} vatNumber countryIso currencyIso homePageURL"
_LISTENER = "eventNotificationURL eventNotificationUsername eventNotificationPassword"
_BANK = (
    "bankAccountPayeeName bankAccountNumber bankAccountCode bankAccountIban bankName bankAddress1 bankAddress2 bankAddressCity "
    "bankAddressState bankAddressZipCode bankAddressIso"
)
_PACKAGE_ID = must(INT, "packageId")
_PERSON = (must(INT, "personId"), *strings("personPassword"))
_AGREEMENT = (
    must(BOOLEAN, "sbiAgreementAccepted"),
    must(TIME, "acceptedSBIAgreement"),
    must(TIME, "sbiAgreementExpires"),
)


def _of_package(*more: Part) -> tuple[Part, ...]:
    return (_PACKAGE_ID, *more)


def _row(
    service: Service,
    name: str,
    act: Callable[[Books, Call], Values],
    takes: tuple[Part, ...],
    answers: tuple[Part, ...] = (),
) -> Operation:
    return Operation(name, service, Group((*_CREDENTIALS, *takes)), Group((*_OUTCOME, *answers)), act)


_PRICE = Part("Price", Group((must(DECIMAL_NUMBER, "amount"), *strings("currency"))))
_OPTION = Part("BillingConfigurationOption", Group(strings("configurationOptionName configurationOptionValue")))
_CONFIGURATION = (
    *strings("bango"),
    Part("typeFilter", Many(Part("string", STRING))),
    Part("priceList", Many(_PRICE)),
    *strings("externalTransactionId pageTitle"),
    Part("configurationOptions", Many(_OPTION)),
)
_METHOD = Part(
    "TransactionMethod",
    Group(strings("networkId networkDescription paymentMethodId paymentMethodDescription"), namespace=_DIRECT),
)
_TOKEN = (
    *strings("ResponseMessage ResponseCode Signature MerchantTransactionId"),
    must(LONG, "BangoUserId"),
    must(LONG, "BangoTransactionId"),
    must(DECIMAL_NUMBER, "Price"),
    *strings("Currency"),
    _METHOD,
)

OPERATIONS = (
    _row(
        EXPORTER,
        "CreatePackage",
        packages.create_package,
        strings(f"{_DETAILS} {_LISTENER}"),
        (
            _PACKAGE_ID,
            must(INT, "adminPersonId"),
            *strings("adminPersonPassword"),
            must(INT, "supportPersonId"),
            *strings("supportPersonPassword"),
            must(INT, "financePersonId"),
            *strings("financePersonPassword"),
        ),
    ),
    _row(
        EXPORTER,
        "GetPackage",
        packages.get_package,
        _of_package(),
        (
            *strings(_DETAILS),
            must(BOOLEAN, "eventNotificationEnabled"),
            *strings("eventNotificationURL status"),
            *_AGREEMENT,
        ),
    ),
    _row(
        EXPORTER,
        "UpdateSupportEmailAddress",
        packages.update_support_email,
        _of_package(*strings("emailAddress")),
        _PERSON,
    ),
    _row(
        EXPORTER,
        "UpdateFinanceEmailAddress",
        packages.update_finance_email,
        _of_package(*strings("emailAddress")),
        _PERSON,
    ),
    _row(
        EXPORTER,
        "UpdateAddressDetails",
        packages.update_address,
        _of_package(*strings(f"vendorName {_ADDRESS} countryIso homePageURL")),
    ),
    _row(EXPORTER, "SetVATNumber", packages.set_vat_number, _of_package(*strings("vatNumber"))),
    _row(EXPORTER, "DeleteVATNumber", packages.delete_vat_number, _of_package()),
    _row(EXPORTER, "CreateBankDetails", packages.create_bank_details, _of_package(*strings(_BANK))),
    _row(
        EXPORTER,
        "GetEmailAddresses",
        packages.get_email_addresses,
        _of_package(),
        (
            must(INT, "adminPersonId"),
            *strings("adminEmailAddress"),
            must(INT, "supportPersonId"),
            *strings("supportEmailAddress"),
            must(INT, "financePersonId"),
            *strings("financeEmailAddress"),
        ),
    ),
    _row(
        EXPORTER,
        "GetAutoAuthenticationLoginToken",
        packages.get_login_token,
        _of_package(must(INT, "personId"), *strings("emailAddress")),
        (*strings("authenticationToken"), must(TIME, "tokenExpiry")),
    ),
    _row(
        EXPORTER,
        "CreateBangoNumber",
        numbers.create_number,
        _of_package(*strings("name"), must(INT, "categoryId"), *strings("applicationSize")),
        strings("bango"),
    ),
    _row(
        EXPORTER,
        "MakePremiumPerAccess",
        numbers.make_premium,
        (*strings("bango"), must(DECIMAL_NUMBER, "price"), *strings("currencyIso")),
    ),
    _row(EXPORTER, "UpdateRating", numbers.update_rating, strings("bango ratingScheme rating")),
    _row(
        EXPORTER,
        "GetSBIAgreement",
        agreements.get_agreement,
        _of_package(),
        (*strings("sbiAgreement"), must(TIME, "sbiAgreementValidFrom")),
    ),
    _row(EXPORTER, "AcceptSBIAgreement", agreements.accept_agreement, _of_package()),
    _row(EXPORTER, "GetAcceptedSBIAgreement", agreements.get_accepted_agreement, _of_package(), _AGREEMENT),
    _row(
        BILLING,
        "CreateBillingConfiguration",
        billing.create_configuration,
        _CONFIGURATION,
        (must(LONG, "billingConfigurationId"),),
    ),
    _row(
        DIRECT,
        "DoRefund",
        refunds.do_refund,
        (*strings("bango"), must(LONG, "transactionId"), *strings("refundType externalTransactionId")),
        (must(LONG, "refundTransactionId"),),
    ),
    _row(
        DIRECT,
        "GetRefundStatus",
        refunds.get_refund_status,
        (*strings("bango"), must(LONG, "refundTransactionId")),
    ),
    Operation(
        "CheckToken",
        TOKENS,
        Group(strings("token")),
        Group(_TOKEN),
        tokens.check_token,
        guarded=False,
        code="ResponseCode",
        message="ResponseMessage",
    ),
)
NAMES = frozenset(operation.name for operation in OPERATIONS)
BY_ACTION = {f"{operation.service.action}{operation.name}": operation for operation in OPERATIONS}
