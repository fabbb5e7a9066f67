"""Who may ask: OAuth 1.0a with two legs, over the URL as it was called. And the key ring behind the notices."""

import hashlib
import hmac
from urllib.parse import unquote

import pytest
from oauthlib import oauth1
from tests.sandbox.client import Reply
from tests.sandbox.reference.client import Zippy
from tests.support.zippy import KEY, SECRET, ZippySimulator

from solitude_sandbox.reference import keys
from solitude_sandbox.reference.ids import Ids
from solitude_sandbox.reference.keys import KeyRing
from solitude_sandbox.reference.oauth1 import signature


def refused(answer: Reply) -> str:
    error = answer.json["error"]
    assert (answer.status, error["name"]) == (401, "InvalidCredentialsError")
    return str(error["message"])


@pytest.mark.parametrize(
    "url", ["http://Pay.example:80/", "https://pay.example:443/a", "https://pay.example:8443/a;b=1"]
)
def test_an_address_is_signed_without_its_usual_port_as_the_library_does_it(url: str) -> None:
    given = oauth1.Client(KEY, SECRET, "t", "", nonce="n", timestamp="1").sign(f"{url}?b=2&a=%C3%A9&a=1")[1]
    header = dict(part.split("=", 1) for part in given["Authorization"].removeprefix("OAuth ").split(", "))
    signed = {name: unquote(value.strip('"')) for name, value in header.items()}
    expected = signed.pop("oauth_signature")
    pairs = [*signed.items(), ("b", "2"), ("a", "é"), ("a", "1")]
    assert signature("get", url, pairs, SECRET) == expected


@pytest.mark.parametrize(
    "path", ["/products?external_id=a%20b%26c&seller_id=", "/sellers/a%2Bb%3A%7Ec", "/sellers/a:b"]
)
def test_a_path_and_a_query_are_signed_with_the_escapes_that_they_have(zippy: Zippy, path: str) -> None:
    assert zippy.send("GET", path).status in (200, 404)
    refused(zippy.send("GET", path, Authorization=zippy.header("GET", f"{path}x")))


def test_what_was_signed_for_something_else_is_refused(zippy: Zippy) -> None:
    for header in (
        zippy.header("GET", "/sellers"),
        zippy.header("POST", "/products"),
        zippy.header("POST", "/sellers", "another-secret-1"),
    ):
        assert refused(zippy.send("POST", "/sellers", {}, Authorization=header)) == "The signature does not match."


def test_no_header_no_token_and_another_method_are_refused(zippy: Zippy) -> None:
    assert refused(zippy.send("GET", "/sellers", Authorization="-")).startswith("An Authorization header")
    refused(zippy.send("GET", "/sellers", Authorization="Basic abc"))
    refused(zippy.send("GET", "/nowhere", Authorization="-"))
    url = f"{zippy.url}/sellers"
    bare = oauth1.Client("k", SECRET).sign(url)[1]["Authorization"]
    assert refused(zippy.send("GET", "/sellers", Authorization=bare)) == "Authorization lacks oauth_token."
    plain = oauth1.Client("k", SECRET, "t", "", signature_method="PLAINTEXT").sign(url)[1]["Authorization"]
    assert refused(zippy.send("GET", "/sellers", Authorization=plain)).startswith("Only HMAC-SHA1")


def test_the_key_nonce_and_time_do_not_matter(zippy: Zippy) -> None:
    client = oauth1.Client("another-key", SECRET, "t", "", nonce="notimplemented", timestamp="notimplemented")
    header = client.sign(f"{zippy.url}/sellers")[1]["Authorization"]
    for _ in range(2):
        assert zippy.send("GET", "/sellers", Authorization=header).status == 200


@pytest.mark.parametrize("host", ["a:b", "[", "ä", "127.0.0.1:99999999"])
def test_a_host_that_is_none_is_not_believed(zippy: Zippy, host: str) -> None:
    for path in ("/sellers", "/nowhere"):
        refused(zippy.send("GET", path, Host=host))


