"""What a client is answered for what Bango said, and for what it did not say."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from tests.bango.soap import answered, fault, http, said, scripted
from tests.outbound.peers import answering, closing_after_request, silent
from tests.support.free_port import free_port

from solitude.payments import calls
from solitude.providers.bango import asking
from solitude.web.refusals import Refused

FIELDS = {"seller": "x"}
PACKAGE = {"packageId": 50021}


@pytest.fixture(autouse=True)
def _no_transaction(transactional_db: None) -> None:
    """Bango is asked with none open, and a test has none around it."""


def refusal(ask: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value


def ask(*answers: str, **more: Any) -> Any:
    with answered(*answers):
        return asking.ask("GetSBIAgreement", PACKAGE, **more)


def test_ok_is_a_reply() -> None:
    assert ask(said("GetSBIAgreement", sbiAgreementValidFrom="2014-01-01T00:00:00Z")).is_ok


def test_a_tolerated_code_is_a_reply() -> None:
    found = ask(said("GetSBIAgreement", "INVALID_PERSON", "Same"), tolerated=("INVALID_PERSON",))

    assert (found.code, found.message) == ("INVALID_PERSON", "Same")


@pytest.mark.parametrize(
    ("at_fault", "field"),
    [({}, "__all__"), ({"INVALID_URL": "homePageURL"}, "homePageURL"), ({"OTHER": "x"}, "__all__")],
)
def test_a_refusal_stands_under_the_field_that_is_at_fault(at_fault: dict[str, str], field: str) -> None:
    refused = refusal(lambda: ask(said("GetSBIAgreement", "INVALID_URL", "Not a URL"), at_fault=at_fault))

    assert refused.status == 400
    assert refused.body == {field: ["Not a URL"], "__bango__": "INVALID_URL", "__type__": "bango"}


def test_a_refusal_without_a_sentence_says_its_code() -> None:
    refused = refusal(lambda: ask(said("GetSBIAgreement", "NO_BANGO_EXISTS", "")))

    assert refused.body["__all__"] == ["NO_BANGO_EXISTS"]


@pytest.mark.parametrize(
    ("code", "error"),
    [("ACCESS_DENIED", "AuthError"), ("INTERNAL_ERROR", "BangoError"), ("SERVICE_UNAVAILABLE", "BangoError")],
)
def test_what_is_no_fault_of_the_client_is_a_500(code: str, error: str) -> None:
    refused = refusal(lambda: ask(said("GetSBIAgreement", code, "Sorry"), at_fault={code: "seller"}))

    assert (refused.status, refused.body) == (500, {"error": error})


def test_a_fatal_code_may_be_tolerated() -> None:
    assert ask(said("GetSBIAgreement", "INTERNAL_ERROR", "No"), tolerated=("INTERNAL_ERROR",)).code == "INTERNAL_ERROR"


def test_where_nobody_listens_it_is_502() -> None:
    with answered(SOLITUDE_BANGO_URL=f"http://127.0.0.1:{free_port()}"):
        refused = refusal(lambda: asking.ask("GetSBIAgreement", PACKAGE))

    assert (refused.status, refused.body["code"]) == (502, "provider_unreachable")


def test_where_bango_is_too_busy_it_is_503_with_when_to_come_back() -> None:
    with scripted(answering(http("", 429))):
        refused = refusal(lambda: asking.ask("GetSBIAgreement", PACKAGE))

    assert (refused.status, refused.body["code"]) == (503, "provider_busy")
    assert refused.headers["Retry-After"].isdigit()


@pytest.mark.parametrize(
    "script", [closing_after_request, silent, answering(http(fault(), 500)), answering(http("<p>"))]
)
def test_where_the_answer_is_none_it_is_504(script: Any) -> None:
    with scripted(script, SOLITUDE_BANGO_TIMEOUT_MS=150):
        refused = refusal(lambda: asking.ask("GetSBIAgreement", PACKAGE))

    assert (refused.status, refused.body["code"]) == (504, "outcome_unknown")


def test_without_a_password_it_is_502_and_operators_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with answered(SOLITUDE_BANGO_PASSWORD="") as (_, peer):
        refused = refusal(lambda: asking.ask("GetSBIAgreement", PACKAGE))

    assert (refused.status, refused.body["code"]) == (502, "provider_configuration")
    assert peer.requests == []
    assert "bango_not_configured" in caplog.text


def test_what_bango_cannot_be_told_is_a_400_that_names_the_field() -> None:
    with answered() as (_, peer):
        refused = refusal(lambda: asking.ask("SetVATNumber", {"packageId": 1, "vatNumber": "GB\x01"}))

    assert (refused.status, list(refused.body)) == (400, ["vatNumber"])
    assert peer.requests == []


def test_no_transaction_may_be_open() -> None:
    with answered() as (_, peer), transaction.atomic(), pytest.raises(RuntimeError, match="no transaction"):
        asking.ask("GetSBIAgreement", PACKAGE)

    assert peer.requests == []


def test_it_takes_a_place_among_what_is_in_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    room = calls.in_progress()
    monkeypatch.setattr(room, "limit", 0)
    with answered() as (_, peer):
        refused = refusal(lambda: asking.ask("GetSBIAgreement", PACKAGE))

    assert (refused.status, refused.body["code"]) == (503, "busy")
    assert peer.requests == []
