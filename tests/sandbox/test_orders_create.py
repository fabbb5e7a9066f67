"""POST and GET /v2/checkout/orders."""

from typing import Any

import pytest
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, Sandbox, money, order, unit, wallet, with_fee

from solitude_sandbox.paypal import accounts


def test_an_order_without_a_payment_source_is_created_and_links_to_the_approval_page(sandbox: Sandbox) -> None:
    reply = sandbox.create(order(unit("12.30", description="A song", custom_id="ours-1", invoice_id="inv-1")))
    assert reply.status == 201
    assert reply.json["status"] == "CREATED"
    assert reply.json["intent"] == "CAPTURE"
    (shown,) = reply.json["purchase_units"]
    assert shown["reference_id"] == "default"
    assert shown["amount"] == money("12.30")
    assert shown["payee"]["email_address"] == SELLER
    assert (shown["description"], shown["custom_id"], shown["invoice_id"]) == ("A song", "ours-1", "inv-1")
    order_id = reply.json["id"]
    assert reply.link("approve") == f"{sandbox.paypal}/checkoutnow?token={order_id}"
    assert reply.link("self") == f"{sandbox.paypal}/v2/checkout/orders/{order_id}"
    assert reply.link("capture") == f"{sandbox.paypal}/v2/checkout/orders/{order_id}/capture"


def test_an_order_for_a_wallet_waits_for_the_payer_and_is_answered_with_200(sandbox: Sandbox) -> None:
    reply = sandbox.create(order(unit(), **wallet()))
    assert reply.status == 200
    assert reply.json["status"] == "PAYER_ACTION_REQUIRED"
    assert reply.json["payment_source"] == {"paypal": {}}
    assert reply.link("payer-action") == f"{sandbox.paypal}/checkoutnow?token={reply.json['id']}"
    assert "approve" not in [link["rel"] for link in reply.json["links"]]


