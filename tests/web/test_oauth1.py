"""Clients of the old server sign with OAuth 1.0a, where that is switched on: let in when it is right, and 401 in every other way."""

import time
from datetime import UTC, datetime
from typing import Any

import oauthlib.oauth1
import pytest
import time_machine
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import processes
from tests.support.marketplace import KEY, SECRET, Answer, Api, Marketplace
from tests.web.oauth import BASE_URL, authorization, body_hash, encoded, header, parameters, signature
from tests.web.parallel import at_once
from tests.web.test_wire import Wire
from tests.web.tokens import LEFT_OUT, bearer, claims

from solitude.web import oauth1
from solitude.web.clients import Client
from solitude.web.models import IdempotencyKey, SeenToken
from solitude.web.signed import Signed

HERE = "/generic/buyer/"
PERSON = b'{"uuid": "shop:1"}'
CHALLENGE = 'OAuth realm="solitude"'
NO_FIT = "The signature does not fit."


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.SOLITUDE_OAUTH1, settings.SOLITUDE_URL = True, BASE_URL


def called(shop: Api, authorization: str, method: str = "GET", target: str = HERE, body: bytes = b"") -> Answer:
    return shop.send_unsigned(method, target, body, Authorization=authorization)


def signed(shop: Api, method: str = "GET", target: str = HERE, body: bytes = b"", **changed: Any) -> Answer:
    return called(shop, authorization(method, target, **changed), method, target, body)


def refused_for(answer: Answer, text: str, events: list[str]) -> None:
    """401 in the form of the contract, the text in the answer and in the one security event."""
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert list(answer.json) == ["detail"]
    assert text in answer["detail"]
    assert len(events) == 1
    assert f"Signature refused: {text}" in events[0]
    for told in (answer.text, events[0]):
        assert SECRET not in told


# --- let in -------------------------------------------------------------------------------------------------------------------


def test_the_method_that_was_sent_is_the_signed_one(shop: Marketplace) -> None:
    assert signed(shop, "HEAD").status == 200
    assert called(shop, authorization("GET", HERE), "HEAD").status == 401


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_request_that_a_library_signed_is_let_in(shop: Marketplace, method: str) -> None:
    library = oauthlib.oauth1.Client(KEY, client_secret=SECRET, signature_method=method, realm="old server")
    for target in (HERE, "/generic/buyer", "/generic/buyer/?uuid=shop%3A77", "/generic/buyer/?uuid=a+b%20%2B%C3%BC~*"):
        _, headers, _ = library.sign(f"{BASE_URL}{target}")
        assert called(shop, headers["Authorization"], target=target).status == 200
    _, headers, body = library.sign(
        f"{BASE_URL}{HERE}", "POST", PERSON.decode(), {"Content-Type": "application/json"}, realm=""
    )
    assert "oauth_body_hash" in headers["Authorization"]
    assert called(shop, headers["Authorization"], "POST", body=body.encode()).status == 201


def test_the_example_of_rfc_5849_is_verified() -> None:
    """Section 1.2: the temporary credentials, which is the request without a token."""
    example = (
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", '
        'oauth_timestamp="137131200", oauth_nonce="wIjqoS", oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", '
        'oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"'
    )
    clients = {"dpf43f3p2l4k3l03": Client("dpf43f3p2l4k3l03", (b"kd94hf93k423kf44",))}

    def verified(text: str) -> Signed:
        request = RequestFactory().post("/initiate", headers={"Authorization": text})
        return oauth1.verify(request, clients, "https://photos.example.net", 137131200)

    found = verified(example)

    assert (found.client.key, found.until) == ("dpf43f3p2l4k3l03", 137131500)
    with pytest.raises(oauth1.BadOAuth, match=NO_FIT):
        verified(example.replace("ready", "reads"))


