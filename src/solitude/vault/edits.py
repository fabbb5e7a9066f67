"""Changes of a key ring: each takes a ring and gives another one. Raises `KeyRingError` with a sentence for the operator."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .keyring import NUMBERED, PARTIES, KeyRing, new_key
from .keys import KEYS_MAX, SECRETS_MAX, KeyRingError, Keys, Retired, Secrets, check_id, check_party, digest_of

PURPOSES = (*NUMBERED, *PARTIES)
SECRET_BYTES = 32
# What the ids that are made here begin with.
_LETTERS = {"fields": "k", "hashes": "h", "pepper": "p", "seals": "s", "clients": "c", "notifications": "n"}
_NUMBER = re.compile(r"[a-z](\d{1,9})", re.ASCII)


def kind(purpose: str, party: str | None) -> str:
    """The purpose as it is named everywhere: that of a shared secret with its party. Raises `KeyRingError`."""
    if purpose not in PURPOSES:
        raise KeyRingError(f"there is no purpose {purpose!r}: it is one of {', '.join(PURPOSES)}")
    if (purpose in PARTIES) != (party is not None):
        raise KeyRingError(
            f"{purpose} needs --of, the name of the client or provider" if party is None else f"{purpose} takes no --of"
        )
    if party is not None:
        check_party(party)
    return purpose if party is None else f"{purpose}:{party}"


def known(ring: KeyRing, purpose: str, party: str | None) -> Keys | Secrets:
    """The keys of a purpose, or what is shared with a party. Raises `KeyRingError` if nothing is."""
    if party is None:
        return ring.of(purpose)
    found = ring.parties(purpose).get(party)
    if found is None:
        raise KeyRingError(f"the key ring has nothing of {party!r} among the {purpose}")
    return found


def add(
    ring: KeyRing, purpose: str, party: str | None, key_id: str | None, allow: tuple[str, ...] | None = None
) -> tuple[KeyRing, str]:
    """A new key that is known and not yet current, and its id. The first secret of a party is current at once."""
    named = kind(purpose, party)
    taken = _taken(ring, purpose, party)
    new = key_id or _next_id(purpose, taken)
    check_id(new)
    if new in taken:
        raise KeyRingError(f"the id {new!r} is taken, or was once: an id never returns")
    if party is None:
        own = ring.own_ids(purpose)
        if len(own) >= KEYS_MAX:
            raise KeyRingError(f"{named} has {KEYS_MAX} keys already")
        keys = ring.of(purpose)
        more = replace(keys, by_id={**keys.by_id, new: new_key()}, added={**keys.added, new: _now()})
        return _with(ring, purpose, more), new
    secret = secrets.token_urlsafe(SECRET_BYTES).encode()
    before = ring.parties(purpose).get(party)
    if before is None:
        first = Secrets(new, {new: secret}, {new: _now()}, _now(), allow)
        return _with_party(ring, purpose, party, first), new
    if len(before.by_id) >= SECRETS_MAX:
        raise KeyRingError(f"{party!r} has {SECRETS_MAX} secrets already: retire one first")
    both = replace(before, by_id={**before.by_id, new: secret}, added={**before.added, new: _now()})
    return _with_party(ring, purpose, party, both), new


def make_current(ring: KeyRing, purpose: str, party: str | None, key_id: str) -> KeyRing:
    """From now on values are made with this key."""
    named = kind(purpose, party)
    keys = known(ring, purpose, party)
    if key_id not in keys.by_id:
        raise KeyRingError(f"{named} has no key {key_id!r}")
    changed = replace(keys, current=key_id, current_since=_now())
    return (
        _with(ring, purpose, changed) if isinstance(changed, Keys) else _with_party(ring, purpose, str(party), changed)
    )


def retire(ring: KeyRing, purpose: str, party: str | None, key_id: str) -> KeyRing:
    """The ring without this key, but with the memory of it. That nothing uses it is the caller's to prove."""
    named = kind(purpose, party)
    keys = known(ring, purpose, party)
    if key_id not in (ring.own_ids(purpose) if party is None else keys.by_id):
        raise KeyRingError(f"{named} has no key {key_id!r} of its own")
    is_last = isinstance(keys, Secrets) and len(keys.by_id) == 1
    if key_id == keys.current and not is_last:
        raise KeyRingError(f"{key_id!r} is the current key of {named}: rotate first")
    if purpose == "hashes" and ring.pepper.current == key_id:
        raise KeyRingError(f"PINs are still kept under {key_id!r}: add and rotate a key of pepper first")
    gone = Retired(named, key_id, digest_of(keys.by_id[key_id]), _now())
    ring = replace(ring, retired=(*ring.retired, gone))
    by_id, added = _without(keys.by_id, key_id), _without(keys.added, key_id)
    if isinstance(keys, Keys):
        return _with(ring, purpose, replace(keys, by_id=by_id, added=added))
    remaining = None if is_last else replace(keys, by_id=by_id, added=added)
    return _with_party(ring, purpose, str(party), remaining)


def _with(ring: KeyRing, purpose: str, keys: Keys) -> KeyRing:
    changes: dict[str, Any] = {purpose: keys}
    if purpose == "hashes":
        changes["pepper"] = replace(ring.pepper, by_id={**keys.by_id, **ring.own("pepper")})
    return replace(ring, **changes)


def _with_party(ring: KeyRing, purpose: str, party: str, secrets_of_it: Secrets | None) -> KeyRing:
    parties = {name: one for name, one in ring.parties(purpose).items() if name != party}
    if secrets_of_it is not None:
        parties[party] = secrets_of_it
    changes: dict[str, Any] = {purpose: parties}
    return replace(ring, **changes)


def _taken(ring: KeyRing, purpose: str, party: str | None) -> set[str]:
    """Ids that must not come again. A PIN may be of a key of the pepper or of the hashes: these two share their ids."""
    kinds = {"hashes", "pepper"} if purpose in ("hashes", "pepper") else {kind(purpose, party)}
    return {key_id for named, key_id in ring.ids() if named in kinds} | {
        one.id for one in ring.retired if one.purpose in kinds
    }


def _next_id(purpose: str, taken: set[str]) -> str:
    numbers = [int(found[1]) for key_id in taken if (found := _NUMBER.fullmatch(key_id))]
    return f"{_LETTERS[purpose]}{max(numbers, default=0) + 1}"


def _without(mapping: Mapping[str, Any], key_id: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key_id}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
