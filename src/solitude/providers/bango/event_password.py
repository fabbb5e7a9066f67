"""The password under which Bango brings its events: ours, told to Bango with each package.

Secrets of the key ring (`notifications`, of `bango`) and that of the settings are all believed, so that it can change
without an event lost; a new package is told the ring's current one, if there is one.
"""

import hmac

from django.conf import settings

from solitude.providers.bango.names import NAME
from solitude.vault import uses
from solitude.vault.current import current_ring

_PURPOSE = f"notifications:{NAME}"


def for_new_packages() -> str:
    """What Bango is told; empty where there is none."""
    ours = current_ring().notifications.get(NAME)
    return ours.by_id[ours.current].decode() if ours else settings.SOLITUDE_BANGO_BASIC_AUTH_PASSWORD


def is_right(user: str, password: str) -> bool:
    """Whether user and password are those that Bango was told, in constant time. Where none is set, nothing is right."""
    of_settings = settings.SOLITUDE_BANGO_BASIC_AUTH_PASSWORD
    known = {"": of_settings.encode()} if of_settings else {}
    if ours := current_ring().notifications.get(NAME):
        known |= ours.by_id
    name = settings.SOLITUDE_BANGO_BASIC_AUTH_USER
    same_user = hmac.compare_digest(name.encode(), user.encode("utf-8", "surrogatepass"))
    given = password.encode("utf-8", "surrogatepass")
    fitting = [key_id for key_id, secret in known.items() if hmac.compare_digest(secret, given)]
    if not (name and same_user and fitting):
        return False
    if fitting[0]:
        uses.note(_PURPOSE, fitting[0])
    return True