@pytest.mark.parametrize("path", ["/status", "/users/reset", "/"])
def test_some_paths_are_open(zippy: Zippy, path: str) -> None:
    answer = zippy.send("GET", path, Authorization="-")
    assert (answer.status, answer.json) == (200, {"result": "OK"})


def test_below_the_buyers_pages_nobody_has_to_sign_to_learn_that_there_is_nothing(zippy: Zippy) -> None:
    answers = [zippy.send("GET", path, Authorization="-") for path in ("/payment/nowhere", "/styleguide", "/nowhere")]
    assert [answer.status for answer in answers] == [404, 404, 401]


def test_a_browser_gets_a_page_in_place_of_json(zippy: Zippy) -> None:
    answer = zippy.send("GET", "/sellers", Authorization="-", Accept="text/html,*/*;q=0.8")
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "401 InvalidCredentialsError" in answer.text


def test_a_notice_is_signed_with_the_newest_key_over_its_text_as_it_is(
    zippy: Zippy, fate: ZippySimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ids, "signing_secret", lambda _: b"known")
    fate.rotate_keys()
    fate.pay(zippy.page(zippy.transaction(ext_transaction_id="a b/c&d")))
    (told,) = fate.told()
    text, _, sig = told["signed_notice"].partition("&sig=")
    assert text == "ext_transaction_id=a%20b%2Fc%26d"
    assert sig == f"{fate.keys()[-1]}:{hmac.new(b'known', text.encode(), hashlib.sha256).hexdigest()}"


def test_old_keys_check_until_they_are_forgotten(zippy: Zippy, fate: ZippySimulator) -> None:
    fate.pay(zippy.page(zippy.transaction()))
    before = fate.keys()[-1]
    fate.rotate_keys()
    fate.pay(zippy.page(zippy.transaction()))
    old, new = (told["signed_notice"] for told in fate.told())
    assert [each.rpartition("&sig=")[2].partition(":")[0] for each in (old, new)] == [str(before), str(before + 1)]
    assert [zippy.verify(each).json["result"] for each in (old, new)] == ["OK", "OK"]
    fate.forget_key(before)
    assert [zippy.verify(each).json["result"] for each in (old, new)] == ["FAIL", "OK"]


def test_keys_sign_in_the_order_of_their_numbers_and_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "KEYS_LIMIT", 12)
    ring = KeyRing(Ids(7))
    old = ring.sign("a=1")
    for _ in range(11):
        ring.rotate()
    assert ring.sign("a=1").startswith("a=1&sig=11:")  # 11 is newer than 9
    assert ring.verdict(old) == ""
    ring.rotate()
    assert ring.verdict(old) == keys.MISMATCH
    assert ring.numbers() == list(range(1, 13))


def test_what_was_touched_is_not_genuine_and_what_is_no_notice_is_refused(zippy: Zippy, fate: ZippySimulator) -> None:
    fate.fail(zippy.page(zippy.transaction()))
    (told,) = fate.told()
    signed = told["signed_notice"]
    assert signed.startswith("ext_transaction_id=web%3A91&error=CC_ERROR&sig=")
    good = zippy.verify(signed)
    assert (good.status, good.json) == (200, {"result": "OK", "reason": ""})
    for each in (
        signed.replace("91", "92"),
        signed[:-1],
        signed.replace("&error=CC_ERROR", ""),
        f"a=1&{signed}",
        signed.replace("&sig=", "&sig=9"),
        signed.replace("%3A", ":"),
    ):
        answer = zippy.verify(each)
        assert (answer.status, answer.json) == (200, {"result": "FAIL", "reason": "signature mismatch"})
    for each in ("", "a=1", "a=1&sig=zippy", "&sig=0:ab", "a=1&sig=x:ab", 7, None):
        answer = zippy.send("POST", "/notices", {"qs": each})
        assert (answer.status, answer.json["error"]["name"]) == (409, "InvalidArgumentError")