def test_the_base_string_is_that_of_rfc_5849() -> None:
    """Section 3.4.1.1, with its doubled, empty and badly spelt parameters; the form's are in the query, where they read the same."""
    request = RequestFactory().post("/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q")
    signed = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ]
    assert oauth1._base_string(request, "http://EXAMPLE.COM:80", oauth1._query(request) + signed) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2"
        "%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth"
        "_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    "target",
    [
        HERE,
        "/generic/buyer",
        "/generic/buyer/?",
        "/generic/buyer/?uuid=shop%3A77",
        "/generic/buyer/?uuid=",
        "/generic/buyer/?uuid=b&uuid=a",
        "/generic/buyer/?uuid=%C3%BC%26%3D%25%2B+",
        "/generic/buyer/?uuid=\u00fc",
        "/generic/buyer/?page=1&limit=2",
    ],
)
def test_a_request_signed_by_the_letter_is_let_in(shop: Marketplace, target: str) -> None:
    assert signed(shop, target=target).status == 200


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("http://payments.example", "http://payments.example:80"),
        ("https://payments.example", "https://PAYMENTS.example:443"),
        ("https://payments.example/pay", "https://payments.example/pay"),
        ("http://[2001:db8::1]:2602", "http://[2001:DB8::1]:2602"),
    ],
)
def test_the_url_is_that_of_the_setting_in_its_normal_form(
    shop: Marketplace, settings: Any, base: str, told: str
) -> None:
    settings.SOLITUDE_URL = told
    assert signed(shop, base=base).status == 200
    assert signed(shop, base="http://testserver").status == 401


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: text.replace("OAuth", "oauth", 1),
        lambda text: text.replace("OAuth", "OAUTH ", 1),
        lambda text: text.replace(", ", ","),
        lambda text: text.replace(", ", " ,\t"),
        lambda text: text.replace("OAuth ", 'OAuth realm="", '),
        lambda text: text.replace("OAuth ", 'OAuth realm="a, oauth_nonce=b", '),
        lambda text: text + ', realm="\u00fc"',
        lambda text: text.replace("oauth_nonce", "%6fauth%5Fnonce"),
    ],
)
def test_a_header_is_read_in_all_its_spellings(shop: Marketplace, form: Any) -> None:
    assert called(shop, form(authorization("GET", HERE))).status == 200


def test_what_a_client_adds_is_signed_with_the_rest(shop: Marketplace) -> None:
    assert signed(shop, version=LEFT_OUT).status == 200
    assert signed(shop, token="", callback="oob", verifier="\u00fc &=").status == 200
    more = parameters() | {"colour": "red"}
    assert called(shop, header(more, signature("GET", HERE, more))).status == 200
    assert called(shop, header(more | {"colour": "blue"}, signature("GET", HERE, more))).status == 401


def test_two_secrets_are_valid_at_the_same_time(shop: Marketplace) -> None:
    for secret in ("the-new-secret-of-the-tests-0123456789", "the-old-secret-of-the-tests-0123456789"):
        assert signed(shop, consumer_key="rotating", secret=secret).status == 200
    assert signed(shop, consumer_key="rotating", secret="the-third-secret-of-the-tests-01234567").status == 401


def test_a_secret_is_taken_letter_by_letter(shop: Marketplace, settings: Any) -> None:
    secret = "s\u00fc&cr%3Det +/=~"
    settings.SOLITUDE_CLIENTS = {"odd@shop:1": Client("odd@shop:1", (secret.encode(),))}
    assert signed(shop, consumer_key="odd@shop:1", secret=secret).status == 200


def test_both_schemes_are_open_at_the_same_time(shop: Marketplace) -> None:
    assert shop.get(HERE).status == 200
    assert signed(shop).status == 200
    missing = shop.send_unsigned("GET", HERE)
    assert (missing.status, missing["detail"]) == (401, "The Authorization header is missing.")


# --- what follows from who it is --------------------------------------------------------------------------------------------


def test_a_limited_client_may_do_what_it_may(shop: Marketplace, security_events: list[str]) -> None:
    nagios = {"consumer_key": "nagios", "secret": "the-secret-of-nagios-in-tests-0123456789"}
    assert signed(shop, target="/services/uncertain/", **nagios).status == 200

    refused = signed(shop, **nagios)

    assert (refused.status, list(refused.json)) == (403, ["detail"])
    assert len(security_events) == 1
    assert "Permission refused" in security_events[0]
    assert "suser=nagios" in security_events[0]


