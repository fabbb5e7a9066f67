"""Values that must stay secret go through a real server; afterwards its logs, its tables and what syslog got are read for them."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from solitude.client import Solitude, SolitudeError
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.processes import House
from tests.telemetry.syslog.listeners import reader

RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"
pytestmark = pytest.mark.long
PAYPAL_SECRET = "sandbox-secret"
EMAILS = ("canary-seller@dev.example", "canary-buyer@mail.example", "canary-payer@buyer.example")
PINS = ("8426", "7531", "9753")
OTHERS = ("canary-product-secret", "canary street 7", "canary-family-name")

# Every row of every table, as text, read past the models.
DUMP = """
import os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "solitude.settings"
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f'SELECT * FROM "{table}"')
        for row in cursor.fetchall():
            print(table, *map(str, row))
"""


def test_no_secret_reaches_a_log_line_or_a_table(tmp_path: Path) -> None:
    with (
        reader() as syslog,
        processes.house(
            tmp_path, SOLITUDE_CLEANSED_SETTINGS_ACCESS="true", SOLITUDE_SYSLOG=f"tcp://127.0.0.1:{syslog.port}"
        ) as house,
    ):
        learnt = busy_day(house)
        settings = shown_settings(house)
        tables = dumped(house)
        state = house.paypal.state()
    logs = house.logs()
    assert len(learnt) >= 5, "no token of a PIN was seen"
    learnt |= {str(token) for token in keys_of(state, "payment_tokens") | keys_of(state, "setup_tokens")}
    assert len(learnt) >= 7, "the tokens of the vault were not seen"
    received = "\n".join(syslog.messages)
    for text, where in ((logs, "logs"), (received, "syslog"), (tables, "tables"), (settings, "settings")):
        assert len(text) > 2000, f"there is little to read in the {where}"
        found = [canary for canary in (*EMAILS, *OTHERS, *learnt) if canary in text]
        assert found == [], f"in the {where}"
        assert str(CLIENTS[processes.KEY]) not in text
        assert PAYPAL_SECRET not in text
        assert "A21AA" not in text  # how PayPal's access tokens begin
        assert [pin for pin in PINS if holds(text, pin)] == [], f"in the {where}"


def holds(text: str, pin: str) -> bool:
    """Whether the PIN stands in the text as a value: four digits by themselves are in many a ciphertext."""
    return re.search(rf"(?<![^\s\"'=:,({{\[]){pin}(?![^\s\"',)}}\]&])", text) is not None


@pytest.mark.parametrize("text", ['{"pin": "8426"}', "pin=8426", "x?pin=8426&y", "wrong PIN 8426", "('8426',)", "8426"])
def test_a_pin_in_a_line_is_seen(text: str) -> None:
    assert holds(text, "8426")
    assert not holds("k1:Zx8426Qa 18426 84261 0.8426", "8426")


def busy_day(house: House) -> set[str]:
    """Uses every endpoint, refusals and faults included; the secret keys that the answers showed."""
    client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), timeout_s=30)
    paypal = house.paypal
    seller = client.create_seller("dev:canary")
    client.create_paypal_seller(seller, paypal_id=EMAILS[0], address_one=OTHERS[1], last_name=OTHERS[2])
    client.create_product(seller=seller, external_id="map", public_id="5530", secret=OTHERS[0])
    client.create_buyer("canary", email=EMAILS[1])
    approved = client.pay(
        user_id="canary", app_id="5530", amount="2.49", currency="EUR", return_url=RETURN, cancel_url=CANCEL
    )
    paypal.approve(approved.pay_url or "", buyer=EMAILS[2])
    client.check(uuid=approved.uuid)
    client.refund(uuid=approved.uuid)
    asked = [client.start_preapproval(buyer_uuid="canary", return_url=RETURN, cancel_url=CANCEL) for _ in range(2)]
    for one in asked:
        with pytest.raises(SolitudeError):
            client.finish_preapproval(one.pk)
        paypal.approve(one.paypal_url, buyer=EMAILS[2])
        client.finish_preapproval(one.pk)

    def charge() -> None:
        amount = Decimal("4.75")
        client.pay(user_id="canary", app_id="5530", amount=amount, currency="EUR", use_preapproval=True)

    charge()
    for fault in ("issue:PAYEE_ACCOUNT_RESTRICTED", "error_500", "garbage_after"):
        paypal.fault("create_order", fault)
        with pytest.raises(SolitudeError):
            charge()
    with pytest.raises(SolitudeError):
        client.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", return_url="https://evil.example/")
    with pytest.raises(SolitudeError):
        client.create_buyer("canary", email=EMAILS[1])
    with pytest.raises(SolitudeError):
        Solitude(house.url, processes.KEY, "another-secret-0123456789-0123456789").find_buyer("canary")
    buyer = client.get_buyer(1)
    assert buyer.paypal is not None
    client.forget_paypal_key(buyer.paypal.resource_uri)
    # The messages hold the payer's address and the vault's tokens; a forged one is refused.
    told = paypal.told()
    notices = [client.forward_paypal_webhook(event["headers"], event["body"]) for event in told]
    assert {notice.action for notice in notices} >= {"PAYMENT", "REFUND", "PREAPPROVAL"}
    client.forward_paypal_webhook(told[0]["headers"], told[0]["body"].replace("{", "{ ", 1))
    for event in client.iter_events():
        if event.resource_uri and event.resource_uri.startswith("/generic/transaction/"):
            assert client.timeline(event.resource_uri)
    assert client.uncertain().count <= 3
    assert client.status().ok
    assert client.whoami() == processes.KEY
    assert client.failed_products() == ()
    assert client.bad_statuses() == ()
    assert client.call("GET", "/services/logs/")["failed"] == []
    with pytest.raises(SolitudeError, match="500"):
        client.call("GET", "/services/error/")
    tokens = pins(client)
    return {one.key for one in asked} | tokens


def pins(client: Solitude) -> set[str]:
    """Sets, gives and loses PINs in every way there is; the tokens that came of it."""
    right, new, wrong = PINS
    client.create_buyer("pinned", email=EMAILS[1], pin=right)
    buyer = client.change_buyer(client.find_buyer("pinned"), new_pin=new, needs_pin_reset=True)
    assert client.confirm_pin("pinned", right)
    checked = [client.verify_pin("pinned", right) for _ in range(2)]
    client.pay(
        user_id="pinned",
        app_id="5530",
        amount="2.49",
        currency="EUR",
        return_url=RETURN,
        cancel_url=CANCEL,
        pin_token=checked[0].token,
    )
    for refused in (checked[0].token, "made-up-token-of-a-pin"):
        with pytest.raises(SolitudeError):
            client.pay(
                user_id="pinned",
                app_id="5530",
                amount="2.49",
                currency="EUR",
                return_url=RETURN,
                cancel_url=CANCEL,
                pin_token=refused,
            )
    assert client.reset_confirm_pin("pinned", new)
    while not client.verify_pin("pinned", wrong).locked:
        assert not client.reset_confirm_pin("pinned", wrong)
    for call in (client.confirm_pin, client.reset_confirm_pin):
        assert not call("pinned", new)
    for bad in (f"{right}1", f"x{right[1:]}"):
        with pytest.raises(SolitudeError):
            client.change_buyer(buyer, pin=bad)
        with pytest.raises(SolitudeError):
            client.verify_pin("pinned", bad)
    with pytest.raises(SolitudeError):
        client.verify_pin("nobody-here", right)
    client.close_buyer(buyer)
    return {token for one in checked if (token := one.token)} | {"made-up-token-of-a-pin"}


def shown_settings(house: House) -> str:
    client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]))
    return "\n".join(f"{name}={client.setting(name)}" for name in client.setting_names())


def dumped(house: House) -> str:
    environment = house.environment | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", DUMP], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return ended.stdout


def keys_of(state: dict[str, object], name: str) -> set[str]:
    found = json.loads(json.dumps(state[name]))
    return set(found) if isinstance(found, dict) else {item["id"] for item in found}
