"""A token has the claims of the profile, exactly, and is bound to one request."""

import base64
import hashlib
from typing import Any

import jwt
import pytest
import time_machine

from solitude.client import authorization, sign

SECRET = "s" * 32
NOW = 1_800_000_000.9


def claims(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"key": "shop", "secret": SECRET, "method": "GET", "target": "/events/", "now": NOW}
    token = sign(**given | changes)
    with time_machine.travel(NOW, tick=False):
        return jwt.decode(token, SECRET, algorithms=["HS256"], audience="solitude")


def test_a_bodiless_request_has_the_seven_claims_and_no_other() -> None:
    assert claims(jti="one") == {
        "iss": "shop",
        "aud": "solitude",
        "iat": 1_800_000_000,
        "exp": 1_800_000_060,
        "jti": "one",
        "htm": "GET",
        "htu": "/events/",
    }


def test_the_algorithm_is_hs256() -> None:
    token = sign(key="shop", secret=SECRET, method="GET", target="/")
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_a_body_adds_its_hash_as_base64url_without_padding() -> None:
    body = '{"uuid": "käse"}'.encode()
    expected = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
    assert claims(method="POST", body=body)["bsh"] == expected


def test_the_target_is_signed_byte_for_byte() -> None:
    target = "/generic/buyer/?uuid=shop%3A77&q=a?"
    assert claims(target=target)["htu"] == target


def test_the_method_is_in_capitals() -> None:
    assert claims(method="patch")["htm"] == "PATCH"


def test_each_token_has_a_jti_of_its_own() -> None:
    assert len({claims()["jti"] for _ in range(50)}) == 50


def test_a_text_secret_is_its_utf8_bytes() -> None:
    secret = "é" * 32
    given: dict[str, Any] = {"key": "shop", "method": "GET", "target": "/", "now": NOW, "jti": "one"}
    assert sign(secret=secret, **given) == sign(secret=secret.encode(), **given)


def test_the_header_is_bearer_and_the_token() -> None:
    scheme, token = authorization(key="shop", secret=SECRET, method="GET", target="/", now=NOW, jti="one").split(" ")
    assert (scheme, token) == (
        "Bearer",
        sign(key="shop", secret=SECRET, method="GET", target="/", now=NOW, jti="one"),
    )


@pytest.mark.parametrize("life_s", [1, 300])
def test_a_token_lives_as_long_as_was_asked(life_s: int) -> None:
    assert claims(life_s=life_s)["exp"] == 1_800_000_000 + life_s


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"secret": ""},
        {"life_s": 0},
        {"life_s": 301},
        {"jti": ""},
        {"jti": "j" * 256},
        {"target": "events/"},
        {"target": "https://pay.example/events/"},
        {"target": "/events/#x"},
        {"target": "/a b/"},
        {"target": "/käse/"},
    ],
)
def test_what_the_server_would_refuse_is_not_signed(change: dict[str, object]) -> None:
    with pytest.raises(ValueError) as refused:
        claims(**change)
    assert SECRET not in str(refused.value)