def test_ids_have_paypals_form(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    assert len(order_id) == 17
    assert order_id.isalnum()
    assert order_id == order_id.upper()


@pytest.mark.parametrize("prefer", ["return=minimal", "-"])
def test_a_minimal_answer_is_id_status_and_links(sandbox: Sandbox, prefer: str) -> None:
    assert set(sandbox.create(Prefer=prefer).json) == {"id", "status", "links"}


def test_links_follow_the_host_that_was_asked(sandbox: Sandbox) -> None:
    reply = sandbox.create(Host="paypal.test:1234")
    assert reply.link("approve").startswith("http://paypal.test:1234/paypal/checkoutnow?token=")


def test_get_shows_the_order_as_created(sandbox: Sandbox) -> None:
    created = sandbox.create(order(unit(), **wallet()))
    assert sandbox.order(created.json["id"]).json == created.json


def test_an_unknown_order_is_not_found(sandbox: Sandbox) -> None:
    reply = sandbox.order("5O190127TN364715T")
    assert reply.status == 404
    assert reply.json["name"] == "RESOURCE_NOT_FOUND"
    assert reply.issue == "INVALID_RESOURCE_ID"
    assert reply.json["details"][0]["location"] == "path"


def test_without_a_payee_the_partner_is_paid(sandbox: Sandbox) -> None:
    shown = sandbox.create(order(unit(seller=None))).json["purchase_units"][0]
    assert shown["payee"] == {"email_address": accounts.PARTNER_EMAIL, "merchant_id": accounts.PARTNER_ID}


def test_a_seller_keeps_its_merchant_id_and_may_be_named_by_it(sandbox: Sandbox) -> None:
    by_email = sandbox.create().json["purchase_units"][0]["payee"]
    sandbox.control("POST", "reset", {})
    assert sandbox.create(order(unit(seller=SELLER.upper()))).json["purchase_units"][0]["payee"] == by_email
    by_id = order({"amount": money("1.00"), "payee": {"merchant_id": by_email["merchant_id"]}})
    assert sandbox.create(by_id).json["purchase_units"][0]["payee"] == by_email


@pytest.mark.parametrize(
    "payee", [{"email_address": accounts.PARTNER_EMAIL}, {"merchant_id": accounts.PARTNER_ID}], ids=["email", "id"]
)
def test_the_partner_may_be_named_as_the_payee(sandbox: Sandbox, payee: dict[str, str]) -> None:
    sandbox.paid(order({"amount": money("10.00"), "payee": payee}))
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "9.16"


def test_a_fee_may_go_to_another_account_than_the_partner(sandbox: Sandbox) -> None:
    sandbox.paid(order(unit("10.00", **with_fee("2.00", payee={"email_address": "agent@shop.example"}))))
    assert sandbox.balance("agent@shop.example") == "2.00"


def test_a_merchant_id_never_seen_before_is_an_ordinary_seller(sandbox: Sandbox) -> None:
    reply = sandbox.create(order({"amount": money("1.00"), "payee": {"merchant_id": "ABCDEFGH23456"}}))
    assert reply.status == 201
    assert reply.json["purchase_units"][0]["payee"]["merchant_id"] == "ABCDEFGH23456"


@pytest.mark.parametrize(
    "payee", [{}, {"email_address": SELLER, "merchant_id": "ABCDEFGH23456"}], ids=["nobody", "two different accounts"]
)
def test_a_payee_must_be_one_account(sandbox: Sandbox, payee: dict[str, str]) -> None:
    reply = sandbox.create(order({"amount": money("1.00"), "payee": payee}))
    assert (reply.status, reply.issue) == (422, "PAYEE_ACCOUNT_INVALID")


@pytest.mark.parametrize(
    ("seller", "status", "issue"),
    [
        ("unverified-x@shop.example", 403, "PAYEE_ACCOUNT_NOT_VERIFIED"),
        ("closed-x@shop.example", 422, "PAYEE_ACCOUNT_LOCKED_OR_CLOSED"),
        ("restricted-x@shop.example", 422, "PAYEE_ACCOUNT_RESTRICTED"),
    ],
)
def test_an_account_that_cannot_be_paid_is_refused_at_once(
    sandbox: Sandbox, seller: str, status: int, issue: str
) -> None:
    reply = sandbox.create(order(unit(seller=seller)))
    assert (reply.status, reply.issue) == (status, issue)
    assert sandbox.state()["orders"] == []


MALFORMED: list[tuple[str, Any, str, str]] = [
    ("no intent", {"purchase_units": [unit()]}, "MISSING_REQUIRED_PARAMETER", "/intent"),
    ("odd intent", order() | {"intent": "GIFT"}, "INVALID_PARAMETER_VALUE", "/intent"),
    ("authorize", order() | {"intent": "AUTHORIZE"}, "NOT_SUPPORTED", "/intent"),
    ("no units", {"intent": "CAPTURE"}, "MISSING_REQUIRED_PARAMETER", "/purchase_units"),
    ("empty units", order() | {"purchase_units": []}, "INVALID_ARRAY_MIN_ITEMS", "/purchase_units"),
    ("units no list", order() | {"purchase_units": "x"}, "INVALID_PARAMETER_SYNTAX", "/purchase_units"),
    ("unit no object", order() | {"purchase_units": [1]}, "INVALID_PARAMETER_SYNTAX", "/purchase_units"),
    (
        "eleven units",
        order(*(unit(reference_id=str(number)) for number in range(11))),
        "INVALID_ARRAY_MAX_ITEMS",
        "/purchase_units",
    ),
    ("no amount", order({}), "MISSING_REQUIRED_PARAMETER", "/purchase_units/0/amount"),
    ("number", order(unit() | {"amount": 5}), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount"),
    (
        "value a number",
        order({"amount": {"currency_code": "USD", "value": 10.5}}),
        "INVALID_PARAMETER_SYNTAX",
        "/purchase_units/0/amount/value",
    ),
    ("words", order(unit("ten")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"),
    ("exponent", order(unit("1e3")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"),
    ("Arabic digits", order(unit("\u0661")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"),
    ("newline", order(unit("1\n")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"),
    ("33 digits", order(unit("1" * 33)), "INVALID_STRING_LENGTH", "/purchase_units/0/amount/value"),
    ("currency DOLLAR", order(unit("1", "DOLLAR")), "INVALID_STRING_LENGTH", "/purchase_units/0/amount/currency_code"),
    ("long invoice", order(unit(invoice_id="x" * 128)), "INVALID_STRING_LENGTH", "/purchase_units/0/invoice_id"),
    ("long custom", order(unit(custom_id="x" * 128)), "INVALID_STRING_LENGTH", "/purchase_units/0/custom_id"),
    ("long text", order(unit(description="x" * 128)), "INVALID_STRING_LENGTH", "/purchase_units/0/description"),
    ("empty text", order(unit(description="")), "INVALID_STRING_LENGTH", "/purchase_units/0/description"),
    ("half a letter", order(unit(description="\ud800")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/description"),
    ("bad e-mail", order(unit(seller="nobody")), "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/payee/email_address"),
    (
        "merchant id with I, O, 0 or 1",
        order({"amount": money("1"), "payee": {"merchant_id": "ABCDEFGHIJKLM"}}),
        "INVALID_PARAMETER_SYNTAX",
        "/purchase_units/0/payee/merchant_id",
    ),
    (
        "two fees",
        order(unit(payment_instruction={"platform_fees": [{"amount": money("1")}] * 2})),
        "INVALID_ARRAY_MAX_ITEMS",
        "/purchase_units/0/payment_instruction/platform_fees",
    ),
    (
        "script as return url",
        order(unit(), **wallet(experience_context={"return_url": "javascript:alert(1)"})),
        "INVALID_PARAMETER_SYNTAX",
        "/payment_source/paypal/experience_context/return_url",
    ),
    (
        "half an IPv6 address as cancel url",
        order(unit(), **wallet(experience_context={"cancel_url": "http://["})),
        "INVALID_PARAMETER_SYNTAX",
        "/payment_source/paypal/experience_context/cancel_url",
    ),
    (
        "no quantity",
        order(unit(items=[{"name": "Song", "unit_amount": money("1.00")}])),
        "MISSING_REQUIRED_PARAMETER",
        "/purchase_units/0/items/0/quantity",
    ),
    (
        "quantity of zero",
        order(unit(items=[{"name": "Song", "unit_amount": money("1.00"), "quantity": "0"}])),
        "INVALID_PARAMETER_SYNTAX",
        "/purchase_units/0/items/0/quantity",
    ),
    ("a card", order(payment_source={"card": {}}), "NOT_SUPPORTED", "/payment_source/card"),
]


@pytest.mark.parametrize(("body", "issue", "field"), [case[1:] for case in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_a_malformed_order_is_a_400_that_names_the_field(sandbox: Sandbox, body: Any, issue: str, field: str) -> None:
    reply = sandbox.create(body)
    assert (reply.status, reply.json["name"]) == (400, "INVALID_REQUEST")
    assert (issue, field) in [(detail["issue"], detail["field"]) for detail in reply.json["details"]]


def _breakdown(value: str, **parts: str) -> dict[str, Any]:
    return {"amount": {**money(value), "breakdown": {key: money(part) for key, part in parts.items()}}}


def _items(*prices: tuple[str, str], **totals: str) -> dict[str, Any]:
    items = [{"name": "Song", "quantity": quantity, "unit_amount": money(price)} for price, quantity in prices]
    return {"items": items, **_breakdown("10.00", **totals)}


UNLAWFUL: list[tuple[str, Any, str]] = [
    ("unknown currency", order(unit("1.00", "XYZ")), "INVALID_CURRENCY_CODE"),
    ("roubles", order(unit("1.00", "RUB")), "INVALID_CURRENCY_CODE"),
    ("zero", order(unit("0.00")), "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ("negative", order(unit("-1.00")), "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ("three decimals", order(unit("1.001")), "DECIMAL_PRECISION"),
    ("yen with decimals", order(unit("10.00", "JPY")), "DECIMAL_PRECISION"),
    ("forint with decimals", order(unit("10.00", "HUF")), "DECIMAL_PRECISION"),
    ("Taiwan dollars with decimals", order(unit("10.00", "TWD")), "DECIMAL_PRECISION"),
    ("too much", order(unit("1000000000000000.00")), "MAX_VALUE_EXCEEDED"),
    ("parts do not add up", order(unit(**_breakdown("10.00", item_total="9.00"))), "AMOUNT_MISMATCH"),
    ("part negative", order(unit(**_breakdown("10.00", item_total="10.00", shipping="-1.00"))), "CANNOT_BE_NEGATIVE"),
    ("items without total", order(unit(**_items(("10.00", "1"), shipping="10.00"))), "ITEM_TOTAL_REQUIRED"),
    ("items total wrong", order(unit(**_items(("2.00", "4"), item_total="10.00"))), "ITEM_TOTAL_MISMATCH"),
    (
        "tax without total",
        order(
            unit(
                items=[{"name": "Song", "quantity": "1", "unit_amount": money("9.00"), "tax": money("1.00")}],
                **_breakdown("10.00", item_total="9.00", shipping="1.00"),
            )
        ),
        "TAX_TOTAL_REQUIRED",
    ),
    (
        "parts in another currency",
        order(unit() | {"amount": {**money("1.00"), "breakdown": {"item_total": money("1.00", "EUR")}}}),
        "MULTI_CURRENCY_ORDER",
    ),
    (
        "items in another currency",
        order(
            unit(
                items=[{"name": "Song", "quantity": "1", "unit_amount": money("10.00", "EUR")}],
                **_breakdown("10.00", item_total="10.00"),
            )
        ),
        "MULTI_CURRENCY_ORDER",
    ),
    ("two currencies", order(unit(reference_id="a"), unit("1", "EUR", reference_id="b")), "MULTI_CURRENCY_ORDER"),
    ("fee in another currency", order(unit(**with_fee("1.00", "EUR"))), "MULTI_CURRENCY_ORDER"),
    ("two defaults", order(unit(reference_id="a"), unit(reference_id="a")), "DUPLICATE_REFERENCE_ID"),
    ("unnamed unit of two", order(unit(reference_id="a"), unit()), "REFERENCE_ID_REQUIRED"),
    ("fee above the amount", order(unit("1.00", **with_fee("1.01"))), "INVALID_PLATFORM_FEES_AMOUNT"),
    ("fee of zero", order(unit("1.00", **with_fee("0.00"))), "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ("fee without a seller", order(unit(seller=None, **with_fee("1.00"))), "PLATFORM_FEES_NOT_SUPPORTED"),
    (
        "fee to a closed account",
        order(unit(**with_fee("1.00", payee={"email_address": "closed-x@a.example"}))),
        "INVALID_PLATFORM_FEES_ACCOUNT",
    ),
]


@pytest.mark.parametrize(("body", "issue"), [case[1:] for case in UNLAWFUL], ids=[case[0] for case in UNLAWFUL])
def test_an_order_against_a_rule_is_a_422_with_paypals_issue(sandbox: Sandbox, body: Any, issue: str) -> None:
    reply = sandbox.create(body)
    assert (reply.status, reply.json["name"]) == (422, "UNPROCESSABLE_ENTITY")
    assert issue in reply.issues


def test_a_platform_fee_needs_a_seller_that_granted_it(sandbox: Sandbox) -> None:
    reply = sandbox.create(order(unit(seller="nofee-x@shop.example", **with_fee("1.00"))))
    assert (reply.status, reply.issue) == (403, "PERMISSION_DENIED")
    assert sandbox.create(order(unit(seller="nofee-x@shop.example"))).status == 201


def test_amounts_come_back_with_all_digits_of_their_currency(sandbox: Sandbox) -> None:
    for sent, currency, shown in [("5", "USD", "5.00"), (".5", "EUR", "0.50"), ("7", "JPY", "7")]:
        reply = sandbox.create(order(unit(sent, currency)))
        assert reply.json["purchase_units"][0]["amount"] == money(shown, currency)


def test_an_amount_may_have_parts_and_items_that_add_up(sandbox: Sandbox) -> None:
    items = [
        {"name": "Song", "quantity": "2", "unit_amount": money("3.00"), "tax": money("0.50")},
        {"name": "Cover", "quantity": "1", "unit_amount": money("2.00")},
    ]
    amount = _breakdown("9.50", item_total="8.00", tax_total="1.00", shipping="1.50", discount="1.00")
    reply = sandbox.create(order(unit(items=items, **amount)))
    assert reply.status == 201
    assert reply.json["purchase_units"][0]["items"] == items
    assert reply.json["purchase_units"][0]["amount"] == amount["amount"]


def test_all_problems_of_form_are_reported_together_and_before_those_of_substance(sandbox: Sandbox) -> None:
    reply = sandbox.create(order(unit("x", invoice_id="i" * 128), unit("-1.00", reference_id="default")))
    assert sorted(reply.issues) == ["INVALID_PARAMETER_SYNTAX", "INVALID_STRING_LENGTH"]


def test_an_order_with_a_payment_source_needs_a_request_id(sandbox: Sandbox) -> None:
    reply = sandbox.create(order(**wallet()), PayPal_Request_Id="-")
    assert (reply.status, reply.issue) == (400, "PAYPAL_REQUEST_ID_REQUIRED")
    assert sandbox.create(order(), PayPal_Request_Id="-").status == 201


def test_the_older_application_context_also_holds_the_urls(sandbox: Sandbox) -> None:
    context = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    order_id = sandbox.create(order(application_context=context)).json["id"]
    assert sandbox.approve(order_id, action="cancel").json["location"] == f"{CANCEL_URL}?token={order_id}"


def test_an_order_that_nobody_approves_is_gone_after_six_hours(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.advance(hours=5, minutes=59)
    assert sandbox.order(order_id).status == 200
    sandbox.advance(minutes=1)
    assert sandbox.order(order_id).status == 404
    assert sandbox.capture(order_id).status == 404
