"""Whether a URL is below an allowed prefix, and where buyers may be sent back to: only below those of the operator."""

from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings

URL_MAX_CHARS = 2000
_PORTS = {"http": 80, "https": 443}


def problem(url: str) -> str | None:
    """What is wrong with a return or cancel URL, or None.

    Scheme, host and port are equal to those of an allowed prefix, and its path is a prefix on a segment boundary; a string
    prefix alone would let `https://shop.example.evil.net` pass for `https://shop.example`.
    """
    if len(url) > URL_MAX_CHARS:
        return f"must have at most {URL_MAX_CHARS} characters"
    parts, allowed = parts_of(url), settings.SOLITUDE_PAYPAL_URLS_ALLOWED
    if parts is None:
        return "must be an http or https URL"
    if not any(is_within(parts, prefix) for prefix in allowed):
        return "is not below an allowed URL (SOLITUDE_PAYPAL_URLS_ALLOWED)"
    return None


def parts_of(url: str) -> SplitResult | None:
    """The parts of an http or https URL that every parser reads alike; None for all else."""
    if len(url) > URL_MAX_CHARS or not url.isascii() or not url.isprintable() or set(url) & {" ", "\\"}:
        return None
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname and port_is_right and "@" not in parts.netloc else None


def is_within(parts: SplitResult, prefix: str) -> bool:
    """Whether origin and path are those of the prefix, or below it."""
    allowed = urlsplit(prefix)
    wanted, given = allowed.path.rstrip("/").split("/"), parts.path.split("/")
    return _origin(parts) == _origin(allowed) and given[: len(wanted)] == wanted and not any(map(_climbs, given))


def _climbs(segment: str) -> bool:
    """Whether some server takes the segment for a step up or for several segments. Decoded twice, as some servers do."""
    plain = unquote(unquote(segment))
    return plain.partition(";")[0] in (".", "..") or "/" in plain or "\\" in plain


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
