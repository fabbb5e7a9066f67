"""Each refusal of the server is one exception, which says all that the server said and is safe for a log."""

import pickle
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import (
    Conflict,
    CursorExpired,
    DataMismatch,
    Declined,
    FieldError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    NoAnswer,
    NotFound,
    NotSigned,
    OutcomeUnknown,
    PreconditionFailed,
    ProviderUnavailable,
    ServerError,
    Solitude,
    SolitudeError,
)
from solitude.client.errors import MESSAGE_MAX_CHARS
from tests.client import bodies
from tests.client.server import FakeSolitude, Reply


def refused(fake: FakeSolitude, solitude: Solitude, reply: Reply) -> SolitudeError:
    fake.answers(reply)
    with pytest.raises(SolitudeError) as error:
        solitude.call("POST", "/paypal/pay", {"user_id": 1})
    assert error.value.status == reply.status
    return error.value


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"app_id": ["unknown"]}, InvalidRequest),
        (401, {"detail": "The token has expired."}, NotSigned),
        (403, {"detail": "This client may not do that."}, Forbidden),
        (404, {}, NotFound),
        (404, {"detail": "Not found."}, NotFound),
        (405, {"detail": "Method not allowed."}, InvalidRequest),
        (409, {"detail": "No.", "code": "not_captured", "refundable": "0.00"}, Conflict),
        (410, {"detail": "Gone.", "code": "cursor_expired", "oldest": "1f"}, CursorExpired),
        (412, {}, PreconditionFailed),
        (413, {"detail": "The body is too large."}, InvalidRequest),
        (415, {"detail": "JSON only."}, InvalidRequest),
        (422, {"paypal": {"__all__": [{"code": "X", "message": "y"}]}}, Declined),
        (422, {"detail": "Over the limit.", "code": "preapproval_limit"}, Declined),
        (422, {"detail": "Used.", "code": "idempotency_key_reused"}, IdempotencyKeyReused),
        (500, {"error": "OSError"}, ServerError),
        (500, {"error_message": "…", "error_code": "100001", "error_data": {}}, DataMismatch),
        (502, bodies.UNREACHABLE, ProviderUnavailable),
        (502, {"detail": "Refused.", "code": "provider_configuration"}, ProviderUnavailable),
        (503, {"detail": "Busy.", "code": "busy"}, ProviderUnavailable),
        (504, bodies.UNKNOWN, OutcomeUnknown),
    ],
)
def test_each_refusal_is_the_exception_of_its_kind(
    fake: FakeSolitude, solitude: Solitude, status: int, body: dict[str, Any], kind: type[SolitudeError]
) -> None:
    error = refused(fake, solitude, Reply(status, body))
    assert type(error) is kind
    assert (error.body, error.code, error.detail) == (body, body.get("code"), body.get("detail"))


@pytest.mark.parametrize("status", [301, 302, 307, 502, 503, 504])
def test_an_answer_of_something_in_between_says_nothing_about_the_money(
    fake: FakeSolitude, solitude: Solitude, status: int
) -> None:
    error = refused(fake, solitude, Reply(status, raw=b"<h1>nginx</h1>", content_type="text/html"))
    assert isinstance(error, NoAnswer)
    assert error.sent


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_json_without_a_code_says_nothing_either(
    fake: FakeSolitude, solitude: Solitude, status: int
) -> None:
    assert type(refused(fake, solitude, Reply(status, {"message": "upstream"}))) is NoAnswer


def test_bad_fields_are_given_by_name(fake: FakeSolitude, solitude: Solitude) -> None:
    error = refused(fake, solitude, Reply(400, {"app_id": ["unknown"], "__all__": ["a", "b"]}))
    assert isinstance(error, InvalidRequest)
    assert error.fields == {"app_id": ("unknown",), "__all__": ("a", "b")}


def test_the_namespaced_form_of_the_pin_calls_is_bad_fields_too(fake: FakeSolitude, solitude: Solitude) -> None:
    pins = [{"code": "invalid", "message": "PIN_4_NUMBERS_LONG"}, {"code": "required", "message": ""}]
    error = refused(fake, solitude, Reply(422, {"mozilla": {"pin": pins}}))
    assert isinstance(error, InvalidRequest)
    assert error.fields == {"pin": ("invalid", "required")}


