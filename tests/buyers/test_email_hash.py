"""Beside an e-mail, which is sealed, stands its keyed hash: it follows every save, and a change of keys."""

import pytest
from tests.support.marketplace import Marketplace
from tests.support.upgrades import columns, version_before
from tests.vault.rings import ring_of, with_new_key

from solitude.buyers.models import EMAIL_LABEL, Buyer
from solitude.prepared import insert_once
from solitude.vault.current import use_ring
from solitude.vault.hashes import candidates, keyed_hash

pytestmark = pytest.mark.long

ADA, EVE = "ada@buyer.example", "d\u00fcrer@b\u00fccher.example"


def kept(buyer: Buyer) -> str:
    return Buyer.objects.values_list("email_hash", flat=True).get(pk=buyer.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("email", [ADA, EVE])
def test_every_way_to_save_an_email_writes_its_hash(email: str) -> None:
    created = Buyer.objects.create(uuid="1", email=email)
    inserted = Buyer(uuid="2", email=email)
    assert insert_once(inserted)
    (in_bulk,) = Buyer.objects.bulk_create([Buyer(uuid="3", email=email)])
    changed = Buyer.objects.create(uuid="4", email="another@buyer.example")
    changed.change(email=email)
    assert {kept(buyer) for buyer in (created, inserted, in_bulk, changed)} == {keyed_hash(EMAIL_LABEL, email)}


@pytest.mark.django_db
@pytest.mark.parametrize("email", [None, ""])
def test_no_email_has_no_hash(email: str | None) -> None:
    assert kept(Buyer.objects.create(uuid="1", email=email)) == ""
    buyer = Buyer.objects.create(uuid="2", email=ADA)
    buyer.change(email=email)
    assert kept(buyer) == ""


@pytest.mark.django_db
def test_a_change_that_leaves_the_email_leaves_its_hash_and_does_not_open_it() -> None:
    buyer = Buyer.objects.create(uuid="1", email=ADA)
    Buyer.objects.filter(pk=buyer.pk).update(email_hash="as it was")
    read = Buyer.objects.only("uuid", "modified", "counter", "row_uuid").get(pk=buyer.pk)
    read.change(locale="nl")
    assert kept(buyer) == "as it was"


@pytest.mark.django_db
def test_a_hash_is_found_after_a_change_of_keys_and_renewed_with_the_next_save() -> None:
    old = ring_of("k1")
    with use_ring(old):
        buyer = Buyer.objects.create(uuid="1", email=ADA)
    with use_ring(with_new_key(old, "k2")):
        assert kept(buyer).startswith("k1:")
        found = Buyer.objects.get(email_hash__in=candidates(EMAIL_LABEL, ADA))
        found.change(email=found.email)
        assert kept(buyer).startswith("k2:")
        assert Buyer.objects.get(email_hash__in=candidates(EMAIL_LABEL, ADA)) == buyer


def test_buyers_of_the_version_before_get_their_hashes(shop: Marketplace) -> None:
    """More of them than one batch, with and without e-mail."""
    emails = [None if number % 7 == 0 else "" if number % 7 == 1 else f"{number}@b.example" for number in range(1203)]
    Buyer.objects.bulk_create([Buyer(uuid=str(number), email=email) for number, email in enumerate(emails)])

    with version_before("buyers"):
        assert not {"email_hash", "pin", "new_pin"} & columns("buyers_buyer")

    for buyer in Buyer.objects.all():
        assert buyer.email_hash == (keyed_hash(EMAIL_LABEL, buyer.email) if buyer.email else "")
        assert (buyer.pin, buyer.new_pin, buyer.pin_locked_at) == (None, None, None)
        assert (buyer.pin_confirmed, buyer.pin_failures, buyer.pin_was_locked_out) == (False, 0, False)
    assert Buyer.objects.exclude(email_hash="").count() == len([email for email in emails if email])
