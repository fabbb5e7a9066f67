"""The URLs that a payment is given: where the buyer goes, and where the provider sends its notices."""

from urllib.parse import urlsplit

URL_MAX_CHARS = 2000


def problem(url: str) -> str | None:
    """What is wrong with it, or None. Such a URL is read alike by every parser, and names no user."""
    if len(url) > URL_MAX_CHARS:
        return f"must have at most {URL_MAX_CHARS} characters"
    return None if _is_plain(url) else "must be an http or https URL"


def _is_plain(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or set(url) & {" ", "\\", "#"}:
        return False
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_right and "@" not in parts.netloc