def test_an_idempotency_key_is_the_clients_under_either_scheme(shop: Marketplace) -> None:
    key = {"Idempotency-Key": "once"}
    first = shop.send_unsigned("POST", HERE, PERSON, Authorization=authorization("POST", HERE), **key)
    again = shop.post(HERE, PERSON, **key)
    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert IdempotencyKey.objects.get().client == KEY


# --- refused ----------------------------------------------------------------------------------------------------------------


def test_it_is_off_unless_it_is_switched_on(shop: Marketplace, settings: Any, security_events: list[str]) -> None:
    settings.SOLITUDE_OAUTH1 = False
    answer = signed(shop)
    assert (answer.status, answer["detail"]) == (401, "The Authorization header is malformed.")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert len(security_events) == 1


@pytest.mark.parametrize(
    "text",
    [
        "OAuth",
        "OAuth ",
        "OAuth x",
        "OAuth =",
        'OAuth ="x"',
        "OAuth oauth_nonce=x",
        'OAuth oauth_nonce="x',
        'OAuth oauth_nonce="x" oauth_version="1.0"',
        'OAuth oauth_nonce="x",',
        'OAuth ,oauth_nonce="x"',
        'OAuth oauth_nonce="x";oauth_version="1.0"',
        'OAuth oauth_nonce="%ff"',
        'OAuth %ff="x"',
        'OAuth \u00fc="x"',
        'OAuth realm="a\\"b"',
        "OAuth " + 'a="b",' * 2000 + 'c="d"',
        'OAuth junk="' + "x" * 9000 + '"',
        "OAuth " + "a" * 8000,
        "OAuth " + 'a="b"' + " \t" * 4000 + "x",
    ],
)
def test_a_header_that_cannot_be_read_is_malformed(shop: Marketplace, security_events: list[str], text: str) -> None:
    began = time.monotonic()
    refused_for(called(shop, text), "The Authorization header is malformed.", security_events)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["consumer_key", "signature_method", "timestamp", "nonce"])
@pytest.mark.parametrize("value", [LEFT_OUT, ""])
def test_each_parameter_is_required(shop: Marketplace, security_events: list[str], name: str, value: Any) -> None:
    refused_for(signed(shop, **{name: value}), f"The parameter oauth_{name} is missing.", security_events)


@pytest.mark.parametrize("given", [None, ""])
def test_the_signature_is_required(shop: Marketplace, security_events: list[str], given: str | None) -> None:
    text = "The parameter oauth_signature is missing."
    refused_for(called(shop, header(parameters(), given)), text, security_events)


WRONG = [
    ("version", "1.1", "The parameter oauth_version is not 1.0."),
    ("version", "", "The parameter oauth_version is not 1.0."),
    ("version", "1.00", "The parameter oauth_version is not 1.0."),
    ("signature_method", "PLAINTEXT", "The parameter oauth_signature_method is not one of HMAC-SHA1, HMAC-SHA256."),
    ("signature_method", "RSA-SHA1", "The parameter oauth_signature_method is not one of HMAC-SHA1, HMAC-SHA256."),
    ("signature_method", "HMAC-SHA512", "The parameter oauth_signature_method is not one of HMAC-SHA1, HMAC-SHA256."),
    ("signature_method", "hmac-sha1", "The parameter oauth_signature_method is not one of HMAC-SHA1, HMAC-SHA256."),
    ("token", "a-users", "The parameter oauth_token must be empty: there are no tokens here."),
    ("consumer_key", "nobody", "The parameter oauth_consumer_key names no client."),
    ("consumer_key", "Marketplace", "The parameter oauth_consumer_key names no client."),
    ("consumer_key", "<anon>", "The parameter oauth_consumer_key names no client."),
    ("consumer_key", "nagios", NO_FIT),
    ("timestamp", "now", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "-1", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "1.5", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "1e9", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", " 1", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "\u0661\u0662", "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "9" * 5000, "The parameter oauth_timestamp must be whole seconds."),
    ("timestamp", "0", "The parameter oauth_timestamp is more than 300 s from the server's time."),
    ("timestamp", "9" * 12, "The parameter oauth_timestamp is more than 300 s from the server's time."),
    ("nonce", "x" * 201, "The parameter oauth_nonce must have 1 to 200 printable characters."),
    ("nonce", "a\x00b", "The parameter oauth_nonce must have 1 to 200 printable characters."),
    ("nonce", "a\nb", "The parameter oauth_nonce must have 1 to 200 printable characters."),
]


