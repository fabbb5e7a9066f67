"""What must never be read in a log: secrets, credentials, e-mail addresses, card and account numbers, PINs.

Two guards, because either can be forgotten: values that are secret are carried in `Secret`, whose text is a mask; and
every line is masked once more after it has been rendered (`line`), whoever wrote it.

Card numbers: 13 to 19 digits with a Luhn check digit (ISO/IEC 7812-1). IBAN: ISO 13616, check digits by ISO 7064 MOD
97-10.
"""

import hmac
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
CUT = "...[cut]"

LINE_LIMIT_BYTES = 8 * 1024
# What is looked at in one text; more is cut off before the patterns run, so that a huge text cannot hold a thread.
TEXT_LIMIT_CHARACTERS = 64 * 1024
# A value that the cut breaks in two could escape the patterns, so this much of the end goes with it.
TORN_CHARACTERS = 1024
QUERY_NAME_LIMIT_CHARACTERS = 64
# So many names of fields are remembered, and none that is longer; no longer one is sensitive either.
NAMES_KNOWN, NAME_KNOWN_CHARACTERS = 1024, 64
# So many texts in which there was nothing to mask, and none that is longer.
HARMLESS_KNOWN, HARMLESS_CHARACTERS = 4096, 64

SECRETS_LIMIT = 256
SECRET_LEAST_CHARACTERS = 6


