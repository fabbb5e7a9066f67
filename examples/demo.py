"""Takes payments through the signed API of a real server, at providers that behave like the real ones. Run by `make demo`.

Everything it starts lives in a temporary folder and on free ports of this machine; KEEP=1 leaves it running for a browser, with a shop
(`examples/marketplace`) on top.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import urllib3

from solitude.client import BangoPrice, Declined, OutcomeUnknown, Payment, Product, Seller, Solitude

ROOT = Path(__file__).parents[1]
SHOP = "https://shop.example"
READY_WITHIN_S = 30
# What costs 10 EUR and more is for PayPal; anything else for whoever may take it.
RULES = [
    {"providers": ["paypal"], "currency": ["EUR"], "amount_from": "10"},
    {"providers": ["bango", "reference", "braintree", "paypal"]},
]
STATES = {0: "pending", 1: "completed", 2: "checked", 4: "failed", 5: "cancelled", 6: "started", 7: "errored"}
KINDS = {0: "payment", 1: "refund"}
STUDIO = {
    "vendorName": "Lovelace Works",
    "companyName": "Lovelace Works",
    "address1": "1 Harbour Road",
    "addressCity": "Vigo",
    "addressState": "Pontevedra",
    "addressZipCode": "36201",
    "addressPhone": "34600000000",
    "countryIso": "ESP",
    "currencyIso": "EUR",
}
http = urllib3.PoolManager(retries=False)


def main() -> int:
    keep = os.environ.get("KEEP") == "1"
    with ExitStack() as house:
        home = Path(tempfile.mkdtemp(prefix="solitude-demo-"))
        house.callback(shutil.rmtree, home, ignore_errors=True)
        secret = secrets.token_urlsafe(32)
        api, sandbox, shop = free_port(), free_port(), free_port()
        environment = os.environ | {
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_HOME": str(home),
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_CLIENTS": f'{{"marketplace": "{secret}"}}',
            "SOLITUDE_PAYPAL_URL": f"http://127.0.0.1:{sandbox}/paypal",
            "SOLITUDE_PAYPAL_WEB_URL": f"http://127.0.0.1:{sandbox}/paypal",
            "SOLITUDE_PAYPAL_URLS_ALLOWED": f"{SHOP},http://127.0.0.1:{shop}",
            "SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT": "10",
            "SOLITUDE_BANGO_NOTIFICATION_URL": f"http://127.0.0.1:{shop}/bango/events",
            "SOLITUDE_BRAINTREE_MIN_AMOUNT": "0.5",
            "SOLITUDE_ROUTING_RULES": json.dumps(RULES),
        }
        say(f"home      {home}")
        run("migrate", environment, home)
        run("braintree load", environment, home, str(ROOT / "examples" / "catalogue.toml"))
        house.enter_context(running(solitude("sandbox", "--port", str(sandbox)), environment, home / "sandbox.log"))
        house.enter_context(running(solitude("serve", "--port", str(api)), environment, home / "serve.log"))
        say(f"providers {wait_for(f'http://127.0.0.1:{sandbox}/', home)}  (PayPal, Bango, Zippy, Braintree, simulated)")
        say(f"server    {wait_for(f'http://127.0.0.1:{api}/services/status/', home)}")
        client = house.enter_context(Solitude(f"http://127.0.0.1:{api}", "marketplace", secret))
        right = sell(client, Fate(f"http://127.0.0.1:{sandbox}"))
        if keep:
            house.enter_context(open_shop(f"http://127.0.0.1:{api}", secret, f"http://127.0.0.1:{sandbox}", shop, home))
            title("Still running, for your browser")
            step("a shop", wait_for(f"http://127.0.0.1:{shop}/", home))
            step("the providers' console", f"http://127.0.0.1:{sandbox}/")
            step("the API", f"http://127.0.0.1:{api}/docs/")
            say("", "For solitude's commands:")
            say(f"export SOLITUDE_DEBUG=true SOLITUDE_HOME={home} SOLITUDE_CLIENTS='{environment['SOLITUDE_CLIENTS']}'")
            say("", "Ctrl-C ends it all and removes the folder.")
            wait_for_the_end()
    return 0 if right else 1


class Fate:
    """What happens at the providers without our doing: the simulators' controls."""

    def __init__(self, sandbox: str) -> None:
        self._url = f"{sandbox}/paypal/sandbox"
        self._sandbox = sandbox

    def lose_an_answer(self) -> None:
        """The next order is made, and nobody learns of it."""
        fault = {"operation": "create_order", "fault": "disconnect_after"}
        http.request("POST", f"{self._url}/faults", json=fault)

    def newest_message(self) -> dict[str, Any]:
        """What PayPal would send to the marketplace's webhook."""
        last = http.request("GET", f"{self._url}/events?limit=1").json()["newest"]
        (event,) = http.request("GET", f"{self._url}/events?after={last - 1}").json()["events"]
        return dict(event)

    def type_card(self, client_token: str) -> str:
        """The buyer tells Braintree a card, on a page with this token; the nonce that the page gets."""
        card = {"client_token": client_token, "return_url": f"{self._sandbox}/", "number": "4111111111111111"}
        body, kind = urlencode(card), {"Content-Type": "application/x-www-form-urlencoded"}
        page = http.request("POST", f"{self._sandbox}/braintree/sandbox/card", body=body, headers=kind, redirect=False)
        return dict(parse_qsl(page.headers["Location"].partition("?")[2]))["nonce"]

    def settle(self, charge: str) -> None:
        """A day or so passes, after which the bank has paid."""
        http.request("POST", f"{self._sandbox}/braintree/sandbox/settle", json={"transaction": charge})

    def pay(self, provider: str, **what: str) -> str:
        """The buyer pays on the provider's page; what the buyer's browser then brings back in its query."""
        answer = http.request("POST", f"{self._sandbox}/{provider}/sandbox/pay", json=what)
        if answer.status != 200:
            raise SystemExit(f"{provider}'s page answered {answer.status}")
        return str(answer.json()["location"]).partition("?")[2]


