"""`python -m examples.marketplace`: the shop, until SIGTERM or Ctrl-C.

| variable | what |
|---|---|
| `SOLITUDE_URL`, `SOLITUDE_KEY`, `SOLITUDE_SECRET` | where Solitude is, and the secret that it shares with this shop |
| `SHOP_PORT` | where customers come (2600); Solitude knows it by `SOLITUDE_PAYPAL_URLS_ALLOWED` and `SOLITUDE_BANGO_NOTIFICATION_URL` |
| `SHOP_BOOKS` | file of the shop's own database (`shop.sqlite3`) |
| `PAYPAL_SIMULATOR` | PayPal's simulator, which is asked to send its messages here |
| `BRAINTREE_CARD_PAGE` | where customers type their cards: the simulator's page; without it nobody pays by card |
"""

import os
import sys
from pathlib import Path

import urllib3
from werkzeug.serving import make_server

from solitude.client import Solitude

from .books import Books
from .catalogue import publish
from .feed import Feed
from .shop import Shop
from .till import Till
from .ways import Bango, Braintree, PayPal, Reference, Routed, Way

HOST = "127.0.0.1"


def main() -> None:
    """Wires the parts and serves."""
    port = int(os.environ.get("SHOP_PORT", "2600"))
    url = f"http://{HOST}:{port}"
    books = Books(Path(os.environ.get("SHOP_BOOKS", "shop.sqlite3")))
    with Solitude(os.environ["SOLITUDE_URL"], os.environ["SOLITUDE_KEY"], os.environ["SOLITUDE_SECRET"]) as client:
        paypal = PayPal(client, books, url)
        ways: list[Way] = [paypal, Bango(client, url), Reference(client, url)]
        if card_page := os.environ.get("BRAINTREE_CARD_PAGE"):
            ways.append(Braintree(client, card_page))
        ways.append(Routed(client, url, {way.key: way for way in ways}))
        till = Till(books, {way.key: way for way in ways}, url)
        publish(client, till.ways.values())
        Feed(client, books, till).start()
        server = make_server(HOST, port, Shop(books, till, paypal), threaded=True)
        if simulator := os.environ.get("PAYPAL_SIMULATOR"):
            ask_for_messages(f"{simulator}/sandbox/webhook", f"{url}/paypal/webhook")
            ask_for_messages(f"{simulator}/sandbox/ipn-url", f"{url}/paypal/ipn")
        sys.stdout.write(f"shop ready on {url}/\n")
        sys.stdout.flush()
        server.serve_forever()


def ask_for_messages(control: str, address: str) -> None:
    """At the real PayPal an operator enters the addresses in the developer dashboard: the shop has no credentials for it."""
    answer = urllib3.request("POST", control, json={"url": address})
    if answer.status != 200:
        raise SystemExit(f"the simulator answered {answer.status}: {answer.data.decode()}")


if __name__ == "__main__":
    main()
