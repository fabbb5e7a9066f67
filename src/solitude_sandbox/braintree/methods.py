"""Payment methods: cards and PayPal accounts in the vault, each known by its token."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from solitude_sandbox.braintree import cancelling, nonces, processor
from solitude_sandbox.braintree.accounts import DEFAULT_ACCOUNT, MERCHANT_ACCOUNTS
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call, flag, text
from solitude_sandbox.braintree.cards import Card, Instrument
from solitude_sandbox.braintree.errors import InvalidError, Wrong, invalid, missing
from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.nonces import NonceError
from solitude_sandbox.braintree.processor import AUTHORIZED, Verdict
from solitude_sandbox.braintree.subscription import Subscription
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json

TOKEN_LENGTH = 36
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PATH = "payment_method"
# What a nonce cannot be used for -> the code.
_OF_NONCE = {nonces.USED_UP: "93107", nonces.UNKNOWN: "93108"}


@dataclass
class Method:
    """One in the vault; `verification` is what its bank said when it was stored, if it was asked."""

    token: str
    customer_id: str
    instrument: Instrument
    created: datetime
    updated: datetime
    default: bool
    verification: Json | None = None

    @property
    def is_card(self) -> bool:
        """Whether it is a card."""
        return isinstance(self.instrument, Card)

    def show(self, books: Books) -> Json:
        """The resource."""
        shown = self.instrument.show() | {
            "token": self.token,
            "customer_id": self.customer_id,
            "default": self.default,
            "global_id": global_id("paymentmethod", self.token),
            "image_url": "",
            "created_at": self.created,
            "updated_at": self.updated,
            "subscriptions": Items(
                "subscription", [each.show(books, books.clock.now()) for each in self._pays_for(books)]
            ),
        }
        if isinstance(self.instrument, Card):
            month = (int(self.instrument.expiration_year), int(self.instrument.expiration_month))
            verifications = [self.verification] if self.verification is not None else []
            now = books.clock.now()
            shown |= {
                "expired": month < (now.year, now.month),
                "verifications": Items("verification", verifications),
            }
        return shown

    def _pays_for(self, books: Books) -> list[Subscription]:
        return [each for each in books.subscriptions if each.payer.token == self.token]

    def as_json(self) -> Json:
        """For the state page."""
        return {
            "token": self.token,
            "customer_id": self.customer_id,
            "kind": self.instrument.instrument_type,
            "shown": nonces.described(self.instrument),
            "behaviour": self.instrument.behaviour,
            "default": self.default,
        }


def of_customer(books: Books, customer_id: str) -> list[Method]:
    """What is in a customer's vault, the oldest first."""
    return [method for method in books.methods if method.customer_id == customer_id]


def create_method(books: Books, call: Call) -> Answer:
    """POST /payment_methods."""
    customer_id, nonce = call.text("customer_id"), call.text("payment_method_nonce")
    wrong = []
    if customer_id is None:
        wrong.append(Wrong(_PATH, "customer_id", "93104"))
    elif books.customers.get(customer_id) is None:
        wrong.append(Wrong(_PATH, "customer_id", "93105"))
    if nonce is None:
        wrong.append(Wrong(_PATH, "payment_method_nonce", "93103"))
    if wrong or customer_id is None or nonce is None:
        raise InvalidError(*wrong)
    method = store(books, call, customer_id, nonce, _PATH)
    return _answer(books, method, 201)


def find_method(books: Books, call: Call) -> Answer:
    """GET /payment_methods/any/TOKEN."""
    return _answer(books, found(books, call.name))


def update_method(books: Books, call: Call) -> Answer:
    """PUT /payment_methods/any/TOKEN: another token, or the one that is used first."""
    method = found(books, call.name)
    token = call.text("token")
    if token is not None and token != method.token:
        wrong = _wrong_token(books, method.instrument, token)
        if wrong:
            raise InvalidError(*wrong)
        for subscription in books.subscriptions:
            if subscription.payer.token == method.token:
                subscription.payer = replace(subscription.payer, token=token)
        books.methods.remove(method.token)
        method.token = token
        books.methods.put(token, method)
    if flag(call.part("options"), "make_default"):
        _make_default(books, method)
    method.updated = call.now
    return _answer(books, method)


def delete_method(books: Books, call: Call) -> Answer:
    """DELETE /payment_methods/any/TOKEN."""
    forget(books, found(books, call.name), call.now)
    return Answer()


