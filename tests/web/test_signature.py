"""Who signs right is let in; every other way to sign is 401, says which check failed, and shows no secret."""

import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.api_jws import PyJWS
from tests.support.marketplace import KEY, SECRET, Answer, Api, Marketplace
from tests.web.tokens import LEFT_OUT, bearer, by_hand, claims

HERE = "/generic/buyer/"
PERSON = b'{"uuid": "shop:1"}'


def refused_for(answer: Answer, text: str, events: list[str]) -> None:
    """401 in the form of the contract, the text in the answer and in the one security event."""
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert list(answer.json) == ["detail"]
    assert text in answer["detail"]
    assert len(events) == 1
    assert f"Signature refused: {text}" in events[0]
    for told in (answer.text, events[0]):
        assert SECRET not in told
        assert "eyJ" not in told


def called(shop: Api, authorization: str, method: str = "GET", target: str = HERE, body: bytes = b"") -> Answer:
    return shop.send_unsigned(method, target, body, Authorization=authorization)


def test_a_signed_request_is_let_in(shop: Marketplace) -> None:
    assert called(shop, bearer(claims("GET", HERE))).status == 200
    assert called(shop, bearer(claims("POST", HERE, PERSON)), "POST", body=PERSON).status == 201


def test_a_request_without_a_signature_is_not(shop: Marketplace, security_events: list[str]) -> None:
    refused_for(shop.send_unsigned("GET", HERE), "The Authorization header is missing.", security_events)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic c2hvcDpzZWNyZXQ=", "Token x", "x", "bearer:abc", 'OAuth oauth_nonce="1"']
)
def test_another_kind_of_header_is_malformed(shop: Marketplace, security_events: list[str], header: str) -> None:
    refused_for(called(shop, header), "The Authorization header is malformed.", security_events)


def test_a_huge_header_is_malformed(shop: Marketplace, security_events: list[str]) -> None:
    header = bearer(claims("GET", HERE, junk="x" * 9000))
    refused_for(called(shop, header), "The Authorization header is malformed.", security_events)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_known_in_any_case(shop: Marketplace, scheme: str) -> None:
    token = bearer(claims("GET", HERE)).removeprefix("Bearer ")
    assert called(shop, f"{scheme} {token}").status == 200


RIGHT_HEADER = {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize(
    "header",
    [
        "Bearer abc",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer a.b.c.d",
        "Bearer ...",
        "Bearer \xff.\xff.\xff",
        by_hand(b"{", b"{}"),
        by_hand(RIGHT_HEADER, b"[" * 4000 + b"]" * 1000),
        by_hand(b"[" * 4000, {}),
        by_hand(RIGHT_HEADER, []),
        by_hand(RIGHT_HEADER, b"null"),
        by_hand(RIGHT_HEADER, b"\xff\xfe"),
        by_hand([], {"iss": KEY}),
        by_hand({"alg": "HS256", "kid": 7}, {"iss": KEY}),
        by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, {"iss": KEY}),
    ],
)
def test_what_is_no_token_is_malformed(shop: Marketplace, security_events: list[str], header: str) -> None:
    refused_for(called(shop, header), "The token is malformed.", security_events)


def rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "RS256"])
@pytest.mark.filterwarnings("ignore:The HMAC key")
def test_another_algorithm_is_refused(shop: Marketplace, security_events: list[str], algorithm: str) -> None:
    secret = rsa_key() if algorithm == "RS256" else SECRET
    header = bearer(claims("GET", HERE), secret, algorithm)
    refused_for(called(shop, header), "The algorithm is not HS256.", security_events)


