"""After a change of keys every row comes under the new one, and nobody sees a difference."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from solitude.buyers.models import Buyer
from solitude.providers.paypal import records
from solitude.providers.paypal.models import SellerPaypal
from solitude.sellers.models import Seller
from solitude.vault import cipher, hashes, ranges, renewing, usage
from solitude.vault.current import use_ring
from solitude.vault.keyring import KeyRing
from solitude.vault.models import Renewal, RenewalTurn
from tests.vault.rings import ring_of, with_new_key

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
BEFORE = ring_of("k1")
AFTER = with_new_key(BEFORE, "k2")
# Columns of keyed hashes with another name. (That of a notification is a plain digest.)
OTHERS = {"IdempotencyKey.fingerprint", "Buyer.pin", "Buyer.new_pin"}


@pytest.fixture
def old_rows() -> Iterator[list[Buyer]]:
    with use_ring(BEFORE):
        yield [Buyer.objects.create(uuid=f"shop:{n}", email=f"bea{n}@buyer.example") for n in range(7)]


def sealed_texts() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM buyers_buyer ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


def finish(rows_max: int = 1000) -> None:
    for _ in range(20):
        RenewalTurn.objects.all().delete()  # the next second
        if not renewing.run_some(rows_max):
            return
    raise AssertionError("no end")


def test_rows_come_under_the_new_key_and_stay_what_they_are(old_rows: list[Buyer]) -> None:
    shown = list(Buyer.objects.order_by("pk").values("uuid", "modified", "counter", "row_uuid"))
    with use_ring(AFTER):
        finish()
        assert {cipher.key_id_of(text) for text in sealed_texts()} == {"k2"}
        assert list(Buyer.objects.order_by("pk").values("uuid", "modified", "counter", "row_uuid")) == shown
        assert [one.email for one in Buyer.objects.order_by("pk")] == [one.email for one in old_rows]
        found = Buyer.objects.get(email_hash__in=hashes.candidates("buyer-email", "bea3@buyer.example"))
        assert found.uuid == "shop:3"
        assert found.email_hash.startswith("k2:")
        assert not usage.of_key("fields", "k1")
        assert not usage.of_key("hashes", "k1")
        assert usage.of_key("fields", "k2") == {"buyers.buyer:email": 7}
        assert renewing.progress_percent() == 100


def test_so_many_rows_go_at_a_time_as_the_rate_says(old_rows: list[Buyer]) -> None:
    with use_ring(AFTER):
        assert renewing.run_some(3)
        assert usage.by_key("fields")["k2"] == {"buyers.buyer:email": 3}
        # This second, which here does not end, is taken, by whichever worker it was.
        RenewalTurn.objects.update(until=Now() + timedelta(hours=1))
        assert renewing.run_some(3)
        assert usage.by_key("fields")["k2"] == {"buyers.buyer:email": 3}
        assert 0 < renewing.progress_percent() < 100
        assert renewing.left() > 0


def test_whoever_dies_is_followed_by_another_who_goes_on(
    old_rows: list[Buyer], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with use_ring(AFTER):
        renewing.run_some(3)
        RenewalTurn.objects.all().delete()
        with monkeypatch.context() as patched:
            patched.setattr(Renewal, "save", killed)
            with pytest.raises(Killed):
                renewing.run_some(3)
        assert usage.by_key("fields")["k2"] == {"buyers.buyer:email": 3}
        finish(2)
        assert usage.by_key("fields") == {"k2": {"buyers.buyer:email": 7}}


@pytest.mark.parametrize("range_rows", [1, 2, 3, 7, 8])
def test_tables_are_looked_through_a_range_at_a_time_and_no_row_is_left_out(
    old_rows: list[Buyer], range_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE_ROWS", range_rows)
    assert [one.pk for condition in ranges.of(Buyer) for one in Buyer.objects.filter(condition).order_by("pk")] == [
        one.pk for one in old_rows
    ]
    looked: list[tuple[str, int]] = []
    assert usage.of_key("fields", "k1", lambda *so_far: looked.append(so_far)) == {"buyers.buyer:email": 7}
    of_buyers = [rows for place, rows in looked if place == "buyers.buyer:email"]
    assert of_buyers == [range_rows * number for number in range(1, 7 // range_rows + 2)]
    with use_ring(AFTER):
        finish()
        assert not usage.is_used("fields", "k1")
        assert not usage.is_used("hashes", "k1")
        assert usage.of_key("fields", "k2") == {"buyers.buyer:email": 7}


def test_a_turn_looks_through_a_few_ranges_and_the_next_one_goes_on(
    old_rows: list[Buyer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE_ROWS", 1)
    monkeypatch.setattr(renewing, "RANGES_PER_TURN", 2)
    with use_ring(AFTER):
        # Only the last row is left.
        renewing.run_some(0)
        Renewal.objects.filter(place="buyers.buyer:email_hash").update(finished=True)
        for one in old_rows[:-1]:
            one.email = f"new{one.pk}@buyer.example"
            one.save()
        turns = 0
        while "k1" in usage.by_key("fields"):
            RenewalTurn.objects.all().delete()
            assert renewing.run_some(1000)
            turns += 1
        assert turns == 4


def test_that_a_key_is_used_is_known_at_the_first_row(old_rows: list[Buyer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE_ROWS", 1)
    looked: list[str] = []
    assert usage.is_used("fields", "k1", lambda place, _: looked.append(place))
    assert looked.count("buyers.buyer:email") == 0
    assert not usage.is_used("fields", "k7", lambda place, _: looked.append(place))
    assert looked.count("buyers.buyer:email") == 8


def test_what_is_written_under_the_old_key_behind_its_back_is_found_by_the_next_pass(old_rows: list[Buyer]) -> None:
    with use_ring(AFTER):
        renewing.run_some(1000)
        with use_ring(BEFORE):
            Buyer.objects.create(uuid="shop:late", email="late@buyer.example")
        renewing.begin_again("fields")
        renewing.begin_again("hashes")
        finish()
        assert not usage.of_key("fields", "k1")
        assert not usage.of_key("hashes", "k1")


def test_a_save_of_what_was_read_before_loses_nothing(old_rows: list[Buyer]) -> None:
    with use_ring(AFTER):
        held = Buyer.objects.get(uuid="shop:1")
        finish()
        held.change(locale="de")
        again = Buyer.objects.get(uuid="shop:1")
        assert (again.email, again.locale) == ("bea1@buyer.example", "de")
        held.email = "new@buyer.example"
        held.save()
        renewing.begin_again("fields")
        finish()
        assert Buyer.objects.get(uuid="shop:1").email == "new@buyer.example"
        assert not usage.of_key("fields", "k1")


def test_a_row_that_does_not_open_is_told_left_and_counted(old_rows: list[Buyer], security_events: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE buyers_buyer SET email = 'v1:k1:' || 'AAAA' WHERE uuid = 'shop:2'")
    with use_ring(AFTER):
        finish()
        assert usage.of_key("fields", "k1") == {"buyers.buyer:email": 1}
        assert Renewal.objects.get(place="buyers.buyer:email").failed >= 1
        assert [line for line in security_events if "Rows cannot be brought under the new key" in line]


def test_a_hash_beside_its_value_is_made_as_its_room_makes_it() -> None:
    with use_ring(BEFORE):
        seller = Seller.objects.create(uuid="shop:seller")
        SellerPaypal.objects.create(
            seller=seller, paypal_id="Ann@Shop.example", paypal_id_hash=records.paypal_id_hash("Ann@Shop.example")
        )
    with use_ring(AFTER):
        finish()
        row = SellerPaypal.objects.get()
        assert row.paypal_id_hash == records.paypal_id_hash("ann@shop.example")
        assert row.merchant_id_hash == ""


def test_each_column_of_hashes_is_known(old_rows: list[Buyer]) -> None:
    """A text column whose name says hash, and that of fingerprints and PINs: what is left out here could lose its key."""
    from django.apps import apps

    from solitude.vault.holders import hash_columns

    hashed = {
        f"{model._meta.label_lower}:{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if model.__module__.startswith("solitude.")
        and (field.name.endswith("_hash") or f"{model.__name__}.{field.name}" in OTHERS)
    }
    assert hashed <= {column.place for column in hash_columns()}


def test_pins_count_under_the_hashes_key_that_made_them() -> None:
    with use_ring(KeyRing(fields=BEFORE.fields, hashes=BEFORE.hashes)):
        Buyer.objects.create(uuid="shop:old", pin="k1:$argon2id$x", new_pin=None)
        Buyer.objects.create(uuid="shop:forgotten", pin="!")
        assert usage.of_key("hashes", "k1") == {"buyers.buyer:pin": 1}
        assert usage.by_key("pepper") == {"k1": {"buyers.buyer:pin": 1}}
