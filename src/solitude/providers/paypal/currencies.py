"""PayPal's own digits and currencies (https://developer.paypal.com/api/rest/reference/currency-codes/)."""

from solitude.money import currencies

ACCEPTED = frozenset(
    "AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
# ISO 4217 gives HUF and TWD two digits; PayPal takes none, and refuses even "10.00".
WITHOUT_DIGITS = frozenset({"HUF", "JPY", "TWD"})


def digits(currency: str) -> int:
    """The digits that PayPal takes; for a currency known to ISO 4217."""
    return 0 if currency in WITHOUT_DIGITS else currencies.digits(currency)
