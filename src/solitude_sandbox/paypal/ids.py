"""Identifiers in PayPal's forms."""

import hashlib
import secrets
import string

# Account ids leave out 0, 1, I and O (pattern of `account_id` in PayPal's OpenAPI files).
ACCOUNT_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ACCOUNT_ID_LENGTH = 13


def resource_id() -> str:
    """Order, capture, refund or setup token: 17 upper-case letters and digits."""
    return _random(string.ascii_uppercase + string.digits, 17)


def payment_token_id() -> str:
    """A payment token: lower-case letters and digits, long enough that nobody guesses one."""
    return _random(string.ascii_lowercase + string.digits, 20)


def customer_id() -> str:
    """A vault customer made by PayPal: 10 upper-case letters and digits."""
    return _random(string.ascii_uppercase + string.digits, 10)


def access_token() -> str:
    """A bearer token with PayPal's usual start."""
    return "A21AA" + secrets.token_urlsafe(48)


def debug_id() -> str:
    """A correlation id: 13 hexadecimal digits."""
    return "f" + secrets.token_hex(6)


def account_id(email: str) -> str:
    """The merchant or payer id of an e-mail address: always the same one, also after a restart."""
    digest = hashlib.sha256(email.encode()).digest()
    return "".join(ACCOUNT_ALPHABET[byte % len(ACCOUNT_ALPHABET)] for byte in digest[:ACCOUNT_ID_LENGTH])


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
