"""Lines are read one by one, and whatever is wrong with one is told with the number at which it begins."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.moving import export, reading
from solitude.moving.reading import CSV, FORMATS, JSON_LINES, LINE_MAX_BYTES, Line, Problem, Unreadable

COLUMNS = ("uuid", "email", "active")
# Every text that a database takes: no NUL, and nothing that is no character.
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"))


def read(text: str | bytes, form: str = CSV) -> list[Line | Problem]:
    raw = text.encode() if isinstance(text, str) else text
    return list(reading.lines(io.BytesIO(raw), form, COLUMNS, {"active"}))


def values(text: str | bytes, form: str = CSV) -> list[dict[str, Any]]:
    found = read(text, form)
    good = [line for line in found if isinstance(line, Line)]
    assert good == found
    return [line.values for line in good]


def problems(text: str | bytes, form: str = CSV) -> list[str]:
    return [str(line) for line in read(text, form) if isinstance(line, Problem)]


@given(st.lists(st.fixed_dictionaries({"uuid": texts, "email": texts | st.none()})), st.sampled_from(FORMATS))
def test_what_export_writes_is_what_import_reads(rows: list[dict[str, str | None]], form: str) -> None:
    file = io.BytesIO()
    put = export.writer(file, ["uuid", "email"], form)
    for row in rows:
        put([row["uuid"], row["email"]])

    found = values(file.getvalue(), form)

    assert [line if form == JSON_LINES else {"email": None} | line for line in found] == rows


@given(st.binary(max_size=200), st.sampled_from(FORMATS))
def test_whatever_the_bytes_are_every_line_is_read_or_reported(raw: bytes, form: str) -> None:
    try:
        found = read(raw, form)
    except Unreadable:
        return
    numbers = [line.number for line in found]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= raw.count(b"\n") + 1 for number in numbers)


def test_an_empty_cell_is_no_value_and_a_backslash_tells_an_empty_text() -> None:
    assert values('uuid,email\na,\nb,""\nc,\\E\nd,\\\\E\ne,\\\\\\E\n') == [
        {"uuid": "a"},
        {"uuid": "b"},
        {"uuid": "c", "email": ""},
        {"uuid": "d", "email": "\\E"},
        {"uuid": "e", "email": "\\\\E"},
    ]


def test_a_lone_backslash_at_the_beginning_is_refused() -> None:
    assert problems("uuid,email\na,\\b\nb,\\\n") == [
        "line 2: email: a text that begins with a backslash is written with two",
        "line 3: email: a text that begins with a backslash is written with two",
    ]


def test_true_and_false_are_read_in_any_case_and_other_words_are_left_to_be_refused() -> None:
    text = "uuid,active\na,true\nb,FALSE\nc,1\n"

    assert [row["active"] for row in values(text)] == [True, False, "1"]


def test_a_cell_over_several_lines_is_known_by_its_first() -> None:
    found = read('uuid,email\na,"one\ntwo\r\n\n"\nb,"x""y"\n')

    assert found == [Line(2, {"uuid": "a", "email": "one\ntwo\r\n\n"}), Line(6, {"uuid": "b", "email": 'x"y'})]


def test_lines_may_end_as_on_windows_and_the_last_one_not_at_all() -> None:
    assert values("uuid,email\r\na,b\r\n\r\nc,d") == [{"uuid": "a", "email": "b"}, {"uuid": "c", "email": "d"}]
    assert values('{"uuid": "a"}\r\n\n{"uuid": "b"}', JSON_LINES) == [{"uuid": "a"}, {"uuid": "b"}]


@pytest.mark.parametrize(("form", "text"), [(CSV, "uuid\na\n"), (JSON_LINES, '{"uuid": "a"}\n')])
def test_a_byte_order_mark_is_passed_over(form: str, text: str) -> None:
    assert values(b"\xef\xbb\xbf" + text.encode(), form) == [{"uuid": "a"}]


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_file_has_no_lines(form: str) -> None:
    assert read("", form) == []


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("uuid,e-mail", "line 1: there is no column 'e-mail'; there are uuid, email, active"),
        ("uuid;email", "line 1: there is no column 'uuid;email'; there are uuid, email, active"),
        ("uuid,email,uuid", "line 1: names 'uuid' twice"),
        ('"uuid', "line 1: is not CSV (unexpected end of data)"),
    ],
)
def test_a_first_line_that_names_no_columns_ends_the_reading(header: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(f"{header}\na,b\n")
    assert str(refused.value) == said


def test_what_is_no_csv_is_told_and_the_next_line_is_read() -> None:
    assert problems('uuid,email\na,b\nc\nd,e,f\n"g"h,i\nj,k\n') == [
        "line 3: has 1 cells, and the first line 2",
        "line 4: has 3 cells, and the first line 2",
        "line 5: is not CSV (',' expected after '\"')",
    ]
    assert read("uuid\n\xff\na\n".encode("latin-1")) == [Problem(2, "", "is not UTF-8"), Line(3, {"uuid": "a"})]


def test_a_missing_quotation_mark_does_not_swallow_the_file() -> None:
    rows = "".join(f"buyer-{number},mail@example.net\n" for number in range(20_000))

    found = problems(f'uuid,email\na,"b\n{rows}')

    assert found[0].startswith("line 2: is ")
    assert len(read(f'uuid,email\na,"b\n{rows}')) > 10_000


def test_what_is_no_json_object_is_told_and_the_next_line_is_read() -> None:
    lines = [
        b"{",
        b"[1]",
        b"null",
        b'"text"',
        b'{"uuid": "a"} {"uuid": "b"}',
        b'{"uuid": NaN}',
        b'{"uuid": "\xff"}',
        b'{"uuid": "\\ud800"}',
        b'{"uuid": "a", "email": "x", "uuid": "b"}',
        b'{"uuid": {"a": 1, "a": 2}}',
        b'{"uuid": ' + b"[" * 10_000,
        b"{'uuid': 'a'}",
    ]

    found = read(b"\n".join([*lines, b'{"uuid": "last"}']), JSON_LINES)

    assert [line.number for line in found if isinstance(line, Problem)] == list(range(1, len(lines) + 1))
    assert str(found[1]) == "line 2: is not a JSON object"
    assert str(found[6]) == "line 7: is not UTF-8"
    assert str(found[8]) == "line 9: names 'uuid' twice"
    assert found[-1] == Line(len(lines) + 1, {"uuid": "last"})


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers() | st.none(), max_size=4))
def test_no_json_object_is_taken_for_one_with_a_name_twice(values: dict[str, Any]) -> None:
    """Colons and quotation marks in texts look like names."""
    for spelling in (json.dumps(values), json.dumps(values, separators=(",", ":"), ensure_ascii=False)):
        raw = spelling.encode("utf-8", "surrogatepass")
        assert not any("twice" in problem for problem in problems(raw.replace(b"\n", b""), JSON_LINES))


@pytest.mark.parametrize("form", FORMATS)
def test_a_line_that_is_too_long_is_told_and_not_kept(form: str) -> None:
    long = "x" * LINE_MAX_BYTES
    text = f"uuid\n{long}\na\n" if form == CSV else f'\n{{"uuid": "{long}"}}\n{{"uuid": "a"}}\n'

    found = read(text, form)

    assert isinstance(found[0], Problem)
    assert found[0].number == 2
    assert found[0].text.startswith(f"is longer than {LINE_MAX_BYTES} bytes")
    assert found[1] == Line(3, {"uuid": "a"})
