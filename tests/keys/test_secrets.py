"""Secrets that others have too: each party has two of them for a while, and PINs outlive the change of their key."""

import secrets
from argparse import Namespace
from pathlib import Path

import pytest
from django.test import override_settings

from solitude.buyers import forgetting, hashing
from solitude.buyers.models import Buyer, PinToken
from solitude.cli import keys as commands
from solitude.providers.bango import event_password
from solitude.vault import edits, holding, uses
from solitude.vault.current import use_ring
from solitude.vault.keyring import KeyRing
from solitude.vault.keys import KeyRingError
from solitude.web import known_clients
from tests.support.marketplace import Api, Marketplace
from tests.vault.rings import kept, ring_of

pytestmark = pytest.mark.long

BUYERS = "/generic/buyer/"


def with_secrets(purpose: str, party: str) -> KeyRing:
    ring, _ = edits.add(ring_of("k1"), purpose, party, None)
    return edits.add(ring, purpose, party, None)[0]


def test_a_client_of_the_ring_signs_with_either_secret(shop: Marketplace) -> None:
    ring = with_secrets("clients", "till")
    with use_ring(ring):
        for key_id, secret in ring.clients["till"].in_order:
            assert Api("till", secret.decode()).get(BUYERS).status == 200
            assert ("clients:till", key_id) in uses.since(0)
        assert Api("till", secrets.token_urlsafe(32)).get(BUYERS).status == 401
    assert Api("till", ring.clients["till"].by_id["c1"].decode()).get(BUYERS).status == 401


def test_a_client_of_the_ring_may_do_what_it_is_allowed(shop: Marketplace) -> None:
    ring, _ = edits.add(ring_of("k1"), "clients", "till", None, ("GET /services/*",))
    with use_ring(ring):
        api = Api("till", ring.clients["till"].by_id["c1"].decode())
        assert api.get(BUYERS).status == 403
        assert api.get("/services/request/").status == 200


def test_a_client_in_settings_and_ring_has_the_secrets_of_both(shop: Marketplace) -> None:
    ring, _ = edits.add(ring_of("k1"), "clients", "marketplace", None, ("GET /services/*",))
    with use_ring(ring):
        assert shop.get(BUYERS).status == 200
        # What it may call is what the settings say.
        assert Api("marketplace", ring.clients["marketplace"].by_id["c1"].decode()).get(BUYERS).status == 200
        found = known_clients.known()["marketplace"]
        assert found.secrets[0] == ring.clients["marketplace"].by_id["c1"]
        assert len(found.secrets) == 2


def test_bango_is_believed_under_each_of_its_passwords() -> None:
    ring = with_secrets("notifications", "bango")
    with use_ring(ring):
        for secret in ring.notifications["bango"].by_id.values():
            assert event_password.is_right("sandbox-event-user", secret.decode())
            assert not event_password.is_right("another", secret.decode())
        assert event_password.is_right("sandbox-event-user", "sandbox-event-password")
        assert not event_password.is_right("sandbox-event-user", "")
        assert event_password.for_new_packages() == ring.notifications["bango"].by_id["n1"].decode()
    assert event_password.for_new_packages() == "sandbox-event-password"


def with_pepper(ring: KeyRing) -> KeyRing:
    ring, key_id = edits.add(ring, "pepper", None, None)
    return edits.make_current(ring, "pepper", None, key_id)


def kept_pin() -> str:
    return Buyer.objects.get(uuid="shop:pin").pin or ""


def test_a_pin_of_before_the_pepper_is_right_and_comes_under_it(shop: Marketplace) -> None:
    before = ring_of("k1")
    with use_ring(before):
        shop.post(BUYERS, {"uuid": "shop:pin", "pin": "1234"})
        shop.post("/generic/confirm_pin/", {"uuid": "shop:pin", "pin": "1234"})
        assert kept_pin().startswith("k1:")
    with use_ring(with_pepper(before)):
        for _ in range(2):
            assert shop.post("/generic/verify_pin/", {"uuid": "shop:pin", "pin": "1234"})["valid"]
        assert kept_pin().startswith("p2:")


def test_a_forgotten_pin_is_there_and_none_is_right(shop: Marketplace, security_events: list[str]) -> None:
    before = ring_of("k1")
    with use_ring(before):
        shop.post(BUYERS, {"uuid": "shop:pin", "pin": "1234"})
        shop.post("/generic/confirm_pin/", {"uuid": "shop:pin", "pin": "1234"})
        assert shop.post("/generic/verify_pin/", {"uuid": "shop:pin", "pin": "1234"})["pin_token"]
    with use_ring(with_pepper(before)):
        assert forgetting.forget_pins_of("k1") == 1
        assert not PinToken.objects.exists()
        assert forgetting.forget_pins_of("k1") == 0
        buyer = shop.get(f"{BUYERS}?uuid=shop:pin")["objects"][0]
        assert (buyer["pin"], buyer["needs_pin_reset"]) == (True, True)
        assert kept_pin() == hashing.FORGOTTEN
        assert not shop.post("/generic/verify_pin/", {"uuid": "shop:pin", "pin": "1234"})["valid"]
        # Until the buyer has chosen another one.
        shop.patch(buyer["resource_uri"], {"new_pin": "9876"})
        assert shop.post("/generic/reset_confirm_pin/", {"uuid": "shop:pin", "pin": "9876"})["confirmed"]
        assert shop.post("/generic/verify_pin/", {"uuid": "shop:pin", "pin": "9876"})["valid"]
    assert not [line for line in security_events if "Unknown key" in line]


def test_pins_are_forgotten_with_a_key_of_theirs_alone_and_that_is_told(
    shop: Marketplace, tmp_path: Path, security_events: list[str]
) -> None:
    before = ring_of("k1")
    with use_ring(before):
        shop.post(BUYERS, {"uuid": "shop:pin", "pin": "1234"})
    ring = with_pepper(before)
    for purpose in ("fields", "hashes"):
        ring = edits.make_current(edits.add(ring, purpose, None, "k2")[0], purpose, None, "k2")
    chosen = {"of": None, "id": "k1", "wait_s": 0, "unused_for_s": 1, "reset_pins": True}
    holding._held.clear()
    with override_settings(SOLITUDE_KEYS_FILE=kept(ring, tmp_path / "keys.json"), SOLITUDE_DEBUG=False):
        with pytest.raises(KeyRingError, match="--reset-pins goes with pepper or hashes"):
            commands._retire(Namespace(purpose="fields", **chosen))
        assert kept_pin().startswith("k1:")
        assert commands._retire(Namespace(purpose="hashes", **chosen)) == 0
    holding._held.clear()
    assert kept_pin() == hashing.FORGOTTEN
    (told,) = [line for line in security_events if "|PINs forgotten|2|" in line]
    assert "cs6=hashes cs7Label=key cs7=k1" in told


@pytest.mark.parametrize("text", ["a,b", "2A9741408B151863U,1JE4291016473214C"])
def test_paypals_webhook_may_have_two_ids_while_it_changes(text: str) -> None:
    from solitude.configuration import plain_ids

    assert plain_ids(text) == text
    for wrong in ("a,b,c", "a,", ",a", "a b,c"):
        with pytest.raises(ValueError, match="two such ids"):
            plain_ids(wrong)
