"""A day of a marketplace at a real server, with every provider, every PIN and every fault; all that it was answered is kept."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from solitude.client import Solitude, SolitudeError
from solitude.client.transport import Answer, Call
from tests.bango.world import BANK, PACKAGE
from tests.keys.load import event_of
from tests.support.braintree import BraintreeSimulator
from tests.support.processes import House

RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"
EMAILS = ("cnry-seller@dev.example", "cnry-buyer@mail.example", "cnry-payer@buyer.example")
PINS = ("8426", "7531", "9753")
PRODUCT_SECRET, STREET, FAMILY = "cnry-product-secret", "cnry street 7", "cnry-family-name"
MADE_UP_TOKEN, BANK_ACCOUNT = "cnry-made-up-token-of-a-pin", "730415519"


class Heard(Solitude):
    """The client, and each answer with the path that was called, refusals among them."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, timeout_s=60, **more)
        self.heard: list[tuple[str, Any]] = []

    def _persist(self, call: Call, *arguments: Any) -> Answer:
        name = f"{call.method} {urlsplit(call.target).path}"
        try:
            answer = super()._persist(call, *arguments)
        except SolitudeError as error:
            self.heard.append((name, dict(error.body)))
            raise
        self.heard.append((name, answer.body))
        return answer


def refused(match: str | None = None) -> Any:
    """Within it the server says no."""
    return pytest.raises(SolitudeError, match=match)


def busy(client: Heard, house: House) -> dict[str, str]:
    """Everything through PayPal, refusals and faults included; the secrets that came of it, by what they are."""
    paypal = house.paypal
    seller = client.create_seller("dev:canary")
    client.create_paypal_seller(seller, paypal_id=EMAILS[0], address_one=STREET, last_name=FAMILY)
    client.create_product(seller=seller, external_id="map", public_id="5530", secret=PRODUCT_SECRET)
    client.create_buyer("canary", email=EMAILS[1])
    approved = ordered(client, "canary")
    paypal.approve(approved.pay_url or "", buyer=EMAILS[2])
    client.check(uuid=approved.uuid)
    client.refund(uuid=approved.uuid)
    asked = [client.start_preapproval(buyer_uuid="canary", return_url=RETURN, cancel_url=CANCEL) for _ in range(2)]
    for one in asked:
        with refused():
            client.finish_preapproval(one.pk)
        paypal.approve(one.paypal_url, buyer=EMAILS[2])
        client.finish_preapproval(one.pk)
    charge(client)
    for fault in ("issue:PAYEE_ACCOUNT_RESTRICTED", "error_500", "garbage_after"):
        paypal.fault("create_order", fault)
        with refused():
            charge(client)
    with refused():
        client.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", return_url="https://evil.example/")
    with refused():
        client.create_buyer("canary", email=EMAILS[1])
    # The messages hold the payer's address and the vault's tokens; a forged one is refused.
    told = paypal.told()
    notices = [client.forward_paypal_webhook(event["headers"], event["body"]) for event in told]
    assert {notice.action for notice in notices} >= {"PAYMENT", "REFUND", "PREAPPROVAL"}
    client.forward_paypal_webhook(told[0]["headers"], told[0]["body"].replace("{", "{ ", 1))
    return {one.key: "a temporary pre-approval key" for one in asked} | logged_in(client, house)


def ordered(client: Heard, buyer: str, **more: Any) -> Any:
    urls = {"return_url": RETURN, "cancel_url": CANCEL}
    return client.pay(user_id=buyer, app_id="5530", amount="2.49", currency="EUR", **urls, **more)


def charge(client: Heard) -> None:
    client.pay(user_id="canary", app_id="5530", amount=Decimal("4.75"), currency="EUR", use_preapproval=True)


def logged_in(client: Heard, house: House) -> dict[str, str]:
    """A seller lets us know who it is: of that comes a refresh token, which is used, and refused."""
    page = client.permission_url(RETURN, ["ACCESS_BASIC_PERSONAL_DATA"], seller="dev:canary")
    back = house.paypal.log_in(page, EMAILS[0])
    with refused():
        client.permission_token(back["state"], "cnry-no-code-of-paypals", "dev:canary")
    page = client.permission_url(RETURN, ["ACCESS_BASIC_PERSONAL_DATA"], seller="dev:canary")
    later = house.paypal.log_in(page, EMAILS[0])
    assert client.permission_token(later["state"], later["code"], "dev:canary")
    assert client.personal_basic("dev:canary")
    house.paypal.fault("person_token", "error_500")
    with refused():
        client.personal_basic("dev:canary")
    return {
        "cnry-no-code-of-paypals": "a code that PayPal does not know",
        **{back[name]: f"a seller's {name} of a log-in" for name in ("state", "code")},
        **{later[name]: f"a seller's {name} of a log-in" for name in ("state", "code")},
    }


