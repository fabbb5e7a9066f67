import copy
import hashlib
import json
import pickle
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solitude.telemetry import redaction
from solitude.telemetry.redaction import (
    LINE_LIMIT_BYTES,
    MASK,
    SECRETS_LIMIT,
    TEXT_LIMIT_CHARACTERS,
    Secret,
    clean,
    is_sensitive,
    line,
    mask,
    mask_query,
)

VALUE = "correct horse battery"


class TestSecret:
    def test_no_way_of_writing_it_down_shows_it(self) -> None:
        @dataclass
        class Holder:
            key: Secret

        secret = Secret(VALUE)
        shown = f"{secret} {secret!r} {secret:>20} {[secret]} {Holder(secret)} {asdict(Holder(secret))}"
        assert "correct" not in shown
        assert shown.count(MASK) == 6
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            json.dumps(secret)
        assert not hasattr(secret, "__dict__")

    def test_only_reveal_gives_the_value(self) -> None:
        assert Secret(VALUE).reveal() == VALUE
        assert copy.deepcopy(Secret(VALUE)).reveal() == copy.copy(Secret(VALUE)).reveal() == VALUE

    def test_it_compares_by_value_with_its_own_kind_only(self) -> None:
        assert Secret("a") == Secret("a") != Secret("b")
        assert Secret("a") != "a"
        assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
        assert (bool(Secret("")), bool(Secret("a"))) == (False, True)