def found(books: Books, token: str) -> Method:
    """The method with this token; 404 if there is none."""
    method = books.methods.get(token)
    if method is None:
        raise missing()
    return method


def forget(books: Books, method: Method, now: datetime) -> None:
    """Away with it, from the vault, and with its subscriptions; another one is the customer's default then."""
    cancelling.end_those_of(books, method.token, now)
    books.methods.remove(method.token)
    left = of_customer(books, method.customer_id)
    if method.default and left:
        left[0].default = True


def store(books: Books, call: Call, customer_id: str, nonce: str, path: str) -> Method:
    """Put what a nonce stands for into a customer's vault, if its bank agrees where it is to be asked (`options.verify_card`).

    `path` is the object that an error is about. Raises InvalidError.
    """
    try:
        instrument = nonces.look(books, nonce)
    except NonceError as error:
        if error.reason == nonces.NUMBER_INVALID:
            raise invalid(f"{path}.credit_card", "number", "81715") from None
        raise invalid(path, "payment_method_nonce", _OF_NONCE[error.reason]) from None
    _check(books, call, instrument)
    nonces.consume(books, nonce)
    verification = _verified(books, call, instrument)
    owned = of_customer(books, customer_id)
    method = Method(
        token=call.text("token") or books.ids.token(),
        customer_id=customer_id,
        instrument=instrument,
        created=call.now,
        updated=call.now,
        default=not owned,
        verification=verification,
    )
    books.methods.put(method.token, method)
    if flag(call.part("options"), "make_default"):
        _make_default(books, method)
    return method


def _check(books: Books, call: Call, instrument: Instrument) -> None:
    wrong = _wrong_token(books, instrument, call.text("token"))
    if not isinstance(instrument, Card):
        wrong += [Wrong("paypal_account", "base", "82902")] if instrument.once else []
    elif flag(call.part("options"), "fail_on_duplicate_payment_method"):
        known = {each.instrument.fingerprint for each in books.methods if isinstance(each.instrument, Card)}
        wrong += [Wrong("credit_card", "number", "81724")] if instrument.fingerprint in known else []
    if wrong:
        raise InvalidError(*wrong)


def _wrong_token(books: Books, instrument: Instrument, token: str | None) -> list[Wrong]:
    path = instrument.instrument_type
    if token is None:
        return []
    if len(token) > TOKEN_LENGTH:
        return [Wrong(path, "token", "91720")]
    if not _TOKEN.fullmatch(token):
        return [Wrong(path, "token", "91718")]
    return [Wrong(path, "token", "91719")] if books.methods.get(token) is not None else []


def _verified(books: Books, call: Call, instrument: Instrument) -> Json | None:
    """What its bank says of a card, if it is to be asked; InvalidError if it refuses."""
    options = call.part("options")
    if not isinstance(instrument, Card) or not flag(options, "verify_card"):
        return None
    verdict = processor.verify(instrument, call.ordered)
    account = text(options, "verification_merchant_account_id") or DEFAULT_ACCOUNT
    verification = _verification(books, call, instrument, verdict, account)
    if verdict.status != AUTHORIZED:
        raise InvalidError(message=verdict.message, verification=verification)
    return verification


def _verification(books: Books, call: Call, card: Card, verdict: Verdict, account: str) -> Json:
    return {
        "id": books.ids.verification(),
        "status": "verified" if verdict.status == AUTHORIZED else verdict.status,
        "amount": "0.00",
        "currency_iso_code": MERCHANT_ACCOUNTS.get(account),
        "avs_error_response_code": None,
        "avs_postal_code_response_code": "I",
        "avs_street_address_response_code": "I",
        "cvv_response_code": verdict.cvv,
        "gateway_rejection_reason": verdict.reason,
        "merchant_account_id": account,
        "processor_response_code": verdict.code or None,
        "processor_response_text": verdict.text or None,
        "processor_response_type": verdict.type,
        "credit_card": card.show() | {"token": None},
        "created_at": call.now,
        "updated_at": call.now,
    }


def _make_default(books: Books, method: Method) -> None:
    for each in of_customer(books, method.customer_id):
        each.default = each is method


def _answer(books: Books, method: Method, status: int = 200) -> Answer:
    return Answer(method.instrument.instrument_type, method.show(books), status)