def cards(client: Heard, house: House) -> dict[str, str]:
    """A buyer's cards at Braintree, one of them declined."""
    braintree = BraintreeSimulator(house.paypal.root, "braintree")
    client.create_braintree_token()
    client.create_braintree_customer("canary")
    nonces = [braintree.nonce(), braintree.nonce(behaviour="declined"), "cnry-no-nonce-of-braintrees"]
    kept = client.create_braintree_paymethod("canary", nonces[0])
    for bad in nonces:
        with refused():
            client.create_braintree_paymethod("canary", bad)
    tokens = [str(method["token"]) for method in braintree.methods()]
    assert tokens
    client.delete_braintree_paymethod(kept.resource_uri)
    return dict.fromkeys(nonces, "a nonce of a card") | dict.fromkeys(tokens, "the token of a card")


def bank_accounts(client: Heard, user: str, passwords: dict[str, str]) -> dict[str, str]:
    """A seller's account at Bango, and events in Bango's name with these passwords, by what they are, the last one wrong."""
    package = client.create_bango_package("/generic/seller/1/", PACKAGE)
    account = {**BANK, "bankAccountNumber": BANK_ACCOUNT}
    client.call("POST", "/bango/bank/", {"seller_bango": package.resource_uri, **account})
    for number, password in enumerate(passwords):
        with refused():
            client.take_in_bango_event(event_of(f"771004{number}", "solitude:nobody"), user, password)
    return {**passwords, BANK_ACCOUNT: "the number of a bank account"}


def looks(client: Heard) -> None:
    """Everything that tells of what was done."""
    buyer = client.get_buyer(1)
    assert buyer.paypal is not None
    client.forget_paypal_key(buyer.paypal.resource_uri)
    for event in client.iter_events():
        if event.resource_uri and event.resource_uri.startswith("/generic/transaction/"):
            assert client.timeline(event.resource_uri)
    for path in ("/services/uncertain/", "/services/status/", "/services/logs/", "/services/retention/"):
        client.call("GET", path)
    assert client.whoami()
    with refused("500"):
        client.call("GET", "/services/error/")
    for name in client.setting_names():
        client.setting(name)


def pins(client: Heard) -> dict[str, str]:
    """Sets, gives and loses PINs in every way there is; the tokens that came of it."""
    right, new, wrong = PINS
    client.create_buyer("pinned", email=EMAILS[1].replace("buyer", "pinned"), pin=right)
    buyer = client.change_buyer(client.find_buyer("pinned"), new_pin=new, needs_pin_reset=True)
    assert client.confirm_pin("pinned", right)
    checked = [client.verify_pin("pinned", right) for _ in range(2)]
    ordered(client, "pinned", pin_token=checked[0].token)
    for bad in (checked[0].token, MADE_UP_TOKEN):
        with refused():
            ordered(client, "pinned", pin_token=bad)
    assert client.reset_confirm_pin("pinned", new)
    while not client.verify_pin("pinned", wrong).locked:
        assert not client.reset_confirm_pin("pinned", wrong)
    for call in (client.confirm_pin, client.reset_confirm_pin):
        assert not call("pinned", new)
    for bad in (f"{right}1", f"x{right[1:]}"):
        with refused():
            client.change_buyer(buyer, pin=bad)
        with refused():
            client.verify_pin("pinned", bad)
    with refused():
        client.verify_pin("nobody-here", right)
    client.close_buyer(buyer)
    tokens = {token: "the token of a PIN" for one in checked if (token := one.token)}
    assert len(tokens) == 2
    return {**tokens, MADE_UP_TOKEN: "a token of a PIN that was made up", **dict.fromkeys(PINS, "a PIN")}


def vault_tokens(state: dict[str, Any]) -> Iterator[str]:
    """The vault's tokens in PayPal's books."""
    for name in ("payment_tokens", "setup_tokens"):
        found = state[name]
        yield from found if isinstance(found, dict) else (item["id"] for item in found)
