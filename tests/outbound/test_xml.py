"""XML of others: what is read, and what is refused before it can do harm."""

import time
import tracemalloc
from pathlib import Path

import pytest

from solitude.outbound import xml
from solitude.outbound.xml import NotXml, parse

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
# Expanded, these have hundreds of megabytes and more.
PEAK_MAX_BYTES = 20_000_000
BILLION_LAUGHS = f"<!DOCTYPE x [{LAUGHS}]><x a='&l11;'>&l11;</x>"
QUADRATIC = f'<!DOCTYPE x [<!ENTITY e "{"a" * 50_000}">]><x>{"&e;" * 10_000}</x>'


def test_a_document_is_its_root_element() -> None:
    root = parse(b'<a xmlns="urn:x"><b c="1">d &amp; \xc3\xa9</b><!-- e --></a>')

    assert (root.tag, xml.local(root.tag)) == ("{urn:x}a", "a")
    (inner,) = root
    assert (inner.attrib, inner.text) == ({"c": "1"}, "d & é")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_bytes_are_read_in_the_encoding_that_they_declare(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'

    assert parse(f"{head}<a>é</a>".encode(encoding)).text == "é"


@pytest.mark.parametrize("declared", ["utf-8", "utf-16", "us-ascii"])
def test_a_text_is_read_as_it_is_whatever_it_declares(declared: str) -> None:
    assert parse(f'\ufeff<?xml version="1.0" encoding="{declared}"?><a>é</a>').text == "é"


@pytest.mark.parametrize("document", [BILLION_LAUGHS, QUADRATIC])
def test_entities_do_not_grow(document: str) -> None:
    tracemalloc.start()
    begun = time.monotonic()

    with pytest.raises(NotXml, match="document_type"):
        parse(document.encode())

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < PEAK_MAX_BYTES
    assert time.monotonic() - begun < 5


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")

    for document in (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><x>&e;</x>',
        f'<!DOCTYPE x [<!ENTITY % e SYSTEM "{secret.as_uri()}"> %e;]><x/>',
        f'<!DOCTYPE x SYSTEM "{secret.as_uri()}"><x/>',
        '<!DOCTYPE x PUBLIC "-//x//y" "http://127.0.0.1:9/x.dtd"><x/>',
    ):
        with pytest.raises(NotXml, match=r"^document_type$"):
            parse(document)


def test_a_document_type_is_refused_in_any_encoding_and_by_any_name() -> None:
    for document in (
        "<!DOCTYPE x><x/>",
        "<!DOCTYPE x []><x/>",
        "<?xml version='1.0'?>\n<!-- y -->\n<!DOCTYPE x [ ]><x/>",
    ):
        for data in (
            document,
            document.encode(),
            document.replace("version='1.0'", "version='1.0' encoding='utf-16'").encode("utf-16"),
        ):
            with pytest.raises(NotXml, match=r"^document_type$"):
                parse(data)


def test_an_inclusion_is_an_element_like_any_other(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    place = f'<x xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{secret.as_uri()}" parse="text"/></x>'

    (inner,) = parse(place)

    assert (xml.local(inner.tag), inner.text) == ("include", None)


@pytest.mark.parametrize(
    "document",
    [
        "",
        " ",
        "text",
        "<a>",
        "<a></b>",
        "<a>&nbsp;</a>",
        "<a/><b/>",
        "<a b='1' b='2'/>",
        "<a>\x00</a>",
        "<p:a/>",
        b"\xff\xff<a/>",
    ],
)
def test_what_is_no_xml_is_torn(document: str | bytes) -> None:
    with pytest.raises(NotXml, match=r"^torn$"):
        parse(document)


def test_an_encoding_that_nobody_knows_is_torn() -> None:
    with pytest.raises(NotXml, match=r"^torn$"):
        parse(b'<?xml version="1.0" encoding="x-solitude"?><a/>')


def test_a_text_that_no_encoding_has_is_refused() -> None:
    with pytest.raises(NotXml, match=r"^encoding$"):
        parse("<a>\ud800</a>")


def test_depth_number_and_size_have_limits() -> None:
    deep, many = xml.DEPTH_MAX, xml.ELEMENTS_MAX
    assert parse("<a>" * deep + "</a>" * deep) is not None
    assert len(parse(f"<a>{'<b/>' * (many - 1)}</a>")) == many - 1
    assert parse(f"<a>{'x' * (xml.DOCUMENT_MAX_BYTES - 7)}</a>").text

    for document in (
        "<a>" * (deep + 1) + "</a>" * (deep + 1),
        f"<a>{'<b/>' * many}</a>",
        f"<a>{'x' * (xml.DOCUMENT_MAX_BYTES - 6)}</a>",
        "<a>" * 300_000,
    ):
        with pytest.raises(NotXml, match=r"^too_much$"):
            parse(document)


def test_the_error_says_nothing_of_the_document() -> None:
    with pytest.raises(NotXml) as refused:
        parse("<a>ann@dev.example</b>")

    assert str(refused.value) == "torn"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("text", ["", "a\tb\r\nc", "é", "\U0001f600", "\x85"])
def test_what_xml_can_hold(text: str) -> None:
    assert xml.is_writable(text)


@pytest.mark.parametrize("text", ["\x00", "a\x1b", "\ufffe", "\uffff", "\ud800", "\x0b"])
def test_what_xml_cannot_hold(text: str) -> None:
    assert not xml.is_writable(text)
