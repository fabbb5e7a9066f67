"""The steps of a change of keys, each on its own."""

import pytest
from tests.vault.rings import ring_of

from solitude.vault import edits
from solitude.vault.hashes import keyed_hash, matches
from solitude.vault.keyring import KeyRing, KeyRingError


def refused(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(KeyRingError) as caught:
        call(*arguments)
    return str(caught.value)


def test_a_new_key_is_known_and_not_current() -> None:
    ring, key_id = edits.add(KeyRing.generate(development=False), "hashes", None, None)
    assert key_id == "h2"
    assert set(ring.hashes.by_id) == {"k1", "h2"}
    assert ring.hashes.current == "k1"
    assert "h2" in ring.pepper.by_id  # a PIN may come to be kept under it only where there is no pepper


def test_a_key_that_is_made_current_makes_what_is_new_and_finds_what_is_old() -> None:
    before = ring_of("k1")
    old = keyed_hash("card", "4111", before)
    ring, key_id = edits.add(before, "hashes", None, "next")
    ring = edits.make_current(ring, "hashes", None, key_id)
    assert keyed_hash("card", "4111", ring).startswith("next:")
    assert matches("card", "4111", old, ring)
    assert ring.hashes.current_since


def test_a_retired_id_never_returns() -> None:
    ring, _ = edits.add(ring_of("k1"), "hashes", None, None)
    ring = edits.make_current(ring, "hashes", None, "h2")
    pepper, _ = edits.add(ring, "pepper", None, None)
    ring = edits.retire(edits.make_current(pepper, "pepper", None, "p3"), "hashes", None, "k1")
    assert set(ring.hashes.by_id) == {"h2"}
    assert "k1" not in ring.pepper.by_id
    # Not for PINs either: one that is marked with it shall not meet another key.
    for purpose in ("hashes", "pepper"):
        assert "an id never returns" in refused(edits.add, ring, purpose, None, "k1")
    assert edits.add(ring, "fields", None, "k9")[1] == "k9"


def test_what_is_current_is_not_retired() -> None:
    ring = ring_of("k1")
    assert "rotate first" in refused(edits.retire, ring, "fields", None, "k1")
    ring, _ = edits.add(ring, "hashes", None, None)
    ring = edits.make_current(ring, "hashes", None, "h2")
    assert "PINs are still kept under 'k1'" in refused(edits.retire, ring, "hashes", None, "k1")


def test_a_client_has_two_secrets_at_most() -> None:
    ring, first = edits.add(ring_of("k1"), "clients", "shop", None)
    assert ring.clients["shop"].current == first == "c1"
    ring, second = edits.add(ring, "clients", "shop", None)
    assert ring.clients["shop"].current == "c1"
    assert "has 2 secrets already" in refused(edits.add, ring, "clients", "shop", None)
    ring = edits.retire(edits.make_current(ring, "clients", "shop", second), "clients", "shop", "c1")
    assert list(ring.clients["shop"].by_id) == ["c2"]


def test_a_client_that_is_gone_leaves_with_its_last_secret() -> None:
    ring, _ = edits.add(ring_of("k1"), "clients", "shop", None)
    ring = edits.retire(ring, "clients", "shop", "c1")
    assert not ring.clients
    assert edits.add(ring, "clients", "shop", None)[1] == "c2"


@pytest.mark.parametrize(
    ("purpose", "party", "problem"),
    [
        ("keys", None, "there is no purpose 'keys'"),
        ("fields", "shop", "fields takes no --of"),
        ("clients", None, "clients needs --of"),
        ("clients", "a shop", "the name of a client or provider"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(purpose: str, party: str | None, problem: str) -> None:
    assert problem in refused(edits.add, ring_of("k1"), purpose, party, None)
