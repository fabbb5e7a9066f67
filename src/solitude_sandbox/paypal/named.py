"""Which sellers a request is about, so that a fault can strike those of one of them only.

This is asked before the request is understood: whatever makes no sense names nobody.
"""

import json
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request

from solitude_sandbox.paypal import assertion
from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.books import Books


def sellers_of_rest(books: Books, request: Request, path_id: str) -> set[str]:
    """E-mail addresses and merchant ids: of the body's payees, of what the path names, of PayPal-Auth-Assertion."""
    named = {value.lower() for value in (*_payees(_json(request.get_data())), *_asserted(request))}
    with books.lock:
        return _both(books, named, _known(books, path_id))


def sellers_of_classic(books: Books, pairs: dict[str, str]) -> set[str]:
    """E-mail addresses and merchant ids: of the receivers, of the payment that is named, of who is looked up."""
    named = {value.lower() for key, value in pairs.items() if key.endswith((".email", ".accountId", "emailAddress"))}
    with books.lock:
        payment = books.payments.get(pairs.get("payKey", "")) or books.tracking_ids.get(pairs.get("trackingId", ""))
        payment = payment or books.transactions.get(pairs.get("transactionId", ""))
        return _both(books, named, [part.receiver for part in payment.parts] if payment is not None else [])


def _both(books: Books, named: set[str], known: Iterable[Account]) -> set[str]:
    """Each account by both of its names."""
    by_id = (books.accounts.known(each.upper()) for each in named if "@" not in each)
    by_email = (books.accounts.by_email(each) for each in named if "@" in each)
    accounts = [*known, *by_email, *(account for account in by_id if account is not None)]
    return named | {name for account in accounts for name in (account.email, account.merchant_id.lower())}


def _known(books: Books, path_id: str) -> list[Account]:
    order, capture = books.orders.get(path_id), books.captures.get(path_id)
    back, dispute = books.refunds.get(path_id) or books.reversals.get(path_id), books.disputes.get(path_id)
    if order is not None:
        return [unit.seller for unit in order.units]
    of = capture or (back.capture if back is not None else None) or (dispute.capture if dispute is not None else None)
    return [of.seller] if of is not None else []


def _payees(body: Any) -> Iterable[str]:
    units = body.get("purchase_units") if isinstance(body, dict) else None
    for unit in units if isinstance(units, list) else []:
        payee = unit.get("payee") if isinstance(unit, dict) else None
        for key in ("email_address", "merchant_id"):
            if isinstance(payee, dict) and isinstance(payee.get(key), str):
                yield payee[key]


def _asserted(request: Request) -> Iterable[str]:
    claims = assertion.claims_of(request.headers.get("PayPal-Auth-Assertion", ""))
    for key in ("email", "payer_id"):
        if isinstance(claims.get(key), str):
            yield claims[key]


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