@pytest.mark.parametrize(("name", "value", "text"), WRONG)
def test_each_parameter_is_checked(
    shop: Marketplace, security_events: list[str], name: str, value: str, text: str
) -> None:
    refused_for(signed(shop, **{name: value}), text, security_events)


def test_a_parameter_that_stands_twice_is_refused(shop: Marketplace, security_events: list[str]) -> None:
    twice = authorization("GET", HERE) + ', oauth_nonce="another"'
    refused_for(called(shop, twice), "A parameter stands twice in the Authorization header.", security_events)
    for name in ("oauth_signature", "%6fauth_version", "realm"):
        text = authorization("GET", HERE).replace("OAuth ", f'OAuth realm="x", {name}="x", ')
        assert called(shop, text).status == 401


def test_a_key_in_the_query_is_refused(shop: Marketplace, security_events: list[str], settings: Any) -> None:
    text = "The OAuth parameters must be in the Authorization header."
    given = parameters()
    query = "&".join(
        f"{name}={encoded(value)}"
        for name, value in (given | {"oauth_signature": signature("GET", HERE, given)}).items()
    )
    for _ in range(2):
        refused_for(shop.send_unsigned("GET", f"{HERE}?{query}"), text, security_events)
        security_events.clear()
        # Nobody needs to sign, but who does is verified.
        settings.SOLITUDE_REQUIRE_SIGNATURE = False
    refused_for(signed(shop, target=f"{HERE}?%6fauth_consumer_key={KEY}"), text, security_events)


