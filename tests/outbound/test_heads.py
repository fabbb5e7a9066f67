"""The head of an answer is read as the standard library reads it, whatever stands there."""

import http.client
import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solitude.outbound import wire

NAMES = [
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "Content-Type",
    "X-A",
    "x-a",
    "PayPal-Debug-Id",
    "",
    "A B",
    "Ä",
    "a:b",
]
VALUES = [
    "",
    " ",
    "12",
    "-1",
    "chunked",
    "close",
    "keep-alive",
    " a ",
    "\ta\t",
    "a: b",
    "ü",
    "\x00",
    "\r",
    "a\rb",
    "=?utf-8?q?a?=",
]
ENDS = ["\r\n", "\n", "\r", "\r\r\n"]
LINES = st.one_of(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from([":", ": ", " : ", ""]), st.sampled_from(VALUES), st.sampled_from(ENDS)
    ).map("".join),
    st.sampled_from(
        [" goes on\r\n", "\tgoes on\r\n", "From me\r\n", "From: me\r\n", "no colon\r\n", ":\r\n", "--a\r\n"]
    ),
    st.text(st.characters(max_codepoint=255), max_size=20).map(lambda text: f"{text}\r\n"),
)
HEADS = st.lists(LINES, max_size=8).map(lambda lines: "".join(lines).encode("iso-8859-1") + b"\r\n")


class Given:
    """A socket from which this comes."""

    def __init__(self, told: bytes) -> None:
        self.told = told

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self.told)


def read(begin: Any, told: bytes) -> object:
    """All that `begin` makes of an answer, and what it leaves of it; or the kind of its error."""
    response: Any = http.client.HTTPResponse(Given(told), method="GET")  # type: ignore[arg-type]
    try:
        begin(response)
    except (http.client.HTTPException, ValueError) as error:
        return type(error)
    facts = (response.version, response.status, response.reason, response.chunked, response.length, response.will_close)
    message = response.msg
    return facts, message.items(), message.defects == [], message.get_payload() or "", response.fp.read()


@given(
    HEADS,
    st.sampled_from(
        ["HTTP/1.1 200 OK", "HTTP/1.0 204", "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 201 Made", "HTTP/2 200"]
    ),
)
@example(b"Content-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\n", "HTTP/1.1 200 OK")
@example(b"X-A: begins\r\n goes on\r\n\r\n", "HTTP/1.1 200 OK")
@example(b"From me\r\n\r\n", "HTTP/1.1 200 OK")
def test_every_head(head: bytes, status: str) -> None:
    told = status.encode() + b"\r\n" + head + b"the body\r\nof it"
    assert read(wire._Response.begin, told) == read(http.client.HTTPResponse.begin, told)


def test_a_head_that_breaks_off() -> None:
    for told in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", b"HTTP/1.1 200 OK\r\nX-A: 1"):
        assert read(wire._Response.begin, told) == read(http.client.HTTPResponse.begin, told)


@pytest.mark.parametrize("told", [b"X: " + b"y" * 70_000 + b"\r\n\r\n", b"X: y\r\n" * 101 + b"\r\n"])
def test_a_head_that_is_too_long(told: bytes) -> None:
    told = b"HTTP/1.1 200 OK\r\n" + told
    assert issubclass(read(wire._Response.begin, told), http.client.HTTPException)  # type: ignore[arg-type]
    assert read(wire._Response.begin, told) == read(http.client.HTTPResponse.begin, told)


def test_most_heads_need_no_parser_of_e_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(wire.email.parser, "Parser", unwanted)
    told = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nPaypal-Debug-Id: a\r\n\r\nok"
    assert isinstance(read(wire._Response.begin, told), tuple)
    with pytest.raises(AssertionError):
        read(wire._Response.begin, b"HTTP/1.1 200 OK\r\nX-A: begins\r\n goes on\r\n\r\n")
