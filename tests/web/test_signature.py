"""Who signs right is let in; every other way to sign is 401, says which check failed, and shows no secret."""

import base64
import hmac
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS
from tests.support.marketplace import KEY, SECRET, Answer, Api, Marketplace
from tests.web.tokens import LEFT_OUT, bearer, by_hand, claims

from solitude.web import signature

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


def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that PyJWT is given to read."""
    read: list[str] = []
    decode = PyJWS.decode_complete

    def counting(self: PyJWS, token: str, *given: Any, **more: Any) -> dict[str, Any]:
        read.append(token)
        return decode(self, token, *given, **more)

    monkeypatch.setattr(PyJWS, "decode_complete", counting)
    return read


def test_a_token_as_nearly_all_are_is_proved_without_pyjwt(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    read = readings(monkeypatch)

    assert called(shop, bearer(claims("GET", HERE))).status == 200
    assert not read


def test_any_other_token_is_read_once(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    read = readings(monkeypatch)

    assert called(shop, bearer(claims("GET", HERE), kid="7")).status == 200
    assert len(read) == 1


def spelt(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode()


def by_pyjwt(token: str, secret: bytes) -> Any:
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], audience="solitude", options=signature._OPTIONS)
    except jwt.PyJWTError:
        return None


SECRETS = [SECRET.encode(), b"another-secret-of-these-tests-0123456789"]
CHANGES = st.sampled_from(
    ["", "=", "==", ".", ".x", "!", " ", "\n", "A", "e30", "\u00e9", "alg", "none", ".e30.", "eyJhbGciOiJub25lIn0"]
)


@given(
    header=st.sampled_from(
        [
            {"alg": "HS256", "typ": "JWT"},
            {"typ": "JWT", "alg": "HS256"},
            {"alg": "HS256"},
            {"alg": "none"},
            {"alg": "HS512"},
            {"alg": "HS256", "kid": 7},
            {"alg": "HS256", "b64": False, "crit": ["b64"]},
            [],
        ]
    ),
    said=st.one_of(
        st.fixed_dictionaries(
            {
                name: st.sampled_from([right, right, right, None, "", 7, [right]])
                for name, right in claims("GET", HERE).items()
            }
        ),
        st.fixed_dictionaries({}, optional=dict.fromkeys(signature.CLAIMS, st.just("solitude"))),
        st.just([]),
        st.none(),
    ),
    secret=st.sampled_from(SECRETS),
    at=st.integers(0, 400),
    change=CHANGES,
    is_signed_after=st.booleans(),
)
@settings(max_examples=600)
def test_what_is_proved_in_a_moment_pyjwt_would_take(
    header: Any, said: Any, secret: bytes, at: int, change: str, *, is_signed_after: bool
) -> None:
    """With anything put anywhere into it, before or after it is signed."""
    signed = f"{spelt(header)}.{spelt(said)}"
    if is_signed_after:
        signed = signed[:at] + change + signed[at:]
    proof = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).rstrip(b"=").decode()
    token = f"{signed}.{proof}"
    if not is_signed_after:
        token = token[:at] + change + token[at:]
    taken = by_pyjwt(token, SECRETS[0])

    read = signature._said(token)
    is_proved = signature._is_proved(token, read, SECRETS[0], "solitude")

    if is_proved:
        assert read == taken
    elif header in signature_headers():
        # Nothing that is usual, and right, is left to it.
        assert taken is None or "=" in token


def signature_headers() -> list[dict[str, str]]:
    return [json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) for header in signature._HEADERS]


@given(
    st.one_of(
        st.from_regex(re.compile(rb"(ssh-|ecdsa-sha2-nistp256)?[A-Za-z0-9._~+/=-]{20,60}"), fullmatch=True),
        st.binary(min_size=32, max_size=64),
        st.text(alphabet='{}[]":,kty0 -', min_size=32).map(str.encode),
    )
)
def test_a_secret_that_is_not_asked_about_is_one_to_pyjwt(secret: bytes) -> None:
    if signature._PLAIN_SECRET.fullmatch(secret):
        assert HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret) == secret
        assert HMACAlgorithm(HMACAlgorithm.SHA256).check_key_length(secret) is None


def keys_of_others() -> list[bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    encodings = serialization.Encoding
    return [
        rsa_key(),
        key.public_bytes(encodings.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(encodings.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(encodings.DER, serialization.PublicFormat.PKCS1),
        key.public_bytes(encodings.OpenSSH, serialization.PublicFormat.OpenSSH),
        b"ssh-rsa-and-letters-0123456789-0123456789",
        b"ecdsa-sha2-nistp256-and-letters-0123456789",
        b'{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}',
    ]


def test_whatever_may_be_somebodys_public_key_is_left_to_pyjwt() -> None:
    for secret in keys_of_others():
        with pytest.raises(jwt.InvalidKeyError):
            HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
        assert not signature._PLAIN_SECRET.fullmatch(secret)


def test_what_is_no_token_is_malformed_whomever_it_names(shop: Marketplace, security_events: list[str]) -> None:
    header = by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, {"iss": "nobody"})

    refused_for(called(shop, header), "The token is malformed.", security_events)
