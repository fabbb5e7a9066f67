"""The client library against the real server: what it is told of unknown outcomes, and how it hands on what PayPal told."""

from pathlib import Path

import pytest

from solitude.client import OutcomeUnknown, PreconditionFailed, Solitude
from tests.support import processes
from tests.support.environment import CLIENTS

RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"
pytestmark = pytest.mark.long
COMPLETED = 1


def test_a_lost_answer_and_its_end_through_the_client(tmp_path: Path) -> None:
    with processes.house(tmp_path, SOLITUDE_SERVE_WORKER="false") as house:
        client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]))
        seller = client.create_seller("dev:ada")
        client.create_paypal_seller(seller, paypal_id="ada@dev.example")
        client.create_product(seller=seller, external_id="map", public_id="5530")
        assert (client.uncertain().count, client.uncertain().transactions) == (0, ())

        house.paypal.fault("create_order", "disconnect_after")
        with pytest.raises(OutcomeUnknown) as lost:
            client.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", return_url=RETURN, cancel_url=CANCEL)
        uncertain = client.uncertain()
        (one,) = uncertain.transactions
        assert (uncertain.count, one.uuid, one.operation, one.tries) == (1, lost.value.uuid, "pay", 1)
        assert one.next_try is not None
        assert one.next_try > one.since

        # Asking about the payment finds it out.
        checked = client.check(uuid=one.uuid)
        assert checked.status == "CREATED"
        assert client.uncertain().count == 0
        house.paypal.approve(checked.pay_url or "")

        # PayPal tells of the approval, and the server takes the money.
        (told,) = house.paypal.told("CHECKOUT.ORDER.APPROVED")
        headers = told["headers"] | {"Host": "shop.example", "X-Forwarded-For": "192.0.2.7"}
        notice = client.forward_paypal_webhook(headers, told["body"].encode())
        assert (notice.status, notice.action, notice.uuid, notice.retry) == ("OK", "PAYMENT", one.uuid, False)
        assert client.forward_paypal_webhook(headers, told["body"]).status == "IGNORED"
        broken = client.forward_paypal_webhook(headers, told["body"] + " ")
        assert (broken.status, broken.reason, broken.retry) == ("ERROR", "bad_signature", False)
        payment = client.get_transaction(one.transaction or "")
        assert payment.status == COMPLETED

        # Two refunds by two people who have seen the same.
        first = client.refund(uuid=one.uuid, amount="1.00", if_match=payment.etag)
        assert (first.status, str(first.amount)) == ("COMPLETED", "1.00")
        with pytest.raises(PreconditionFailed):
            client.refund(uuid=one.uuid, amount="1.00", if_match=payment.etag)
        again = client.get_transaction(payment)
        assert str(again.refunded_amount) == "1.00"
        assert client.refund(uuid=one.uuid, if_match=again.etag).status == "COMPLETED"
        assert len(house.paypal.state()["refunds"]) == 2

        entries = client.timeline(payment)
        assert [entry.kind for entry in entries][:3] == ["request", "intent", "state"]
        assert {"request", "intent", "call", "answer", "recovery", "notification", "state"} == {
            entry.kind for entry in entries
        }
        moves = [(entry.from_status, entry.to_status) for entry in entries if entry.kind == "state"]
        assert (moves[0], moves[-1]) == ((None, "started"), ("pending", "completed"))
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