def test_a_decline_names_provider_reasons_and_transaction(fake: FakeSolitude, solitude: Solitude) -> None:
    reasons = [{"code": "INSTRUMENT_DECLINED", "message": "The card was declined."}]
    body = {"paypal": {"__all__": reasons}, "transaction": "/generic/transaction/7/", "uuid": "solitude:1"}
    error = refused(fake, solitude, Reply(422, body))
    assert isinstance(error, Declined)
    assert error.provider == "paypal"
    assert error.errors == (FieldError("__all__", "INSTRUMENT_DECLINED", "The card was declined."),)
    assert (error.transaction, error.uuid) == ("/generic/transaction/7/", "solitude:1")


def test_a_decline_in_an_unknown_form_is_still_a_decline(fake: FakeSolitude, solitude: Solitude) -> None:
    error = refused(fake, solitude, Reply(422, {"paypal": {"amount": "no list", "__all__": ["no object"]}}))
    assert isinstance(error, Declined)
    assert error.errors == ()


def test_a_conflict_says_how_much_can_be_refunded(fake: FakeSolitude, solitude: Solitude) -> None:
    body = {"detail": "Too much.", "code": "refund_exceeds_captured", "refundable": "1.50"}
    error = refused(fake, solitude, Reply(409, body))
    assert isinstance(error, Conflict)
    assert error.refundable == Decimal("1.50")


@pytest.mark.parametrize("refundable", [None, "much", True])
def test_a_conflict_without_an_amount_has_none(fake: FakeSolitude, solitude: Solitude, refundable: Any) -> None:
    error = refused(fake, solitude, Reply(409, {"code": "not_approved", "refundable": refundable}))
    assert isinstance(error, Conflict)
    assert error.refundable is None


def test_an_expired_cursor_says_where_the_feed_begins(fake: FakeSolitude, solitude: Solitude) -> None:
    error = refused(fake, solitude, Reply(410, {"code": "cursor_expired", "oldest": "1f"}))
    assert isinstance(error, CursorExpired)
    assert error.oldest == "1f"


def test_the_message_says_what_was_asked_and_why_it_was_refused(fake: FakeSolitude, solitude: Solitude) -> None:
    error = refused(fake, solitude, Reply(409, {"detail": "Not captured yet.", "code": "not_captured"}))
    assert str(error) == "POST /paypal/pay: 409, not_captured, Not captured yet."


def test_the_message_names_wrong_fields_but_not_what_was_said_of_their_values(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    error = refused(fake, solitude, Reply(400, {"email": ["Ada Lovelace is no address"]}))
    assert str(error) == "POST /paypal/pay: 400, email is wrong"


def test_the_message_of_a_decline_has_codes_and_no_texts(fake: FakeSolitude, solitude: Solitude) -> None:
    reasons = [{"code": "PAYEE_ACCOUNT_RESTRICTED", "message": "The account of Ada Lovelace is restricted."}]
    error = refused(fake, solitude, Reply(422, {"paypal": {"payee": reasons}}))
    assert str(error) == "POST /paypal/pay: 422, paypal: payee PAYEE_ACCOUNT_RESTRICTED"


@pytest.mark.parametrize("hidden", ["ada@example.net", "ada%40example.net", "eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl"])
def test_no_address_and_no_token_gets_into_a_message(fake: FakeSolitude, solitude: Solitude, hidden: str) -> None:
    error = refused(fake, solitude, Reply(404, {"detail": f"There is no {hidden} here."}))
    assert str(error) == "POST /paypal/pay: 404, There is no … here."
    assert hidden not in repr(error)


def test_a_long_text_is_cut_where_no_address_is_cut(fake: FakeSolitude, solitude: Solitude) -> None:
    text = str(refused(fake, solitude, Reply(404, {"detail": "x" * 270 + " ada@example.net"})))
    assert "ada" not in text
    assert len(text) <= MESSAGE_MAX_CHARS + 2


@pytest.mark.parametrize("body", [{"code": 5, "detail": ["x"], "uuid": 1}, {"code": None}])
def test_words_of_another_type_are_none(fake: FakeSolitude, solitude: Solitude, body: dict[str, Any]) -> None:
    error = refused(fake, solitude, Reply(404, body))
    assert (error.code, error.detail, error.uuid, error.transaction) == (None, None, None, None)


def test_an_exception_survives_the_way_to_another_process() -> None:
    sent = NoAnswer("POST /paypal/pay: ReadTimeoutError", sent=False, transient=False, idempotency_key="one")
    back = pickle.loads(pickle.dumps(sent))  # noqa: S301
    assert (str(back), back.sent, back.transient, back.idempotency_key) == (str(sent), False, False, "one")
