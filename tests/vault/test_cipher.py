"""A sealed value opens with its key in its place, and nowhere else."""

import base64
import re
import traceback

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from tests.vault.rings import ring_of, with_new_key

from solitude.vault.cipher import Unsealable, key_id_of, seal, unseal
from solitude.vault.current import use_ring
from solitude.vault.keyring import KeyRing

RING = ring_of("k1")
PLACE = b"app.model:field:row"


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_what_is_sealed_opens_to_the_same(plaintext: bytes, place: bytes) -> None:
    assert unseal(seal(plaintext, place, RING), place, RING) == plaintext


def test_sealed_text_is_what_the_documentation_says() -> None:
    version, key_id, encoded = seal(b"secret", PLACE, RING).split(":")
    body = base64.urlsafe_b64decode(encoded)
    assert (version, key_id, len(body)) == ("v1", "k1", 12 + 6 + 16)
    assert AESGCM(RING.fields.by_id["k1"]).decrypt(body[:12], body[12:], PLACE) == b"secret"


def test_the_same_value_is_never_sealed_alike() -> None:
    sealed = {seal(b"same", PLACE, RING) for _ in range(500)}
    nonces = {base64.urlsafe_b64decode(text.split(":")[2])[:12] for text in sealed}
    assert len(sealed) == len(nonces) == 500


def test_the_plaintext_is_not_in_the_sealed_text() -> None:
    sealed = seal(b"plaintext" * 5, PLACE, RING)
    assert b"plaintext" not in base64.urlsafe_b64decode(sealed.split(":")[2])


def test_a_value_does_not_open_elsewhere() -> None:
    with pytest.raises(Unsealable):
        unseal(seal(b"secret", PLACE, RING), b"app.model:field:another row", RING)


def test_a_value_does_not_open_with_another_key_of_the_same_id() -> None:
    with pytest.raises(Unsealable, match="does not open with key 'k1'"):
        unseal(seal(b"secret", PLACE, RING), PLACE, ring_of("k1"))


def test_a_value_whose_key_is_gone_says_so() -> None:
    with pytest.raises(Unsealable, match="key 'k1' is not in the key ring"):
        unseal(seal(b"secret", PLACE, RING), PLACE, ring_of("k2"))


def test_after_a_change_of_keys_old_values_open_and_new_ones_have_the_new_key() -> None:
    old = seal(b"old", PLACE, RING)
    changed = with_new_key(RING, "k2")
    new = seal(b"new", PLACE, changed)
    assert (key_id_of(old), key_id_of(new)) == ("k1", "k2")
    assert unseal(old, PLACE, changed) == b"old"
    assert unseal(new, PLACE, changed) == b"new"
    with pytest.raises(Unsealable):
        unseal(old.replace("v1:k1:", "v1:k2:"), PLACE, changed)


def test_the_fields_key_is_used_and_not_the_hashes_key() -> None:
    other = ring_of("k1")
    sealed = seal(b"secret", PLACE, RING)
    assert unseal(sealed, PLACE, KeyRing(fields=RING.fields, hashes=other.hashes)) == b"secret"
    with pytest.raises(Unsealable):
        unseal(sealed, PLACE, KeyRing(fields=other.fields, hashes=RING.fields))


def test_without_a_ring_the_current_one_is_used() -> None:
    with use_ring(RING):
        assert unseal(seal(b"secret", PLACE), PLACE, RING) == b"secret"


SEALED = seal(b"four score and seven", PLACE, RING)


@given(st.integers(0, len(SEALED) - 1), st.characters(max_codepoint=255))
def test_no_character_can_be_changed(at: int, character: str) -> None:
    changed = SEALED[:at] + character + SEALED[at + 1 :]
    if changed == SEALED:
        assert unseal(changed, PLACE, RING) == b"four score and seven"
        return
    with pytest.raises(Unsealable):
        unseal(changed, PLACE, RING)


@given(st.integers(0, len(SEALED) - 1))
def test_no_end_can_be_cut_off(length: int) -> None:
    with pytest.raises(Unsealable):
        unseal(SEALED[:length], PLACE, RING)


@pytest.mark.parametrize("added", ["=", "==", "A", "\n", " ", "+", "\u0661", ":"])
def test_nothing_can_be_added(added: str) -> None:
    for changed in (SEALED + added, added + SEALED):
        with pytest.raises(Unsealable, match="is not sealed text"):
            unseal(changed, PLACE, RING)


@pytest.mark.parametrize(
    "text",
    ["", "secret", "v1:k1:", "v1::AAAA", "v2:k1:" + "A" * 40, "v1:K1:" + "A" * 40, "v1:k1:" + "A" * 36, "v1:k1:A"],
)
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(Unsealable, match=r"^buyers\.buyer:email: is not sealed text\.$"):
        unseal(text, PLACE, RING, label="buyers.buyer:email")
    with pytest.raises(Unsealable):
        key_id_of(text)


def test_the_error_names_label_and_key_id_and_nothing_else_of_the_value() -> None:
    sealed = seal(b"plaintext", PLACE, RING)
    with pytest.raises(Unsealable) as caught:
        unseal(sealed, b"elsewhere", RING, label="buyers.buyer:email")
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert str(caught.value).startswith("buyers.buyer:email: ")
    assert "'k1'" in told
    assert sealed.split(":")[2] not in told
    assert not re.search("plaintext", told.replace('seal(b"plaintext"', ""))
    assert "elsewhere" not in str(caught.value)