def sell(client: Solitude, fate: Fate) -> bool:
    """A marketplace's day: purchases, checks, a lost answer, refunds. Whether everything came out as it should."""
    title("A seller with a product")
    seller = client.create_seller("dev:ada")
    step("POST /generic/seller/", seller.resource_uri)
    client.create_paypal_seller(seller, paypal_id="ada@dev.example")
    step("POST /paypal/seller/", "ada@dev.example is the payee")
    product = client.create_product(seller=seller, external_id="star-map", public_id="5530")
    step("POST /generic/product/", f"app_id {product.public_id}")

    title("1. A purchase with the buyer's approval")
    first = buy(client, 8812, Decimal("2.49"))
    step("the buyer clicks Approve", approve(first.pay_url or ""))
    checked = client.check(uuid=first.uuid)
    step("POST /paypal/pay-check/", f"status {checked.status}")

    title("2. A purchase without it: the buyer agrees once, then pays at once")
    asked = client.start_preapproval(buyer_uuid="8812", return_url=f"{SHOP}/agreed", cancel_url=f"{SHOP}/no")
    step("POST /paypal/preapproval/", asked.resource_uri)
    step("the buyer clicks Approve", approve(asked.paypal_url))
    client.finish_preapproval(asked.pk)
    step("PUT " + asked.resource_uri, "the key is in permanent, encrypted storage")
    second = buy(client, 8812, Decimal("4.75"), use_preapproval=True)

    title("3. A purchase whose funding source is declined")
    third = buy(client, 31, Decimal("9.90"))
    step("the buyer clicks Approve", approve(third.pay_url or "", funding="capture_declined"))
    refused = check_refused(client, third)

    title("4. A purchase whose answer is lost on its way: nobody knows whether it was charged")
    fate.lose_an_answer()
    unknown = buy_without_answer(client, 8812, Decimal("3.30"))
    told = fate.newest_message()
    step("PayPal tells the marketplace", told["event_type"])
    notice = client.forward_paypal_webhook(told["headers"], told["body"])
    step("POST /paypal/webhook/", f"status {notice.status}, action {notice.action}")
    step("GET /generic/transaction/...", f"status {STATES[client.get_transaction(notice.transaction or '').status]}")

    title("5. The first purchase is refunded, in two parts")
    refunds = [
        client.refund(uuid=first.uuid, amount="1.00", reason="A chapter is missing."),
        client.refund(uuid=first.uuid),
    ]
    for refund in refunds:
        step("POST /paypal/refund/", f"status {refund.status}, {refund.amount} {refund.currency}")

    by_phone = buy_by_phone(client, fate, seller, product)
    by_reference = buy_by_reference(client, fate, seller, product)

    by_card = buy_by_card(client, fate)
    routed = buy_by_whoever_fits(client, product)

    books = show_books(client)
    return (
        checked.status == "COMPLETED"
        and second.status == "completed"
        and refused
        and notice.uuid == unknown
        and [refund.status for refund in refunds] == ["COMPLETED"] * 2
        and by_phone == by_reference == by_card == routed == "completed"
        and books == {"EUR": (Decimal("37.77"), Decimal("2.49")), "USD": (Decimal("12.00"), Decimal("2.00"))}
    )


