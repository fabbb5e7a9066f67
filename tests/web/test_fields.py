"""What the description of the API says of a field's type is what the type takes: of any JSON value."""

import json
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from solitude.providers.paypal.forms.wiki_form import Identity
from solitude.web.bodies import encode
from solitude.web.fields import (
    Day,
    DecimalNumber,
    Flag,
    GivenText,
    LongText,
    StrictText,
    Text,
    number_of,
    path_under,
    reference,
    text_of,
)

TYPES: dict[str, Any] = {
    "StrictText": StrictText,
    "Text": Text,
    "GivenText": GivenText,
    "LongText": LongText,
    "Text or null": Text | None,
    "a text of three": Annotated[str, text_of(3)],
    "Flag": Flag,
    "DecimalNumber": DecimalNumber,
    "DecimalNumber or null": DecimalNumber | None,
    "Day": Day,
    "number_of": Annotated[int, number_of([1, 2, 30])],
    "Identity": Identity,
}
SELLER = Annotated[GivenText, path_under("/generic/seller/")]
# Numbers as the reader of bodies gives them: whole ones, and decimals that are none.
NUMBERS = st.integers() | st.decimals(-(10**9), 10**9, places=3).filter(lambda n: n % 1)
TEXTS = (
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=400)
    | st.from_regex(r"[+-]?[0-9]{1,70}(\.[0-9]{1,70})?", fullmatch=True)
    | st.sampled_from(["", "1", "2", "30", "01", " 1", "1 ", "1e3", "+1", "-0", ".5", "x" * 255, "x" * 256, "true"])
    | st.dates().map(str)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def validator(kind: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(adapter(kind).json_schema(), validate_formats=True)


def takes(kind: Any, value: Any) -> bool:
    try:
        adapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def says_to_take(kind: Any, value: Any) -> bool:
    return validator(kind).is_valid(json.loads(encode(value)))


@pytest.mark.parametrize("name", TYPES)
@given(value=VALUES)
@example(value=10**19)
@example(value=Decimal("0.001"))
@example(value="x" * 20_000)
def test_a_type_takes_what_it_says(name: str, value: Any) -> None:
    assert takes(TYPES[name], value) == says_to_take(TYPES[name], value)


@given(
    text=st.from_regex(r"(https?://[a-z.:0-9]{0,9})?/generic/seller/[0-9]{1,20}/?", fullmatch=True)
    | st.from_regex(r"[a-z:/.]{0,5}/generic/seller/[0-9a-z/]{0,4}", fullmatch=True)
)
def test_a_path_that_is_said_to_name_a_row_is_read_as_one(text: str) -> None:
    """Also a URL without a scheme is read; what is said is what should be sent."""
    if says_to_take(SELLER, text):
        assert reference(text, "/generic/seller/") is not None


def test_a_nul_character_is_in_no_text() -> None:
    """The description says it once, for all texts."""
    for kind in (StrictText, Text, GivenText, LongText, Identity):
        assert not takes(kind, "a\x00b")
