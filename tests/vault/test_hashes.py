"""A keyed hash finds and recognises a value, also after a change of keys, and says nothing about it."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vault.rings import ring_of, with_new_key

from solitude.vault.current import use_ring
from solitude.vault.hashes import candidates, keyed_hash, matches, under
from solitude.vault.keyring import KeyRing

RING = ring_of("k1")
labels = st.from_regex(r"[a-z0-9._-]{1,64}", fullmatch=True)


def test_a_hash_is_hmac_sha256_over_label_and_value() -> None:
    key_id, digest = keyed_hash("card", "4111", RING).split(":")
    assert key_id == "k1"
    assert digest == hmac.new(RING.hashes.current_key, b"card\0" + b"4111", hashlib.sha256).hexdigest()


@given(labels, st.text(max_size=50))
def test_a_value_matches_its_own_hash(label: str, value: str) -> None:
    assert matches(label, value, keyed_hash(label, value, RING), RING)


@given(labels, st.binary(max_size=20), labels, st.binary(max_size=20))
def test_two_hashes_are_equal_only_for_the_same_label_and_value(
    label: str, value: bytes, other_label: str, other_value: bytes
) -> None:
    same = (label, value) == (other_label, other_value)
    assert (keyed_hash(label, value, RING) == keyed_hash(other_label, other_value, RING)) == same
    assert matches(other_label, other_value, keyed_hash(label, value, RING), RING) == same


def test_a_hash_can_be_made_as_it_was_under_an_older_key() -> None:
    old = keyed_hash("card", "4111", RING)
    newer = with_new_key(RING, "k2")
    assert under("k1", "card", "4111", newer) == old
    assert under("k2", "card", "4111", newer) == keyed_hash("card", "4111", newer) != old
    assert under("k3", "card", "4111", newer) is None
    assert under("", "card", "4111", newer) is None


def test_label_and_value_do_not_run_into_each_other() -> None:
    assert keyed_hash("ab", "c", RING) != keyed_hash("a", "bc", RING)
    assert keyed_hash("a", "b\0c", RING) != keyed_hash("a", "bc", RING)


def test_text_is_its_utf8_bytes() -> None:
    assert keyed_hash("name", "Zoë", RING) == keyed_hash("name", "Zoë".encode(), RING)


def test_a_lone_surrogate_hashes_like_any_text() -> None:
    assert matches("name", "\ud800", keyed_hash("name", "\ud800", RING), RING)
    assert not matches("name", "\ud801", keyed_hash("name", "\ud800", RING), RING)


@pytest.mark.parametrize("label", ["", "A", "a b", "a\0", "a\n", "ä", "x" * 65])
def test_a_label_is_plain(label: str) -> None:
    for call in (keyed_hash, candidates):
        with pytest.raises(ValueError, match="label"):
            call(label, "value", RING)


def test_a_hash_from_before_a_change_of_keys_is_found_and_matches() -> None:
    old = keyed_hash("card", "4111", RING)
    changed = with_new_key(RING, "k2")
    new = keyed_hash("card", "4111", changed)
    assert old != new
    assert candidates("card", "4111", changed) == [new, old]
    assert matches("card", "4111", old, changed)
    assert matches("card", "4111", new, changed)
    assert not matches("card", "4112", old, changed)


def test_the_current_key_comes_first_among_the_candidates_and_the_rest_in_order() -> None:
    ring = ring_of("k3", "k1", "k2")
    assert [text.split(":")[0] for text in candidates("card", "4111", ring)] == ["k2", "k1", "k3"]


@pytest.mark.parametrize(
    "stored",
    ["", ":", "k1", "k1:", "k9:" + "0" * 64, "k1:" + "0" * 64, "k1:ä", "\ud800".encode("utf-8", "replace").decode()],
)
def test_what_is_not_the_hash_does_not_match(stored: str) -> None:
    assert not matches("card", "4111", stored, RING)


def test_a_hash_under_a_key_that_is_gone_does_not_match() -> None:
    assert not matches("card", "4111", keyed_hash("card", "4111", RING), ring_of("k2"))


def test_another_key_gives_another_hash_and_the_fields_key_has_no_part() -> None:
    other = ring_of("k1")
    assert keyed_hash("card", "4111", RING) != keyed_hash("card", "4111", other)
    same_hashes = KeyRing(fields=other.fields, hashes=RING.hashes)
    assert keyed_hash("card", "4111", RING) == keyed_hash("card", "4111", same_hashes)


def test_without_a_ring_the_current_one_is_used() -> None:
    with use_ring(RING):
        stored = keyed_hash("card", "4111")
        assert stored == keyed_hash("card", "4111", RING)
        assert candidates("card", "4111") == [stored]
        assert matches("card", "4111", stored)