class Secret:
    """A secret text. `str`, `repr` and `format` give a mask; only `reveal` gives the value. Cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not written anywhere")


_registered: set[str] = set()
_registered_pattern: re.Pattern[str] | None = None
# By the pattern of now. Words of our own code come in every line, and the names of one request in each of its lines.
_harmless: set[str] = set()


def register(value: str | Secret) -> None:
    """Masks this value in every line from now on, also in the forms that JSON and URLs give it.

    For secrets that live as long as the process (configured keys and passwords), not for tokens that come and go.
    Raises ValueError for a value so short that masking it would spoil harmless lines, and when there are too many.
    """
    # Swapped whole, so that a reader in another thread sees the old one or the new one.
    global _registered_pattern, _harmless  # noqa: PLW0603
    text = value.reveal() if isinstance(value, Secret) else value
    if len(text) < SECRET_LEAST_CHARACTERS:
        raise ValueError(f"a secret of less than {SECRET_LEAST_CHARACTERS} characters cannot be masked")
    if len(_registered | {text}) > SECRETS_LIMIT:
        raise ValueError(f"more than {SECRETS_LIMIT} secrets to mask")
    _registered.add(text)
    forms = {form for secret in _registered for form in _forms(secret)}
    # The longest first: one secret may begin with another one.
    _registered_pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))
    # Another one, and behind the pattern: who looks at a text by the former one adds it to those of before.
    _harmless = set()


def _forms(secret: str) -> set[str]:
    as_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, repr(secret)[1:-1], quote(secret), quote(secret, safe=""), quote_plus(secret)} | as_json


def mask(text: str) -> str:
    """The text with every secret that can be recognised replaced by `[redacted]`; long texts lose their end."""
    if len(text) > HARMLESS_CHARACTERS:
        return _masked(text)
    known = _harmless
    if text in known:
        return text
    masked = _masked(text)
    if masked == text:
        if len(known) >= HARMLESS_KNOWN:
            known.clear()
        known.add(text)
    return masked


def _masked(text: str) -> str:
    if len(text) > TEXT_LIMIT_CHARACTERS:
        return _masked(text[:TEXT_LIMIT_CHARACTERS])[:-TORN_CHARACTERS]
    if _registered_pattern is not None and len(text) >= SECRET_LEAST_CHARACTERS:
        text = _registered_pattern.sub(MASK, text)
    # A word or a name, as most texts are: every pattern below needs a digit, or a mark that stands in none.
    if text.replace("_", "").isalpha():
        return text
    # Most texts hold nothing of the kind, and asking for a character that a pattern needs is cheaper than the pattern.
    if "://" in text:
        text = _USERINFO.sub(f"://{MASK}@", text)
    if "eyJ" in text:
        text = _DOTTED.sub(_masked_jwt, text)
    if "A21AA" in text:
        text = _PAYPAL_TOKEN.sub(MASK, text)
    text = _masked_words(text)
    # Addresses first: one may begin with the end of a query's value.
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(MASK, text)
    if "?" in text or "&" in text:
        text = _QUERY.sub(rf"\1{MASK}", text)
    return _masked_numbers(text)


def mask_query(target: str) -> str:
    """A path or URL whose query keeps the names of its parameters and none of their values; without the fragment."""
    path, mark, query = target.partition("#")[0].partition("?")
    return mask(path) + mark + "&".join(_masked_parameter(part) for part in query.split("&") if part)


def is_sensitive(name: str) -> bool:
    """Whether a field of this name holds a secret, whatever its value looks like."""
    return len(name) <= NAME_KNOWN_CHARACTERS and _is_sensitive(name)


@lru_cache(NAMES_KNOWN)
def _is_sensitive(name: str) -> bool:
    return _SENSITIVE_NAME.fullmatch(name) is not None


def clean(text: str) -> str:
    """The text masked and without control characters, so that it cannot look like two lines or make a terminal act."""
    return without_control(mask(text))


def without_control(text: str) -> str:
    """The text with an escape in the place of every control character."""
    if text.isprintable():  # nearly all are, and none that has a character to be escaped
        return text
    return _CONTROL.sub(lambda found: _SHORT_ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def line(text: str) -> str:
    """What may be written as one line of a log: `clean`, and at most `LINE_LIMIT_BYTES` in UTF-8."""
    safe = clean(text)
    encoded = safe.encode()
    if len(encoded) <= LINE_LIMIT_BYTES:
        return safe
    return encoded[: LINE_LIMIT_BYTES - len(CUT)].decode(errors="ignore") + CUT


# C0 and C1 controls, line and paragraph separators, marks that turn the direction of writing, halves of surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_WORDS = (
    *("pin", "password", "passwd", "secret", "token", "assertion", "cvv", "cvc", "signature"),
    *("nonce", "email", "iban", "number"),
)
_NAMES = (
    rf"(?:[a-z0-9]{{1,20}}[_-])?(?:{'|'.join(_WORDS[:-1])})"
    r"|(?:bank_?)?account_?(?:number|iban)|card_?number|accesstoken|refreshtoken|clientsecret"
)
_SENSITIVE_NAME = re.compile(_NAMES, re.IGNORECASE)

# A name with a list or an object ("pin": ["1234"]): nothing of it is looked at.
_HELD = re.compile(
    rf"""(?<![A-Za-z0-9])((?:{_NAMES})(\\?["'])?[ ]{{0,3}}[:=][ ]{{0,3}})"""
    r"""(?:\[(?!redacted\])[^\]]{0,1024}\]|\{[^}]{0,1024}\})""",
    re.IGNORECASE,
)
# A name with its value in quotes, which may themselves be escaped ("pin": "12 34", 'pin'='1234', \"pin\": \"1234\").
_QUOTED = re.compile(
    rf"""(?<![A-Za-z0-9])((?:{_NAMES})(?:\\?["'])?[ ]{{0,3}}[:=][ ]{{0,3}})"""
    r"""(?:(["'])(?:\\.|(?!\2)[^\\]){0,1024}\2|(\\["'])(?:(?!\3).){0,1024}\3)""",
    re.IGNORECASE,
)
# A name with a bare value (pin=1234).
_BARE = re.compile(
    rf"""(?<![A-Za-z0-9])((?:{_NAMES})(?:\\?["'])?[ ]{{0,3}}[:=][ ]{{0,3}})"""
    r"""(?!\[redacted\])[^\s"'\\|&,;)}\]]{1,1024}""",
    re.IGNORECASE,
)
_QUERY = re.compile(r"""([?&][^=&?#\s"'\\|<>]{1,64}=)[^&#\s"\\|<>]{1,4096}""")
_USERINFO = re.compile(r"://[^/\s@\"\\]{1,512}@")
_DOTTED = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]*+)++")
_AUTHORIZATION = re.compile(r"(Bearer|Basic)(?:\s{1,3}|%20|\+)[A-Za-z0-9._~+/=-]{6,8192}", re.IGNORECASE)
_PAYPAL_TOKEN = re.compile(r"A21AA[A-Za-z0-9_-]{8,1024}")
# The look-behind keeps the letter of an escape (\n) with its backslash.
_EMAIL = re.compile(r"(?<!\\)[\w.!#$%&'*+^`{}~-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
# Not the digits after a decimal point: a measured time has as many.
_DIGITS = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]{13,19}(?![0-9])")
_GROUPED = re.compile(
    r"(?<![0-9])([0-9]{4}([ -])(?:[0-9]{4}\2[0-9]{4}\2[0-9]{1,4}|[0-9]{6}\2[0-9]{4,5}))(\2[0-9]{1,3})?(?![0-9])"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
# What every card and account number has somewhere, in the shape of its text: `0` for a digit, `A` for a capital, `-` also for a blank.
_SHAPE = bytes.maketrans(b"123456789BCDEFGHIJKLMNOPQRSTUVWXYZ ", b"0" * 9 + b"A" * 25 + b"-")
_DIGITS_SHAPE, _GROUPED_SHAPE, _IBAN_SHAPE = "0" * 13, "0000-0000", "AA00"
# Card numbers are not looked for within hexadecimal names of this length and more: those are ids and digests.
_HEX_ID_CHARACTERS = 24
# Nor within a uuid, whose groups of digits may look like a card's.
UUID_CHARACTERS = 36
_UUID = re.compile(r"(?<![0-9A-Fa-f-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f-])")
_HEX_BEFORE, _HEX_AFTER = re.compile(r"[0-9A-Fa-f-]*\Z"), re.compile(r"[0-9A-Fa-f-]*")


def _masked_words(text: str) -> str:
    """Masks what is known for a secret by the word before it."""
    lower = text.lower()
    if "bearer" in lower or "basic" in lower:
        text = _AUTHORIZATION.sub(rf"\1 {MASK}", text)
    if (":" in text or "=" in text) and _has_word(lower):
        text = _HELD.sub(lambda found: f"{found[1]}{found[2] or ''}{MASK}{found[2] or ''}", text)
        text = _QUOTED.sub(lambda found: f"{found[1]}{found[2] or found[3]}{MASK}{found[2] or found[3]}", text)
        text = _BARE.sub(rf"\1{MASK}", text)
    return text


def _has_word(lower: str) -> bool:
    for word in _WORDS:  # noqa: SIM110 - in every line: this is less than half of what `any` takes
        if word in lower:
            return True
    return False


def _masked_numbers(text: str) -> str:
    # The shape is looked at, because the patterns try each place of a text, which took more of a line than all else. What is not ASCII
    # becomes bytes that none of them takes for a digit or a letter.
    shape = text.encode(errors="replace").translate(_SHAPE).decode("latin-1")
    if _IBAN_SHAPE in shape:
        text = _IBAN.sub(_masked_iban, text)
    if _GROUPED_SHAPE in shape:
        text = _GROUPED.sub(_masked_groups, text)
    return _DIGITS.sub(_masked_digits, text) if _DIGITS_SHAPE in shape else text


def _masked_jwt(found: re.Match[str]) -> str:
    """Masks the first three parts from the one that begins as a JWT does: `{"` in base64."""
    parts = found[0].split(".")
    for place, part in enumerate(parts[:-2]):
        before, start, _ = part.partition("eyJ")
        if start:
            return ".".join([*parts[:place], before + MASK, *parts[place + 3 :]])
    return found[0]


def _masked_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    # Without "=" the whole part is a value as likely as a name.
    return mask(name[:QUERY_NAME_LIMIT_CHARACTERS]) + "=" + MASK if equals else MASK


def _masked_digits(found: re.Match[str]) -> str:
    before = _HEX_BEFORE.search(found.string, max(0, found.start() - _HEX_ID_CHARACTERS), found.start())
    after = _HEX_AFTER.match(found.string, found.end(), found.end() + _HEX_ID_CHARACTERS)
    around = (before[0] if before else "") + (after[0] if after else "")
    if around.strip("-") and len(around) + len(found[0]) >= _HEX_ID_CHARACTERS and re.search("[A-Fa-f]", around):
        return found[0]
    return MASK if _luhn(found[0]) else found[0]


def _uuids_near(found: re.Match[str]) -> Iterator[re.Match[str]]:
    """The uuids of which the digits that were found may be a part."""
    return _UUID.finditer(found.string, max(0, found.start() - UUID_CHARACTERS), found.end() + UUID_CHARACTERS)


def _masked_groups(found: re.Match[str]) -> str:
    if any(uuid.start() <= found.start() and found.end() <= uuid.end() for uuid in _uuids_near(found)):
        return found[0]
    card, rest = found[1], found[3] or ""
    if _luhn(card + rest):
        return MASK
    return MASK + rest if _luhn(card) else found[0]


def _luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character in "0123456789"]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _masked_iban(found: re.Match[str]) -> str:
    # The pattern may have taken a word that follows, so shorter ends are tried as well.
    text = found[0]
    for end in range(len(text), 14, -1):
        if text[end - 1] != " " and (end == len(text) or text[end] == " ") and _mod_97(text[:end].replace(" ", "")):
            return MASK + text[end:]
    return text


def _mod_97(iban: str) -> bool:
    if not 15 <= len(iban) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
