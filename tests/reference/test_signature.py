"""What goes out is signed as RFC 5849 says. oauthlib's server side, which is another half of that library, is asked whether it is."""

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

from solitude.outbound.http import Request
from solitude.outbound.json_api import Ask
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.segments import path_to
from solitude.providers.reference.wire import wire

KEY, SECRET, REALM = "key-of-the-tests", "secret-of-the-tests", "Zippy, of the tests"
PROVIDER = ReferenceProvider("reference", "https://pay.example:8443/zippy", KEY, SECRET, REALM)
WIRE = wire(PROVIDER)


class Judge(RequestValidator):  # type: ignore[misc]  # oauthlib is untyped
    """Knows one client and its secret; believes every nonce."""

    enforce_ssl = False
    safe_characters = frozenset("abcdefghijklmnopqrstuvwxyz-")
    client_key_length = nonce_length = (1, 100)
    allowed_signature_methods = ("HMAC-SHA1",)
    dummy_client = "nobody"

    def check_nonce(self, nonce: str) -> bool:
        return bool(nonce)

    def check_access_token(self, request_token: str) -> bool:
        return request_token == "not-implemented"

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == KEY

    def validate_timestamp_and_nonce(self, *_: Any, **__: Any) -> bool:
        return True

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return ""

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return SECRET


def is_genuine(request: Request, **changed: Any) -> bool:
    seen = {"uri": request.url, "http_method": request.method, "headers": dict(request.headers)} | changed
    verdict: bool = SignatureOnlyEndpoint(Judge()).validate_request(**seen)[0]
    return verdict


def signed(method: str = "GET", path: str = "/sellers", body: Any = None, *query: tuple[str, str]) -> Request:
    return WIRE.request(Ask(method, path, "test", body, query))


def parameters(request: Request) -> dict[str, str]:
    kind, _, rest = request.headers["Authorization"].partition(" ")
    assert kind == "OAuth"
    pairs = [part.partition("=") for part in rest.replace(", oauth", ",,oauth").split(",,")]
    return {name: unquote(value.strip('"')) for name, _, value in pairs}


def test_another_secret_method_address_or_query_is_no_longer_genuine() -> None:
    request = signed("GET", "/products", None, ("seller_id", "s-801"))
    assert is_genuine(request)
    assert not is_genuine(request, http_method="DELETE")
    assert not is_genuine(request, uri=request.url.replace("s-801", "s-802"))
    assert not is_genuine(request, uri=request.url.replace("products", "sellers"))
    other = wire(ReferenceProvider("reference", PROVIDER.url, KEY, "another-secret", REALM))
    assert not is_genuine(other.request(Ask("GET", "/products", "test")))


def test_key_realm_and_the_token_that_is_none_stand_in_the_header() -> None:
    said = parameters(signed())
    assert said["realm"] == REALM
    assert said["oauth_token"] == "not-implemented"
    assert said["oauth_signature_method"] == "HMAC-SHA1"
    assert said["oauth_consumer_key"] == KEY
    assert said["oauth_version"] == "1.0"
    assert SECRET not in str(dict(signed().headers))


def test_a_json_body_is_no_part_of_the_signature() -> None:
    request = signed("POST", "/sellers", {"name": "Ada"})
    assert json.loads(request.body) == {"name": "Ada"}
    assert request.headers["Content-Type"] == "application/json"
    assert is_genuine(request, body=b'{"name": "Eve"}')


def test_no_two_requests_have_the_same_nonce() -> None:
    nonces = {parameters(WIRE.request(Ask("GET", "/status", "test")))["oauth_nonce"] for _ in range(50)}
    assert len(nonces) == 50


def test_no_path_ends_in_a_slash() -> None:
    assert urlsplit(signed().url).path == "/zippy/sellers"
    assert urlsplit(signed(path=path_to("sellers", "s-801") or "").url).path == "/zippy/sellers/s-801"


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_any_query_arrives_as_it_was_given_and_is_covered(query: list[tuple[str, str]]) -> None:
    query = [(_writable(name) or "n", _writable(value)) for name, value in query]
    request = signed("GET", "/sellers", None, *query)
    assert parse_qsl(urlsplit(request.url).query, keep_blank_values=True) == query
    assert request.url.isascii()
    assert " " not in request.url
    # A judge of oauthlib's leaves each parameter of this name out, and not only the header's own (RFC 5849, section 3.4.1.3.1).
    if not any(name.startswith("oauth_") or name == "realm" for name, _ in query):
        assert is_genuine(request)


def _writable(text: str) -> str:
    return text.encode("utf-8", "ignore").decode()


@pytest.mark.parametrize("realm", ["", "Zippy"])
def test_without_a_realm_none_is_named(realm: str) -> None:
    request = wire(ReferenceProvider("reference", PROVIDER.url, KEY, SECRET, realm)).request(Ask("GET", "/x", "test"))
    assert ("realm=" in request.headers["Authorization"]) is bool(realm)
