"""What export writes, import brings into an empty database, and the API answers there as it did before."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.moving.mover import brought, empty_database, json_lines, of_json_lines, took
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.buyers.models import Buyer
from solitude.moving.kinds import KINDS
from solitude.moving.reading import FORMATS
from solitude.providers.paypal.models import BuyerPaypal, SellerPaypal
from solitude.transactions import states
from solitude.transactions.models import Status, Transaction, Type

pytestmark = pytest.mark.long

ODD = [
    "\\",
    "\\E",
    "\\\\N",
    "",
    " ",
    '"',
    'a "b", c',
    "one\ntwo\r\n",
    "\r",
    "=1+1",
    "ünï ☃ 😀",
    "null",
    "true",
    "\ufeff",
    "\u2028",
]
COLLECTIONS = ("/generic/buyer/", "/generic/seller/", "/generic/product/", "/generic/transaction/")
every_form = pytest.mark.parametrize("form", FORMATS)


def answers(shop: Marketplace) -> dict[str, list[dict[str, Any]]]:
    return {path: shop.get(f"{path}?limit=100")["objects"] for path in COLLECTIONS}


def moved(folder: Path, form: str) -> None:
    """Everything out, and into an empty database."""
    files = [(kind, took(kind, folder / f"{kind}.{form}", "--with-secrets")) for kind in KINDS]
    empty_database()
    for kind, file in files:
        brought(kind, file)


def secrets_of_rows() -> list[Any]:
    return [
        *Buyer.objects.order_by("uuid").values_list(
            "uuid", "pin", "new_pin", "row_uuid", "email_hash", "pin_locked_at"
        ),
        *((row.seller.uuid, row.token, row.secret, row.paypal_id_hash) for row in SellerPaypal.objects.order_by("pk")),
        *(
            (row.buyer.uuid, row.key, row.key_hash, row.start, row.used_total)
            for row in BuyerPaypal.objects.order_by("pk")
        ),
        *Transaction.objects.order_by("pk").values_list("uuid", "taken_id", "refund_claimed_amount"),
    ]


@every_form
def test_the_api_answers_after_the_move_as_before(shop: Marketplace, tmp_path: Path, form: str) -> None:
    for number, text in enumerate(ODD):
        made = shop.post("/generic/buyer/", {"uuid": f"{number}:{text}", "email": text, "locale": text})
        assert made.status == 201, made
        seller = shop.seller(text or None, uuid=f"dev:{text}", active=bool(number % 2))
        product = {"external_id": f"e{text}", "public_id": f"p{text}", "secret": text, "access": 1 + number % 2}
        assert shop.post("/generic/product/", {"seller": seller["resource_uri"], **product}).status == 201
    shop.patch("/generic/seller/1/", {"active": True})
    shop.post("/generic/buyer/", {"uuid": "nobody"})
    payment = shop.post(
        "/generic/transaction/",
        {"uuid": "pay:1", "provider": 1, "buyer": "/generic/buyer/1/", "seller": "/generic/seller/1/", "status": 1,
         "seller_product": "/generic/product/1/", "amount": "1.505", "currency": "KWD", "uid_pay": "u", "notes": "\\ü\n"},
    )  # fmt: skip
    assert payment.status == 201, payment
    shop.post("/generic/transaction/", {"uuid": "back:1", "type": 1, "status": 1, "related": payment["resource_uri"]})
    shop.post("/generic/transaction/", {"uuid": "odd:1", "amount": "-3", "status_reason": "", "uid_support": ""})
    before = answers(shop)

    moved(tmp_path, form)

    assert answers(shop) == before


@every_form
def test_what_no_answer_shows_is_moved_as_well(
    shop: Marketplace, paid: dict[str, str], preapproved: str, tmp_path: Path, form: str
) -> None:
    SellerPaypal.objects.get().change(token="the token", secret="", first_name="Ada", city="Łódź")
    shop.post("/generic/buyer/", {"uuid": "with a PIN", "pin": "0420", "new_pin": "1234"})
    shop.refund(uuid=paid["uuid"], amount="1.00")
    limited = {
        "currency": "EUR",
        "max_total": Decimal(20),
        "max_per_day": Decimal("2.50"),
        "used_total": Decimal("4.99"),
    }
    BuyerPaypal.objects.update(start="2026-11-01", expiry="2099-01-01", **limited)
    before, secret = answers(shop), secrets_of_rows()

    moved(tmp_path, form)

    assert secrets_of_rows() == secret
    assert answers(shop) == before


@every_form
def test_a_pin_is_right_after_the_move_where_the_keys_are_the_same(
    shop: Marketplace, tmp_path: Path, form: str
) -> None:
    shop.post("/generic/buyer/", {"uuid": "shop:7", "pin": "0420", "pin_confirmed": True})

    moved(tmp_path, form)

    assert shop.post("/generic/verify_pin/", {"uuid": "shop:7", "pin": "0420"})["valid"] is True
    assert shop.post("/generic/verify_pin/", {"uuid": "shop:7", "pin": "0421"})["valid"] is False


@every_form
def test_a_plain_pin_is_hashed(shop: Marketplace, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"buyers.{form}"
    if form == "csv":
        file.write_text("uuid,pin,pin_confirmed\nshop:7,0420,true\nshop:8,,\n")
    else:
        json_lines(file, [{"uuid": "shop:7", "pin": "0420", "pin_confirmed": True}, {"uuid": "shop:8"}])

    brought("buyers", file)

    kept = Buyer.objects.get(uuid="shop:7").pin
    assert kept is not None
    assert "$argon2id$" in kept
    assert "0420" not in kept
    assert shop.post("/generic/verify_pin/", {"uuid": "shop:7", "pin": "0420"})["valid"] is True
    assert Buyer.objects.get(uuid="shop:8").pin is None


def test_a_buyer_is_found_by_the_email_that_was_moved(shop: Marketplace, tmp_path: Path) -> None:
    brought("buyers", json_lines(tmp_path / "b.jsonl", [{"uuid": "shop:7", "email": "ada@example.net"}]))

    assert [row["uuid"] for row in shop.get("/generic/buyer/?email=ada%40example.net")["objects"]] == ["shop:7"]
    stored = Buyer.objects.values_list("email", flat=True).get()
    assert "ada" not in repr(stored)


def test_without_being_asked_export_writes_no_secret(shop: Marketplace, preapproved: str, tmp_path: Path) -> None:
    shop.post("/generic/buyer/", {"uuid": "with a PIN", "pin": "0420"})
    shop.product(secret="shared with the seller")
    SellerPaypal.objects.get().change(token="the token", secret="its secret")
    key = BuyerPaypal.objects.get().key
    pin = Buyer.objects.get(uuid="with a PIN").pin

    text = "".join(took(kind, tmp_path / f"{kind}.jsonl").read_text() for kind in KINDS)

    for secret in (key, pin, "shared with the seller", "the token", "its secret"):
        assert secret
        assert secret not in text
    assert not {"pin", "pin_hash", "row_uuid"} & of_json_lines(tmp_path / "buyers.jsonl")[0].keys()


def test_money_that_went_back_before_the_move_cannot_go_back_again(
    shop: Marketplace, paid: dict[str, str], tmp_path: Path
) -> None:
    shop.refund(uuid=paid["uuid"])

    moved(tmp_path, "csv")

    moved_row = Transaction.objects.get(uuid=paid["uuid"])
    assert moved_row.refund_claimed_amount == moved_row.captured_amount
    refused = shop.refund(uuid=paid["uuid"])
    assert 400 <= refused.status < 500, refused


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=30),
        unique=True,
        max_size=6,
    ),
    st.sampled_from(FORMATS),
)
def test_no_text_is_changed_on_its_way(
    shop: Marketplace, tmp_path_factory: pytest.TempPathFactory, texts: list[str], form: str
) -> None:
    folder = tmp_path_factory.mktemp("moved")
    rows = [{"uuid": text, "email": text, "locale": text} for text in texts]
    empty_database()
    brought("buyers", json_lines(folder / "given.jsonl", rows))
    file = took("buyers", folder / f"buyers.{form}")
    empty_database()
    brought("buyers", file)

    found = [{name: buyer[name] for name in rows[0]} for buyer in shop.get("/generic/buyer/?limit=100")["objects"]]
    assert found == rows[::-1]


def test_times_are_moved_to_the_microsecond(shop: Marketplace, tmp_path: Path) -> None:
    given = {"uuid": "dev:1", "created": "2012-03-04T05:06:07.123456Z", "modified": "2013-01-01T01:00:00+01:00"}
    brought("sellers", json_lines(tmp_path / "s.jsonl", [{**given, "counter": 7}]))

    (row,) = of_json_lines(took("sellers", tmp_path / "out.jsonl"))

    assert row["created"] == given["created"]
    assert row["modified"] == "2013-01-01T00:00:00Z"
    assert shop.get("/generic/seller/1/")["counter"] == 7


def test_a_past_transaction_leaves_no_event_and_its_timeline_tells_where_it_is_from(
    shop: Marketplace, tmp_path: Path
) -> None:
    past = {"uuid": "old:1", "status": "completed", "amount": "3.00", "currency": "EUR", "provider": "paypal"}
    brought("transactions", json_lines(tmp_path / "t.jsonl", [past]))

    assert shop.event_types() == []
    (entry,) = shop.get("/generic/transaction/1/timeline/")["entries"]
    assert (entry["kind"], entry["summary"], entry["to"]) == ("state", "imported", "completed")


def test_a_refund_may_stand_in_the_same_file_as_its_payment(shop: Marketplace, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"uuid": f"pay:{number}", "status": 1} for number in range(5)]
    rows += [{"uuid": f"back:{n}", "type": "refund", "status": 1, "related": f"pay:{n}"} for n in range(5)]

    brought("transactions", json_lines(tmp_path / "t.jsonl", rows), "--batch", "3")

    for number in range(5):
        refund = Transaction.objects.get(uuid=f"back:{number}")
        assert refund.related == Transaction.objects.get(uuid=f"pay:{number}")
        assert (refund.type, refund.status) == (Type.REFUND, Status.COMPLETED)


def test_only_in_a_transaction_are_past_rows_made(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        states.past([Transaction(uuid="old:1")])


def test_a_notification_about_a_past_payment_moves_nothing_and_is_looked_at(
    shop: Marketplace, paypal: Simulator, paid: dict[str, str], tmp_path: Path
) -> None:
    moved(tmp_path, "csv")
    before = answers(shop)
    paypal.dispute(Transaction.objects.get(uuid=paid["uuid"]).taken_id or "")

    told = shop.forward(paypal.told("CUSTOMER.DISPUTE.CREATED")[-1])

    assert (told["status"], told["reason"]) == ("ERROR", "mismatch")
    assert answers(shop) == before


def test_what_ended_before_the_move_is_no_news(shop: Marketplace, tmp_path: Path) -> None:
    from solitude.providers.paypal import preapprovals

    shop.buyer("shop:7")
    shop.buyer("shop:8")
    over = {"key": "B-1", "expiry": "2012-01-01"}
    brought("paypal-buyers", json_lines(tmp_path / "p.jsonl", [{"buyer": "shop:7", **over}, {"buyer": "shop:8"}]))

    assert preapprovals.expire_due() == 0
    assert shop.event_types() == []


def test_a_key_that_does_not_say_so_is_of_the_interface_that_it_looks_like(shop: Marketplace, tmp_path: Path) -> None:
    """Asked of the other one, PayPal does not know it, and it would be forgotten with the first payment."""
    keys = {"shop:1": "PA-0JB59877LF2284209", "shop:2": "8kk8451t"}
    brought("buyers", json_lines(tmp_path / "b.jsonl", [{"uuid": uuid} for uuid in keys]))
    lines = [{"buyer": uuid, "key": key} for uuid, key in keys.items()]
    brought("paypal-buyers", json_lines(tmp_path / "p.jsonl", lines))

    assert dict(BuyerPaypal.objects.values_list("buyer__uuid", "interface")) == {"shop:1": "classic", "shop:2": "rest"}
