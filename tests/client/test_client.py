"""Each method sends what the API's documentation says, and reads the answer with its types."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import CursorExpired, Forbidden, InvalidRequest, NoAnswer, PreconditionFailed, Receiver, Solitude
from tests.client import bodies
from tests.client.server import DROPS, KEY, FakeSolitude, Received, Reply

RETURN = "https://shop.example/ok"
CANCEL = "https://shop.example/no"
TIME = datetime(2026, 11, 23, 14, 5, 6, 789_000, tzinfo=UTC)


def only(fake: FakeSolitude) -> Received:
    (received,) = fake.received
    assert received.claims, "it was not signed"
    return received


def found(*objects: Any) -> Reply:
    meta = {"page": 1, "total_count": len(objects), "next": None, "prev": None}
    return Reply(200, {"meta": meta, "objects": list(objects)})


# Payments


@pytest.mark.parametrize(("amount", "number"), [(Decimal("2.50"), "2.50"), ("2.50", "2.50"), ("0.10", "0.10")])
def test_pay_sends_the_amount_as_a_json_number_with_all_its_digits(
    fake: FakeSolitude, solitude: Solitude, amount: Any, number: str
) -> None:
    fake.answers(Reply(201, bodies.PAYMENT))
    solitude.pay(user_id=8812, app_id="5530", amount=amount, currency="EUR", platform_fee=Decimal("0.30"))
    assert (only(fake).method, only(fake).target) == ("POST", "/paypal/pay")
    assert only(fake).json == {
        "user_id": 8812,
        "app_id": "5530",
        "amount": f"number {number}",
        "currency": "EUR",
        "use_preapproval": False,
        "platform_fee": "number 0.30",
    }


def test_pay_sends_all_that_was_given_and_leaves_defaults_to_the_server(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PAYMENT))
    more: dict[str, Any] = {
        "use_preapproval": True,
        "return_url": RETURN,
        "cancel_url": CANCEL,
        "memo": "Star Map",
    }
    solitude.pay(user_id="8812", app_id=5530, amount=150, currency="JPY", **more)
    assert only(fake).json == {"user_id": "8812", "app_id": 5530, "amount": 150, "currency": "JPY", **more}


def test_pay_for_speaks_solitudes_own_form(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.OWN_PAYMENT))
    wanted = {"currency": "EUR", "memo": "Star Map", "return_url": RETURN, "cancel_url": CANCEL, "ipn_url": RETURN}

    payment = solitude.pay_for("dev:12", amount=Decimal("2.50"), buyer="shop:77", uuid="order:1", **wanted)

    sent = {
        "seller_product": "dev:12",
        "amount": "2.50",
        "buyer": "shop:77",
        "uuid": "order:1",
        "use_preapproval": False,
    }
    assert only(fake).json == sent | wanted
    assert (payment.status, payment.use_preapproval, payment.uuid) == ("CREATED", False, "order:1")
    assert payment.pay_key == bodies.OWN_PAYMENT["pay_key"]
    assert payment.pay_url == bodies.OWN_PAYMENT["pay_url"]
    assert (payment.transaction, payment.correlation_id) == ("/generic/transaction/7/", "9f2e1")


@pytest.mark.parametrize("field", ["amount", "platform_fee"])
def test_pay_with_a_float_sends_nothing(fake: FakeSolitude, solitude: Solitude, field: str) -> None:
    given: dict[str, Any] = {"user_id": 1, "app_id": "1", "amount": Decimal("2.49"), "currency": "EUR"}
    with pytest.raises(TypeError):
        solitude.pay(**given | {field: 2.49})
    assert fake.received == []


def test_a_payment_that_waits_for_the_buyer(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PAYMENT))
    payment = solitude.pay(user_id=8812, app_id="5530", amount=Decimal("2.49"), currency="EUR")
    assert (payment.status, payment.amount, payment.currency) == ("created", Decimal("2.49"), "EUR")
    assert (payment.user_id, payment.app_id, payment.use_preapproval) == (8812, "5530", False)
    assert payment.pay_key == bodies.PAYMENT["paykey"]
    assert payment.pay_url == bodies.PAYMENT["pay_url"]
    assert (payment.uuid, payment.transaction) == ("solitude:1", "/generic/transaction/7/")


def test_a_payment_by_pre_approval_has_no_pay_key(fake: FakeSolitude, solitude: Solitude) -> None:
    taken = {k: v for k, v in bodies.PAYMENT.items() if k not in ("paykey", "pay_url")}
    fake.answers(Reply(201, taken | {"status": "completed", "use_preapproval": True}))
    payment = solitude.pay(user_id=8812, app_id="5530", amount=Decimal("2.49"), currency="EUR", use_preapproval=True)
    assert (payment.status, payment.use_preapproval) == ("completed", True)
    assert (payment.pay_key, payment.pay_url) == (None, None)


@pytest.mark.parametrize("selector", [{"pay_key": "5O19"}, {"uuid": "solitude:1"}])
def test_check_asks_by_one_name(fake: FakeSolitude, solitude: Solitude, selector: dict[str, str]) -> None:
    fake.answers(Reply(201, bodies.CHECK))
    check = solitude.check(**selector)
    assert (only(fake).method, only(fake).target, only(fake).json) == ("POST", "/paypal/pay-check/", selector)
    assert (check.status, check.uuid, check.transaction) == ("COMPLETED", "solitude:1", "/generic/transaction/7/")
    assert (check.correlation_id, check.pay_url) == ("9f2e1", None)


@pytest.mark.parametrize("selector", [{}, {"pay_key": "5O19", "uuid": "solitude:1"}])
def test_a_payment_is_named_by_exactly_one_name(
    fake: FakeSolitude, solitude: Solitude, selector: dict[str, str]
) -> None:
    for ask in (solitude.check, solitude.refund):
        with pytest.raises(ValueError):
            ask(**selector)
    assert fake.received == []


def test_refund_of_a_part_sends_the_amount_as_text(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.REFUND))
    refund = solitude.refund(uuid="solitude:1", amount=Decimal("1.20"), reason="broken", idempotency_key="refund-1")
    assert (only(fake).method, only(fake).target) == ("POST", "/paypal/refund/")
    assert only(fake).json == {"uuid": "solitude:1", "amount": "1.20", "reason": "broken"}
    assert only(fake).idempotency_key == "refund-1"
    assert (refund.status, refund.amount, refund.currency) == ("COMPLETED", Decimal("2.49"), "EUR")
    assert (refund.transaction, refund.related) == ("/generic/transaction/8/", "/generic/transaction/7/")
    receiver = Receiver(
        "REFUNDED", "dev@example.net", None, Decimal("2.49"), Decimal("2.49"), Decimal("2.10"), Decimal("0.39")
    )
    assert refund.receivers == (receiver,)


def test_refund_of_everything_sends_no_amount(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.REFUND))
    solitude.refund(pay_key="5O19")
    assert only(fake).json == {"pay_key": "5O19"}


# Pre-approvals


def test_a_pre_approval_is_started_finished_and_dropped(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PREAPPROVAL), Reply(202, bodies.FINISHED), Reply(204))
    started = solitude.start_preapproval(
        buyer_uuid="shop:77",
        return_url=RETURN,
        cancel_url=CANCEL,
        start=date(2026, 12, 1),
        end=date(2027, 1, 31),
        currency="EUR",
    )
    finished = solitude.finish_preapproval(started.pk)
    solitude.drop_preapproval(started.resource_uri)
    start, finish, drop = fake.received
    assert (start.method, start.target, start.idempotency_key is None) == ("POST", "/paypal/preapproval/", False)
    assert start.json == {
        "uuid": "shop:77",
        "return_url": RETURN,
        "cancel_url": CANCEL,
        "start": "2026-12-01",
        "end": "2027-01-31",
        "currency": "EUR",
    }
    assert (started.pk, started.key, started.expires) == ("3e1c", "temporary-key", TIME)
    assert (finish.method, finish.target, finish.json) == ("PUT", "/paypal/preapproval/3e1c/", {})
    assert (finished.uuid, finished.active) == ("shop:77", True)
    assert (drop.method, drop.target, drop.body) == ("DELETE", "/paypal/preapproval/3e1c/", b"")


def test_a_pre_approval_is_looked_at(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"pk": "3e1c", "resource_uri": "/paypal/preapproval/3e1c/", "new": 1}))
    known = solitude.get_preapproval("3e1c")
    assert (only(fake).method, only(fake).target) == ("GET", "/paypal/preapproval/3e1c/")
    assert (known.pk, known.resource_uri) == ("3e1c", "/paypal/preapproval/3e1c/")


# Buyers, sellers, products, transactions


def test_a_buyer_is_created(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.BUYER))
    buyer = solitude.create_buyer("shop:77", email="ada@example.net", locale="nl")
    assert (only(fake).method, only(fake).target) == ("POST", "/generic/buyer/")
    assert only(fake).idempotency_key
    assert only(fake).json == {
        "uuid": "shop:77",
        "email": "ada@example.net",
        "locale": "nl",
        "authenticated": True,
    }
    assert (buyer.pk, buyer.uuid, buyer.email, buyer.pin, buyer.paypal) == (
        31,
        "shop:77",
        "ada@example.net",
        True,
        None,
    )


def test_a_buyer_is_created_with_a_pin(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.BUYER))
    assert solitude.create_buyer("shop:77", pin="0420").pin is True
    assert only(fake).json == {"uuid": "shop:77", "authenticated": True, "pin": "0420"}


def test_a_buyer_is_changed_in_what_was_given_and_in_the_state_that_was_seen(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(
        Reply(200, bodies.BUYER, headers={"ETag": '"first"'}), Reply(200, bodies.BUYER, headers={"ETag": '"next"'})
    )
    buyer = solitude.get_buyer(31)
    changed = solitude.change_buyer(buyer, pin="", email="", pin_confirmed=False, active=True, if_match=buyer.etag)
    asked = fake.received[1]
    assert (asked.method, asked.target, asked.headers["If-Match"]) == ("PATCH", "/generic/buyer/31/", '"first"')
    assert asked.json == {"pin": "", "email": "", "pin_confirmed": False, "active": True}
    assert (buyer.etag, changed.etag) == ('"first"', '"next"')


def test_an_account_is_closed(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(204, None))
    solitude.close_buyer("/generic/buyer/31/", idempotency_key="close-31")
    assert (only(fake).method, only(fake).target) == ("POST", "/generic/buyer/31/close/")
    assert only(fake).idempotency_key == "close-31"


def test_all_who_have_an_email_are_found_page_by_page(fake: FakeSolitude, solitude: Solitude) -> None:
    def page(cursor: str | None) -> Reply:
        link = cursor and f"/generic/buyer/?email=ada%40example.net&limit=100&cursor={cursor}"
        meta = {"page": None, "total_count": None, "next": link, "prev": None}
        return Reply(200, {"meta": meta, "objects": [bodies.BUYER]})

    fake.answers(page("2a"), page("1f"), page(None))
    found_buyers = list(solitude.buyers_with_email("ada@example.net"))
    assert [buyer.uuid for buyer in found_buyers] == ["shop:77"] * 3
    beginning = "/generic/buyer/?email=ada%40example.net&limit=100&cursor="
    assert [asked.target for asked in fake.received] == [beginning, f"{beginning}2a", f"{beginning}1f"]


def test_a_list_that_does_not_move_is_not_read_for_ever(fake: FakeSolitude, solitude: Solitude) -> None:
    meta = {"page": None, "total_count": None, "next": "/generic/buyer/?cursor=2a", "prev": None}
    fake.answers(Reply(200, {"meta": meta, "objects": [bodies.BUYER]}))
    with pytest.raises(NoAnswer):
        list(solitude.buyers_with_email("ada@example.net"))
    assert len(fake.received) == 2
    with pytest.raises(ValueError):
        list(solitude.buyers_with_email(""))


def test_a_pin_is_verified(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(
        Reply(200, bodies.PIN_CHECK), Reply(200, {"valid": False, "locked": True, "uuid": "shop:77", "pin": True})
    )
    right, wrong = (solitude.verify_pin("shop:77", pin) for pin in ("0420", "9999"))
    assert (right.valid, right.locked, right.pin, right.token, right.expires) == (
        True,
        False,
        True,
        "the-token-of-a-pin",
        TIME,
    )
    assert (wrong.valid, wrong.locked, wrong.token, wrong.expires) == (False, True, None, None)
    assert fake.received[0].target == "/generic/verify_pin/"
    assert fake.received[0].json == {"uuid": "shop:77", "pin": "0420"}
    assert fake.received[0].idempotency_key is None


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (Solitude.confirm_pin, "/generic/confirm_pin/"),
        (Solitude.reset_confirm_pin, "/generic/reset_confirm_pin/"),
    ],
)
def test_a_pin_is_confirmed(fake: FakeSolitude, solitude: Solitude, call: Callable[..., bool], path: str) -> None:
    fake.answers(*(Reply(200, {"confirmed": is_right, "uuid": "shop:77"}) for is_right in (True, False)))
    assert [call(solitude, "shop:77", "0420") for _ in range(2)] == [True, False]
    assert (fake.received[0].target, fake.received[0].json) == (path, {"uuid": "shop:77", "pin": "0420"})


def test_a_pin_that_may_have_been_counted_is_not_tried_again(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(DROPS, Reply(200, bodies.PIN_CHECK))
    with pytest.raises(NoAnswer):
        solitude.verify_pin("shop:77", "0420")
    assert len(fake.received) == 1


def test_pay_hands_the_token_of_a_pin_on(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PAYMENT), Reply(403, {"detail": "Verify it.", "code": "pin_required"}))
    more = {"user_id": 1, "app_id": "1", "amount": 1, "currency": "EUR"}
    solitude.pay(**more, pin_token="the-token-of-a-pin")
    assert fake.received[0].json["pin_token"] == "the-token-of-a-pin"
    with pytest.raises(Forbidden) as refused:
        solitude.pay(**more)
    assert refused.value.code == "pin_required"


def test_a_seller_is_created(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.SELLER | {"paypal": bodies.PAYPAL_SELLER}))
    seller = solitude.create_seller("dev:12")
    assert (only(fake).target, only(fake).json) == ("/generic/seller/", {"uuid": "dev:12", "active": True})
    assert (seller.pk, seller.counter, seller.created) == (4, 0, TIME)
    assert seller.paypal
    assert seller.paypal.pk == 5


def test_a_seller_is_changed_in_what_was_given_and_in_the_state_that_was_seen(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(
        Reply(200, bodies.SELLER, headers={"ETag": '"first-part"'}),
        Reply(200, bodies.SELLER, headers={"ETag": '"next"'}),
    )
    seller = solitude.get_seller("/generic/seller/4/")
    changed = solitude.change_seller(seller, active=False, if_match=seller.etag)
    asked = fake.received[1]
    assert (asked.method, asked.target, asked.json) == ("PATCH", "/generic/seller/4/", {"active": False})
    assert asked.headers["If-Match"] == '"first-part"'
    assert (seller.etag, changed.etag) == ('"first-part"', '"next"')


def test_a_product_is_changed_in_what_was_given_and_in_the_state_that_was_seen(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(Reply(200, bodies.PRODUCT, headers={"ETag": '"next"'}))
    said: dict[str, Any] = {"external_id": "e", "public_id": "p", "access": 2, "secret": ""}
    changed = solitude.change_product(9, seller="/generic/seller/5/", **said, if_match='"old"')
    assert (only(fake).method, only(fake).target) == ("PATCH", "/generic/product/9/")
    assert only(fake).json == said | {"seller": "/generic/seller/5/"}
    assert only(fake).headers["If-Match"] == '"old"'
    assert (changed.pk, changed.etag) == (9, '"next"')


def test_a_change_without_a_condition_has_none(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.SELLER), Reply(200, bodies.PRODUCT))
    assert solitude.change_seller(4, uuid="dev:13").etag is None
    assert solitude.change_product(9, secret="s").etag is None
    assert [received.json for received in fake.received] == [{"uuid": "dev:13"}, {"secret": "s"}]
    assert not any("If-Match" in received.headers for received in fake.received)


@pytest.mark.parametrize("bare", ["first", "", '"a b"', '"', "*"])
def test_a_condition_is_a_tag_with_its_quotes(fake: FakeSolitude, solitude: Solitude, bare: str) -> None:
    for change in (solitude.change_seller, solitude.change_product):
        with pytest.raises(ValueError):
            change(4, if_match=bare)
    assert fake.received == []


def test_a_changed_seller_of_another_state_is_an_error_of_its_own(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(412))
    with pytest.raises(PreconditionFailed):
        solitude.change_seller(4, active=False, if_match='"old"')
    assert len(fake.received) == 1


def of_a_list(body: Any, *, page: int | None = None, total: int | None = None, following: str | None = None) -> Reply:
    meta = {"page": page, "total_count": total, "next": following, "prev": None}
    return Reply(200, {"meta": meta, "objects": [body]})


def test_one_page_of_sellers_says_how_many_there_are(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(
        of_a_list(bodies.SELLER, page=2, total=3, following="/generic/seller/?page=3&limit=1"),
        of_a_list(bodies.SELLER, page=3, total=3),
    )
    second, last = solitude.sellers(page=2, limit=1), solitude.sellers(active=False, page=3, limit=1)
    assert (second.page, second.total_count, second.more, last.more) == (2, 3, True, False)
    assert [seller.uuid for seller in second.objects] == ["dev:12"]
    assert [received.target for received in fake.received] == [
        "/generic/seller/?page=2&limit=1",
        "/generic/seller/?active=false&page=3&limit=1",
    ]


def test_one_page_of_products_has_the_filters_that_were_given(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(of_a_list(bodies.PRODUCT, page=1, total=1))
    page = solitude.products(seller=4, seller_uuid="dev 12", seller_active=True, external_id="app-9")
    assert [product.public_id for product in page.objects] == ["pub:9"]
    assert only(fake).target == (
        "/generic/product/?seller=4&seller__uuid=dev%2012&seller__active=true&external_id=app-9&page=1&limit=20"
    )


@pytest.mark.parametrize("wrong", [{"page": 0}, {"limit": 0}, {"limit": 101}])
def test_a_page_that_no_server_gives_is_not_asked_for(
    fake: FakeSolitude, solitude: Solitude, wrong: dict[str, int]
) -> None:
    for ask in (solitude.sellers, solitude.products):
        with pytest.raises(ValueError):
            ask(**wrong)
    assert fake.received == []


def test_all_sellers_and_products_are_read_by_their_cursors(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(
        of_a_list(bodies.SELLER, following="/generic/seller/?active=true&limit=100&cursor=4"),
        of_a_list(bodies.SELLER),
        of_a_list(bodies.PRODUCT, following="/generic/product/?cursor=9"),
        of_a_list(bodies.PRODUCT),
    )
    sellers = list(solitude.iter_sellers(active=True))
    products = list(solitude.iter_products(seller=sellers[0], seller_active=False))
    assert [seller.pk for seller in sellers] == [4, 4]
    assert [product.pk for product in products] == [9, 9]
    assert [received.target for received in fake.received] == [
        "/generic/seller/?active=true&limit=100&cursor=",
        "/generic/seller/?active=true&limit=100&cursor=4",
        "/generic/product/?seller=4&seller__active=false&limit=100&cursor=",
        "/generic/product/?seller=4&seller__active=false&limit=100&cursor=9",
    ]


def test_an_empty_filter_is_not_sent_because_it_would_be_none(fake: FakeSolitude, solitude: Solitude) -> None:
    for empty in ({"seller_uuid": ""}, {"external_id": ""}):
        for ask in (solitude.products, solitude.iter_products):
            with pytest.raises(ValueError):
                ask(**empty)
    with pytest.raises(ValueError):
        solitude.find_product("")
    assert fake.received == []


def test_a_product_is_found_by_the_name_that_no_other_one_has(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(found(bodies.PRODUCT), found())
    product = solitude.find_product("pub:9")
    assert product
    assert product.pk == 9
    assert solitude.find_product("pub:10") is None
    assert fake.received[0].target == "/generic/product/?public_id=pub%3A9"


@pytest.mark.parametrize("by_path", [True, False])
def test_a_product_is_created_for_a_seller(fake: FakeSolitude, solitude: Solitude, by_path: bool) -> None:
    fake.answers(Reply(200, bodies.SELLER), Reply(201, bodies.PRODUCT))
    seller = solitude.get_seller(4)
    product = solitude.create_product(
        seller="/generic/seller/4/" if by_path else seller, external_id="app-9", public_id="pub:9", access=1
    )
    assert fake.received[1].target == "/generic/product/"
    assert fake.received[1].json == {
        "seller": "/generic/seller/4/",
        "external_id": "app-9",
        "public_id": "pub:9",
        "access": 1,
    }
    assert (product.pk, product.seller, product.secret) == (9, "/generic/seller/4/", "product-secret")
    assert product.seller_uuids == {"bango": None, "reference": None}


def test_a_transaction_is_created(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.TRANSACTION | {"status": 6, "amount": None, "captured_amount": None}))
    transaction = solitude.create_transaction(
        uuid="pay:501",
        amount=Decimal("4.70"),
        currency="EUR",
        provider=0,
        type=0,
        seller_product="/generic/product/9/",
        buyer="/generic/buyer/31/",
    )
    assert only(fake).target == "/generic/transaction/"
    assert only(fake).json == {
        "uuid": "pay:501",
        "amount": "4.70",
        "currency": "EUR",
        "provider": 0,
        "type": 0,
        "seller_product": "/generic/product/9/",
        "buyer": "/generic/buyer/31/",
    }
    assert (transaction.status_name, transaction.amount, transaction.captured_amount) == ("started", None, None)


def test_a_transaction_is_read_with_all_that_belongs_to_it(fake: FakeSolitude, solitude: Solitude) -> None:
    refund = bodies.TRANSACTION | {"resource_pk": 8, "type": 1, "related": "/generic/transaction/7/", "status": 99}
    fake.answers(Reply(200, bodies.TRANSACTION | {"relations": [refund]}))
    transaction = solitude.get_transaction("/generic/transaction/7/")
    assert (only(fake).method, only(fake).target) == ("GET", "/generic/transaction/7/")
    assert (transaction.status, transaction.status_name, transaction.type_name) == (1, "completed", "payment")
    assert (transaction.amount, transaction.captured_amount) == (Decimal("2.49"), Decimal("2.49"))
    assert str(transaction.refunded_amount) == "0.00"
    assert (transaction.outcome, transaction.modified, transaction.counter) == ("succeeded", TIME, 3)
    (relation,) = transaction.relations
    assert (relation.pk, relation.type_name, relation.status_name) == (8, "refund", "99")


def test_all_that_a_transaction_may_say_is_sent(fake: FakeSolitude, solitude: Solitude) -> None:
    said: dict[str, Any] = {
        "uuid": "u", "currency": "EUR", "provider": 0, "status": 0, "type": 1, "status_reason": "r", "uid_pay": "p",
        "uid_support": "s", "pay_url": "http://a.example", "carrier": "c", "region": "g", "source": "o", "notes": "n",
    }  # fmt: skip
    fake.answers(Reply(201, bodies.TRANSACTION))
    solitude.create_transaction(**said, amount=Decimal("1.50"))
    assert only(fake).json == said | {"amount": "1.50"}


def test_a_transaction_is_changed_where_something_is_said(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.TRANSACTION, {"ETag": '"new"'}))
    seen = solitude.change_transaction(7, status=0, notes="", if_match='"old"')
    assert (only(fake).method, only(fake).target) == ("PATCH", "/generic/transaction/7/")
    assert only(fake).json == {"status": 0, "notes": ""}
    assert only(fake).headers["If-Match"] == '"old"'
    assert (seen.status_name, seen.etag) == ("completed", '"new"')


def test_every_field_that_can_change_is_sent(fake: FakeSolitude, solitude: Solitude) -> None:
    said: dict[str, Any] = {
        "status": 4, "status_reason": "r", "provider": 0, "uid_pay": "p", "pay_url": "http://a.example", "notes": "n",
    }  # fmt: skip
    fake.answers(Reply(200, bodies.TRANSACTION))
    assert solitude.change_transaction("/generic/transaction/7/", **said).etag is None
    assert only(fake).json == said
    assert "If-Match" not in only(fake).headers


def test_a_change_that_may_have_been_made_is_not_sent_again(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(DROPS)
    with pytest.raises(NoAnswer):
        solitude.change_transaction(7, notes="n")
    assert len(fake.received) == 1


def listed(number: int, following: str | None) -> Reply:
    meta = {"page": None, "total_count": None, "next": following, "prev": None}
    return Reply(200, {"meta": meta, "objects": [bodies.TRANSACTION | {"resource_pk": number}]})


def test_a_list_is_read_to_its_end_by_its_cursors(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(
        listed(3, "/generic/transaction/?seller=4&limit=100&cursor=3"),
        listed(2, "/generic/transaction/?seller=4&limit=100&cursor=2"),
        listed(1, None),
    )
    found = solitude.iter_transactions(seller=4, provider=0)
    assert [one.pk for one in found] == [3, 2, 1]
    query = "/generic/transaction/?seller=4&provider=0&limit=100&cursor="
    assert [received.target for received in fake.received] == [query, f"{query}3", f"{query}2"]


def test_a_list_is_asked_for_as_far_as_it_is_read(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(listed(3, "/generic/transaction/?cursor=3"))
    assert next(solitude.iter_transactions()).pk == 3
    assert only(fake).target == "/generic/transaction/?limit=100&cursor="


@pytest.mark.parametrize("following", ["/generic/transaction/?page=2", "/generic/transaction/?cursor=3", 7])
def test_a_list_whose_next_leads_nowhere_is_no_answer(fake: FakeSolitude, solitude: Solitude, following: Any) -> None:
    fake.answers(listed(3, following), listed(3, following))
    with pytest.raises(NoAnswer):
        list(solitude.iter_transactions())
    assert len(fake.received) <= 2


@pytest.mark.parametrize(
    ("get", "resource", "path", "body"),
    [
        (Solitude.get_buyer, 31, "/generic/buyer/31/", bodies.BUYER),
        (Solitude.get_seller, "/generic/seller/4/", "/generic/seller/4/", bodies.SELLER),
        (Solitude.get_product, "9", "/generic/product/9/", bodies.PRODUCT),
        (Solitude.get_transaction, 7, "/generic/transaction/7/", bodies.TRANSACTION),
        (Solitude.get_paypal_buyer, 12, "/paypal/buyer/12/", bodies.PAYPAL_BUYER),
        (Solitude.get_paypal_seller, 5, "/paypal/seller/5/", bodies.PAYPAL_SELLER),
    ],
)
def test_a_resource_is_got_by_pk_or_path(
    fake: FakeSolitude, solitude: Solitude, get: Callable[..., Any], resource: int | str, path: str, body: Any
) -> None:
    fake.answers(Reply(200, body))
    assert get(solitude, resource).resource_uri == path
    assert (only(fake).method, only(fake).target, only(fake).body) == ("GET", path, b"")


@pytest.mark.parametrize("resource", ["/generic/seller/4/", "", "../4", "4/close", "4?x=1", "/generic/buyer/"])
def test_a_path_of_something_else_is_refused(fake: FakeSolitude, solitude: Solitude, resource: str) -> None:
    with pytest.raises(ValueError):
        solitude.get_buyer(resource)
    assert fake.received == []


@pytest.mark.parametrize(
    ("find", "value", "target", "body"),
    [
        (Solitude.find_buyer, "shop:77", "/generic/buyer/?uuid=shop%3A77", bodies.BUYER),
        (Solitude.find_seller, "dev:12", "/generic/seller/?uuid=dev%3A12", bodies.SELLER),
        (Solitude.find_transaction, "solitude:1", "/generic/transaction/?uuid=solitude%3A1", bodies.TRANSACTION),
    ],
)
def test_a_resource_is_found_by_its_unique_name(
    fake: FakeSolitude, solitude: Solitude, find: Callable[..., Any], value: str, target: str, body: dict[str, Any]
) -> None:
    fake.answers(found(body), found())
    assert find(solitude, value).pk == body["resource_pk"]
    assert fake.received[0].target == target
    assert find(solitude, value) is None


def test_another_object_is_never_taken_for_the_one_that_was_asked_for(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(found(bodies.BUYER))
    assert solitude.find_buyer("shop:78") is None


def test_an_empty_name_would_find_anything_and_is_refused(fake: FakeSolitude, solitude: Solitude) -> None:
    with pytest.raises(ValueError):
        solitude.find_buyer("")
    assert fake.received == []


def test_a_query_of_any_characters_arrives_as_it_was_signed(fake: FakeSolitude, solitude: Solitude) -> None:
    # That they are the same is checked by the server that plays Solitude.
    fake.answers(found())
    for uuid in ("a b+c", "é/ü?&=#%", "%3a", "~._-", "''\"<>"):
        assert solitude.find_buyer(uuid) is None
    assert len(fake.received) == 5


# What PayPal knows of sellers and buyers


def test_a_sellers_paypal_data_are_stored(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PAYPAL_SELLER))
    stored = solitude.create_paypal_seller("/generic/seller/4/", paypal_id="dev@example.net", country="NL")
    assert only(fake).target == "/paypal/seller/"
    assert only(fake).json == {"seller": "/generic/seller/4/", "paypal_id": "dev@example.net", "country": "NL"}
    assert (stored.pk, stored.paypal_id, stored.country, stored.token) == (5, "dev@example.net", "NL", False)


@pytest.mark.parametrize("answer", [Reply(202), Reply(200, bodies.PAYPAL_SELLER)])
def test_a_sellers_paypal_data_are_changed_and_read_back(fake: FakeSolitude, solitude: Solitude, answer: Reply) -> None:
    fake.answers(answer, Reply(200, bodies.PAYPAL_SELLER | {"city": "Delft"}))
    assert solitude.change_paypal_seller(5, city="Delft").city == "Delft"
    change, read = fake.received
    assert (change.method, change.target, change.json) == ("PATCH", "/paypal/seller/5/", {"city": "Delft"})
    assert (read.method, read.target) == ("GET", "/paypal/seller/5/")


def test_a_field_that_no_paypal_seller_has_is_refused(fake: FakeSolitude, solitude: Solitude) -> None:
    with pytest.raises(TypeError, match="town"):
        solitude.change_paypal_seller(5, town="Delft")
    assert fake.received == []


def test_a_buyers_paypal_data(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, bodies.PAYPAL_BUYER), Reply(202), Reply(204))
    stored = solitude.create_paypal_buyer("/generic/buyer/31/")
    solitude.forget_paypal_key(stored)
    solitude.delete_paypal_buyer(stored)
    create, forget, delete = fake.received
    assert (create.target, create.json) == ("/paypal/buyer/", {"buyer": "/generic/buyer/31/"})
    assert (stored.currency, stored.expiry, stored.key) == ("EUR", date(2027, 1, 31), True)
    assert (forget.method, forget.target, forget.json) == ("PATCH", "/paypal/buyer/12/", {"key": None})
    assert (delete.method, delete.target) == ("DELETE", "/paypal/buyer/12/")


# Events and health


def page(*cursors: str, more: bool = False, cursor: str | None = None) -> Reply:
    events = [bodies.EVENT | {"cursor": one} for one in cursors]
    return Reply(200, {"events": events, "cursor": cursor or (cursors[-1] if cursors else None), "more": more})


def test_a_page_of_events(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page("2a", more=True))
    events = solitude.events("29", limit=1)
    assert only(fake).target == "/events/?after=29&limit=1"
    assert (events.cursor, events.more) == ("2a", True)
    (event,) = events.events
    assert (event.type, event.from_status, event.to_status) == ("transaction.completed", "pending", "completed")
    assert (event.uuid, event.resource_uri, event.created) == ("solitude:1", "/generic/transaction/7/", TIME)
    assert (event.amount, event.data["buyer"]) == (Decimal("2.49"), "shop:8812")


def test_the_feed_begins_with_the_oldest_event(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page())
    assert solitude.events().events == ()
    assert only(fake).target == "/events/?limit=100"


def test_all_events_come_page_by_page_and_then_it_ends(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page("1", "2", more=True), page("3", more=True), page())
    assert [event.cursor for event in solitude.iter_events("0", limit=2)] == ["1", "2", "3"]
    assert [one.target.partition("?")[2] for one in fake.received] == [
        "after=0&limit=2",
        "after=2&limit=2",
        "after=3&limit=2",
    ]


def test_a_feed_that_does_not_move_is_not_read_for_ever(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page("5", more=True))
    with pytest.raises(NoAnswer, match="stands still"):
        list(solitude.iter_events("5"))
    assert len(fake.received) == 1


def test_an_event_of_another_kind_stops_no_reader(fake: FakeSolitude, solitude: Solitude) -> None:
    odd = {"cursor": "7", "type": "dispute.opened", "created": bodies.TIME, "data": {"amount": {"value": "1"}}}
    fake.answers(Reply(200, {"events": [odd], "cursor": "7", "more": False}))
    (event,) = solitude.iter_events()
    assert (event.amount, event.uuid, event.data) == (None, None, {"amount": {"value": "1"}})


def test_an_expired_cursor_is_told(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(410, {"detail": "Gone.", "code": "cursor_expired", "oldest": "1f"}))
    with pytest.raises(CursorExpired):
        next(solitude.iter_events("1"))


@pytest.mark.parametrize("bad", [{"limit": 0}, {"limit": 1001}])
def test_a_page_has_its_limits(fake: FakeSolitude, solitude: Solitude, bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        solitude.events(**bad)  # type: ignore[arg-type]
    assert fake.received == []


@pytest.mark.parametrize(("http", "db"), [(200, True), (500, False)])
def test_the_health_is_told_without_a_signature(fake: FakeSolitude, solitude: Solitude, http: int, db: bool) -> None:
    fake.answers(Reply(http, {"proxies": False, "db": db, "cache": db, "settings": True, "new": 1}))
    status = solitude.status()
    assert (status.ok, status.proxies, status.db, status.cache, status.settings) == (db, False, db, db, True)
    assert fake.received[0].target == "/services/status/"
    assert "Authorization" not in fake.received[0].headers


@pytest.mark.parametrize("key", [KEY, None])
def test_the_server_tells_whose_signature_it_took(fake: FakeSolitude, solitude: Solitude, key: str | None) -> None:
    fake.answers(Reply(200, {"authenticated": key, "new": 1}))
    assert solitude.whoami() == key
    assert only(fake).target == "/services/request/"


def test_products_that_failed_are_listed(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"transactions": [bodies.FAILED_PRODUCT], "new": 1}))
    (one,) = solitude.failed_products()
    assert (one.product_id, one.pk, one.uuid, one.uri) == ("app-9", 88, "pay:88", "/generic/transaction/88/")
    assert (one.uid_pay, one.uid_support) == (None, "SUP-5")
    assert only(fake).target == "/services/failures/transactions/"


def test_products_that_a_provider_finds_wrong_are_listed(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"statuses": [{"id": 3, "errors": "no price", "product_id": "app-9", "new": 1}]}))
    (one,) = solitude.bad_statuses()
    assert (one.product_id, one.pk, one.errors) == ("app-9", 3, "no price")
    assert only(fake).target == "/services/failures/statuses/"


def test_the_settings_are_listed_and_shown(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, ["SOLITUDE_DEBUG", "SOLITUDE_HOME"]), Reply(200, {"key": "SOLITUDE_DEBUG", "value": None}))
    assert solitude.setting_names() == ("SOLITUDE_DEBUG", "SOLITUDE_HOME")
    assert solitude.setting("SOLITUDE_DEBUG") is None
    assert [one.target for one in fake.received] == ["/services/settings/", "/services/settings/SOLITUDE_DEBUG/"]
    with pytest.raises(ValueError):
        solitude.setting("a/../b")


@pytest.mark.parametrize("names", [{"SOLITUDE_DEBUG": 1}, "SOLITUDE_DEBUG", ["SOLITUDE_DEBUG", 1], None])
def test_settings_that_are_no_list_of_names_are_no_answer(
    fake: FakeSolitude, solitude: Solitude, names: object
) -> None:
    fake.answers(Reply(200, raw=json.dumps(names).encode()))
    with pytest.raises(NoAnswer):
        solitude.setting_names()


def test_settings_that_the_server_does_not_show_are_forbidden(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(403, {"detail": "SOLITUDE_CLEANSED_SETTINGS_ACCESS is off."}))
    with pytest.raises(Forbidden) as refused:
        solitude.setting_names()
    assert refused.value.detail == "SOLITUDE_CLEANSED_SETTINGS_ACCESS is off."


def test_a_broken_server_has_no_health(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(500, {"error": "OSError"}))
    with pytest.raises(NoAnswer):
        solitude.status()


# Everything else


def test_a_client_closes_its_connections_with_its_block(fake: FakeSolitude, connect: Callable[..., Solitude]) -> None:
    fake.answers(Reply(200, bodies.BUYER))
    with connect() as client:
        client.get_buyer(31)
        pool = client._transport._connection_pool()
    assert pool.pool is None


def test_any_other_call_can_be_made(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"valid": True, "amount": 1.10}))
    answer = solitude.call("post", "/generic/verify_pin/", {"uuid": "shop:77", "pin": "0420"}, query={"a": 1})
    assert answer == {"valid": True, "amount": Decimal("1.1")}
    assert (only(fake).method, only(fake).target) == ("POST", "/generic/verify_pin/?a=1")
    assert only(fake).idempotency_key is None


@pytest.mark.parametrize("key", ["", "k" * 256, "a b", "line\r\nX-Other: 1", "schlüssel"])
def test_an_idempotency_key_that_is_no_header_is_refused(fake: FakeSolitude, solitude: Solitude, key: str) -> None:
    with pytest.raises(ValueError):
        solitude.create_seller("dev:12", idempotency_key=key)
    assert fake.received == []


@pytest.mark.parametrize("lacking", ["uuid", "status", "transaction", "amount"])
def test_a_success_that_cannot_be_read_is_not_taken_for_one(
    fake: FakeSolitude, solitude: Solitude, lacking: str
) -> None:
    fake.answers(Reply(201, {k: v for k, v in bodies.PAYMENT.items() if k != lacking}))
    with pytest.raises(NoAnswer, match=lacking) as nothing:
        solitude.pay(user_id=8812, app_id="5530", amount=Decimal("2.49"), currency="EUR")
    assert nothing.value.sent
    assert nothing.value.idempotency_key == only(fake).idempotency_key


def test_an_unknown_app_is_told_by_field(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(400, {"app_id": ["unknown"]}))
    with pytest.raises(InvalidRequest) as refused:
        solitude.pay(user_id=8812, app_id="none", amount=Decimal("2.49"), currency="EUR")
    assert refused.value.fields == {"app_id": ("unknown",)}
