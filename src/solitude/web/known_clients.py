"""The clients of the settings and those of the key ring, as one.

A client may stand in both, while it moves from one to the other: then all of its secrets are valid, the ring's current one
first, and what it may call is what `SOLITUDE_CLIENTS` says.
"""

from collections.abc import Mapping

from django.conf import settings

from solitude.vault import uses
from solitude.vault.current import current_ring
from solitude.vault.keyring import KeyRing
from solitude.vault.keys import Secrets
from solitude.web.clients import Client

PURPOSE = "clients"


class _Merged:
    """What was merged last, and out of what."""

    of: tuple[object, object] = (None, None)
    clients: dict[str, Client]


def known() -> dict[str, Client]:
    """By key, everybody who may sign. Raises `KeyRingError` where the ring cannot be used."""
    given: dict[str, Client] = settings.SOLITUDE_CLIENTS
    ring = current_ring()
    if not ring.clients:
        return given
    if _Merged.of[0] is not given or _Merged.of[1] is not ring:
        _Merged.clients = _merged(given, ring)
        _Merged.of = (given, ring)
    return _Merged.clients


def note_use(client: Client, secret: bytes) -> None:
    """This secret has just proved the client: until the old one is no longer used it is not retired."""
    if (key_id := client.ids.get(secret)) is not None:
        uses.note(f"{PURPOSE}:{client.key}", key_id)


def _merged(given: Mapping[str, Client], ring: KeyRing) -> dict[str, Client]:
    return {**given, **{key: _with(given.get(key), key, secrets) for key, secrets in ring.clients.items()}}


def _with(given: Client | None, key: str, secrets: Secrets) -> Client:
    of_ring = tuple(secret for _, secret in secrets.in_order)
    of_settings = given.secrets if given else ()
    allow = given.allow if given else secrets.allow
    ids = {secret: key_id for key_id, secret in secrets.in_order}
    return Client(key, of_ring + tuple(one for one in of_settings if one not in ids), allow, ids)
