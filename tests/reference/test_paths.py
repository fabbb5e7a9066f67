"""Whatever a client calls a thing, a path leads to the provider, and there to the resource that is named and to nothing else."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solitude.providers.reference import urls
from solitude.providers.reference.segments import RESOURCE_MAX_CHARS, UUID_MAX_CHARS, path_to

BASE = "https://pay.example/zippy"
# What leads elsewhere where it is not seen through, whole and in pieces.
PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "%2e", "%2E%2e", "%2f", "%252f", "%5c", "//", ";", "?", "#", "@", "a", " "]
)
UUIDS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=6).map("".join))


@given(UUIDS)
@example("../../evil")
@example("%2e%2e%2fevil")
@example("%252e%252e")
@example("..;a=b")
@example("@evil.example/")
def test_a_uuid_is_one_segment_below_its_resource(uuid: str) -> None:
    path = path_to("sellers", uuid)
    if path is None or not uuid:
        return
    parts = urlsplit(BASE + path)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "pay.example", "", "")
    segments = parts.path.split("/")
    assert segments[:3] == ["", "zippy", "sellers"]
    assert len(segments) == 4
    assert unquote(segments[3]) == uuid
    for times in (1, 2):
        decoded = segments[3]
        for _ in range(times):
            decoded = unquote(decoded)
        assert decoded.partition(";")[0] not in ("", ".", "..")
        assert not set(decoded) & {"/", "\\", "\0", "\n", "\r"}


@pytest.mark.parametrize(
    "uuid", ["s-801", "ref:uuid", "a@b", "50 %", "Grüße", "x;y", "2f5c.json", "a" * UUID_MAX_CHARS]
)
def test_what_providers_call_their_things_is_let_through(uuid: str) -> None:
    path = path_to("products", uuid)
    assert path is not None
    assert unquote(path) == f"/products/{uuid}"


@pytest.mark.parametrize(
    "uuid",
    [
        "..",
        ".",
        "%2e%2e",
        "%252e%252e",
        "a/b",
        "a%2fb",
        "a%252fb",
        "a\\b",
        "a%5cb",
        "a\0",
        "a%00",
        "a\n",
        " ",
        ";x",
        "a" * 256,
    ],
)
def test_what_leads_elsewhere_is_not(uuid: str) -> None:
    assert path_to("products", uuid) is None


@given(st.text(max_size=RESOURCE_MAX_CHARS + 2))
def test_a_resource_is_a_plain_word(resource: str) -> None:
    path = path_to(resource)
    assert path is None or (path == f"/{resource}" and resource.replace("-", "").replace("_", "").isalnum())
    assert path is None or resource.isascii()


@pytest.mark.parametrize("resource", ["", ".", "..", "a/b", "sellers?x", "sellers#", "1", "-a", "säle", "a" * 65])
def test_what_is_no_resource(resource: str) -> None:
    assert path_to(resource) is None


@pytest.mark.parametrize("url", ["https://shop.example/ok", "http://127.0.0.1:8000/a?b=c", "https://shop.example:1/"])
def test_an_url_for_the_buyer(url: str) -> None:
    assert urls.problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example",
        "javascript:alert(1)",
        "ftp://shop.example/",
        "https://",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://user@shop.example/",
        "https://shop.example\\@evil.example/",
        "https://shop.example/a b",
        "https://shop.example/\u00fc",
        "https://shop.example/#part",
        "https://shop.example/\n",
        "https://[::1",
        "https://shop.example/" + "x" * 2000,
    ],
)
def test_no_url_for_the_buyer(url: str) -> None:
    assert urls.problem(url)