def test_a_key_in_a_form_is_no_signature(shop: Marketplace) -> None:
    form = "&".join(f"{name}={encoded(value)}" for name, value in parameters().items()).encode()
    answer = shop.send_unsigned("POST", HERE, form, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 401
    right = {"Authorization": authorization("POST", HERE), "Content-Type": "application/x-www-form-urlencoded"}
    assert shop.send_unsigned("POST", HERE, form, **right).status == 415


@pytest.mark.parametrize("query", ["uuid=%ff", "uuid=%C3", "%ff=1", "uuid=%ED%A0%80"])
def test_a_query_that_is_no_utf_8_is_refused(shop: Marketplace, security_events: list[str], query: str) -> None:
    """The same would be signed for all of its broken bytes."""
    refused_for(signed(shop, target=f"{HERE}?{query}"), "The query is not UTF-8.", security_events)


@pytest.mark.parametrize(
    ("made_for", "sent"),
    [
        (("POST", HERE), ("GET", HERE)),
        (("get", HERE), ("GET", HERE)),
        (("GET", "/generic/seller/"), ("GET", HERE)),
        (("GET", "/generic/buyer"), ("GET", HERE)),
        (("GET", HERE), ("GET", "/generic/buyer")),
        (("GET", HERE), ("GET", f"{HERE}?uuid=x")),
        (("GET", f"{HERE}?uuid=x"), ("GET", HERE)),
        (("GET", f"{HERE}?uuid=x"), ("GET", f"{HERE}?uuid=y")),
        (("GET", f"{HERE}?uuid=x"), ("GET", f"{HERE}?uuid=x&uuid=x")),
    ],
)
def test_another_request_than_the_signed_one_is_refused(
    shop: Marketplace, security_events: list[str], made_for: tuple[str, str], sent: tuple[str, str]
) -> None:
    refused_for(called(shop, authorization(*made_for), *sent), NO_FIT, security_events)


def test_the_host_header_makes_no_difference(shop: Marketplace) -> None:
    answer = shop.send_unsigned("GET", HERE, Authorization=authorization("GET", HERE), Host="evil.example")
    assert answer.status == 200
    wrong = authorization("GET", HERE, base="https://evil.example")
    assert shop.send_unsigned("GET", HERE, Authorization=wrong, Host="evil.example").status == 401


@pytest.mark.parametrize("given", ["x", "AAAA", "\u00fc", "74KNZJeDHnMBp0EMJ9ZHt/XKycU=", "=" * 28])
def test_a_signature_that_does_not_fit_is_refused(shop: Marketplace, security_events: list[str], given: str) -> None:
    refused_for(called(shop, header(parameters(), given)), NO_FIT, security_events)


def test_a_changed_parameter_is_refused(shop: Marketplace) -> None:
    right = parameters()
    for name, value in (
        ("nonce", "other"),
        ("timestamp", str(int(time.time()) + 1)),
        ("signature_method", "HMAC-SHA256"),
    ):
        forged = right | {f"oauth_{name}": value}
        assert called(shop, header(forged, signature("GET", HERE, right)))["detail"] == NO_FIT


def test_an_unsigned_request_passes_only_where_no_signature_is_required(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_SIGNATURE = False
    assert shop.send_unsigned("POST", HERE, PERSON).status == 201
    assert called(shop, "OAuth nonsense").status == 401
    text = authorization("GET", HERE)
    assert [called(shop, text).status for _ in range(2)] == [200, 401]


@given(
    st.one_of(
        st.text(max_size=100).map(lambda text: f"OAuth {text}"),
        st.dictionaries(
            st.one_of(st.sampled_from(sorted(parameters())), st.text(max_size=8)), st.text(max_size=20), max_size=8
        ).map(lambda extra: header(parameters() | extra, "c2lnbmF0dXJl")),
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_header_breaks_the_gate(shop: Marketplace, text: str) -> None:
    environ = {"HTTP_AUTHORIZATION": text.encode("utf-8", "replace").decode("latin-1")}
    assert shop.client.get(HERE, **environ).status_code == 401  # type: ignore[arg-type]


# --- time -------------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


@pytest.mark.parametrize("apart_s", [-301, -300, -1, 0, 1, 300, 301])
def test_a_timestamp_may_be_three_hundred_seconds_away_in_either_direction(shop: Marketplace, apart_s: int) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = signed(shop, timestamp=str(NOON_S + apart_s))
    assert answer.status == (200 if abs(apart_s) <= 300 else 401)


# --- once -------------------------------------------------------------------------------------------------------------------

USED = "The parameter oauth_nonce was used before."


def test_a_nonce_is_refused_the_second_time(shop: Marketplace, security_events: list[str]) -> None:
    text = authorization("GET", HERE)
    assert called(shop, text).status == 200
    refused_for(called(shop, text), USED, security_events)


def test_of_twenty_at_once_one_passes(shop: Marketplace) -> None:
    text = authorization("POST", HERE)

    answers = at_once(20, lambda _: called(Api(), text, "POST", body=PERSON))

    assert sorted(answer.status for answer in answers) == [201] + [401] * 19
    assert all(answer["detail"] == USED for answer in answers if answer.status != 201)
    assert shop.get(HERE)["meta"]["total_count"] == 1


def test_a_nonce_is_used_up_for_every_request_of_its_second(shop: Marketplace) -> None:
    """RFC 5849 section 3.3: unique for the same timestamp and client."""
    second = str(int(time.time()))
    once = {"nonce": "once", "timestamp": second}
    assert signed(shop, **once).status == 200
    assert signed(shop, target="/generic/seller/", **once)["detail"] == USED
    assert signed(shop, nonce="once", timestamp=f"00{second}")["detail"] == USED
    assert signed(shop, nonce="once", timestamp=str(int(second) - 1)).status == 200
    rotating = {"consumer_key": "rotating", "secret": "the-new-secret-of-the-tests-0123456789"}
    assert signed(shop, **once, **rotating).status == 200


def test_a_nonce_and_the_id_of_a_token_are_different_names(shop: Marketplace) -> None:
    second = str(int(time.time()))
    assert signed(shop, nonce="once", timestamp=second).status == 200
    for jti in ("once", f"oauth1 {second} once", f"oauth1{second}once"):
        assert called(shop, bearer(claims("GET", HERE, jti=jti))).status == 200
    # And the very name of the nonce can be no token's.
    (name,) = SeenToken.objects.filter(jti__startswith="oauth1\n").values_list("jti", flat=True)
    assert called(shop, bearer(claims("GET", HERE, jti=name)))["detail"].startswith("The claim jti must be")


def test_the_longest_nonces_are_told_apart(shop: Marketplace) -> None:
    for nonce in ("x" * 199 + "1", "x" * 199 + "2", "\u00fc" * 200):
        second = str(int(time.time()))
        answers = [signed(shop, nonce=nonce, timestamp=second) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 401]


def test_a_nonce_is_kept_as_long_as_it_could_be_used(shop: Marketplace) -> None:
    soon = int(time.time()) + 200
    assert signed(shop, timestamp=str(soon)).status == 200
    assert int(SeenToken.objects.get().expires.timestamp()) == soon + 300


def test_a_refused_signature_uses_no_nonce_up(shop: Marketplace) -> None:
    once = {"nonce": "once", "timestamp": str(int(time.time()))}
    assert signed(shop, secret="a-secret-that-is-not-the-one-0123456789", **once).status == 401
    assert signed(shop, **once).status == 200


def test_a_nonce_stays_used_when_its_request_is_refused(shop: Marketplace) -> None:
    text = authorization("POST", HERE)
    assert [called(shop, text, "POST", body=b"{").status for _ in range(2)] == [400, 401]


# --- the body ---------------------------------------------------------------------------------------------------------------


def test_a_body_is_not_covered_unless_the_client_says_its_hash(shop: Marketplace) -> None:
    assert signed(shop, "POST", body=PERSON).status == 201


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_hash_of_the_body_is_checked(
    shop: Marketplace, security_events: list[str], algorithm: str, method: str
) -> None:
    right = {"body_hash": body_hash(PERSON, algorithm), "signature_method": method}
    assert signed(shop, "POST", body=PERSON, **right).status == 201
    changed = signed(shop, "POST", body=b'{"uuid": "shop:2"}', **right)
    refused_for(changed, "The parameter oauth_body_hash is not this body.", security_events)
    assert shop.get(HERE)["meta"]["total_count"] == 1


@pytest.mark.parametrize(
    "given", ["", "x", "\u00fc", body_hash(PERSON).rstrip("="), body_hash(b""), body_hash(PERSON, "md5")]
)
def test_a_hash_of_another_body_is_refused(shop: Marketplace, security_events: list[str], given: str) -> None:
    answer = signed(shop, "POST", body=PERSON, body_hash=given)
    refused_for(answer, "The parameter oauth_body_hash is not this body.", security_events)


def test_no_body_has_a_hash_too(shop: Marketplace) -> None:
    assert signed(shop, body_hash=body_hash(b"")).status == 200
    assert signed(shop, body_hash=body_hash(PERSON)).status == 401


def test_a_body_that_is_too_large_is_413(shop: Marketplace, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    large = b'{"junk": "' + b"x" * 1000 + b'"}'
    assert signed(shop, "POST", body=large, body_hash=body_hash(large)).status == 413
    assert signed(shop, "POST", body=large).status == 413


# --- over a real connection -------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_arrives_over_a_real_connection_is_what_was_signed(tmp_path: Any) -> None:
    with processes.house(tmp_path, SOLITUDE_OAUTH1="true", SOLITUDE_URL=BASE_URL) as house:
        wire = Wire(int(house.url.rpartition(":")[2]))
        for target in (HERE, "/generic/buyer", f"{HERE}?uuid=a+b%20c%2B%C3%BC"):
            assert wire.send(f"GET {target}", Authorization=authorization("GET", target))[0] == 200
        text = authorization("POST", HERE, body_hash=body_hash(PERSON))
        assert [wire.send(f"POST {HERE}", PERSON, Authorization=text)[0] for _ in range(2)] == [201, 401]
        assert wire.send(f"GET {HERE}?uuid=y", Authorization=authorization("GET", f"{HERE}?uuid=x"))[0] == 401
        logs = house.logs()
    assert "oauth_nonce was used before" in logs
    assert SECRET not in logs
