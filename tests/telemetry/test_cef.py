"""Security events: the format, and that nothing in an event can pass for something else."""

import datetime
import logging
import platform
import re
import uuid
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from solitude.telemetry import cef
from solitude.telemetry.redaction import LINE_LIMIT_BYTES, MASK

from .conftest import Setup

REQUEST = {
    "method": "PATCH",
    "path_with_query": "/generic/transaction/7/?email=ann%40example.com&page=2",
    "client": "marketplace",
    "src": "192.0.2.1",
    "dhost": "solitude.example",
    "user_agent": "webpay/1.0 (x=y)",
}
EXTRA = {"cs6Label": "old", "cs6": "pending", "cs7Label": "new", "cs7": "completed"}


def test_an_event_is_a_line_of_cef_log(setup: Setup) -> None:
    logged = setup(to_files=True)
    with time_machine.travel(datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC), tick=False):
        cef.event("Transaction change success", 7, request=REQUEST, extra=EXTRA)
    assert logged.file("cef.log") == [
        f"Mar 04 05:06:07 {platform.node()} CEF:0|Mozilla|Solitude|0|"
        f"/generic/transaction/7/?email={MASK}&page={MASK}|Transaction change success|7|"
        "cs1Label=requestClientApplication cs1=webpay/1.0 (x\\=y) requestMethod=PATCH request=/generic/transaction/7/ "
        "src=192.0.2.1 dhost=solitude.example suser=marketplace msg=Transaction change success "
        "cs6Label=old cs6=pending cs7Label=new cs7=completed"
    ]


def test_an_event_without_a_request(setup: Setup) -> None:
    logged = setup(to_files=True)
    cef.event("Key ring changed")
    (line,) = logged.file("cef.log")
    assert line.partition(" CEF:")[2] == (
        "0|Mozilla|Solitude|0|-|Key ring changed|5|cs1Label=requestClientApplication cs1=none requestMethod=none "
        "request=- src=none dhost=none suser=none msg=Key ring changed"
    )


@pytest.mark.parametrize(
    ("severity", "alarmed"), [(0, False), (1, False), (2, False), (3, True), (5, True), (10, True)]
)
def test_above_severity_2_an_event_is_an_error_of_the_ordinary_log_too(
    setup: Setup, severity: int, alarmed: bool
) -> None:
    logged = setup(to_files=True)
    cef.event("something", severity)
    assert len(logged.file("cef.log")) == 1
    lines = logged.json()
    assert [(line["logger"], line["level"]) for line in lines] == [("solitude.cef.alarm", "error")] * alarmed
    assert all("|something|" in line["event"] for line in lines)


def test_without_a_folder_events_are_on_the_console_as_json(setup: Setup) -> None:
    logged = setup()
    cef.event("something", 1)
    (line,) = logged.json()
    assert (line["logger"], line["level"]) == ("solitude.cef", "info")
    assert line["event"].startswith("CEF:0|Mozilla|Solitude|0|-|something|1|")


@pytest.mark.parametrize("severity", [-1, 11, 1000])
def test_a_severity_is_from_0_to_10(severity: int) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        cef.event("x", severity)


@pytest.mark.parametrize(
    "extra",
    [
        {"cs1": "x"},
        {"msg": "x"},
        {"src": "x"},
        {"cs8": "x"},
        {"cs6 src": "x"},
        {"cs6\n": "x"},
        {"": "x"},
        {"cs6": "without a label"},
        {"cs6Label": "of nothing"},
        {f"cs{number}{end}": "" for number in (4, 5, 6) for end in ("", "Label")},
    ],
)
def test_extra_fields_are_the_custom_ones_of_the_format(extra: dict[str, str]) -> None:
    for _ in range(2):  # what was found is remembered
        with pytest.raises(ValueError, match="cs5 to cs7"):
            cef.event("x", extra=extra)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [("a|b", r"a\|b"), ("a\\b", r"a\\b"), ("a\r\nb", r"a\r\nb"), ("a=b", "a=b"), ("a\x85\x00b", r"a\u0085\u0000b")],
)
def test_escapes_in_the_head(setup: Setup, name: str, escaped: str) -> None:
    logged = setup(to_files=True)
    cef.event(name)
    assert f"|-|{escaped}|5|" in logged.file("cef.log")[0]