class TestRegister:
    @pytest.mark.parametrize("secret", ['qu"ote\\back', "a b/c+d=e&f", "p\u00e4ss\u20acwort", "line\nbreak"])
    def test_a_registered_value_is_masked_in_every_form(self, registered: Callable[[str], None], secret: str) -> None:
        registered(secret)
        forms = [secret, repr(secret), json.dumps(secret), json.dumps({"a": secret}, ensure_ascii=False)]
        for form in [*forms, quote(secret), quote_plus(secret), urlencode({"x": secret})]:
            assert MASK in mask(f"before{form}after")
            assert secret[3:] not in mask(form)

    def test_the_longest_of_several_wins(self, registered: Callable[[str], None]) -> None:
        registered("secret-one")
        registered("secret-one-and-more")
        assert mask("<secret-one-and-more>") == f"<{MASK}>"

    def test_a_secret_may_be_given_as_such(self, registered: Callable[..., None]) -> None:
        registered(Secret(VALUE))
        assert mask(VALUE) == MASK

    def test_what_was_harmless_before_is_masked_from_then_on(self, registered: Callable[[str], None]) -> None:
        assert mask(VALUE) == VALUE
        assert mask(VALUE) == VALUE
        registered(VALUE)
        assert mask(VALUE) == MASK

    def test_also_where_somebody_looks_at_it_meanwhile(
        self, registered: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who has found it harmless by the patterns of before must not say so to those who come after."""
        look = redaction._masked

        def late(text: str) -> str:
            found = look(text)
            registered(VALUE)
            return found

        with monkeypatch.context() as patched:
            patched.setattr(redaction, "_masked", late)
            assert mask(VALUE) == VALUE
        assert mask(VALUE) == MASK

    def test_so_many_harmless_texts_are_remembered_and_no_long_one(self, registered: Callable[[str], None]) -> None:
        registered(VALUE)
        for number in range(redaction.HARMLESS_KNOWN + 10):
            mask(f"text {number}")
        mask("a " * redaction.HARMLESS_CHARACTERS)
        mask(VALUE)
        assert 0 < len(redaction._harmless) <= redaction.HARMLESS_KNOWN
        assert all(len(text) <= redaction.HARMLESS_CHARACTERS for text in redaction._harmless)
        assert VALUE not in redaction._harmless

    def test_a_short_value_is_refused_without_telling_it(self, registered: Callable[[str], None]) -> None:
        with pytest.raises(ValueError, match="less than 6") as caught:
            registered("s3cre")
        assert "s3cre" not in str(caught.value)

    @pytest.mark.long
    def test_there_is_a_limit(self, registered: Callable[[str], None]) -> None:
        for number in range(SECRETS_LIMIT):
            registered(f"secret {number:04}")
            registered(f"secret {number:04}")  # the same again does not count
        with pytest.raises(ValueError, match=str(SECRETS_LIMIT)):
            registered("one too many")
        assert mask("secret 0000 secret 0255") == f"{MASK} {MASK}"


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


# What the patterns look for, or nearly.
MARKS = (" ", "\n", "\xa0", "\u0661", "\U0001f600", *": = \" ' \\ { } [ ] @ %40 ? & :// . - _".split(" "))
SECRETS = (
    JWT,
    "A21AAFEpH4PsADK7qSS7",
    "Bearer abcdef",
    "BASIC%20abcdef",
    "ann@example.com",
    "DE89 3704 0044 0532 0130 00",
)
CARDS = ("4111111111111111", "4222222222222", "4111 1111 1111 1111", "3782-822463-10005")
HARMLESS = (
    "411111111111",
    "0",
    "DE89",
    "eyJ",
    "550e8400-e29b-41d4-a716-446655440000",
    "2026-11-23T12:00:00.000Z",
    MASK,
)
PIECES = (*redaction._WORDS, "account_", "new-", "PIN", "Token", *MARKS, *SECRETS, *CARDS, *HARMLESS)


def masked_by_every_pattern(text: str) -> str:
    """What `mask` does with a text, when it is spared none of them."""
    text = redaction._USERINFO.sub(f"://{MASK}@", text)
    text = redaction._DOTTED.sub(redaction._masked_jwt, text)
    text = redaction._PAYPAL_TOKEN.sub(MASK, text)
    text = redaction._AUTHORIZATION.sub(rf"\1 {MASK}", text)
    text = redaction._HELD.sub(lambda found: f"{found[1]}{found[2] or ''}{MASK}{found[2] or ''}", text)
    text = redaction._QUOTED.sub(lambda found: f"{found[1]}{found[2] or found[3]}{MASK}{found[2] or found[3]}", text)
    text = redaction._BARE.sub(rf"\1{MASK}", text)
    text = redaction._EMAIL.sub(MASK, text)
    text = redaction._QUERY.sub(rf"\1{MASK}", text)
    text = redaction._IBAN.sub(redaction._masked_iban, text)
    text = redaction._GROUPED.sub(redaction._masked_groups, text)
    return redaction._DIGITS.sub(redaction._masked_digits, text)


class TestPatterns:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("from ann.lee+x@example.co.uk to", f"from {MASK} to"),
            ("<ann@localhost>", f"<{MASK}>"),
            ("/buyer/ann%40example.com/", f"/buyer/{MASK}/"),
            ("j\u00fcrgen@m\u00fcller.de", MASK),
            ("o'brien@example.com", MASK),
            ("line\nann@example.com", f"line\n{MASK}"),
            (f"token {JWT}.", f"token {MASK}."),
            (f"x.y.{JWT}", f"x.y.{MASK}"),
            (f"a=1&jwt={JWT}&b=2", f"a=1&jwt={MASK}&b={MASK}"),
            ("Authorization: Bearer abc.DEF-123_~+/=", f"Authorization: Bearer {MASK}"),
            ("authorization: basic dXNlcjpwYXNz", f"authorization: basic {MASK}"),
            ("Bearer%20abcdefgh", f"Bearer {MASK}"),
            ("A21AAFEpH4PsADK7qSS7pSRsgzfENtu", MASK),
            ("postgresql://user:pa:ss!w@db/x", f"postgresql://{MASK}@db/x"),
            ("card 4111111111111111.", f"card {MASK}."),
            ("card4111111111111111", f"card{MASK}"),
            ("378282246310005", MASK),
            ("4222222222222", MASK),
            ("6212341111111111116", MASK),
            ("4111 1111 1111 1111", MASK),
            ("4111-1111-1111-1111", MASK),
            ("3782 822463 10005", MASK),
            ("4111 1111 1111 1111 123", f"{MASK} 123"),
            ("DE89370400440532013000", MASK),
            ("GB82 WEST 1234 5698 7654 32 PAID", f"{MASK} PAID"),
            ("BE68 5390 0754 7034 PAID", f"{MASK} PAID"),
            ("NO9386011117947", MASK),
            ("GET /x?pay_key=AP-1&pin=12 200", f"GET /x?pay_key={MASK}&pin={MASK} 200"),
            ("{'pin': '1234', 'b': 1}", f"{{'pin': '{MASK}', 'b': 1}}"),
            ('{"new_pin": "12 34"}', f'{{"new_pin": "{MASK}"}}'),
            (r'{"secret": "a\"b", "c": 1}', f'{{"secret": "{MASK}", "c": 1}}'),
            (r'"{\"password\": \"two words\", \"c\": 1}"', rf'"{{\"password\": \"{MASK}\", \"c\": 1}}"'),
            ("PAYPAL_CLIENT_SECRET=abc def", f"PAYPAL_CLIENT_SECRET={MASK} def"),
            ("bankAccountNumber: 123456", f"bankAccountNumber: {MASK}"),
            ("access_token=abc&x", f"access_token={MASK}&x"),
        ],
    )
    def test_masked(self, text: str, masked: str) -> None:
        assert mask(text) == masked

    @pytest.mark.parametrize(
        "text",
        [
            "transaction 550e8400-e29b-41d4-a716-446655440000 paid",
            "12345678-1234-4234-8234-123456789012",
            uuid.UUID(int=0x11111111111111111111111111111111).hex,
            hashlib.sha256(b"x").hexdigest(),
            "4111111111111112",  # wrong check digit
            "41111111111111111111",  # 20 digits
            "411111111111",  # 12 digits
            "0.30000000000000004",
            "2026-11-23T12:00:00.000Z",
            "DE88370400440532013000",  # wrong check digits
            "order 5O190127TN364715T captured",
            "PIN is wrong; token renewed",
            "basics of bearers",
            "eyJustAWord",
            "a@ b",
            "https://api-m.paypal.com/v2/checkout/orders/5O190127TN364715T",
            "10.00 EUR; is it? yes & no",
        ],
    )
    def test_not_masked(self, text: str) -> None:
        assert mask(text) == text

    @given(st.integers(10**11, 10**18 - 1), st.text(alphabet=" ,.;:\"'\n{}[]xyz", max_size=9), st.text(max_size=9))
    def test_every_card_number_is_found_in_its_surroundings(self, number: int, before: str, after: str) -> None:
        card = with_check_digit(str(number))
        if after[:1].isdecimal() or before.endswith("."):
            return  # then it is part of another number
        assert card not in mask(before + card + " " + after)

    # Three of its groups and the beginning of the last one pass for a card's number.
    @example(uuid.UUID("54cb3a47-1938-1472-3237-5a1611c72a32"), " ")
    @given(st.uuids(), st.text(alphabet=" /=,:", min_size=1, max_size=1))
    def test_no_uuid_is_mistaken(self, value: uuid.UUID, around: str) -> None:
        for text in (str(value), value.hex, str(value).upper()):
            assert text in mask(around + text + around)

    @given(st.text(max_size=200))
    def test_masking_twice_changes_nothing(self, text: str) -> None:
        assert mask(mask(text)) == mask(text)

    @example("&0=0&@0")
    @given(st.text(alphabet="pinse=: \"\\'@.?&4eyJA21BearDE89%40[]redact", max_size=80))
    def test_masking_twice_changes_nothing_near_the_patterns(self, text: str) -> None:
        assert mask(mask(text)) == mask(text)

    @given(st.text("abcEINPpin_ßä", max_size=40))
    def test_a_word_is_none_unless_it_is_a_known_secret(self, text: str) -> None:
        assert mask(text) == text

    @example("4111\ud800111111111111 4111\u0661111111111111")
    @example("DE89370400440532013000 4111-1111-1111-1111 4222222222222")
    @given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
    def test_what_a_text_is_asked_first_passes_over_nothing_that_a_pattern_would_find(self, text: str) -> None:
        assert mask(text) == masked_by_every_pattern(text)

    @pytest.mark.parametrize("mark", ["", "%40", "&a=", "=", ": ", '":"', "'='", '\\": [', " "])
    def test_nor_where_one_piece_stands_before_another(self, mark: str) -> None:
        for text in (f"{before}{mark}{after}" for before in PIECES for after in PIECES):
            assert mask(text) == masked_by_every_pattern(text), text

    def test_a_known_secret_may_be_a_word(self, registered: Callable[[str], None]) -> None:
        registered("open_sesame")

        assert mask("open_sesame") == MASK
        assert mask("do_open_sesame_now") == f"do_{MASK}_now"

    def test_what_is_too_long_loses_its_end_and_no_torn_value_stays(self) -> None:
        text = "x " * (TEXT_LIMIT_CHARACTERS // 2 - 3) + "ann@example.com"
        assert "ann" not in mask(text)
        assert len(mask(text)) < TEXT_LIMIT_CHARACTERS

    @pytest.mark.parametrize(
        "piece", ["a", "eyJ", "eyJ.", 'pin="', "?a", "?a=", "4111 ", "a@", "a.", "DE89 ", "://", "basic ", "\\"]
    )
    def test_no_text_holds_a_thread(self, piece: str) -> None:
        """Patterns that look back and forth need hours for some of these; two seconds are for a very busy machine."""
        start = time.process_time()
        mask(piece * TEXT_LIMIT_CHARACTERS)
        assert time.process_time() - start < 2


def with_check_digit(digits: str) -> str:
    def total(text: str) -> int:
        values = [int(character) for character in reversed(text)]
        return sum(values[::2]) + sum(sum(map(int, str(2 * value))) for value in values[1::2])

    return digits + str(-total(digits + "0") % 10)


class TestQuery:
    @pytest.mark.parametrize(
        ("target", "masked"),
        [
            ("/a/b", "/a/b"),
            ("/a?x=1&y=|'\"&z", f"/a?x={MASK}&y={MASK}&{MASK}"),
            ("/a?ann%40example.com", f"/a?{MASK}"),
            ("/a?x=a=b&&", f"/a?x={MASK}"),
            ("/a?x=1#frag=2", f"/a?x={MASK}"),
            ("/a?ann@example.com=1", f"/a?{MASK}={MASK}"),
            ("/buyer/ann@example.com?x=1", f"/buyer/{MASK}?x={MASK}"),
            ("?", "?"),
            ("", ""),
        ],
    )
    def test_names_stay_and_values_go(self, target: str, masked: str) -> None:
        assert mask_query(target) == masked

    @given(st.text(), st.text(alphabet=st.characters(exclude_characters="#")))
    def test_no_value_stays(self, name: str, value: str) -> None:
        assert "c4n4ry" not in mask_query(f"/?n={value}c4n4ry&b=c4n4ry")


class TestLine:
    @given(st.text(max_size=300))
    def test_a_line_is_one_line_and_printable(self, text: str) -> None:
        safe = line(text)
        assert len(safe.splitlines()) <= 1
        assert not set(safe) & {chr(code) for code in [*range(32), *range(127, 160), 0x2028, 0x2029, 0x202E]}
        safe.encode()

    @given(st.text(alphabet="a\u00e4\u20ac\U0001f600\n", min_size=2000, max_size=9000))
    def test_a_line_is_never_longer_than_the_limit(self, text: str) -> None:
        assert len(line(text).encode()) <= LINE_LIMIT_BYTES

    def test_a_cut_line_says_so(self) -> None:
        assert line("x" * 9000).endswith("x...[cut]")
        assert len(line("x" * 9000)) == LINE_LIMIT_BYTES

    def test_no_character_that_must_be_escaped_passes_for_a_printable_one(self) -> None:
        """Of a text that is printable as a whole nothing else is asked."""
        escaped = [code for code in range(sys.maxunicode + 1) if redaction._CONTROL.match(chr(code))]
        assert len(escaped) > 2000
        assert all(redaction.without_control(f"a{chr(code)}") != f"a{chr(code)}" for code in escaped)

    def test_ends_of_lines_stay_readable(self) -> None:
        assert clean("a\r\nb\tc\x00d\x1b[31m\u2028") == "a\\r\\nb\\tc\\u0000d\\u001b[31m\\u2028"


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("pin", True),
        ("new_pin", True),
        ("PASSWORD", True),
        ("client_secret", True),
        ("access_token", True),
        ("bankAccountNumber", True),
        ("bankAccountIban", True),
        ("email", True),
        ("nonce", True),
        ("pin_token", True),
        ("paypal-transmission-sig", False),
        ("pin_failures", False),
        ("spinning", False),
        ("token_type", False),
        ("status", False),
    ],
)
def test_names_of_sensitive_fields(name: str, sensitive: bool) -> None:
    assert is_sensitive(name) is sensitive


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"pin": ["8426", "7531"], "a": 1}', f'{{"pin": "{MASK}", "a": 1}}'),
        ('{"new_pin": {"now": "8426"}}', f'{{"new_pin": "{MASK}"}}'),
        ('{\\"pin\\": [\\"8426\\"]}', f'{{\\"pin\\": \\"{MASK}\\"}}'),
        ("pin_token=[abc]", f"pin_token={MASK}"),
        ('{"nonce":"a b"}', f'{{"nonce":"{MASK}"}}'),
        ("{'bankAccountIban': 'none'}", f"{{'bankAccountIban': '{MASK}'}}"),
        ("email=ann", f"email={MASK}"),
        (f'"pin": "{MASK}", pin={MASK}', f'"pin": "{MASK}", pin={MASK}'),
    ],
)
def test_what_stands_under_a_sensitive_name_is_masked_with_all_that_is_in_it(text: str, masked: str) -> None:
    assert mask(text) == masked
