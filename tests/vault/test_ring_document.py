"""The key ring as it is written down: version 2 as it was, and version 1 as version 2 will have it."""

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from tests.vault.rings import ring_of

from solitude.vault import edits
from solitude.vault.keyring import KeyRing, KeyRingError
from solitude.vault.ring_document import digest, parsed, written


def grown() -> KeyRing:
    """A ring with something of everything."""
    ring = KeyRing.generate(development=False)
    for purpose in ("fields", "hashes", "pepper", "seals"):
        ring, _ = edits.add(ring, purpose, None, None)
    ring, _ = edits.add(ring, "clients", "shop", None, ("GET /services/*",))
    ring, _ = edits.add(ring, "clients", "shop", None)
    ring, _ = edits.add(ring, "notifications", "bango", None)
    ring = edits.make_current(ring, "fields", None, "k2")
    return edits.retire(ring, "fields", None, "k1")


def first_version() -> dict[str, Any]:
    one, two = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    purposes = {name: {"current": "k1", "keys": {"k1": key}} for name, key in (("fields", one), ("hashes", two))}
    return {"version": 1, "development": False, "purposes": purposes}


def test_everything_in_a_ring_is_read_back() -> None:
    ring = grown()
    again = parsed(written(ring).encode())
    assert again == ring
    assert digest(again) == digest(ring)
    assert again.clients["shop"].allow == ("GET /services/*",)
    assert [(one.purpose, one.id) for one in again.retired] == [("fields", "k1")]


def test_a_ring_of_version_1_is_the_same_ring_after_its_upgrade() -> None:
    ring = parsed(json.dumps(first_version()).encode())
    upgraded = parsed(written(ring).encode())
    assert (ring.version, upgraded.version) == (1, 2)
    assert upgraded == ring
    # So PINs go on under the hashes' key until the pepper has one, and seals do not depend on it.
    assert upgraded.pepper.current == upgraded.hashes.current == "k1"
    assert upgraded.own_ids("pepper") == ()
    assert upgraded.seals.current_key != upgraded.hashes.current_key


def test_any_change_of_a_ring_changes_its_digest() -> None:
    ring = ring_of("k1")
    other, _ = edits.add(ring, "clients", "shop", None)
    assert (
        len({digest(ring), digest(other), digest(ring_of("k1")), digest(edits.add(ring, "seals", None, None)[0])}) == 4
    )


def test_no_secret_is_shown() -> None:
    ring = grown()
    for one in (*ring.clients.values(), *ring.notifications.values()):
        for secret in one.by_id.values():
            assert secret.decode() not in repr(ring) + repr(one)


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written(grown()))
    edit(document)
    return document


def purpose(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["purposes"][name]
    return found


MALFORMED = {
    "another version": (edited(lambda d: d.update(version=3)), '"version" must be 2'),
    "a purpose missing": (edited(lambda d: d["purposes"].pop("seals")), '"purposes" must be an object with fields, '),
    "a key alone": (edited(lambda d: purpose(d, "fields")["keys"].update(k9="x")), "key 'k9' is not base64"),
    "an unknown word": (edited(lambda d: purpose(d, "fields").update(note="x")), "purpose fields must be an object"),
    "a time that is none": (edited(lambda d: purpose(d, "fields").update(since=5)), "a time must be a text"),
    "an id of two purposes": (
        edited(lambda d: purpose(d, "pepper")["keys"].update(k1=purpose(d, "pepper")["keys"]["p1"])),
        "in purpose pepper, a key has the id of a key of hashes",
    ),
    "a retired id again": (
        edited(lambda d: d["retired"].append({"purpose": "seals", "id": "k1", "digest": "", "at": ""})),
        "seals k1 was retired, and an id never returns",
    ),
    "three secrets": (
        edited(lambda d: purpose(d, "clients")["shop"]["keys"].update(c3={"key": secrets.token_urlsafe(32)})),
        "in clients of shop, there must be 1 to 2 secrets",
    ),
    "a short secret": (
        edited(lambda d: purpose(d, "clients")["shop"]["keys"].update(c1={"key": secrets.token_urlsafe(16)})),
        "in clients of shop, secret 'c1' must have 32 to 255 bytes",
    ),
    "a placeholder": (
        edited(lambda d: purpose(d, "clients")["shop"]["keys"].update(c1={"key": "changeme-" + secrets.token_hex(20)})),
        "secret 'c1' is a placeholder",
    ),
    "a secret of two clients": (
        edited(lambda d: purpose(d, "clients").update(till=purpose(d, "clients")["shop"])),
        "the same key stands in two places",
    ),
    "a client without a name": (edited(lambda d: purpose(d, "clients").update({"": {}})), "the name of a client"),
    "an allow that is none": (
        edited(lambda d: purpose(d, "clients")["shop"].update(allow="GET /*")),
        'in clients of shop, "allow" must be null or a list of texts',
    ),
    "a memory that is none": (edited(lambda d: d.update(retired={})), '"retired" must be a list'),
    "half a memory": (edited(lambda d: d["retired"].append({"id": "k1"})), 'each of "retired" must have'),
}


@pytest.mark.parametrize(("document", "problem"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_ring_is_refused_by_a_sentence(document: object, problem: str) -> None:
    with pytest.raises(KeyRingError) as caught:
        parsed(json.dumps(document).encode())
    assert problem in str(caught.value)
