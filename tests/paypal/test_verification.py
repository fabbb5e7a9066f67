"""A notification is believed only when PayPal signed exactly these bytes for our webhook."""

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.outbound import peers
from tests.paypal import notary
from tests.paypal.notary import BODY, NOW, Notification, Paypal, answer_of, signature, signed
from tests.web.parallel import at_once

from solitude.providers.paypal.rest.verification import Verdict, Verified, verify, verify_online
from solitude.providers.paypal.rest.wire import Wire

GENUINE = Verified(Verdict.GENUINE)


def forged(reason: str) -> Verified:
    return Verified(Verdict.FORGED, reason)


def undecided(reason: str) -> Verified:
    return Verified(Verdict.UNDECIDED, reason)


def verdict_on(notification: Notification) -> Verified:
    return verify(notification.headers, notification.body, NOW)


@pytest.fixture
def paypal(tmp_path: Path) -> Iterator[Paypal]:
    with notary.paypal_with(folder=tmp_path) as served:
        yield served


def test_what_paypal_signed_is_genuine(paypal: Paypal) -> None:
    assert verdict_on(signed(paypal.url)) == GENUINE


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff not JSON \r\n", '{"name": "Zoë"}'.encode("latin-1"), b"x" * 1_000_000]
)
def test_the_body_is_bytes_that_nobody_reads_before_they_are_checked(paypal: Paypal, body: bytes) -> None:
    assert verdict_on(signed(paypal.url, body)) == GENUINE


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_header_names_come_in_any_case_and_among_others(paypal: Paypal, spelled: object) -> None:
    sent = signed(paypal.url)
    headers = {spelled(name): value for name, value in sent.headers.items()} | {"Host": "shop.example", "X-Empty": ""}  # type: ignore[operator]
    assert verify(headers, sent.body, NOW) == GENUINE


def test_the_algorithms_name_comes_in_any_case(paypal: Paypal) -> None:
    assert verdict_on(signed(paypal.url).changed(algo="SHA256WithRSA")) == GENUINE


def test_one_changed_byte_of_the_body_is_forged(paypal: Paypal) -> None:
    changed = BODY.replace(b"3C6", b"3C7")
    assert verdict_on(signed(paypal.url).changed(body=changed)) == forged("bad_signature")


def test_the_same_json_written_anew_is_forged(paypal: Paypal) -> None:
    anew = json.dumps(json.loads(BODY)).encode()
    assert json.loads(anew) == json.loads(BODY)
    assert verdict_on(signed(paypal.url).changed(body=anew)) == forged("bad_signature")


def test_a_notification_for_another_webhook_is_forged(paypal: Paypal) -> None:
    assert verdict_on(signed(paypal.url, webhook_id="WH-OTHER")) == forged("bad_signature")


def test_an_event_of_paypals_own_event_simulator_is_forged(paypal: Paypal) -> None:
    """It signs with PayPal's real key, for anybody, with a literal webhook id."""
    assert verdict_on(signed(paypal.url, webhook_id="WEBHOOK_ID")) == forged("bad_signature")


@pytest.mark.parametrize("header", ["id", "time"])
def test_a_transmission_under_another_id_or_time_is_forged(paypal: Paypal, header: str) -> None:
    assert verdict_on(signed(paypal.url).changed(**{header: "2026-11-28T11:59:59Z"})) == forged("bad_signature")