@pytest.mark.parametrize(
    ("value", "escaped"), [("a|b", "a|b"), ("a\\b", r"a\\b"), ("a\r\nb", r"a\r\nb"), ("x src=b", r"x src\=b")]
)
def test_escapes_in_the_extension(setup: Setup, value: str, escaped: str) -> None:
    logged = setup(to_files=True)
    cef.event("n", request={"user_agent": value})
    assert f" cs1={escaped} requestMethod=" in logged.file("cef.log")[0]


def test_a_value_of_a_custom_field_is_cut_at_512_bytes_and_never_within_an_escape(setup: Setup) -> None:
    logged = setup(to_files=True)
    cef.event("n", extra={"cs6Label": "a", "cs6": "=" * 2000, "cs7Label": "b", "cs7": "\u20ac" * 2000})
    (line,) = logged.file("cef.log")
    escapes = "\\=" * 256
    assert line.endswith(f" cs6Label=a cs6={escapes} cs7Label=b cs7={'€' * 170}")


def test_values_need_not_be_texts(setup: Setup) -> None:
    """An event is written on the way of money: it must not fail there for the type of a value."""
    logged = setup(to_files=True)
    cef.event("n", request={"src": ""}, extra={"cs6Label": "payment", "cs6": uuid.UUID(int=7)})
    line = logged.file("cef.log")[0]
    assert line.endswith("cs6Label=payment cs6=00000000-0000-0000-0000-000000000007")
    assert " src=none " in line


@pytest.mark.parametrize("value", ["ann@example.com", "4111111111111111", "Bearer canary-credential"])
def test_no_part_of_an_event_shows_what_no_log_may_show(setup: Setup, value: str) -> None:
    logged = setup(to_files=True)
    cef.event(f"x {value}", request=dict.fromkeys(REQUEST, value), extra=dict.fromkeys(EXTRA, value))
    assert value not in "".join(logged.file("cef.log") + logged.console())


ANY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("|\\=\r\n \x85\u2028cs6msg"))) | st.text(
    "=|\\", min_size=600
)


@given(
    ANY,
    st.integers(0, 10),
    st.fixed_dictionaries({}, optional=dict.fromkeys(REQUEST, ANY)),
    st.just({}) | st.fixed_dictionaries(dict.fromkeys(EXTRA, ANY)),
)
def test_no_input_makes_a_second_line_or_another_field(
    name: str, severity: int, request: dict[str, str], extra: dict[str, str]
) -> None:
    line = rendered(name, severity, request, extra)
    assert len(line.splitlines()) == 1
    assert len(line.encode()) <= LINE_LIMIT_BYTES
    head = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    assert (head[0].partition(" CEF:")[2], head[1:4], head[6]) == ("0", ["Mozilla", "Solitude", "0"], str(severity))
    fields = ["cs1Label", "cs1", "requestMethod", "request", "src", "dhost", "suser", "msg", *extra]
    # A field begins at the start or after a blank, and its "=" is not escaped.
    assert re.findall(r"(?:^| )([A-Za-z0-9]+)=", head[7]) == fields
    assert len(re.findall(r"(?<!\\)(?:\\\\)*=", head[7])) == len(fields)


def rendered(*event: Any) -> str:
    record = logging.LogRecord(cef.LOGGER, logging.INFO, "", 1, "%s", (cef.message(*event),), None)
    return cef.CefFormatter().format(record)


@pytest.mark.parametrize("character", ["a", "=", "ä"])
def test_a_value_that_fits_is_whole_and_one_that_does_not_is_cut(character: str) -> None:
    written = {"=": "\\="}.get(character, character)
    fits = cef.CUSTOM_LIMIT_BYTES // len(written.encode())

    def told(count: int) -> str:
        return cef.message("x", 1, extra={"cs5Label": "edge", "cs5": character * count}).partition(" cs5=")[2]

    assert told(fits) == written * fits
    assert told(fits + 1) == written * fits
