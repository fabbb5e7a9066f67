"""What the provider-call log keeps: everything's shape, and only the values that were allowed by name."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.outbound.http import Answer, NoAnswer, NotSent, Reason, Request
from solitude.outbound.record import Kept, Limits, _read, describe, redact_json
from solitude.telemetry import redaction
from solitude.telemetry.redaction import MASK

SENT_AT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
KEPT = Kept(keys=frozenset({"id", "status"}), headers=frozenset({"PayPal-Debug-Id"}))
CANARY = "canary-7f3a9"


def redacted(value: object, *kept: str, **limits: int) -> Any:
    return redact_json(value, frozenset(kept), Limits(**limits))


class TestRedactJson:
    def test_only_the_named_keys_keep_their_values(self) -> None:
        value = {"id": "5O1", "payer": {"name": "Ann", "id": "P-1"}, "amount": 3, "final": True, "note": None}
        assert redacted(value, "id") == {
            "id": "5O1",
            "payer": {"name": MASK, "id": "P-1"},
            "amount": MASK,
            "final": MASK,
            "note": MASK,
        }

    def test_without_names_nothing_is_kept(self) -> None:
        assert redacted([1, "a", {"b": 2.5}]) == [MASK, MASK, {"b": MASK}]

    def test_a_scalar_alone_is_not_kept(self) -> None:
        assert redacted("secret", "id") == MASK

    def test_keys_are_named_in_any_case(self) -> None:
        assert redacted({"ID": "1", "iD": "2"}, "Id") == {"ID": "1", "iD": "2"}

    def test_a_list_under_a_kept_key_keeps_its_scalars_and_an_object_does_not(self) -> None:
        value = {"status": ["A", {"name": "Ann", "status": "B"}, ["C"]]}
        assert redacted(value, "status") == {"status": ["A", {"name": MASK, "status": "B"}, ["C"]]}

    def test_kept_values_keep_their_kind_and_amounts_their_text(self) -> None:
        value = json.loads('{"a": true, "b": null, "c": 12, "d": "x"}')
        assert redacted(value, "a", "b", "c", "d") == value
        body = describe(
            Request("GET", "https://x.test/", {}, b'{"a": 1.10}'), answer(), sent_at=SENT_AT, kept=Kept(frozenset("a"))
        )
        assert body.request["body"] == {"a": "1.10"}

    @pytest.mark.parametrize(
        "text", ["ann@example.com", "4111 1111 1111 1111", "Bearer abcdefghij", "x\nann@example.com"]
    )
    def test_a_kept_text_still_loses_what_no_log_may_show(self, text: str) -> None:
        assert MASK in redacted({"id": text}, "id")["id"]

    @given(
        st.lists(st.sampled_from(["EUR", "ann@example.com", "4111 1111 1111 1111", "a\nb", ""]) | st.text(), max_size=8)
    )
    def test_a_kept_text_is_judged_alike_wherever_it_stands(self, texts: list[str]) -> None:
        shown = [redaction.line(text)[:9] for text in [*texts, *texts]]
        value = {"id": [*texts, *texts], "other": texts}
        assert redacted(value, "id", text_characters=9) == {"id": shown, "other": [MASK] * len(texts)}

    def test_a_card_number_as_a_number_is_masked_too(self) -> None:
        assert redacted({"id": 4111111111111111}, "id") == {"id": MASK}

    def test_a_name_that_is_a_value_is_masked(self) -> None:
        assert redacted({"ann@example.com": {"id": "1"}}, "id") == {MASK: {"id": "1"}}

    def test_long_lists_and_objects_lose_their_end_and_say_how_much(self) -> None:
        assert redacted([1, 2, 3, 4], items=2) == [MASK, MASK, "[2 more]"]
        assert redacted({"a": 1, "b": 2, "c": 3}, items=1) == {"a": MASK, "...": "[2 more]"}

    def test_what_is_nested_too_deep_is_counted(self) -> None:
        assert redacted({"a": {"b": {"c": 1, "d": 2}, "e": [1, 2, 3]}}, depth=2) == {
            "a": {"b": "[object of 2]", "e": "[list of 3]"}
        }

    def test_long_texts_and_names_are_cut(self) -> None:
        assert redacted({"id" * 50: {"id": "x y " * 100}}, "id", text_characters=10, name_characters=4) == {
            "idid": {"id": "x y x y x "}
        }

    def test_the_whole_has_a_limit(self) -> None:
        wide = [[[0] * 50 for _ in range(50)] for _ in range(50)]
        assert len(json.dumps(redacted(wide, nodes=100))) < 4000

    @given(
        st.recursive(
            st.just(CANARY) | st.just(987_654_321),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
            max_leaves=30,
        )
    )
    def test_no_value_gets_through_and_the_result_is_json(self, value: object) -> None:
        result = json.dumps(redacted({"top": value}, "kept"))
        assert CANARY not in result
        assert "987654321" not in result

    @given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=200))
    def test_the_record_is_bounded_whatever_came(self, value: object) -> None:
        kept = frozenset(key for key in value if isinstance(value, dict)) if isinstance(value, dict) else frozenset()
        result = redact_json(value, kept, Limits(depth=3, items=5, nodes=20, text_characters=8, name_characters=8))
        assert len(json.dumps(result)) < 20 * 200


def answer(body: bytes = b'{"id": "O-1", "payer": "Ann"}', status: int = 201) -> Answer:
    headers = {"paypal-debug-id": "d1", "Set-Cookie": CANARY}
    return Answer(status, headers, body, 250, "d1")


REQUEST = Request(
    "POST",
    f"https://api.test/v2/orders?email={CANARY}",
    {"Authorization": f"Bearer {CANARY}", "PayPal-Debug-Id": "mine"},
    json.dumps({"status": "NEW", "payer": CANARY}).encode(),
    "pay",
)


class TestDescribe:
    def test_an_exchange_with_an_answer(self) -> None:
        exchange = describe(REQUEST, answer(), sent_at=SENT_AT, kept=KEPT)
        assert exchange.as_dict() == {
            "operation": "pay",
            "method": "POST",
            "path": "/v2/orders?email=[redacted]",
            "sent": True,
            "status": 201,
            "error": None,
            "sent_at": "2026-11-23T12:00:00+00:00",
            "answered_at": "2026-11-23T12:00:00.250000+00:00",
            "duration_ms": 250,
            "correlation_id": "d1",
            "request": {"headers": {"paypal-debug-id": "mine"}, "body": {"status": "NEW", "payer": MASK}},
            "answer": {"headers": {"paypal-debug-id": "d1"}, "body": {"id": "O-1", "payer": MASK}},
        }
        assert exchange.answered_at == SENT_AT + timedelta(milliseconds=250)
        assert CANARY not in json.dumps(exchange.as_dict()) + repr(exchange)

    @pytest.mark.parametrize(
        ("failure", "sent"),
        [(NoAnswer(Reason.READ_TIMEOUT, 30_000), True), (NotSent(Reason.CONNECT_TIMEOUT, 5), False)],
    )
    def test_an_exchange_without_an_answer(self, failure: NoAnswer | NotSent, sent: bool) -> None:
        exchange = describe(REQUEST, failure, sent_at=SENT_AT, kept=KEPT)
        assert (exchange.sent, exchange.status, exchange.answer, exchange.answered_at) == (sent, None, None, None)
        assert (exchange.error, exchange.duration_ms) == (failure.reason.value, failure.duration_ms)
        json.dumps(exchange.as_dict())

    @pytest.mark.parametrize(
        "body",
        [b"<html>Ann</html>", b"a=1&b=2", b"\xff\xfe", b'{"cut": ', b"[" * 100_000, b'{"a": 1e99999999999999999999}'],
        ids=lambda body: body[:9],
    )
    def test_a_body_that_is_not_json_is_told_by_length_and_digest(self, body: bytes) -> None:
        exchange = describe(REQUEST, answer(body), sent_at=SENT_AT, kept=KEPT)
        assert exchange.answer is not None
        assert exchange.answer["body"] == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()[:12]}

    def test_no_body_is_none(self) -> None:
        exchange = describe(Request("GET", "https://api.test/x"), answer(b"", 204), sent_at=SENT_AT, kept=KEPT)
        assert exchange.answer is not None
        assert (exchange.request["body"], exchange.answer["body"], exchange.path) == (None, None, "/x")

    def test_a_secret_at_the_end_of_the_url_is_not_kept(self) -> None:
        request = Request("DELETE", f"https://api.test/v3/tokens/{CANARY}", secret_tail=len(CANARY))
        exchange = describe(request, answer(b""), sent_at=SENT_AT, kept=KEPT)
        assert exchange.path == f"/v3/tokens/{MASK}"
        assert CANARY not in repr(request)

    def test_a_url_that_is_none_leaves_a_record_too(self) -> None:
        failure = NotSent(Reason.INVALID_REQUEST)
        exchange = describe(Request("GET", f"https://[{CANARY}"), failure, sent_at=SENT_AT, kept=KEPT)
        assert (exchange.path, exchange.error) == ("", "invalid_request")

    def test_the_time_must_say_where(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            describe(REQUEST, answer(), sent_at=datetime(2026, 11, 23), kept=KEPT)  # noqa: DTZ001


def what_comes_of(read: Callable[[], Any]) -> tuple[Any, ...]:
    """The types too, and of each number all its digits."""
    try:
        return ("read", repr(read()))
    except (ValueError, ArithmeticError, RecursionError) as error:
        return ("raised", type(error))


PIECES = [
    "{", "}", "[", "]", ":", ",", '"', "\\", " ", "\n", "\x0b", "\ufeff", '"a"', '"a":', "null", "true", "NaN", "-Infinity", "nul",
    '"\\ud800"', '"\\ud800a"', '"\\ud83d\\ude00"', '"\\u0000"', '"\x01"', '"\\/"', "\u00e9", "-0", "-0.0", "01", "1.", ".5", "+1",
    "1.50", "1e5", "1E+400", "1e99999999999999999999", str(2**64), str(-(2**63) - 1), "9" * 5000, "1." + "3" * 400,
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.recursive(
        st.sampled_from(PIECES[10:]) | st.text(max_size=9).map(json.dumps),
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda parts: "[" + ",".join(parts) + "]")
            | st.lists(inner, max_size=4).map(lambda parts: "{" + ",".join('"a":' + part for part in parts) + "}")
        ),
        max_leaves=12,
    ),
)


@given(TEXTS.map(str.encode) | st.binary(max_size=20), st.sampled_from([b"", b"", b"\xed\xa0\x80", b"\xff", b"x"]))
def test_a_body_is_read_as_the_standard_library_reads_it(body: bytes, rest: bytes) -> None:
    body += rest
    assert what_comes_of(lambda: _read(body)) == what_comes_of(lambda: json.loads(body, parse_float=Decimal))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_what_only_the_standard_library_reads_is_read(encoding: str) -> None:
    assert _read('{"a": [1.50, "é"]}'.encode(encoding)) == {"a": [Decimal("1.50"), "é"]}


def test_a_body_that_is_too_deep_is_not_read() -> None:
    with pytest.raises(RecursionError):
        _read(b"[" * 100_000 + b"]" * 100_000)