def buy(client: Solitude, user_id: int, amount: Decimal, *, use_preapproval: bool = False) -> Payment:
    payment = client.pay(
        user_id=user_id,
        app_id="5530",
        amount=amount,
        currency="EUR",
        use_preapproval=use_preapproval,
        return_url=f"{SHOP}/paid",
        cancel_url=f"{SHOP}/cancelled",
        memo="Star Map",
    )
    step("POST /paypal/pay", f"{amount} EUR, pre-approval used: {payment.use_preapproval}, status {payment.status}")
    return payment


def buy_without_answer(client: Solitude, user_id: int, amount: Decimal) -> str:
    """The uuid of a payment of which PayPal's answer never came. Its own client would ask again with the same key, at once."""
    patient = {"user_id": user_id, "app_id": "5530", "amount": amount, "currency": "EUR", "use_preapproval": True}
    try:
        client.call("POST", "/paypal/pay", patient)
    except OutcomeUnknown as error:
        step("POST /paypal/pay", f"{amount} EUR: {error.status} {error.code}")
        return error.uuid or ""
    raise SystemExit("the answer came after all")


def buy_by_phone(client: Solitude, fate: Fate, seller: Seller, product: Product) -> str:
    """The state of a payment by Bango, on the phone bill."""
    title("6. A purchase by Bango, on the buyer's phone bill")
    addresses = {f"{whose}EmailAddress": "ada@dev.example" for whose in ("admin", "support", "finance", "paypal")}
    package = client.create_bango_package(seller.pk, {**addresses, **STUDIO})
    step("POST /bango/package/", f"Bango's number of the seller: {package.package_id}")
    game = client.create_ready_bango_product(product.pk, package.pk, name="Star Map", category=1)
    step("POST /provider/bango/product/", f"Bango's number of the product: {game.bango_id}")
    payment = client.begin_bango_payment(
        game.pk,
        title="Star Map",
        prices=[BangoPrice("2.49", "EUR")],
        success_url=f"{SHOP}/back",
        error_url=f"{SHOP}/back",
        transaction_uuid="shop:bango-1",
        user_uuid="8812",
    )
    step("POST /bango/billing/", f"billing configuration {payment.billing_configuration_id}")
    said = dict(parse_qsl(fate.pay("bango", configuration=str(payment.billing_configuration_id), network="ESP_ORANGE")))
    step("the buyer pays at Bango", f"{said['ResponseCode']}, on the bill of {said['network']}")
    client.take_in_bango_return(said)
    return show_state(client, "POST /bango/notification/", payment.transaction)