@pytest.mark.parametrize("name", ["none", "None", "NONE", "hs256", "", None, 5, ["HS256"]])
def test_an_algorithm_of_none_or_of_nonsense_is_refused(shop: Marketplace, name: Any) -> None:
    """Whatever the header names: signed with the right secret, and not signed at all."""
    given = claims("GET", HERE)
    unsigned = by_hand({"alg": name}, given)
    head, payload, _ = unsigned.removeprefix("Bearer ").split(".")
    signature = hmac.digest(SECRET.encode(), f"{head}.{payload}".encode(), "sha256")
    for header in (unsigned, by_hand({"alg": name}, given, signature)):
        assert called(shop, header).status == 401
    assert called(shop, by_hand({}, given, signature)).status == 401


@pytest.mark.parametrize("issuer", ["nobody", "", "Marketplace", 7, None, ["marketplace"], {"marketplace": 1}])
def test_an_unknown_client_is_refused(shop: Marketplace, security_events: list[str], issuer: Any) -> None:
    header = by_hand(RIGHT_HEADER, claims("GET", HERE, iss=issuer))
    refused_for(called(shop, header), "The claim iss names no client.", security_events)


def test_another_clients_secret_is_refused(shop: Marketplace, security_events: list[str]) -> None:
    header = bearer(claims("GET", HERE, iss="nagios"))
    refused_for(called(shop, header), "The signature does not fit.", security_events)


def test_a_changed_claim_is_refused(shop: Marketplace, security_events: list[str]) -> None:
    head, _, signature = bearer(claims("GET", HERE)).split(".")
    _, forged, _ = bearer(claims("GET", "/generic/seller/")).split(".")
    header = ".".join((head, forged, signature))
    refused_for(called(shop, header, target="/generic/seller/"), "The signature does not fit.", security_events)


@pytest.mark.parametrize("claim", ["aud", "iat", "exp", "jti", "htm", "htu"])
def test_each_claim_is_required(shop: Marketplace, security_events: list[str], claim: str) -> None:
    header = bearer(claims("GET", HERE, **{claim: LEFT_OUT}))
    refused_for(called(shop, header), f"The claim {claim} is missing.", security_events)


def test_the_claim_iss_is_required(shop: Marketplace, security_events: list[str]) -> None:
    refused_for(
        called(shop, bearer(claims("GET", HERE, iss=LEFT_OUT))), "The claim iss names no client.", security_events
    )


WRONG = [
    ("aud", "marketplace", "The claim aud is wrong."),
    ("aud", ["solitude"], "The claim aud is wrong."),
    ("aud", 7, "The claim aud is wrong."),
    ("iat", "now", "The claims iat and exp must be whole seconds."),
    ("iat", 1.5, "The claims iat and exp must be whole seconds."),
    ("iat", True, "The claims iat and exp must be whole seconds."),
    ("exp", "later", "The claims iat and exp must be whole seconds."),
    ("exp", [1], "The claims iat and exp must be whole seconds."),
    ("exp", -1, "The claims iat and exp must be whole seconds."),
    ("exp", 10**30, "The claims iat and exp must be whole seconds."),
    ("jti", "", "The claim jti must be a text of 1 to 255 printable characters."),
    ("jti", "x" * 256, "The claim jti must be a text of 1 to 255 printable characters."),
    ("jti", "a\x00b", "The claim jti must be a text of 1 to 255 printable characters."),
    ("jti", "\ud800", "The claim jti must be a text of 1 to 255 printable characters."),
    ("jti", 7, "The claim jti must be a text of 1 to 255 printable characters."),
    ("htm", "POST", "The claim htm is not this method."),
    ("htm", "get", "The claim htm is not this method."),
    ("htm", ["GET"], "The claim htm is not this method."),
    ("htu", 7, "The claim htu must be a text."),
    ("htu", "/generic/seller/", "The claim htu is not this path and query."),
    ("htu", "http://testserver/generic/buyer/", "The claim htu is not this path and query."),
    ("htu", "/generic/buyer/?uuid=x", "The claim htu is not this path and query."),
    ("htu", "/generic/buyer/#x", "The claim htu is not this path and query."),
    ("htu", "\ud800", "The claim htu is not this path and query."),
    ("bsh", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "The claim bsh stands without a body."),
    ("bsh", "", "The claim bsh stands without a body."),
]


