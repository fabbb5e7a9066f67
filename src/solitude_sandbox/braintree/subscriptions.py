"""The gateway's calls about subscriptions: what is wrong with a request, then what it changes.

There are no add-ons, no discounts, no trials, no dates of one's own and no charges of parts of a period: who asks for any is refused.
"""

import re
from decimal import Decimal

from solitude_sandbox.braintree import billing, cancelling, nonces
from solitude_sandbox.braintree.accounts import DEFAULT_ACCOUNT, MERCHANT_ACCOUNTS
from solitude_sandbox.braintree.amounts import FORMAT, LIMIT
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call, flag
from solitude_sandbox.braintree.errors import InvalidError, Wrong, invalid, missing
from solitude_sandbox.braintree.months import billing_day, months_later
from solitude_sandbox.braintree.nonces import NonceError
from solitude_sandbox.braintree.plan import CYCLES_LIMIT, Plan
from solitude_sandbox.braintree.sales import wrong_descriptor
from solitude_sandbox.braintree.subscription import CANCELED, PAST_DUE, Subscription
from solitude_sandbox.braintree.transactions import CENT, Payer

_PATH = "subscription"
_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
_NOT_HERE = (
    "add_ons",
    "billing_day_of_month",
    "discounts",
    "first_billing_date",
    "trial_duration",
    "trial_duration_unit",
)


def create_subscription(books: Books, call: Call) -> Answer:
    """POST /subscriptions: the first period is charged at once, and without that there is no subscription."""
    plan = books.plans.get(call.text("plan_id") or "")
    payer, wrong = _payer(books, call)
    wrong += [] if plan is not None else [Wrong(_PATH, "plan_id", "91904")]
    wrong += _wrong_for_all(call) + _wrong_id(books, call.text("id"))
    if plan is not None:
        wrong += _wrong_of_plan(call, plan)
    if payer is None and not wrong:
        wrong.append(Wrong(_PATH, "payment_method_token", "91903"))
    if wrong or plan is None or payer is None:
        raise InvalidError(*wrong)
    today = call.now.date()
    day = plan.billing_day_of_month or billing_day(today)
    price = _price(call, plan.price)
    subscription = Subscription(
        id=call.text("id") or books.ids.subscription(),
        plan=plan,
        price=price,
        account=_account(call),
        payer=payer,
        descriptor=call.part("descriptor"),
        created=call.now,
        billing_day_of_month=day,
        number_of_billing_cycles=_cycles(call, plan.number_of_billing_cycles),
        first=today,
        start=today,
        next=months_later(today, plan.billing_frequency, day),
        updated=call.now,
        balance=price,
    )
    billing.begin(books, subscription, call.now, call.ordered)
    return Answer("subscription", subscription.show(books, call.now), 201)


def find_subscription(books: Books, call: Call) -> Answer:
    """GET /subscriptions/ID."""
    return Answer("subscription", _found(books, call.name).show(books, call.now))


def update_subscription(books: Books, call: Call) -> Answer:
    """PUT /subscriptions/ID: another card, another price from the next period on, another name or number of periods."""
    subscription = _found(books, call.name)
    if subscription.ended:
        raise invalid(_PATH, "base", "81901" if subscription.status == CANCELED else "81910")
    given = call.text("id")
    wrong = _wrong_for_all(call) + ([] if given == subscription.id else _wrong_id(books, given))
    payer, wrong_payer = _payer(books, call)
    wrong += wrong_payer
    if payer is not None and payer.customer_id != subscription.payer.customer_id:
        wrong.append(Wrong(_PATH, "payment_method_token", "91905"))
    if call.text("plan_id") not in (None, subscription.plan.id):
        wrong.append(Wrong(_PATH, "plan_id", "91904"))
    price = _price(call, subscription.price)
    if price != subscription.price and subscription.status == PAST_DUE:
        wrong.append(Wrong(_PATH, "base", "91920"))
    if wrong:
        raise InvalidError(*wrong)
    if given is not None:
        books.subscriptions.remove(subscription.id)
        subscription.id = given
        books.subscriptions.put(given, subscription)
    subscription.payer, subscription.price = payer or subscription.payer, price
    subscription.number_of_billing_cycles = _cycles(call, subscription.number_of_billing_cycles)
    subscription.descriptor = call.part("descriptor") or subscription.descriptor
    subscription.updated = call.now
    return Answer("subscription", subscription.show(books, call.now))


