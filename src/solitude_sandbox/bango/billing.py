"""CreateBillingConfiguration: a page on which a buyer can pay."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from solitude_sandbox.addresses import is_web_url
from solitude_sandbox.bango import checks
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import INVALID_PARAMETER, RefusedError, invalid
from solitude_sandbox.bango.configuration import TYPES, Configuration, Offer, Price
from solitude_sandbox.bango.countries import CURRENCIES
from solitude_sandbox.bango.soap import SERVER, SoapFault

TITLE_LENGTH = 1_000
OPTIONS_LIMIT = 50
OPTION_LENGTH = 4_000
LIFE_DEFAULT_S = 3_600
LIFE_LIMIT_S = 30 * 86_400

ON_SUCCESS, ON_ERROR = "REDIRECT_URL_ONSUCCESS", "REDIRECT_URL_ONERROR"
SIGNATURE, USER, TIME_OUT = "REQUEST_SIGNATURE", "MOZ_USER_ID", "BILLING_CONFIGURATION_TIME_OUT"
REQUIRED = (ON_SUCCESS, ON_ERROR)
ADDRESSES = (ON_SUCCESS, ON_ERROR, "APPLICATION_LOGO_URL")
NUMBERS = (TIME_OUT, "APPLICATION_CATEGORY_ID", "APPLICATION_SIZE_KB")
NUMBER_DIGITS = 9


def create_configuration(books: Books, call: Call) -> Values:
    """The page's number; what is offered is checked, but who is behind the external id is not asked."""
    number = books.number(call)
    title = checks.filled(call, "pageTitle", TITLE_LENGTH)
    external_id = checks.filled(call, "externalTransactionId")
    offer = Offer(number, external_id, title, _prices(call), _types(call), _options(call))
    life = timedelta(seconds=int(offer.options.get(TIME_OUT, LIFE_DEFAULT_S)))
    configuration = Configuration(
        books.ids.configuration(), offer, books.user(offer.options.get(USER, "")), call.now, life
    )
    books.configurations.put(configuration.id, configuration)
    return {"billingConfigurationId": configuration.id}


def _prices(call: Call) -> dict[str, Price]:
    asked: list[Mapping[str, Any]] = call.fields.get("priceList", [])
    prices = [Price(each["amount"], str(each.get("currency", ""))) for each in asked]
    if not prices:
        raise invalid("priceList")
    for price in prices:
        if price.currency not in CURRENCIES:
            raise invalid("currency")
        if not checks.is_amount(price.amount):
            raise invalid("amount")
    found = {price.currency: price for price in prices}
    if len(found) < len(prices):
        # Bango has never said this politely.
        raise SoapFault(
            SERVER, "Server was unable to process request. An item with the same key has already been added."
        )
    return found


def _types(call: Call) -> frozenset[str]:
    """How may be paid; without a filter in every way."""
    types = frozenset(call.fields.get("typeFilter", ())) or frozenset(TYPES)
    if not types.issubset(TYPES):
        raise invalid("typeFilter")
    return types


def _options(call: Call) -> dict[str, str]:
    """By name; those that Bango does not know are kept, and mean nothing."""
    asked: list[Mapping[str, str]] = call.fields.get("configurationOptions", [])
    if len(asked) > OPTIONS_LIMIT:
        raise RefusedError(INVALID_PARAMETER, f"There are more than {OPTIONS_LIMIT} configuration options")
    found = {
        each.get("configurationOptionName", ""): each.get("configurationOptionValue", "").strip() for each in asked
    }
    for name in REQUIRED:
        if not found.get(name):
            raise RefusedError("REQUIRED_CONFIGURATION_MISSING", f"{name} is missing")
    for name, value in found.items():
        if not _is_good(name, value):
            raise RefusedError(INVALID_PARAMETER, f"{name[:60]} is invalid")
    return found


def _is_good(name: str, value: str) -> bool:
    if name in ADDRESSES:
        return len(value) <= OPTION_LENGTH and is_web_url(value)
    if name in NUMBERS:
        is_number = value.isascii() and value.isdigit() and len(value) <= NUMBER_DIGITS
        return is_number and int(value) >= 1 and (name != TIME_OUT or int(value) <= LIFE_LIMIT_S)
    return 1 <= len(name) <= checks.TEXT_LENGTH and len(value) <= OPTION_LENGTH
