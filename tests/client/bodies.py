"""Answers as the documentation of the API gives them, each with a field more than the client knows."""

from typing import Any

TIME = "2026-11-23T14:05:06.789Z"
PAYMENT: dict[str, Any] = {
    "user_id": 8812,
    "app_id": "5530",
    "amount": 2.49,
    "currency": "EUR",
    "use_preapproval": False,
    "status": "created",
    "paykey": "5O190127TN364715T",
    "pay_url": "https://paypal.example/checkoutnow?token=5O190127TN364715T",
    "uuid": "solitude:1",
    "transaction": "/generic/transaction/7/",
    "new": 1,
}
CHECK = {
    "pay_key": "5O190127TN364715T",
    "status": "COMPLETED",
    "uuid": "solitude:1",
    "transaction": "/generic/transaction/7/",
    "correlation_id": "9f2e1",
    "new": 1,
}
REFUND = {
    "response": [
        {
            "receiver.email": "dev@example.net",
            "receiver.amount": "2.49",
            "refundStatus": "REFUNDED",
            "refundGrossAmount": "2.49",
            "refundNetAmount": "2.10",
            "refundFeeAmount": "0.39",
        }
    ],
    "status": "COMPLETED",
    "amount": "2.49",
    "currency": "EUR",
    "uuid": "solitude:2",
    "transaction": "/generic/transaction/8/",
    "related": "/generic/transaction/7/",
    "correlation_id": None,
    "new": 1,
}
PREAPPROVAL = {
    "pk": "3e1c",
    "resource_uri": "/paypal/preapproval/3e1c/",
    "uuid": "shop:77",
    "key": "temporary-key",
    "paypal_url": "https://paypal.example/agree?approval_token=temporary-key",
    "expires": TIME,
    "new": 1,
}
FINISHED = {
    "pk": "3e1c",
    "resource_uri": "/paypal/preapproval/3e1c/",
    "uuid": "shop:77",
    "active": True,
    "new": 1,
}
PAYPAL_BUYER = {
    "buyer": "/generic/buyer/31/",
    "currency": "EUR",
    "expiry": "2027-01-31",
    "key": True,
    "resource_pk": 12,
    "resource_uri": "/paypal/buyer/12/",
    "new": 1,
}
PAYPAL_SELLER = {
    "seller": "/generic/seller/4/",
    "paypal_id": "dev@example.net",
    "token": False,
    "secret": False,
    "first_name": "Ada",
    "last_name": "",
    "full_name": "",
    "business_name": "",
    "address_one": "",
    "address_two": "",
    "post_code": "",
    "city": "",
    "country": "NL",
    "state": "",
    "phone": "0123456",
    "resource_pk": 5,
    "resource_uri": "/paypal/seller/5/",
    "created": TIME,
    "modified": TIME,
    "counter": 0,
}
BUYER = {
    "active": True,
    "authenticated": True,
    "email": "ada@example.net",
    "locale": "nl",
    "needs_pin_reset": False,
    "new_pin": False,
    "pin": True,
    "pin_confirmed": False,
    "pin_failures": 0,
    "pin_is_locked_out": False,
    "pin_was_locked_out": False,
    "paypal": None,
    "resource_pk": 31,
    "resource_uri": "/generic/buyer/31/",
    "uuid": "shop:77",
    "new": 1,
}
SELLER = {
    "resource_pk": 4,
    "resource_uri": "/generic/seller/4/",
    "id": 4,
    "uuid": "dev:12",
    "active": True,
    "bango": {},
    "paypal": {},
    "counter": 0,
    "created": TIME,
    "modified": TIME,
}
PRODUCT = {
    "seller": "/generic/seller/4/",
    "access": 1,
    "resource_uri": "/generic/product/9/",
    "resource_pk": 9,
    "secret": "product-secret",
    "seller_uuids": {"bango": None, "reference": None},
    "public_id": "pub:9",
    "external_id": "app-9",
    "new": 1,
}
TRANSACTION: dict[str, Any] = {
    "resource_pk": 7,
    "resource_uri": "/generic/transaction/7/",
    "uuid": "solitude:1",
    "status": 1,
    "type": 0,
    "amount": "2.49",
    "currency": "EUR",
    "captured_amount": "2.49",
    "refunded_amount": "0.00",
    "outcome": "succeeded",
    "status_reason": None,
    "buyer": "/generic/buyer/31/",
    "seller": "/generic/seller/4/",
    "seller_product": "/generic/product/9/",
    "related": None,
    "relations": [],
    "provider": 0,
    "uid_pay": "5O190127TN364715T",
    "uid_support": "9f2e1",
    "pay_url": None,
    "carrier": None,
    "region": None,
    "source": None,
    "notes": None,
    "created": TIME,
    "modified": TIME,
    "counter": 3,
    "new": 1,
}
EVENT: dict[str, Any] = {
    "cursor": "2a",
    "type": "transaction.completed",
    "created": TIME,
    "resource_uri": "/generic/transaction/7/",
    "uuid": "solitude:1",
    "from": "pending",
    "to": "completed",
    "reason": None,
    "data": {"amount": "2.49", "currency": "EUR", "provider": "paypal", "buyer": "shop:8812", "related": None},
    "new": 1,
}
UNKNOWN = {
    "detail": "The outcome is not known.",
    "code": "outcome_unknown",
    "transaction": "/generic/transaction/7/",
    "uuid": "solitude:1",
}
UNREACHABLE = {
    "detail": "PayPal cannot be reached.",
    "code": "provider_unreachable",
    "transaction": "/generic/transaction/7/",
    "uuid": "solitude:1",
}
IN_PROGRESS = {"detail": "A request with this idempotency key is still running.", "code": "idempotency_in_progress"}
