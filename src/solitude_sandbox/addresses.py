"""Addresses, of the web and of e-mail: what looks like one, and how a way back is made."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

EMAIL = re.compile(r"[^@\s\"<>]+@[^@\s\"<>]+", re.ASCII)
EMAIL_LENGTH = 254


def is_email(value: str) -> bool:
    """Whether this looks like an e-mail address (PayPal's own pattern is longer, not stricter in what matters here)."""
    return len(value) <= EMAIL_LENGTH and EMAIL.fullmatch(value) is not None


def is_web_url(value: str) -> bool:
    """Whether this is an absolute http(s) URL."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and value.isprintable()


def with_query(url: str | None, **added: str) -> str | None:
    """The URL with parameters added to those it has; everything else of it stays byte for byte."""
    if url is None:
        return None
    parts = urlsplit(url)
    more = "&".join(f"{name}={quote(value, safe='')}" for name, value in added.items())
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))
