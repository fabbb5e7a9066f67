"""Pre-approval: from the question to the buyer, over the permanent key, to its end; the keys are seen by nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.payments.passing import make_due
from tests.payments.world import (
    LOST_ANSWERS,
    NO_ANSWERS,
    TOO_LATE_MS,
    another_paypal,
    end_leases,
    nothing_happens,
    paypal_away,
)
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

from solitude.payments import recovery, registry
from solitude.payments.contract import Call, Operation, Result
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, Preapproval

KEY = {"Idempotency-Key": "preapproval-4711"}


@pytest.fixture
def buyer(shop: Marketplace) -> str:
    return str(shop.buyer()["uuid"])


@pytest.fixture
def asked(shop: Marketplace, buyer: str) -> Answer:
    """A pre-approval that waits for its buyer."""
    return shop.preapproval(buyer)


@pytest.fixture
def agreed(asked: Answer, paypal: Simulator) -> Answer:
    """A pre-approval that its buyer approved."""
    paypal.approve(asked["paypal_url"])
    return asked


def living_keys(paypal: Simulator) -> list[str]:
    """The permanent keys that PayPal would still charge."""
    return [token["id"] for token in paypal.state()["payment_tokens"] if not token["deleted"]]


def today() -> str:
    return timezone.now().date().isoformat()


def days_from_now(days: int) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


# --- POST ----------------------------------------------------------------------------------------------------------


def test_the_answer_shows_the_temporary_key_and_where_to_send_the_buyer(
    shop: Marketplace, paypal: Simulator, buyer: str
) -> None:
    before = timezone.now()

    answer = shop.preapproval(buyer)

    (token,) = paypal.state()["setup_tokens"]
    assert answer.status == 201
    assert set(answer.json) == {"pk", "resource_uri", "uuid", "key", "paypal_url", "expires"}
    assert (answer["uuid"], answer["key"]) == (buyer, token["id"])
    assert answer["paypal_url"] == f"{paypal.url}/agreements/approve?approval_session_id={token['id']}"
    assert answer["resource_uri"] == answer.headers["Location"] == f"/paypal/preapproval/{answer['pk']}/"
    expires = datetime.fromisoformat(answer["expires"])
    assert expires.tzinfo == UTC
    assert timedelta(days=3) - timedelta(seconds=5) < expires - before < timedelta(days=3) + timedelta(seconds=60)
    back = paypal.approve(answer["paypal_url"])
    assert back.startswith(RETURN_URL)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"uuid": "nobody"}, "uuid"),
        ({"uuid": ""}, "uuid"),
        ({"uuid": None}, "uuid"),
        ({"return_url": "https://evil.example/"}, "return_url"),
        ({"return_url": ""}, "return_url"),
        ({"return_url": None}, "return_url"),
        ({"cancel_url": "https://shop.example.evil.net/"}, "cancel_url"),
        ({"currency": "XAU"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"start": "tomorrow"}, "start"),
        ({"start": 20261123}, "start"),
        ({"end": "2026-02-30"}, "end"),
        ({"start": "2027-01-02", "end": "2027-01-01"}, "end"),
        ({"max_total": "2000"}, "currency"),
    ],
)
def test_a_question_that_cannot_be_asked(
    shop: Marketplace, paypal: Simulator, buyer: str, wrong: dict[str, Any], field: str
) -> None:
    body = {"uuid": buyer, "return_url": RETURN_URL, "cancel_url": CANCEL_URL} | wrong

    with nothing_happens(paypal):
        answer = shop.post("/paypal/preapproval/", body)

    assert (answer.status, list(answer.json)) == (400, [field])


def test_a_field_that_is_missing(shop: Marketplace, paypal: Simulator) -> None:
    with nothing_happens(paypal):
        answer = shop.post("/paypal/preapproval/", {})

    assert (answer.status, set(answer.json)) == (400, {"uuid", "return_url", "cancel_url"})


def test_a_question_that_paypal_refuses(shop: Marketplace, paypal: Simulator, buyer: str) -> None:
    paypal.fault("setup_token", "issue:INVALID_PARAMETER_VALUE")

    answer = shop.preapproval(buyer)

    assert (answer.status, list(answer.json)) == (422, ["paypal"])
    assert answer["paypal"]["__all__"][0]["code"] == "INVALID_PARAMETER_VALUE"


def test_a_question_that_cannot_be_sent(shop: Marketplace, paypal: Simulator, buyer: str) -> None:
    with paypal_away():
        away = shop.preapproval(buyer)
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="wrong-one"):
        wrong = shop.preapproval(buyer)
    paypal.fault("setup_token", "rate_limit_429", retry_after_s=6)
    busy = shop.preapproval(buyer)

    assert (away.status, away["code"]) == (502, "provider_unreachable")
    assert (wrong.status, wrong["code"]) == (502, "provider_configuration")
    assert (busy.status, busy["code"], busy.headers["Retry-After"]) == (503, "provider_busy", "6")


@pytest.mark.parametrize("terms", [{}, {"start": "2020-01-01"}])
def test_a_preapproval_that_would_have_ended_already_is_not_asked_for(
    shop: Marketplace, paypal: Simulator, buyer: str, terms: dict[str, str]
) -> None:
    body = {"uuid": buyer, "return_url": RETURN_URL, "cancel_url": CANCEL_URL, **terms}

    with nothing_happens(paypal):
        answer = shop.post("/paypal/preapproval/", {**body, "end": days_from_now(-1)})

    assert (answer.status, answer.json) == (400, {"end": ["must not be before today"]})
    assert shop.post("/paypal/preapproval/", {**body, "end": today()}).status == 201


@pytest.mark.parametrize("fault", [*LOST_ANSWERS, *NO_ANSWERS])
def test_an_unclear_question_is_asked_again_under_the_same_key(
    shop: Marketplace, paypal: Simulator, buyer: str, fault: str
) -> None:
    body = {"uuid": buyer, "return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    paypal.fault("setup_token", fault)
    unclear = shop.post("/paypal/preapproval/", body, **KEY)

    again = shop.post("/paypal/preapproval/", body, **KEY)

    assert (unclear.status, unclear["code"], again.status) == (504, "outcome_unknown", 201)
    assert len(paypal.state()["setup_tokens"]) == 1
    assert {call["request_id"] for call in paypal.calls("setup_token")} == {ProviderCall.objects.get().key}
    with nothing_happens(paypal):
        replayed = shop.post("/paypal/preapproval/", body, **KEY)
    assert (replayed.text, replayed.headers["Idempotency-Replayed"]) == (again.text, "true")
    assert replayed.tag_and_place == again.tag_and_place


def test_after_502_the_same_key_asks_anew(shop: Marketplace, paypal: Simulator, buyer: str) -> None:
    body = {"uuid": buyer, "return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    with paypal_away():
        assert shop.post("/paypal/preapproval/", body, **KEY).status == 502

    assert shop.post("/paypal/preapproval/", body, **KEY).status == 201


# --- GET, DELETE ---------------------------------------------------------------------------------------------------


def test_nothing_but_the_first_answer_shows_the_key(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    uri = agreed["resource_uri"]
    before = shop.get(uri)
    done = shop.put(uri, {})
    after = shop.get(uri)

    assert before.json == after.json == {"pk": agreed["pk"], "resource_uri": uri}
    buyer = shop.get("/generic/buyer/?uuid=" + agreed["uuid"])
    (permanent,) = living_keys(paypal)
    for answer in (before, done, after, buyer):
        assert agreed["key"] not in answer.text
        assert permanent not in answer.text


def test_an_unknown_preapproval_is_not_found(shop: Marketplace, paypal: Simulator) -> None:
    uri = "/paypal/preapproval/0191d1d0-0000-7000-8000-000000000000/"

    with nothing_happens(paypal):
        assert (shop.get(uri).status, shop.put(uri, {}).status, shop.delete(uri).status) == (404, 404, 204)


def test_a_preapproval_expires_by_the_setting(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    Preapproval.objects.update(expires=timezone.now())

    with nothing_happens(paypal):
        assert shop.put(agreed["resource_uri"], {}).status == 404
        assert shop.get(agreed["resource_uri"]).status == 404


def test_a_dropped_preapproval_is_gone(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    assert shop.delete(agreed["resource_uri"]).status == 204

    with nothing_happens(paypal):
        assert shop.put(agreed["resource_uri"], {}).status == 404
        assert shop.get(agreed["resource_uri"]).status == 404
        assert shop.delete(agreed["resource_uri"]).status == 204


def test_dropping_the_temporary_record_leaves_the_permanent_key(
    shop: Marketplace, paypal: Simulator, agreed: Answer, app_id: str
) -> None:
    shop.put(agreed["resource_uri"], {})

    assert shop.delete(agreed["resource_uri"]).status == 204

    assert shop.pay(app_id, user_id=agreed["uuid"], use_preapproval=True)["status"] == "completed"


# --- PUT -----------------------------------------------------------------------------------------------------------


def test_the_permanent_key_is_kept_when_the_buyer_comes_back(
    shop: Marketplace, paypal: Simulator, agreed: Answer
) -> None:
    answer = shop.put(agreed["resource_uri"], {})

    assert answer.status == 202
    assert answer.json == {
        "pk": agreed["pk"],
        "resource_uri": agreed["resource_uri"],
        "uuid": agreed["uuid"],
        "active": True,
    }
    row = BuyerPaypal.objects.get(buyer__uuid=agreed["uuid"])
    assert [row.key] == living_keys(paypal)
    assert shop.get(row.resource_uri)["key"] is True
    # The temporary key is of no use any more, and not kept.
    assert Preapproval.objects.get().key is None


def test_a_second_return_makes_no_call(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    first = shop.put(agreed["resource_uri"], {})

    with nothing_happens(paypal):
        again = shop.put(agreed["resource_uri"], {})

    assert (again.status, again.json) == (202, first.json)


def test_a_buyer_who_has_not_approved_yet_may_still(shop: Marketplace, paypal: Simulator, asked: Answer) -> None:
    for _ in range(2):
        answer = shop.put(asked["resource_uri"], {})
        assert (answer.status, answer["code"]) == (409, "not_approved")
    paypal.cancel(asked["paypal_url"])
    assert shop.put(asked["resource_uri"], {}).status == 409

    paypal.approve(asked["paypal_url"])

    assert shop.put(asked["resource_uri"], {}).status == 202


@pytest.mark.parametrize("fault", [*LOST_ANSWERS, *NO_ANSWERS, "timeout_after"])
def test_an_unclear_return_is_resolved_under_the_same_request_id(
    shop: Marketplace, paypal: Simulator, agreed: Answer, fault: str
) -> None:
    paypal.fault("payment_token", fault, delay_ms=TOO_LATE_MS)

    unclear = shop.put(agreed["resource_uri"], {})
    again = shop.put(agreed["resource_uri"], {})

    assert (unclear.status, unclear["code"], again.status) == (504, "outcome_unknown", 202)
    requests = paypal.calls("payment_token")
    assert len(requests) == 2
    assert len({request["request_id"] for request in requests}) == 1
    assert [BuyerPaypal.objects.get().key] == living_keys(paypal)


def test_a_return_that_cannot_be_sent_may_be_tried_again(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    with paypal_away():
        assert shop.put(agreed["resource_uri"], {}).status == 502
    paypal.fault("payment_token", "rate_limit_429")
    assert shop.put(agreed["resource_uri"], {}).status == 503

    assert shop.put(agreed["resource_uri"], {}).status == 202


def test_a_return_that_paypal_refuses(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    paypal.advance(3 * 24 * 3600)  # a setup token lives three days at PayPal

    answer = shop.put(agreed["resource_uri"], {})

    assert (answer.status, list(answer.json)) == (422, ["paypal"])
    assert not BuyerPaypal.objects.filter(buyer__uuid=agreed["uuid"], key__isnull=False).exists()


def test_a_key_that_is_replaced_is_deleted_at_paypal(
    shop: Marketplace, paypal: Simulator, preapproved: str, app_id: str
) -> None:
    (old,) = living_keys(paypal)
    second = shop.preapproval(preapproved)
    paypal.approve(second["paypal_url"])

    assert shop.put(second["resource_uri"], {}).status == 202

    (new,) = living_keys(paypal)
    assert new != old
    assert BuyerPaypal.objects.get(buyer__uuid=preapproved).key == new
    assert shop.pay(app_id, user_id=preapproved, use_preapproval=True)["status"] == "completed"


def test_a_replaced_key_is_deleted_only_after_our_commit(
    shop: Marketplace, paypal: Simulator, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = shop.preapproval(preapproved)
    paypal.approve(second["paypal_url"])
    (old,) = living_keys(paypal)
    perform = registry.provider("paypal").perform
    kept: list[str | None] = []

    def watch(call: Call) -> Result:
        if call.operation == Operation.DELETE_CREDENTIAL:
            assert not transaction.get_connection().in_atomic_block
            kept.append(BuyerPaypal.objects.get(buyer__uuid=preapproved).key)
        return perform(call)

    monkeypatch.setattr(registry.provider("paypal"), "perform", watch)

    shop.put(second["resource_uri"], {})

    assert kept == living_keys(paypal)
    assert kept != [old]


def test_a_preapproval_dropped_while_paypal_is_asked_leaves_no_key_behind(
    shop: Marketplace, paypal: Simulator, agreed: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = registry.provider("paypal").perform

    def dropped_meanwhile(call: Call) -> Result:
        if call.operation == Operation.STORE_CREDENTIAL:
            assert shop.delete(agreed["resource_uri"]).status == 204
        return perform(call)

    monkeypatch.setattr(registry.provider("paypal"), "perform", dropped_meanwhile)

    assert shop.put(agreed["resource_uri"], {}).status == 404

    assert len(paypal.state()["payment_tokens"]) == 1
    assert living_keys(paypal) == []
    assert not BuyerPaypal.objects.filter(buyer__uuid=agreed["uuid"], key__isnull=False).exists()


@pytest.mark.parametrize("headers", [{}, KEY])
def test_a_preapproval_of_a_buyer_who_is_closed_while_paypal_is_asked_is_404(
    shop: Marketplace, buyer: str, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    (path,) = [row["resource_uri"] for row in shop.get(f"/generic/buyer/?uuid={buyer}")["objects"]]
    perform = registry.provider("paypal").perform

    def closed_meanwhile(call: Call) -> Result:
        assert shop.post(f"{path}close/", {}).status == 204
        return perform(call)

    monkeypatch.setattr(registry.provider("paypal"), "perform", closed_meanwhile)
    body = {"uuid": buyer, "return_url": RETURN_URL, "cancel_url": CANCEL_URL}

    assert shop.post("/paypal/preapproval/", body, **headers).status == 404
    assert not Preapproval.objects.exists()
    assert ProviderCall.objects.get().outcome == "pending"


# --- in force ------------------------------------------------------------------------------------------------------


def agreed_with(shop: Marketplace, paypal: Simulator, **more: Any) -> str:
    """A buyer with a pre-approval under these terms."""
    buyer = str(shop.buyer()["uuid"])
    begun = shop.preapproval(buyer, **more)
    assert begun.status == 201, begun
    paypal.approve(begun["paypal_url"])
    assert shop.put(begun["resource_uri"], {}).status == 202
    return buyer


@pytest.mark.parametrize(
    ("terms", "used"),
    [
        ({}, True),
        ({"currency": "EUR"}, True),
        ({"currency": "USD"}, False),
        ({"start": 0, "end": 0}, True),
        ({"start": 1}, False),
        ({"start": -1, "end": 1, "currency": "EUR"}, True),
    ],
)
def test_a_payment_uses_a_preapproval_that_covers_it(
    shop: Marketplace, paypal: Simulator, app_id: str, terms: dict[str, Any], used: bool
) -> None:
    dated = {name: days_from_now(value) if isinstance(value, int) else value for name, value in terms.items()}
    buyer = agreed_with(shop, paypal, **dated)

    answer = shop.pay(app_id, user_id=buyer, use_preapproval=True)

    assert answer.status == 201
    assert answer["use_preapproval"] is used
    assert answer["status"] == ("completed" if used else "created")


def test_a_payment_uses_no_preapproval_that_has_ended(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = agreed_with(shop, paypal, end=today())
    BuyerPaypal.objects.update(expiry=days_from_now(-1))

    answer = shop.pay(app_id, user_id=buyer, use_preapproval=True)

    assert (answer.status, answer["use_preapproval"], answer["status"]) == (201, False, "created")


def test_a_preapproval_is_used_only_when_asked_for(shop: Marketplace, app_id: str, preapproved: str) -> None:
    assert shop.pay(app_id, user_id=preapproved)["status"] == "created"


def test_terms_are_shown_with_the_buyer(shop: Marketplace, paypal: Simulator) -> None:
    buyer = agreed_with(shop, paypal, currency="EUR", end=today())

    shown = shop.get(BuyerPaypal.objects.get(buyer__uuid=buyer).resource_uri)

    assert (shown["currency"], shown["expiry"], shown["key"]) == ("EUR", today(), True)


def test_a_key_that_paypal_no_longer_takes_is_a_refusal(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    row = BuyerPaypal.objects.get(buyer__uuid=preapproved)
    key = row.key
    shop.patch(row.resource_uri, {"key": None})
    row.refresh_from_db()
    row.change(key=key)

    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True, fallback=False)

    assert answer.status == 422
    assert answer["paypal"]["use_preapproval"][0]["code"] == "AGREEMENT_ALREADY_CANCELLED"


# --- the end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [None, "", False])
def test_an_emptied_key_is_deleted_at_paypal(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, empty: Any
) -> None:
    uri = BuyerPaypal.objects.get(buyer__uuid=preapproved).resource_uri

    answer = shop.patch(uri, {"key": empty})

    assert (answer.status, answer.text) == (202, "")
    assert living_keys(paypal) == []
    assert shop.get(uri)["key"] is False
    assert shop.pay(app_id, user_id=preapproved, use_preapproval=True)["status"] == "created"


def test_a_deleted_buyer_is_deleted_at_paypal(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    uri = BuyerPaypal.objects.get(buyer__uuid=preapproved).resource_uri

    assert shop.delete(uri).status == 204

    assert living_keys(paypal) == []
    assert shop.get(uri).status == 404


@pytest.mark.parametrize("key", ["another-key", True, 1, {"a": 1}])
def test_a_client_can_never_set_the_key(shop: Marketplace, paypal: Simulator, preapproved: str, key: Any) -> None:
    row = BuyerPaypal.objects.get(buyer__uuid=preapproved)

    with nothing_happens(paypal):
        assert shop.patch(row.resource_uri, {"key": key}).status == 202

    assert [BuyerPaypal.objects.get(pk=row.pk).key] == living_keys(paypal)


def test_a_key_that_cannot_be_deleted_now_is_gone_here_and_stays_to_be_deleted(
    shop: Marketplace, paypal: Simulator, preapproved: str
) -> None:
    uri = BuyerPaypal.objects.get(buyer__uuid=preapproved).resource_uri
    with paypal_away():
        assert shop.patch(uri, {"key": None}).status == 202

    assert shop.get(uri)["key"] is False
    assert len(living_keys(paypal)) == 1
    assert ProviderCall.objects.get(operation="delete_credential").outcome == "unknown"


def test_a_key_that_our_credentials_do_not_delete_now_is_deleted_when_paypal_takes_them_again(
    shop: Marketplace, paypal: Simulator, preapproved: str
) -> None:
    """We have it no more, so nobody else could ask for it."""
    uri = BuyerPaypal.objects.get(buyer__uuid=preapproved).resource_uri
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="not-any-more"):
        assert shop.delete(uri).status == 204
        make_due()
        assert recovery.run_once() == 1
    assert len(living_keys(paypal)) == 1
    call = ProviderCall.objects.get(operation="delete_credential")
    assert (call.outcome, call.reason_code) == ("unknown", "provider_configuration")
    assert shop.get("/services/uncertain/")["count"] == 1

    make_due()
    assert recovery.run_once() == 1

    assert living_keys(paypal) == []
    assert ProviderCall.objects.get(operation="delete_credential").outcome == "succeeded"


def test_a_deletion_that_a_crash_left_is_done_with_the_next_one(
    shop: Marketplace, paypal: Simulator, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = BuyerPaypal.objects.get(buyer__uuid=preapproved).resource_uri
    with monkeypatch.context() as patch:
        patch.setattr("solitude.providers.paypal.preapprovals.carry_out_deletions", lambda buyer_id: None)
        shop.patch(uri, {"key": None})
    assert len(living_keys(paypal)) == 1
    end_leases()

    shop.patch(uri, {"key": None})

    assert living_keys(paypal) == []


# --- at rest -------------------------------------------------------------------------------------------------------


def test_keys_are_encrypted_at_rest(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    def raw(table: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            return repr(cursor.fetchall())

    assert Preapproval.objects.get().key == agreed["key"]
    assert agreed["key"] not in raw("paypal_preapproval")
    shop.put(agreed["resource_uri"], {})
    (key,) = living_keys(paypal)
    assert BuyerPaypal.objects.get().key == key
    assert key not in raw("paypal_buyerpaypal")
    for secret in (agreed["key"], key):
        assert secret not in raw("payments_providercall")
        assert secret not in raw("web_idempotencykey")
