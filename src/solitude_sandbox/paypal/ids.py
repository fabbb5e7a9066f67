"""Identifiers in PayPal's forms."""

import base64
import hashlib
import string
from random import Random, SystemRandom

# Account ids leave out 0, 1, I and O (pattern of `account_id` in PayPal's OpenAPI files).
ACCOUNT_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ACCOUNT_ID_LENGTH = 13

CAPITALS = string.ascii_uppercase + string.digits
SMALLS = string.ascii_lowercase + string.digits
LETTERS = string.ascii_letters + string.digits


class Ids:
    """Draws identifiers: unguessable ones, or with a `seed` the same ones in every run. Thread-safe."""

    def __init__(self, seed: int | None = None) -> None:
        # Each draw is one call of getrandbits, which no other thread can interrupt.
        source = SystemRandom() if seed is None else Random(seed)  # noqa: S311 - whoever gives a seed wants no secrets
        self._bits = source.getrandbits

    def resource_id(self) -> str:
        """Order, capture, refund, setup token or webhook: 17 upper-case letters and digits."""
        return self._text(CAPITALS, 17)

    def payment_token_id(self) -> str:
        """A payment token: lower-case letters and digits, long enough that nobody guesses one."""
        return self._text(SMALLS, 20)

    def customer_id(self) -> str:
        """A vault customer made by PayPal: 10 upper-case letters and digits."""
        return self._text(CAPITALS, 10)

    def event_id(self) -> str:
        """A webhook event: WH- and two groups of 17 upper-case letters and digits."""
        text = self._text(CAPITALS, 34)
        return f"WH-{text[:17]}-{text[17:]}"

    def dispute_id(self) -> str:
        """PP-D- and digits; twelve, so that no two are the same."""
        return f"PP-D-{self._text(string.digits, 12)}"

    def pay_key(self) -> str:
        """AP- and 17 upper-case letters and digits."""
        return f"AP-{self._text(CAPITALS, 17)}"

    def preapproval_key(self) -> str:
        """PA- and 17 upper-case letters and digits."""
        return f"PA-{self._text(CAPITALS, 17)}"

    def permission_token(self) -> str:
        """A request for permissions, or what it was turned into: AAAAAAA and 13 more."""
        return f"AAAAAAA{self._text(LETTERS, 13)}"

    def verification_code(self) -> str:
        """What proves that a permission was granted: 22 letters and digits."""
        return self._text(LETTERS, 22)

    def secret(self) -> str:
        """The secret of a permission token."""
        return self._text(LETTERS, 27)

    def signature(self) -> str:
        """What stands in an instant payment notification as PayPal's signature; nobody can check it."""
        return f"A{self._text(LETTERS, 55)}"

    def access_token(self) -> str:
        """A bearer token with PayPal's usual start."""
        return self._opaque("A21AA")

    def referral_id(self) -> str:
        """A partner referral: what the seller's link carries."""
        return self._opaque("")

    def authorization_code(self) -> str:
        """What a person who logged in brings back."""
        return self._opaque("C21AA")

    def refresh_token(self) -> str:
        """A refresh token with PayPal's usual start."""
        return self._opaque("R23AA")

    def debug_id(self) -> str:
        """A correlation id: 13 hexadecimal digits."""
        return f"f{self._bits(48):012x}"

    def _opaque(self, start: str) -> str:
        return start + base64.urlsafe_b64encode(self._bits(48 * 8).to_bytes(48, "big")).decode()

    def _text(self, alphabet: str, length: int) -> str:
        # 64 bits more than the text can hold: no letter is noticeably likelier than another.
        number, letters = self._bits(length * 6 + 64), []
        for _ in range(length):
            number, index = divmod(number, len(alphabet))
            letters.append(alphabet[index])
        return "".join(letters)


def account_id(email: str) -> str:
    """The merchant or payer id of an e-mail address: always the same one, also after a restart."""
    digest = hashlib.sha256(email.encode()).digest()
    return "".join(ACCOUNT_ALPHABET[byte % len(ACCOUNT_ALPHABET)] for byte in digest[:ACCOUNT_ID_LENGTH])