def cancel_subscription(books: Books, call: Call) -> Answer:
    """PUT /subscriptions/ID/cancel."""
    subscription = _found(books, call.name)
    if subscription.ended:
        raise invalid(_PATH, "status", "81905")
    cancelling.end(books, subscription, call.now)
    return Answer("subscription", subscription.show(books, call.now))


def _found(books: Books, identifier: str) -> Subscription:
    subscription = books.subscriptions.get(identifier)
    if subscription is None:
        raise missing()
    return subscription


def _payer(books: Books, call: Call) -> tuple[Payer | None, list[Wrong]]:
    """The card that is named, if any is. A nonce never stands for one in the vault here, and only such can be subscribed with."""
    token, nonce = call.text("payment_method_token"), call.text("payment_method_nonce")
    if nonce is not None:
        try:
            nonces.look(books, nonce)
        except NonceError:
            return None, [Wrong(_PATH, "payment_method_nonce", "91925")]
        return None, [Wrong(_PATH, "payment_method_nonce", "91927")]
    if token is None:
        return None, []
    method = books.methods.get(token)
    if method is None:
        return None, [Wrong(_PATH, "payment_method_token", "91903")]
    return Payer(method.instrument, method.token, method.customer_id), []


def _wrong_for_all(call: Call) -> list[Wrong]:
    """What is wrong whichever plan it is, and whether it is new or not."""
    wrong = wrong_descriptor(call.part("descriptor"), _PATH)
    price, cycles = call.text("price"), call.text("number_of_billing_cycles")
    if price is not None and not FORMAT.fullmatch(price):
        wrong.append(Wrong(_PATH, "price", "81904"))
    elif price is not None and Decimal(price) > LIMIT:
        wrong.append(Wrong(_PATH, "price", "81923"))
    if cycles is not None and not (cycles.isascii() and cycles.isdigit()):
        wrong.append(Wrong(_PATH, "number_of_billing_cycles", "91906"))
    elif cycles is not None and not 1 <= int(cycles[:9]) <= CYCLES_LIMIT:
        wrong.append(Wrong(_PATH, "number_of_billing_cycles", "91907"))
    prorated = flag(call.part("options"), "prorate_charges")
    if prorated or flag(call.fields, "trial_period") or any(call.fields.get(name) for name in _NOT_HERE):
        wrong.append(Wrong(_PATH, "base", "91921"))
    return wrong


def _wrong_id(books: Books, given: str | None) -> list[Wrong]:
    if given is None:
        return []
    if not _ID.fullmatch(given):
        return [Wrong(_PATH, "id", "81906")]
    return [Wrong(_PATH, "id", "81902")] if books.subscriptions.get(given) is not None else []


def _wrong_of_plan(call: Call, plan: Plan) -> list[Wrong]:
    account, wrong = _account(call), []
    if account not in MERCHANT_ACCOUNTS:
        wrong.append(Wrong(_PATH, "merchant_account_id", "91901"))
    elif MERCHANT_ACCOUNTS[account] != plan.currency_iso_code:
        wrong.append(Wrong(_PATH, "merchant_account_id", "91923"))
    if plan.trial_period and call.fields.get("trial_period") is None:
        wrong.append(Wrong(_PATH, "base", "91921"))
    return wrong


def _account(call: Call) -> str:
    return call.text("merchant_account_id") or DEFAULT_ACCOUNT


def _price(call: Call, usual: Decimal) -> Decimal:
    price = call.text("price")
    return usual if price is None or not FORMAT.fullmatch(price) else Decimal(price).quantize(CENT)


def _cycles(call: Call, usual: int | None) -> int | None:
    """How many periods there are, None for any number."""
    if flag(call.fields, "never_expires"):
        return None
    cycles = call.text("number_of_billing_cycles")
    return usual if cycles is None else int(cycles)
