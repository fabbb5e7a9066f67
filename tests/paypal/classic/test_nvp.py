"""Name-value pairs, as PayPal wants them and as it sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.providers.paypal.classic import nvp

NAMES = st.text("abcXYZ", min_size=1, max_size=5)
# An empty object or list is no pair.
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        st.text(max_size=10),
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
        max_leaves=5,
    ),
)


def test_pairs_are_sorted_names_are_as_they_are_and_values_are_escaped() -> None:
    tree = {"memo": "50 % off & more/é", "b": {"x": "1"}, "a": [{"email": "a@b.example"}, {"email": "c~d-e_f."}]}

    assert nvp.encode(tree) == (
        b"a(0).email=a%40b.example&a(1).email=c~d-e_f.&b.x=1&memo=50%20%25%20off%20%26%20more%2F%C3%A9"
    )


@given(TREES)
def test_what_is_written_is_read(tree: dict[str, object]) -> None:
    encoded = nvp.encode(tree)

    assert nvp.encode(nvp.decode(encoded) if encoded else {}) == encoded


@given(st.binary(max_size=200))
def test_whatever_is_no_answer_is_a_value_error(body: bytes) -> None:
    try:
        found = nvp.decode(body)
    except ValueError:
        return
    assert all("=" not in name for name in found)


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"a=1&a=2", b"a", b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * 1001)]
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError):
        nvp.decode(body)


def test_the_objects_of_a_list_are_found_by_their_number() -> None:
    pairs = {"l.i(0).a": "1", "l.i(0).b.c": "2", "l.i(1).a": "3", "l.i(3).a": "of no list", "l.iother": "x"}

    assert nvp.items(pairs, "l.i") == [{"a": "1", "b.c": "2"}, {"a": "3"}]