@pytest.mark.parametrize(("claim", "value", "text"), WRONG)
def test_each_claim_is_checked(
    shop: Marketplace, security_events: list[str], claim: str, value: Any, text: str
) -> None:
    refused_for(called(shop, bearer(claims("GET", HERE, **{claim: value}))), text, security_events)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (LEFT_OUT, "The claim bsh is missing."),
        (None, "The claim bsh is missing."),
        ("", "The claim bsh is not this body."),
        ("swapped", "The claim bsh is not this body."),
        (7, "The claim bsh is not this body."),
        ("\ud800", "The claim bsh is not this body."),
    ],
)
def test_the_body_is_bound(shop: Marketplace, security_events: list[str], given: Any, text: str) -> None:
    right = claims("POST", HERE, PERSON)["bsh"]
    wrong = claims("POST", HERE, b'{"uuid": "shop:2"}')["bsh"]
    assert right != wrong
    header = bearer(claims("POST", HERE, PERSON, bsh=wrong if given == "swapped" else given))
    refused_for(called(shop, header, "POST", body=PERSON), text, security_events)
    assert shop.get(HERE)["meta"]["total_count"] == 0


def test_a_body_hash_with_padding_is_refused(shop: Marketplace) -> None:
    right = claims("POST", HERE, PERSON)["bsh"]
    assert called(shop, bearer(claims("POST", HERE, PERSON, bsh=right + "=")), "POST", body=PERSON).status == 401


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("issued", "expires", "text"),
    [
        (0, 300, None),
        (30, 330, None),
        (-300, 0, None),
        (-330, -30, None),
        (0, 0, None),
        (0, 301, "The claim exp must be at most 300 s after iat."),
        (0, -1, "The claim exp must be at most 300 s after iat."),
        (31, 60, "The claim iat is in the future."),
        (-331, -31, "The token has expired."),
        (-(10**6), -(10**6) + 300, "The token has expired."),
    ],
)
def test_a_token_is_good_for_its_time_and_thirty_seconds_of_clock_skew(
    shop: Marketplace, security_events: list[str], issued: int, expires: int, text: str | None
) -> None:
    header = bearer(claims("GET", HERE, iat=NOON_S + issued, exp=NOON_S + expires))
    with time_machine.travel(NOON, tick=False):
        answer = called(shop, header)
    if text is None:
        assert answer.status == 200
    else:
        refused_for(answer, text, security_events)


def test_a_token_ends(shop: Marketplace) -> None:
    header = bearer(claims("GET", HERE))
    with time_machine.travel(time.time() + 60 + 31):
        assert called(shop, header)["detail"] == "The token has expired."


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/generic/buyer/?uuid=shop%3A77", "/generic/buyer/?uuid=shop%3A77"),
        ("/generic/b%75yer/", "/generic/buyer/"),
        ("/generic/buyer/", "/generic/b%75yer/"),
        ("/generic%2Fbuyer/", "/generic/buyer/"),
        ("/generic/buyer/?", "/generic/buyer/"),
        ("/generic/buyer/", "/generic/buyer/?"),
        ("/generic/buyer/?uuid=a?b", "/generic/buyer/?uuid=a?b"),
        ("/generic/buyer/?uuid=\u00e9", "/generic/buyer/?uuid=\u00e9"),
    ],
)
def test_the_path_is_compared_decoded_and_the_query_as_it_is(shop: Marketplace, signed: str, sent: str) -> None:
    assert called(shop, bearer(claims("GET", signed)), target=sent).status == 200


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/generic/buyer/?uuid=shop:77", "/generic/buyer/?uuid=shop%3A77"),
        ("/generic/buyer/?uuid=shop%3a77", "/generic/buyer/?uuid=shop%3A77"),
        ("/generic/buyer/?uuid=a+b", "/generic/buyer/?uuid=a%20b"),
        ("/generic/buyer/?page=1&limit=2", "/generic/buyer/?limit=2&page=1"),
        ("/generic/buyer/", "/generic/buyer/?uuid=x"),
        ("/generic/b%2575yer/", "/generic/buyer/"),
        ("/generic/buyer", "/generic/buyer/"),
        ("/generic/buyer/", "/generic/buyer"),
        ("/generic/buyer/?uuid=\u00e9", "/generic/buyer/?uuid=%C3%A9"),
    ],
)
def test_another_target_is_refused(shop: Marketplace, security_events: list[str], signed: str, sent: str) -> None:
    answer = called(shop, bearer(claims("GET", signed)), target=sent)
    refused_for(answer, "The claim htu is not this path and query.", security_events)


