"""Balances: what the partner has, by currency.

Schemas: PayPal's reporting_transactions_v1 file. The simulator keeps no history: a balance is always that of now.
"""

from decimal import Decimal

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal.accounts import PARTNER_ID
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.money import CURRENCIES, Money
from solitude_sandbox.paypal.querying import time_of

PATH = "/v1/reporting/balances"
ALL = "ALL"
PRIMARY = "USD"


def list_balances(books: Books, call: Call) -> Answer:
    """GET /v1/reporting/balances: all of the partner's, or the one in `currency_code`."""
    asked = call.query.get("currency_code", ALL)
    if asked not in (ALL, *CURRENCIES):
        raise refuse("INVALID_PARAMETER_VALUE", "currency_code", asked[:20], "query")
    moment = time_of(call, "as_of_time") or call.now
    if moment > call.now:
        raise refuse("INVALID_PARAMETER_VALUE", "as_of_time", call.query["as_of_time"], "query")
    held = books.accounts.partner.balances
    wanted = sorted({PRIMARY, *held}) if asked == ALL else [asked]
    balances = [_shown(Money(currency, held.get(currency, Decimal(0)))) for currency in wanted]
    return Answer(
        200,
        lambda later: {
            "balances": balances,
            "account_id": PARTNER_ID,
            "as_of_time": stamp(moment),
            "last_refresh_time": stamp(later.now),
        },
    )


def _shown(held: Money) -> Json:
    amount = held.as_json()
    return {
        "currency": held.currency,
        "primary": held.currency == PRIMARY,
        "total_balance": amount,
        "available_balance": amount,
        "withheld_balance": held.with_value(Decimal(0)).as_json(),
    }
