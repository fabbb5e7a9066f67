"""A pre-approval: the buyer agrees once, and ends it when it pleases."""

from tests.conformance.adapter import Reach
from tests.conformance.bench import Bench
from tests.conformance.needs import needs
from tests.conformance.said import Said

from solitude.payments.contract import Capability, Operation

pytestmark = needs(Capability.STORED_CREDENTIAL)


@needs(Reach.FAULTS)
def test_it_is_stored_once_when_its_buyer_has_agreed(bench: Bench) -> None:
    buyer, consent = bench.consent()
    bench.at.approve(consent.url)

    assert bench.said(bench.at.store_credential(bench.shop, consent)) == Said.DONE
    asked = bench.there.asked(Operation.STORE_CREDENTIAL)
    assert bench.said(bench.at.store_credential(bench.shop, consent)) == Said.DONE

    assert bench.there.asked(Operation.STORE_CREDENTIAL) == asked
    assert bench.state(bench.pay(buyer=buyer)).is_paid


def test_before_its_buyer_has_agreed_there_is_nothing_to_store(bench: Bench) -> None:
    buyer, consent = bench.consent()

    refused = bench.at.store_credential(bench.shop, consent)

    assert bench.said(refused) == Said.NOT_APPROVED
    assert bench.takes_nothing_of(buyer)


@needs(Reach.BUYER)
def test_a_buyer_who_turns_back_has_agreed_to_nothing(bench: Bench) -> None:
    buyer, consent = bench.consent()
    bench.there.turn_back(consent.url)

    assert bench.said(bench.at.store_credential(bench.shop, consent)) == Said.NOT_APPROVED
    assert bench.takes_nothing_of(buyer)


@needs(Reach.BUYER)
def test_one_that_was_deleted_takes_nothing_any_more(bench: Bench) -> None:
    buyer = bench.buyer()

    assert bench.said(bench.at.delete_credential(bench.shop, buyer)) == Said.DONE

    assert bench.takes_nothing_of(buyer)
    assert bench.money_moved() == 0
