"""The vault's own examination passes when the vault works and says what does not."""

from pathlib import Path

import pytest
from django.test import override_settings
from tests.vault.rings import ring_of

from solitude.vault import cipher, hashes
from solitude.vault.checks import VaultBroken, self_test
from solitude.vault.keyring import KeyRing, KeyRingError


def test_a_working_vault_passes(ring: KeyRing) -> None:
    assert self_test()
    assert self_test(ring_of("k1", "k2"))


def test_a_missing_key_ring_is_the_reason(tmp_path: Path) -> None:
    with (
        override_settings(SOLITUDE_KEYS_FILE=tmp_path / "keys.json", SOLITUDE_DEBUG=False),
        pytest.raises(KeyRingError, match="cannot be read"),
    ):
        self_test()


def test_values_that_do_not_open_are_found(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ring_of("k1")
    seal = cipher.seal
    monkeypatch.setattr(cipher, "seal", lambda value, place, ring: seal(value, place, other))
    with pytest.raises(VaultBroken, match="cannot be opened"):
        self_test()


def test_values_that_open_as_others_are_found(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "unseal", lambda text, place, ring: b"another")
    with pytest.raises(VaultBroken, match="opened as another"):
        self_test()


def test_values_that_open_anywhere_are_found(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    seal, unseal = cipher.seal, cipher.unseal
    monkeypatch.setattr(cipher, "seal", lambda value, place, ring: seal(value, b"", ring))
    monkeypatch.setattr(cipher, "unseal", lambda text, place, ring: unseal(text, b"", ring))
    with pytest.raises(VaultBroken, match="does not belong"):
        self_test()


@pytest.mark.parametrize("answer", [True, False])
def test_hashes_that_tell_nothing_apart_are_found(ring: KeyRing, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(hashes, "matches", lambda *arguments: answer)
    with pytest.raises(VaultBroken, match="keyed hash"):
        self_test()