def buy_by_reference(client: Solitude, fate: Fate, seller: Seller, product: Product) -> str:
    """The state of a payment at a provider that speaks the reference interface."""
    title("7. A purchase at a provider of the reference interface, by card")
    there = client.create_reference_seller(seller.resource_uri, uuid="ada", name="Ada", email="ada@dev.example")
    client.create_reference_product(product.resource_uri, there.resource_uri, uuid="star-map", name="Star Map")
    step("POST /provider/reference/...", "a seller and a product, here and there")
    payment = client.pay_by_reference(
        product.resource_uri,
        amount="4.75",
        currency="EUR",
        pay_method="CARD",
        carrier="ESP_ORANGE",
        region="214",
        success_url=f"{SHOP}/back",
        error_url=f"{SHOP}/back",
        callback_success_url=f"{SHOP}/notices",
        callback_error_url=f"{SHOP}/notices",
    )
    step("POST /provider/reference/pay/", f"4.75 EUR, status {payment.status}")
    signed = fate.pay("reference", tx=(payment.pay_url or "").partition("?tx=")[2])
    step("the buyer pays there", "back with a signed query")
    notice = client.forward_reference_notice(signed)
    return show_state(
        client, "POST /provider/reference/notices/", notice.transaction or "", f"genuine: {notice.is_genuine}, "
    )


def buy_by_card(client: Solitude, fate: Fate) -> str:
    """The state of a payment by a card that is stored at Braintree, when it is settled. A part of it goes back."""
    title("8. A donation by Braintree, by a card that is stored there")
    client.create_buyer("9901")
    client.create_braintree_customer("9901")
    card = client.create_braintree_paymethod("9901", fate.type_card(client.create_braintree_token()))
    step("POST /braintree/paymethod/", f"{card.type_name} that ends in {card.truncated_id}; its number never came here")
    payment = client.pay_by_braintree("mozilla-foundation-donation", amount="12.00", paymethod=card).transaction
    step(
        "POST /braintree/sale/", f"{payment.amount} {payment.currency}, status {payment.status_name}: paid, not settled"
    )
    fate.settle(payment.uid_support or "")
    client.check_payment(payment.uuid)
    state = show_state(client, "POST /payments/check/", payment.resource_uri, "the bank has paid: ")
    refund = client.refund_braintree_payment(payment.uuid, amount="2.00", reason="Rounded down.")
    step("POST /braintree/refund/", f"{refund.amount} {refund.currency}, status {refund.status_name}")
    return state


def buy_by_whoever_fits(client: Solitude, product: Product) -> str:
    """The state of a payment whose provider Solitude has chosen by the rules above."""
    title("9. A purchase whose provider is chosen by a rule")
    for option in client.payment_options(product.public_id, "EUR", amount="19.99"):
        step("GET /payments/options/", f"{option.provider}: {option.why_not or 'usable'}")
    payment = client.take_payment(
        product.public_id,
        amount="19.99",
        currency="EUR",
        return_url=f"{SHOP}/paid",
        cancel_url=f"{SHOP}/cancelled",
    )
    step("POST /payments/", f"19.99 EUR, status {payment.status}")
    chosen = (entry.summary for entry in client.timeline(payment.transaction) if entry.kind == "intent")
    step("GET ...timeline/", next(chosen))
    step("the buyer clicks Approve", approve(payment.pay_url or ""))
    client.check_payment(payment.uuid)
    return show_state(client, "POST /payments/check/", payment.transaction)


def show_state(client: Solitude, what: str, transaction: str, before: str = "") -> str:
    state = client.get_transaction(transaction).status_name
    step(what, f"{before}status {state}")
    return state


def check_refused(client: Solitude, payment: Payment) -> bool:
    try:
        status = client.check(uuid=payment.uuid).status
    except Declined as error:
        status = f"declined ({error.code})"
    step("POST /paypal/pay-check/", f"status {status}")
    return status == "DECLINED"