@pytest.mark.parametrize("header", ["id", "time", "sig", "url", "algo"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_forged_and_nothing_is_fetched(paypal: Paypal, header: str, value: str | None) -> None:
    assert verdict_on(signed(paypal.url).changed(**{header: value})) == forged("missing_header")
    assert paypal.fetches == 0


@pytest.mark.parametrize("header", ["id", "time", "sig", "url", "algo"])
@pytest.mark.parametrize("value", ["a|b", "a b", " a", "a\n", "\u00e4", "a\x00", "x" * 1369])
def test_a_header_that_paypal_could_not_have_sent_is_forged(paypal: Paypal, header: str, value: str) -> None:
    assert verdict_on(signed(paypal.url).changed(**{header: value})) == forged("bad_header")
    assert paypal.fetches == 0


def test_a_bar_cannot_move_from_one_field_to_the_next(paypal: Paypal) -> None:
    """`a|b` + `c` and `a` + `b|c` would be the same message."""
    message = f"a|b|c|{notary.WEBHOOK_ID}|{zlib.crc32(BODY)}".encode()
    sent = signed(paypal.url).changed(id="a|b", time="c", sig=signature(message))
    assert verdict_on(sent) == forged("bad_header")


def test_a_header_given_twice_is_forged(paypal: Paypal) -> None:
    sent = signed(paypal.url)
    headers = {**sent.headers, "paypal-transmission-id": "another"}
    assert verify(headers, sent.body, NOW) == forged("bad_header")


@pytest.mark.parametrize(
    "algorithm", ["SHA1withRSA", "SHA256withECDSA", "none", "SHA512withRSA", "SHA256withRSA/PSS", "MD5"]
)
def test_a_header_that_names_another_algorithm_is_forged(paypal: Paypal, algorithm: str) -> None:
    assert verdict_on(signed(paypal.url).changed(algo=algorithm)) == forged("algorithm")
    assert paypal.fetches == 0


def test_the_header_does_not_choose_the_algorithm(paypal: Paypal) -> None:
    sent = signed(paypal.url)
    message = "|".join(
        [
            sent.headers["PAYPAL-TRANSMISSION-ID"],
            sent.headers["PAYPAL-TRANSMISSION-TIME"],
            notary.WEBHOOK_ID,
            str(zlib.crc32(BODY)),
        ]
    ).encode()
    key = notary.rsa_key("leaf")
    others = [
        key.sign(message, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
        key.sign(message, padding.PKCS1v15(), hashes.SHA512()),
        key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ]
    for other in others:
        assert verdict_on(sent.changed(sig=base64.b64encode(other).decode())) == forged("bad_signature")


@pytest.mark.parametrize(
    "text",
    [
        "!",
        "AAAA",
        "A",
        "=",
        "-_-_",
        "QUJD=",
        signature(b"another message"),
        signature(b"x").replace("=", ""),
        "A" * 344,
    ],
)
def test_what_is_not_the_signature_is_forged(paypal: Paypal, text: str) -> None:
    assert verdict_on(signed(paypal.url).changed(sig=text)) == forged("bad_signature")


def test_another_key_is_forged(paypal: Paypal) -> None:
    assert verdict_on(signed(paypal.url, key=notary.rsa_key("another"))) == forged("bad_signature")


@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_byte_in_the_body_is_genuine(paypal: Paypal, place: int, byte: int) -> None:
    sent = signed(paypal.url)
    body = BODY[:place] + bytes([byte]) + BODY[place + 1 :]
    expected = Verdict.GENUINE if body == BODY else Verdict.FORGED
    assert verdict_on(sent.changed(body=body)).verdict is expected


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_character_in_the_signature_is_genuine(paypal: Paypal, data: st.DataObject) -> None:
    sent = signed(paypal.url)
    text = sent.headers["PAYPAL-TRANSMISSION-SIG"]
    # The last characters hold bits that base64 passes over: they come up more often than by chance.
    place = data.draw(st.integers(0, len(text) - 1) | st.integers(len(text) - 4, len(text) - 1))
    character = data.draw(st.characters(max_codepoint=255))
    other = text[:place] + character + text[place + 1 :]
    expected = Verdict.GENUINE if other == text else Verdict.FORGED
    assert verdict_on(sent.changed(sig=other)).verdict is expected


def test_every_spelling_of_the_signatures_last_bits_but_one_is_forged(paypal: Paypal) -> None:
    sent = signed(paypal.url)
    text = sent.headers["PAYPAL-TRANSMISSION-SIG"]
    assert text.endswith("==")
    same_bytes = [
        text[:-3] + last + "=="
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        if base64.b64decode(text[:-3] + last + "==") == base64.b64decode(text)
    ]
    assert len(same_bytes) == 16
    assert [one for one in same_bytes if verdict_on(sent.changed(sig=one)) == GENUINE] == [text]


@given(length=st.integers(0, len(BODY)), more=st.binary(max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_body_cut_or_prolonged_is_forged(paypal: Paypal, length: int, more: bytes) -> None:
    body = BODY[:length] + more
    expected = Verdict.GENUINE if body == BODY else Verdict.FORGED
    assert verdict_on(signed(paypal.url).changed(body=body)).verdict is expected


def test_without_a_webhook_id_nothing_is_decided(paypal: Paypal) -> None:
    with override_settings(SOLITUDE_PAYPAL_WEBHOOK_ID=""):
        assert verdict_on(signed(paypal.url, webhook_id="")) == undecided("not_configured")
    assert paypal.fetches == 0


def test_a_certificate_elsewhere_is_forged_and_not_fetched(paypal: Paypal) -> None:
    with notary.Peer(notary.serving(notary.good_chain())) as elsewhere:
        sent = signed(elsewhere.url + notary.PATH)
        assert verdict_on(sent) == forged("certificate_url")
        assert (elsewhere.connections, paypal.fetches) == (0, 0)


def test_a_certificate_that_cannot_be_had_leaves_it_undecided(tmp_path: Path) -> None:
    with notary.paypal_with(peers.closing_at_once, folder=tmp_path) as paypal:
        assert verdict_on(signed(paypal.url)) == undecided("certificate_unreachable")


def test_a_certificate_of_somebody_else_is_forged(tmp_path: Path) -> None:
    eve = notary.leaf("eve.example", key=notary.rsa_key("eve"))
    with notary.paypal_with(notary.serving(notary.chain_of(eve, notary.between())), folder=tmp_path) as paypal:
        assert verdict_on(signed(paypal.url, key=eve.key)) == forged("bad_certificate")


def test_a_thousand_forged_notifications_fetch_one_certificate(paypal: Paypal) -> None:
    sent = signed(paypal.url).changed(body=b"forged")
    verdicts = at_once(20, lambda _: [verdict_on(sent) for _ in range(50)])
    assert {verdict for found in verdicts for verdict in found} == {forged("bad_signature")}
    assert paypal.fetches == 1


class TestOnline:
    """PayPal is asked itself, with the event's own bytes."""

    def ask(
        self, notification: Notification, *answers: bytes, status: bytes = b"200 OK"
    ) -> tuple[Verified, list[bytes]]:
        token = answer_of(b'{"access_token": "t", "token_type": "Bearer", "expires_in": 32400}')
        answered = peers.answering(token, *(answer_of(one, status) for one in answers))
        with notary.Peer(answered) as peer:
            ours = {"SOLITUDE_PAYPAL_URL": peer.url, "SOLITUDE_PAYPAL_WEBHOOK_ID": notary.WEBHOOK_ID}
            with override_settings(SOLITUDE_PAYPAL_VERIFY_ONLINE=True, **ours):
                return verdict_on(notification), peer.requests

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (b'{"verification_status": "SUCCESS"}', GENUINE),
            (b'{"verification_status": "FAILURE"}', forged("bad_signature")),
            (b'{"verification_status": "success"}', undecided("answer_not_understood")),
            (b'{"verification_status": true}', undecided("answer_not_understood")),
            (b'{"verification_status": ["SUCCESS"]}', undecided("answer_not_understood")),
            (b"{}", undecided("answer_not_understood")),
            (b"", undecided("answer_not_understood")),
            (b"<html>SUCCESS</html>", undecided("answer_not_understood")),
        ],
    )
    def test_paypals_answer_decides(self, answer: bytes, expected: Verified) -> None:
        assert self.ask(signed("https://api.paypal.com" + notary.PATH), answer)[0] == expected

    @pytest.mark.parametrize(
        "status", [b"201 Created", b"400 Bad", b"403 No", b"429 Slow", b"500 Oh", b"503 Away", b"302 Go"]
    )
    def test_any_other_status_decides_nothing(self, status: bytes) -> None:
        sent = signed("https://api.paypal.com" + notary.PATH)
        found, _ = self.ask(sent, b'{"verification_status": "SUCCESS"}', status=status)
        assert found == undecided("paypal_unreachable")

    def test_paypal_away_decides_nothing(self) -> None:
        with (
            notary.Peer(peers.closing_at_once) as peer,
            override_settings(SOLITUDE_PAYPAL_URL=peer.url, SOLITUDE_PAYPAL_VERIFY_ONLINE=True),
        ):
            assert verdict_on(signed("https://api.paypal.com" + notary.PATH)) == undecided("paypal_unreachable")

    def test_refused_credentials_decide_nothing(self) -> None:
        sent = signed("https://api.paypal.com" + notary.PATH)
        refusing = peers.answering(answer_of(b'{"error": "invalid_client"}', b"401 No"))
        with notary.Peer(refusing) as peer, override_settings(SOLITUDE_PAYPAL_URL=peer.url):
            assert verify_online(Wire(), sent.headers, sent.body) == undecided("credentials_refused")

    def test_the_event_goes_out_byte_for_byte_with_what_the_headers_said(self) -> None:
        body = b'{ "b":1.00,\t"a": "\\u00e9\\ud83d" ,"n":1e999 }\r\n'
        sent = signed("https://api.paypal.com" + notary.PATH, body)
        _, (_, request) = self.ask(sent, b'{"verification_status": "SUCCESS"}')
        head, _, asked = request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v1/notifications/verify-webhook-signature HTTP/1.1\r\n")
        assert b"\r\nContent-Type: application/json\r\n" in head
        assert b'"webhook_event": ' + body + b"}" in asked
        fields = json.loads(asked)
        fields.pop("webhook_event")
        assert fields == {
            "auth_algo": "SHA256withRSA",
            "cert_url": sent.headers["PAYPAL-CERT-URL"],
            "transmission_id": sent.headers["PAYPAL-TRANSMISSION-ID"],
            "transmission_sig": sent.headers["PAYPAL-TRANSMISSION-SIG"],
            "transmission_time": sent.headers["PAYPAL-TRANSMISSION-TIME"],
            "webhook_id": notary.WEBHOOK_ID,
        }

    @pytest.mark.parametrize(
        "body",
        [
            b'{}, "webhook_id": "WH-OF-EVE"',
            b'{"id": "WH-1"}, "webhook_id": "WH-OF-EVE", "x": {}',
            b'{}} {"webhook_id": "WH-OF-EVE"',
            b"[]",
            b'"text"',
            b"null",
            b"",
            b"{",
            b"{} {}",
            b"{}\x00",
            b"\xef\xbb\xbf{}",
            b'{"a": "\xff"}',
            b'{"a": NaN}',
            b'{"a": -Infinity}',
            b'{"a": "\n"}',
            b'{"a": 1,}',
            b'{"a": 1 /* x */}',
            "{}".encode("utf-16"),
            b"[" * 100_000,
            b'{"a":' * 100_000,
        ],
        ids=lambda body: repr(body[:40]),
    )
    def test_a_body_that_would_change_the_question_is_forged_and_nobody_is_asked(self, body: bytes) -> None:
        found, requests = self.ask(
            signed("https://api.paypal.com" + notary.PATH, body), b'{"verification_status": "SUCCESS"}'
        )
        assert (found, requests) == (forged("bad_body"), [])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"url": "https://evil.example" + notary.PATH}, "certificate_url"),
            ({"algo": "none"}, "algorithm"),
            ({"sig": None}, "missing_header"),
            ({"id": "a|b"}, "bad_header"),
        ],
    )
    def test_what_the_headers_give_away_needs_no_question(self, change: dict[str, str | None], reason: str) -> None:
        sent = signed("https://api.paypal.com" + notary.PATH).changed(**change)
        found, requests = self.ask(sent, b'{"verification_status": "SUCCESS"}')
        assert (found, requests) == (forged(reason), [])

    def test_without_a_webhook_id_nobody_is_asked(self) -> None:
        with override_settings(SOLITUDE_PAYPAL_WEBHOOK_ID="", SOLITUDE_PAYPAL_VERIFY_ONLINE=True):
            assert verdict_on(signed("https://api.paypal.com" + notary.PATH)) == undecided("not_configured")
