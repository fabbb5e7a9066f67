"""How a body is read: what is JSON and what only looks like it; and that no body, however it is made, takes long."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.marketplace import Marketplace

from solitude.web.bodies import decode
from solitude.web.refusals import Refused

MEGABYTE = 1_048_576
NO_JSON = {"detail": "The body is not JSON."}


def refused(text: bytes) -> Mapping[str, Any]:
    with pytest.raises(Refused) as refusal:
        decode(text)
    assert refusal.value.status == 400
    return refusal.value.body


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b'{"a"}',
        b'{"a":}',
        b'{"a":1,}',
        b"[1,]",
        b"{}{}",
        b"{} x",
        b"{a:1}",
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":0x1}',
        b'{"a":1_000}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":True}',
        b'{"a":"tab\tin it"}',
        b'{"a":"line\nin it"}',
        b'{"a":"\\x41"}',
        b'{"a":1/*comment*/}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    assert refused(text) == NO_JSON


@pytest.mark.parametrize(
    "text",
    [
        b'"\xff"',
        b'"\xc3"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'{"\xff":1}',
        b"\xff",
        b'{"a":"\x00"}',
    ],
)
def test_broken_utf_8_is_refused(text: bytes) -> None:
    assert refused(text) == NO_JSON


@pytest.mark.parametrize(
    "half", ["\\ud800", "\\udc00", "\\ud800 \\udc00", "\\ud800\\ud800", "\\udc00\\ud800", "\\ud83dx"]
)
def test_half_of_a_surrogate_pair_is_refused_and_named(half: str) -> None:
    for text in (f'"{half}"', f'{{"a": "{half} and more"}}', f'{{"{half}": 1}}'):
        assert refused(text.encode()) == {"detail": "The body has half of a surrogate pair, which is no character."}
    assert refused(f'{{"a": "{half}"'.encode()) == NO_JSON
    assert decode(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":[', b"]}]")])
def test_a_body_may_be_nested_but_not_without_end(opened: bytes, closed: bytes) -> None:
    assert decode(opened * 50 + b"1" + closed * 50)
    for deep in (2_000, 100_000):
        assert refused(opened * deep + b"1" + closed * deep) == NO_JSON
        assert refused(opened * deep) == NO_JSON


# --- a name that stands twice -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"amount": 1, "amount": 2}',
        '{"amount": 1, "amount": 1}',
        '{"amount": 1, "b": 2, "amount": 3}',
        '{"amount" : 1, "amount"\t\n\r : 2}',
        '{"amount":1,"amount":2}',
        '{"amount": 1, "\\u0061mount": 2}',
        '{"amount": {"b": 1}, "amount": null}',
        '{"a": {"amount": 1, "amount": 2}}',
        '{"a": [1, [{"amount": 1, "amount": 2}]]}',
        '[{"amount": 1, "amount": 2}]',
        '{"a": ":", "b": "\\":", "amount": "\\\\", "amount": 1}',
    ],
)
def test_a_name_that_stands_twice_in_an_object_is_refused_and_named(text: str) -> None:
    assert refused(text.encode()) == {"detail": "The body has 'amount' more than once."}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "A": 2, "a ": 3, "": 4}',
        '{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]}',
        '{"a": "a", "b": "\\"a\\": 1", "c": ":", "d": "\\"a\\":"}',
        '{"\\u00e9": 1, "e\\u0301": 2}',
    ],
)
def test_a_name_that_only_seems_to_stand_twice_is_good(text: str) -> None:
    assert decode(text.encode()) == json.loads(text)


def test_a_value_is_not_told_nor_a_name_without_end() -> None:
    assert "s3cret" not in str(refused(b'{"secret": "s3cret", "secret": "s3cret too"}'))
    name = "x" * 100_000
    assert refused(f'{{"{name}": 1, "{name}": 2}}'.encode()) == {"detail": f"The body has '{'x' * 64}' more than once."}
    assert refused(b'{"\\n\\u202e": 1, "\\n\\u202e": 2}') == {"detail": "The body has '\\n\\u202e' more than once."}


def test_nothing_is_written_of_a_body_that_says_a_thing_twice(shop: Marketplace) -> None:
    for body in (b'{"uuid": "shop:1", "uuid": "shop:2"}', b'{"uuid": "shop:1", "junk": {"a": 1, "a": 2}}'):
        answer = shop.post("/generic/buyer/", body)
        assert (answer.status, list(answer.json)) == (400, ["detail"])
    assert shop.get("/generic/buyer/")["objects"] == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.sampled_from('a":\\{}u')), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(value=JSON_VALUES, spaced=st.booleans(), as_ascii=st.booleans())
def test_what_json_writes_is_read_as_it_was(value: Any, spaced: bool, as_ascii: bool) -> None:
    separators = (" , ", " :\t") if spaced else (",", ":")
    assert decode(json.dumps(value, separators=separators, ensure_ascii=as_ascii).encode()) == value


@given(pairs=st.lists(st.tuples(st.sampled_from('ab":'), JSON_VALUES), max_size=4), depth=st.integers(0, 3))
def test_an_object_is_read_exactly_if_its_names_are_different(pairs: list[tuple[str, Any]], depth: int) -> None:
    inner = "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs) + "}"
    text = ("[{" + '"a":' * 1) * depth + inner + "}]" * depth
    if len({name for name, _ in pairs}) == len(pairs):
        assert decode(text.encode()) == json.loads(text)
    else:
        assert "more than once" in refused(text.encode())["detail"]


# --- numbers ----------------------------------------------------------------------------------------------------------------------


def test_a_number_keeps_its_digits() -> None:
    read = decode(b'{"a": 2.490, "b": 1e999999, "c": -0.0, "d": 123456789012345678901234567890}')
    assert (read["a"], read["b"], read["d"]) == (Decimal("2.490"), Decimal("1e999999"), 123456789012345678901234567890)
    assert str(read["a"]) == "2.490"


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1e99999999999999999999", "1e-99999999999999999999"])
def test_a_number_beyond_all_reason_is_refused_and_named(number: str) -> None:
    says = "The body has a number with too many digits, or too large an exponent."
    assert refused(f'{{"amount": {number}}}'.encode()) == {"detail": says}


# --- time -------------------------------------------------------------------------------------------------------------------------

SLOW = {
    "payment": b'{"user_id": 8812, "app_id": "5530", "amount": 2.49, "return_url": "https://shop.example/ok"}',
    "one text": b'{"a":"' + b"x" * MEGABYTE + b'"}',
    "colons": b'{"a":"' + b":" * MEGABYTE + b'"}',
    "spaces": b'{"a":' + b" " * MEGABYTE + b"1}",
    "escapes": b'{"a":"' + b"\\u003a" * (MEGABYTE // 6) + b'"}',
    "backslashes": b'{"a":"' + b"\\\\" * (MEGABYTE // 2) + b'"}',
    "names": json.dumps({str(number): number for number in range(60_000)}).encode(),
    "the last name twice": b'{"a":1,' + b",".join(b'"%d":1' % n for n in range(90_000)) + b',"a":1}',
    "objects": b'{"a":[' + b",".join([b"{}"] * (MEGABYTE // 3)) + b"]}",
    "texts": b'{"a":[' + b",".join([b'""'] * (MEGABYTE // 3)) + b"]}",
    "nested lists": b"[" * 300 + b",".join([b"[[]]"] * (MEGABYTE // 5)) + b"]" * 300,
    "one number": b'{"a":1.' + b"3" * MEGABYTE + b"}",
    "one integer": b'{"a":' + b"9" * MEGABYTE + b"}",
    "exponents": b'{"a":[' + b",".join([b"1e999999"] * (MEGABYTE // 9)) + b"]}",
    "open lists": b"[" * MEGABYTE,
    "open texts": b'"' * MEGABYTE,
}


@pytest.mark.parametrize("kind", SLOW)
def test_no_megabyte_takes_long_to_read(kind: str) -> None:
    began = time.process_time()
    with suppress(Refused):
        decode(SLOW[kind])
    assert time.process_time() - began < 6
