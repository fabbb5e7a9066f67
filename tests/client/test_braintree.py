"""The calls of Braintree: each sends what the API's documentation says, and reads the answer with its types."""

from decimal import Decimal
from typing import Any

import pytest

from solitude.client import Declined, InvalidRequest, Solitude
from tests.client.server import FakeSolitude, Received, Reply

KEPT = {
    "id": 3,
    "resource_pk": 3,
    "created": "2026-11-23T14:05:06.789Z",
    "modified": "2026-11-23T14:05:06.789Z",
    "counter": 0,
    "active": True,
}
CARD = {
    **KEPT,
    "resource_uri": "/braintree/mozilla/paymethod/3/",
    "braintree_buyer": "/braintree/mozilla/buyer/2/",
    "provider_id": "token-of-a-card",
    "type": 1,
    "type_name": "MasterCard",
    "truncated_id": "0017",
}


def only(fake: FakeSolitude) -> Received:
    (received,) = fake.received
    return received


def test_a_card_is_stored_by_its_nonce_and_its_token_is_in_no_repr(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, {"braintree": {"token": "token-of-a-card"}, "mozilla": CARD}))
    card = solitude.create_braintree_paymethod("shop:77", "nonce-of-a-card")
    assert only(fake).json == {"buyer_uuid": "shop:77", "nonce": "nonce-of-a-card"}
    assert (card.type_name, card.truncated_id, card.provider_id) == ("MasterCard", "0017", "token-of-a-card")
    assert "token-of-a-card" not in repr(card)


@pytest.mark.parametrize("paid_by", [{}, {"nonce": "n", "paymethod": 3}])
def test_a_payment_is_made_by_a_nonce_or_a_card_and_never_by_none_or_both(
    fake: FakeSolitude, solitude: Solitude, paid_by: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="either nonce or paymethod"):
        solitude.pay_by_braintree("brick", amount="12.00", **paid_by)
    assert fake.received == []


def test_a_refusal_of_the_bank_says_why_and_which_transaction_has_failed(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    errors = {"__all__": [{"code": "2000", "message": "Do Not Honor"}]}
    fake.answers(Reply(422, {"braintree": errors, "transaction": "/generic/transaction/7/", "uuid": "bt-c-dKqT2w"}))
    with pytest.raises(Declined) as refused:
        solitude.pay_by_braintree("brick", amount=Decimal("12.00"), paymethod=3)
    assert only(fake).json == {"product_id": "brick", "amount": "12.00", "paymethod": CARD["resource_uri"]}
    assert (refused.value.provider, refused.value.errors[0].code) == ("braintree", "2000")
    assert (refused.value.transaction, refused.value.uuid) == ("/generic/transaction/7/", "bt-c-dKqT2w")


def test_what_the_form_finds_wrong_is_told_by_field(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(422, {"mozilla": {"amount": [{"code": "min_value", "message": "must be at least 1"}]}}))
    with pytest.raises(InvalidRequest) as wrong:
        solitude.pay_by_braintree("brick", amount="0.10", nonce="n")
    assert wrong.value.fields == {"amount": ("min_value",)}


def test_a_challenge_is_answered_with_a_text(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, "public-key|0a1b"))
    assert solitude.answer_braintree_challenge("20f9f8ed05f77439fe955c977e4c8a53") == "public-key|0a1b"
    assert only(fake).target == "/braintree/webhook/?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53"


def test_a_webhook_of_no_subscription_is_taken_in_and_says_nothing(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(204))
    assert solitude.forward_braintree_webhook("public-key|0a1b", "PHg+\n") is None
    assert only(fake).json == {"bt_signature": "public-key|0a1b", "bt_payload": "PHg+\n"}
