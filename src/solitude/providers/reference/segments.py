"""Paths at a provider: made of segments that lead to the resource that they name and to nothing else."""

import re
from urllib.parse import quote, unquote

RESOURCE_MAX_CHARS = 64
UUID_MAX_CHARS = 255
_RESOURCE = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{RESOURCE_MAX_CHARS - 1}}}", re.ASCII)
_SEPARATORS = frozenset("/\\")


def path_to(resource: str, uuid: str = "") -> str | None:
    """`/sellers` or `/sellers/s-801`, percent-encoded; None for a name that some server could take for another place.

    No slash is at the end. `uuid` is whatever the provider calls a row of its own.
    """
    if not _RESOURCE.fullmatch(resource):
        return None
    if not uuid:
        return f"/{resource}"
    return f"/{resource}/{quote(uuid, safe='')}" if _names_a_row(uuid) else None


def _names_a_row(uuid: str) -> bool:
    """Decoded twice, as some servers do."""
    plain = unquote(unquote(uuid))
    climbs = plain.partition(";")[0].strip() in ("", ".", "..")
    return len(uuid) <= UUID_MAX_CHARS and plain.isprintable() and not climbs and not _SEPARATORS & set(plain)
