"""The allow-list of return and cancel URLs: same origin, and a path below the prefix as every server reads it."""

import string
from urllib.parse import unquote, urlsplit

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from solitude.providers.paypal.forms.allowed_urls import URL_MAX_CHARS, problem

ALLOWED = ("https://shop.example", "https://shop.example:8443/paid", "http://127.0.0.1:8000/back/from")


def is_allowed(url: str, *prefixes: str) -> bool:
    with override_settings(SOLITUDE_PAYPAL_URLS_ALLOWED=prefixes or ALLOWED):
        return problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/a/b?c=d#e",
        "https://shop.example?token=1",
        "https://shop.example:443/",
        "HTTPS://SHOP.EXAMPLE/a",
        "https://shop.example/a..b/...",
        "https://shop.example/a%20b",
        "https://shop.example/?next=https://evil.example/../",
        "https://shop.example:8443/paid",
        "https://shop.example:8443/paid/",
        "https://shop.example:8443/paid/7",
        "http://127.0.0.1:8000/back/from/paypal",
    ],
)
def test_below_a_prefix(url: str) -> None:
    assert is_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        # another host
        "https://evil.example/",
        "https://shop.example.evil.net/",
        "https://evilshop.example/",
        "https://sub.shop.example/",
        "https://shop.example./",
        "https://shop%2eexample/",
        "https://shop.example%2fevil.net/",
        "https://xn--shop-.example/",
        # another scheme
        "http://shop.example/",
        "ftp://shop.example/",
        "javascript://shop.example/%0aalert(1)",
        "javascript:alert(1)",
        "data:text/html,x",
        "https:shop.example/",
        "https:/shop.example/",
        "https:///shop.example/",
        "//shop.example/",
        "/paid",
        "shop.example/paid",
        # another port
        "https://shop.example:444/",
        "https://shop.example:8444/paid",
        "https://shop.example:80/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:-1/",
        "https://shop.example:x/",
        "http://127.0.0.1/back/from",
        # user information
        "https://shop.example@evil.example/",
        "https://shop.example:pw@evil.example/",
        "https://evil.example@shop.example/",
        "https://:@shop.example/",
        "https://@shop.example/",
        "https://shop.example%40evil.example/",
        # what browsers and servers read in another way
        "https://shop.example\\@evil.example/",
        "https:\\\\shop.example/",
        "https://evil.example\\.shop.example/",
        "https://evil.example#@shop.example/",
        "https://evil.example?@shop.example/",
        "https://shop.example/\r\nLocation: https://evil.example",
        "https://shop\t.example/",
        "\thttps://shop.example/",
        " https://shop.example/",
        "https://shop.example/ ",
        "https://shop.example/\x00",
        "https://shop.example/\x7f",
        "https://shop。example/",
        "https://shop.exаmple/",  # a Cyrillic а
        "https://[shop.example]/",
        "https://[::1/",
        # beside the path's prefix, and up from below it
        "https://shop.example:8443/",
        "https://shop.example:8443/paid-not",
        "https://shop.example:8443/Paid/",
        "https://shop.example:8443//paid/",
        "https://shop.example:8443/x/paid/",
        "https://shop.example:8443/paid/../admin",
        "https://shop.example:8443/paid/..",
        "https://shop.example:8443/paid/./x",
        "https://shop.example:8443/paid/%2e%2e/admin",
        "https://shop.example:8443/paid/.%2E/admin",
        "https://shop.example:8443/paid/%252e%252e/admin",
        "https://shop.example:8443/paid/..;/admin",
        "https://shop.example:8443/paid/..%3b/admin",
        "https://shop.example:8443/paid/x%2f..%2f..%2fadmin",
        "https://shop.example:8443/paid/x%5c..%5cadmin",
        "https://shop.example:8443/paid%2f..%2fadmin",
        "https://shop.example:8443/paid%2f",
        # no URL
        "",
        "https://",
        "https://shop.example/" + "a" * URL_MAX_CHARS,
    ],
)
def test_not_below_a_prefix(url: str) -> None:
    assert not is_allowed(url)


def test_an_empty_list_refuses_everything() -> None:
    with override_settings(SOLITUDE_PAYPAL_URLS_ALLOWED=()):
        assert problem("https://shop.example/") is not None


def test_a_prefix_with_a_final_slash_is_the_same_prefix() -> None:
    assert is_allowed("https://shop.example/paid", "https://shop.example/paid/")
    assert not is_allowed("https://shop.example/paid-not", "https://shop.example/paid/")


PIECES = [
    "https", "http", "HTTPS", ":", "/", "//", "\\", "@", "#", "?", "..", ".", "%2e", "%2F", "%5c", "%25", ";", "shop",
    ".example", "shop.example", ":8443", ":443", "paid", "paid/", "evil.net", "[", "]", "\t", "\n", " ", "\x00", "ß",
]  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    url=st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
    | st.lists(st.sampled_from(PIECES), max_size=6).map(
        lambda pieces: "https://shop.example:8443/paid" + "".join(pieces)
    )
    | st.text(max_size=60)
)
@example("https://shop.example:8443/paid/%2e%2e")
def test_what_passes_is_what_a_browser_would_open_below_the_prefix(url: str) -> None:
    """Whatever is put together: it never raises, and what passes has the origin and the path, read as plainly as can be."""
    prefix = "https://shop.example:8443/paid"
    if not is_allowed(url, prefix):
        return

    assert set(url) <= set(string.ascii_letters + string.digits + string.punctuation) - set("\\")
    start, _, rest = url.partition("?")[0].partition("#")[0].partition("://")
    authority, _, path = rest.partition("/")
    assert (start.lower(), authority.lower()) == ("https", "shop.example:8443")
    assert path == "paid" or path.startswith("paid/")
    for segment in path.split("/"):
        assert unquote(segment).split(";")[0] not in (".", "..")
        assert not set(unquote(segment)) & set("/\\")


@settings(max_examples=100, deadline=None)
@given(
    path=st.lists(st.text(string.ascii_letters + string.digits + "-_~", min_size=1, max_size=8), max_size=5).map(
        "/".join
    )
)
def test_every_plain_path_below_the_prefix_passes(path: str) -> None:
    url = f"https://shop.example:8443/paid/{path}"
    assert urlsplit(url).path.startswith("/paid/")
    assert is_allowed(url)
