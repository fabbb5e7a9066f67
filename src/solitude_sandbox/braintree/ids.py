"""Identifiers in Braintree's forms: unguessable ones, or with a seed the same ones in every run."""

from random import Random, SystemRandom

# Without vowels and what looks alike, as the gateway draws them.
LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
DIGITS = "0123456789"
TRANSACTION_LENGTH, TOKEN_LENGTH, SUBSCRIPTION_LENGTH, CUSTOMER_LENGTH = 8, 7, 6, 11


class Ids:
    """Draws them. Thread-safe. A reset does not begin anew."""

    def __init__(self, seed: int | None = None) -> None:
        # Each draw is one call of getrandbits, which no other thread can interrupt.
        source = SystemRandom() if seed is None else Random(seed)  # noqa: S311 - whoever gives a seed wants no secrets
        self._bits = source.getrandbits

    def customer(self) -> str:
        """A customer: digits only."""
        return "1" + self._text(DIGITS, CUSTOMER_LENGTH - 1)

    def token(self) -> str:
        """A payment method in the vault."""
        return self._text(LETTERS, TOKEN_LENGTH)

    def transaction(self) -> str:
        """A transaction, a sale or a refund."""
        return self._text(LETTERS, TRANSACTION_LENGTH)

    def verification(self) -> str:
        """A check of a card with its bank."""
        return self._text(LETTERS, TRANSACTION_LENGTH)

    def subscription(self) -> str:
        """A subscription."""
        return self._text(LETTERS, SUBSCRIPTION_LENGTH)

    def dispute(self) -> str:
        """A dispute."""
        return self._text(LETTERS, 16)

    def challenge(self) -> str:
        """What an address must answer that is to be told: 32 hexadecimal digits."""
        return f"{self._bits(128):032x}"

    def nonce(self) -> str:
        """What stands for a payment method once."""
        return "tokencc_bh_" + "_".join(self._text(LETTERS, length) for length in (6, 6, 6, 6, 3))

    def fingerprint(self) -> str:
        """What authorizes a browser: 64 hexadecimal digits."""
        return f"{self._bits(256):064x}"

    def authorization_code(self) -> str:
        """What a processor calls its consent."""
        return self._text(LETTERS, 6).upper()

    def _text(self, alphabet: str, length: int) -> str:
        number, letters = self._bits(8 * length), []
        for _ in range(length):
            number, index = divmod(number, len(alphabet))
            letters.append(alphabet[index])
        return "".join(letters)
