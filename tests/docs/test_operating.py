"""docs/operating.md says what is there: its example hands notifications on, and its names are those of the code."""

import io
import re
from pathlib import Path
from typing import Any

import pytest

from solitude.client import Retries
from solitude.providers.paypal.rest import webhooks
from tests.docs.test_examples import ROOT, blocks
from tests.services.test_plugin import LINE
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port

DOCUMENT = "docs/operating.md"
TEXT = (ROOT / DOCUMENT).read_text(encoding="utf-8")


def forwarder(url: str) -> Any:
    """The WSGI application of the document, for a server at this URL."""
    names: dict[str, Any] = {"url": url, "key": processes.KEY, "secret": CLIENTS[processes.KEY]}
    (block,) = blocks(DOCUMENT, "python")
    exec(compile(block, DOCUMENT, "exec"), names)  # noqa: S102  # our own document
    return names["paypal_notification"]


def answered(application: Any, headers: dict[str, str], body: bytes) -> str:
    said: list[str] = []
    environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "shop.example"}
    assert application(environ, lambda status, _: said.append(status)) == []
    return said[0]


@pytest.mark.long
def test_the_example_hands_notifications_on(tmp_path: Path) -> None:
    with processes.house(tmp_path) as house:
        forward = forwarder(house.url)
        asked = forward.__globals__["solitude"]
        seller = asked.create_seller("dev:ada")
        asked.create_paypal_seller(seller, paypal_id="ada@dev.example")
        asked.create_product(seller=seller, external_id="map", public_id="5530")
        back = "https://shop.example/back"
        payment = asked.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", return_url=back, cancel_url=back)
        house.paypal.approve(payment.pay_url)
        (told,) = house.paypal.told("CHECKOUT.ORDER.APPROVED")

        for _ in range(2):
            assert answered(forward, told["headers"], told["body"].encode()) == "200 OK"

        assert asked.get_transaction(payment.transaction).status == 1
        assert len(house.paypal.captured()) == 1


def test_the_example_asks_paypal_to_come_again_when_it_could_not_hand_on() -> None:
    forward = forwarder(f"http://127.0.0.1:{free_port()}")
    forward.__globals__["solitude"]._retries = Retries(tries=1)

    assert answered(forward, {"PAYPAL-AUTH-ALGO": "SHA256withRSA"}, b"{}").startswith("503")
    assert answered(forward, {}, b"\xff").startswith("503")


def test_every_setting_that_is_named_is_a_setting() -> None:
    named = set(re.findall(r"SOLITUDE_[A-Z_]+", TEXT))

    assert len(named) > 8
    table = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert {name for name in named if f"| `{name}` |" not in table} == set()


def test_every_event_that_is_read_is_named() -> None:
    """In the document, a list goes on with the last word of a name."""
    named, family = set(), ""
    for name in re.findall(r"`([A-Z.-]*\.[A-Z-]+)`", TEXT):
        full = f"{family}{name}" if name.startswith(".") else name
        family = full.rpartition(".")[0]
        named.add(full)

    assert named == set(webhooks._READERS)


def test_the_line_of_the_check_is_one_that_it_prints() -> None:
    (shown,) = [line for line in TEXT.splitlines() if line.startswith("SOLITUDE WARNING")]

    assert LINE.fullmatch(f"{shown}\n")


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXT)

    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