def show_books(client: Solitude) -> dict[str, tuple[Decimal, Decimal]]:
    """Prints what was taken and refunded, and every event; the sums of both, by currency."""
    title("Transactions")
    row = "  {:<9} {:<11} {:>7} {:<4} {:>9} {:>9}  {}"
    say(row.format("type", "status", "amount", "", "taken", "refunded", "uuid"))
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    events = list(client.iter_events())
    paths = {event.resource_uri or "" for event in events}
    for path in sorted(path for path in paths if path.startswith("/generic/transaction/")):
        found = client.get_transaction(path)
        taken, refunded = found.captured_amount or Decimal(0), found.refunded_amount or Decimal(0)
        before = sums.get(found.currency, (Decimal(0), Decimal(0)))
        sums[found.currency] = (before[0] + taken, before[1] + refunded)
        amounts = (found.amount, found.currency, found.captured_amount or "-", found.refunded_amount or "-")
        say(row.format(KINDS[found.type], STATES[found.status], *map(str, amounts), found.uuid))
    for currency, (taken, refunded) in sums.items():
        say(row.format("sum", "", "", currency, str(taken), str(refunded), ""))
    title("Events")
    for event in events:
        say(f"  {event.cursor}  {event.type:<22} {event.from_status or '-':>8} -> {event.to_status or '-'}")
    return sums


def approve(url: str, funding: str = "ok") -> str:
    """Submits PayPal's page as the buyer's browser does; where the buyer is sent back to."""
    fields = {"action": "approve", "funding": funding, "buyer": "bea@buyer.example"}
    body, kind = urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
    page = http.request("POST", url, body=body, headers=kind, redirect=False)
    if page.status != 302:
        raise SystemExit(f"the approval page answered {page.status}")
    return "back to " + page.headers["Location"].partition("?")[0]


def run(command: str, environment: dict[str, str], home: Path, *arguments: str) -> None:
    file, said = home / f"{command}.log", solitude(*command.split(), *arguments)
    with file.open("wb") as log:
        status = subprocess.run(said, env=environment, stdout=log, stderr=log, check=False).returncode
    if status:
        raise SystemExit(f"solitude {command} ended with {status}:\n{file.read_text()}")
    say(f"database  solitude {command}: done")


def open_shop(api: str, secret: str, sandbox: str, port: int, home: Path) -> AbstractContextManager[None]:
    """The marketplace: of Solitude it knows address and secret, of the providers only whom to ask for PayPal's messages."""
    environment = os.environ | {
        "SOLITUDE_URL": api,
        "SOLITUDE_KEY": "marketplace",
        "SOLITUDE_SECRET": secret,
        "SHOP_PORT": str(port),
        "SHOP_BOOKS": str(home / "shop.sqlite3"),
        "PAYPAL_SIMULATOR": f"{sandbox}/paypal",
        "BRAINTREE_CARD_PAGE": f"{sandbox}/braintree/sandbox/card",
    }
    return running([sys.executable, "-m", "examples.marketplace"], environment, home / "shop.log", cwd=ROOT)


@contextmanager
def running(command: list[str], environment: dict[str, str], log_file: Path, cwd: Path | None = None) -> Iterator[None]:
    """A server in the background, ended with the block."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=cwd)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def solitude(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "solitude.cli", *arguments]


def wait_for(url: str, home: Path) -> str:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if http.request("GET", url).status == 200:
                return url
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    logs = "\n".join(f"{log.name}:\n{log.read_text()[-4000:]}" for log in sorted(home.glob("*.log")))
    raise SystemExit(f"nothing answers on {url} within {READY_WITHIN_S} s\n{logs}")


def wait_for_the_end() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("", "ended")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def title(text: str) -> None:
    say("", text)


def step(what: str, came: str) -> None:
    say(f"  {what:<34} {came}")


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
