"""The operations about Bango numbers: each is one product."""

from solitude_sandbox.bango import checks
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import RefusedError, invalid
from solitude_sandbox.bango.package import Number

NAME_LENGTH = 100
SCHEMES = ("GLOBAL", "USA")
RATINGS = ("GLOBAL", "UNIVERSAL", "RESTRICTED", "GENERAL")


def create_number(books: Books, call: Call) -> Values:
    """CreateBangoNumber."""
    package = books.package(call)
    name = checks.filled(call, "name", NAME_LENGTH)
    category = call.number("categoryId")
    if category < 1:
        raise invalid("categoryId")
    number = Number(books.ids.bango(), package, name, category, call.now)
    books.numbers.put(number.bango, number)
    return {"bango": number.bango}


def make_premium(books: Books, call: Call) -> Values:
    """MakePremiumPerAccess: from now on it costs something; once for each number."""
    number = books.number(call)
    price, currency = call.fields["price"], checks.currency(call, "currencyIso")
    if not checks.is_amount(price):
        raise invalid("price")
    if number.premium:
        raise RefusedError("BANGO_ALREADY_PREMIUM_ENABLED")
    number.premium = f"{price:.2f} {currency}"
    return {}


def update_rating(books: Books, call: Call) -> Values:
    """UpdateRating: one for each scheme."""
    number = books.number(call)
    scheme, rating = call.text("ratingScheme"), call.text("rating")
    if scheme not in SCHEMES:
        raise RefusedError("INVALID_RATING_SCHEME")
    if rating not in RATINGS:
        raise RefusedError("INVALID_RATING")
    number.ratings[scheme] = rating
    return {}