def test_two_secrets_are_valid_at_the_same_time(shop: Marketplace) -> None:
    for secret in ("the-new-secret-of-the-tests-0123456789", "the-old-secret-of-the-tests-0123456789"):
        assert Api("rotating", secret).get(HERE).status == 200
    assert Api("rotating", "the-third-secret-of-the-tests-0123456789").get(HERE).status == 401


def test_a_limited_client_may_do_what_it_may(shop: Marketplace, security_events: list[str]) -> None:
    nagios = Api("nagios", "the-secret-of-nagios-in-tests-0123456789")
    assert nagios.get("/services/status/").status == 200

    refused = nagios.get(HERE)

    assert refused.status == 403
    assert list(refused.json) == ["detail"]
    assert len(security_events) == 1
    assert "Permission refused" in security_events[0]
    assert "suser=nagios" in security_events[0]


def test_the_status_page_and_the_front_door_need_no_signature(shop: Marketplace) -> None:
    for target in ("/services/status/", "/services/status", "/"):
        assert shop.send_unsigned("GET", target).status == 200
        assert shop.send_unsigned("GET", target, Authorization="Bearer nonsense").status == 200


def test_unsigned_requests_pass_only_where_no_signature_is_required(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_SIGNATURE = False
    assert shop.send_unsigned("POST", HERE, PERSON).status == 201
    assert shop.get(HERE).status == 200
    assert shop.send_unsigned("GET", HERE, Authorization="Bearer nonsense").status == 401
    assert shop.send_unsigned("GET", HERE, Authorization="").status == 401
    header = bearer(claims("GET", HERE))
    assert [called(shop, header).status for _ in range(2)] == [200, 401]


@given(
    st.one_of(
        st.text(max_size=200),
        st.builds(
            by_hand,
            st.one_of(st.just(RIGHT_HEADER), st.dictionaries(st.text(max_size=5), st.text(max_size=5))),
            st.dictionaries(
                st.sampled_from(["iss", "aud", "iat", "exp", "jti", "htm", "htu", "bsh"]),
                st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5),
            )
            .map(json.dumps)
            .map(str.encode),
            st.binary(max_size=40),
        ),
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_header_breaks_the_gate(shop: Marketplace, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header.encode("utf-8", "replace").decode("latin-1")}
    assert shop.client.get(HERE, **environ).status_code == 401  # type: ignore[arg-type]


def test_a_token_is_read_once(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    decode = PyJWS.decode_complete

    def counting(self: PyJWS, token: str, *given: Any, **more: Any) -> dict[str, Any]:
        read.append(token)
        return decode(self, token, *given, **more)

    monkeypatch.setattr(PyJWS, "decode_complete", counting)

    assert called(shop, bearer(claims("GET", HERE))).status == 200
    assert len(read) == 1


def test_what_is_no_token_is_malformed_whomever_it_names(shop: Marketplace, security_events: list[str]) -> None:
    header = by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, {"iss": "nobody"})

    refused_for(called(shop, header), "The token is malformed.", security_events)
