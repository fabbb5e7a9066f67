"""The timeline of a transaction: everything that led to where it is, in order, and nothing that must stay secret."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.payments.passing import make_due
from tests.payments.world import end_leases
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude import failpoints
from solitude.events.models import Event
from solitude.payments.models import ProviderCall
from solitude.transactions import timeline
from solitude.worker import Worker

FIELDS = [
    "at", "kind", "summary", "request_id", "provider", "operation", "reference", "correlation_id", "outcome", "from", "to",
    "duration_ms",
]  # fmt: skip
SECRETS = ("canary-seller@dev.example", "canary-payer@buyer.example", "canary-memo", "canary-reason", "canary-4711")


def entries(shop: Marketplace, path: str) -> list[dict[str, Any]]:
    answer = shop.get(f"{path}timeline/")
    assert answer.status == 200, answer
    assert answer["transaction"] == path
    return list(answer["entries"])


def story(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["summary"]) for entry in found]


def worked() -> None:
    """A worker's turn, for which everything is due."""
    make_due()
    Worker(1, 1000).turn()


@pytest.fixture
def lived(shop: Marketplace, paypal: Simulator) -> Answer:
    """A payment with everything: an answer that was lost, a worker that found it, the buyer, money there and back."""
    app_id = shop.product(seller=shop.seller("canary-seller@dev.example"))
    paypal.fault("create_order", "disconnect_after")
    payment = shop.pay(app_id, memo="canary-memo", platform_fee="0.25")
    assert payment.status == 504
    worked()
    paypal.approve(shop.transaction(payment["transaction"])["pay_url"], buyer="canary-payer@buyer.example")
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"
    for amount in ("1.00", "0.50"):
        assert shop.refund(uuid=payment["uuid"], amount=amount, reason="canary-reason 4711")["status"] == "COMPLETED"
    (event,) = paypal.told("PAYMENT.CAPTURE.COMPLETED")
    assert shop.forward(event)["status"] == "IGNORED"
    return payment


def test_a_payment_tells_its_whole_life(shop: Marketplace, paypal: Simulator, lived: Answer) -> None:
    (order,) = [order["id"] for order in paypal.state()["orders"]]

    found = entries(shop, lived["transaction"])

    assert story(found) == [
        ("request", "marketplace asked for it"),
        ("intent", "pay is written down"),
        ("state", "payment_begun"),
        ("call", "POST /paypal/v2/checkout/orders"),
        ("answer", "no answer: connection_lost"),
        ("state", "outcome_unknown: connection_lost"),
        ("recovery", "POST /paypal/v2/checkout/orders to find out"),
        ("answer", "HTTP 200"),
        ("recovery", "pay came to pending"),
        ("state", "approval_awaited"),
        ("request", "marketplace asked for it"),
        ("call", f"GET /paypal/v2/checkout/orders/{order}"),
        ("answer", "HTTP 200"),
        ("answer", "look_up came to pending"),
        ("request", "marketplace asked for it"),
        ("intent", "capture is written down"),
        ("call", f"POST /paypal/v2/checkout/orders/{order}/capture"),
        ("answer", "HTTP 201"),
        ("answer", "capture came to succeeded"),
        ("state", "paid"),
        ("notification", "PAYMENT.CAPTURE.COMPLETED: ignored (known_already)"),
    ]


def test_what_happens_within_a_moment_is_told_call_by_call(shop: Marketplace, lived: Answer) -> None:
    calls = list(ProviderCall.objects.filter(transaction__uuid=lived["uuid"]).order_by("pk"))
    assert len(calls) == 3
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    ProviderCall.objects.filter(pk__in=[call.pk for call in calls]).update(
        begun_at=moment, ended_at=moment, exchanges=[]
    )

    told = entries(shop, lived["transaction"])[-len(calls) * 3 :]

    # A transaction is made before its first call, and a look-up has no intent.
    assert [(entry["operation"], entry["kind"]) for entry in told if entry["at"].startswith("2100")] == [
        ("pay", "recovery"),
        ("look_up", "request"),
        ("look_up", "answer"),
        ("capture", "request"),
        ("capture", "intent"),
        ("capture", "answer"),
    ]


def test_a_refund_tells_its_own(shop: Marketplace, paypal: Simulator, lived: Answer) -> None:
    (capture,) = [capture["id"] for capture in paypal.captured()]
    told = shop.forward(paypal.told("PAYMENT.CAPTURE.REFUNDED")[1])

    found = entries(shop, told["transaction"])

    assert story(found) == [
        ("request", "marketplace asked for it"),
        ("intent", "refund is written down"),
        ("state", "refund_begun"),
        ("call", f"POST /paypal/v2/payments/captures/{capture}/refund"),
        ("answer", "HTTP 201"),
        ("answer", "refund came to succeeded"),
        ("state", "refunded"),
        ("notification", "PAYMENT.CAPTURE.REFUNDED: ignored (known_already)"),
    ]


def test_each_entry_has_every_field_and_null_where_it_says_nothing(shop: Marketplace, lived: Answer) -> None:
    found = entries(shop, lived["transaction"])

    assert {tuple(entry) for entry in found} == {tuple(FIELDS)}
    for entry in found:
        assert entry["at"].endswith("Z")
        assert len(entry["at"]) == len("2026-11-23T14:05:06.789Z")
        for name in set(FIELDS) - {"duration_ms"}:
            assert entry[name] is None or isinstance(entry[name], str)
            assert entry[name] != ""
        assert entry["duration_ms"] is None or type(entry["duration_ms"]) is int
    times = [datetime.fromisoformat(entry["at"]) for entry in found]
    assert times == sorted(times)


def test_the_entries_name_who_asked_and_what_paypal_calls_it(
    shop: Marketplace, paypal: Simulator, lived: Answer
) -> None:
    found = entries(shop, lived["transaction"])

    pay = ProviderCall.objects.get(operation="pay")
    first, repeat = paypal.calls("create_order")
    about_pay = [entry for entry in found if entry["operation"] == "pay"]
    assert {entry["reference"] for entry in about_pay} == {pay.key} == {first["request_id"]}
    assert {entry["provider"] for entry in about_pay} == {"paypal"}
    assert about_pay[0]["request_id"] == lived.headers["Transaction-Id"]
    (recovered,) = [entry for entry in found if "to find out" in entry["summary"]]
    assert recovered["request_id"].startswith("worker-")
    assert recovered["correlation_id"] == repeat["debug_id"]
    assert [(entry["from"], entry["to"]) for entry in found if entry["kind"] == "state"] == [
        (None, "started"),
        ("started", "pending"),
        ("pending", "pending"),
        ("pending", "completed"),
    ]
    answered = [entry["duration_ms"] for entry in found if entry["summary"].startswith(("HTTP", "no answer"))]
    assert all(duration is not None and duration >= 0 for duration in answered)


def test_nothing_in_it_is_secret(shop: Marketplace, paypal: Simulator, lived: Answer) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"], buyer="canary-payer@buyer.example")
    shop.put(asked["resource_uri"], {})
    charged = shop.pay(shop.product("canary-seller@dev.example"), user_id=asked["uuid"], use_preapproval=True)
    assert charged["status"] == "completed"
    tokens = [token["id"] for token in paypal.state()["payment_tokens"] + paypal.state()["setup_tokens"]]
    paths = [lived["transaction"], charged["transaction"]]
    paths += [row["resource_uri"] for row in shop.transaction(lived["transaction"])["relations"]]

    for path in paths:
        text = shop.get(f"{path}timeline/").text
        assert len(text) > 1000
        assert [
            secret for secret in (*SECRETS, *tokens, shop.secret, "sandbox-secret", "A21AA") if secret in text
        ] == []


def test_what_a_worker_found_out_for_a_dead_process_is_told_as_recovery(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    class Died(BaseException):
        pass

    def die(name: str) -> None:
        if name == failpoints.AFTER_ANSWER:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        shop.pay(app_id)
    path = "/generic/transaction/" + str(ProviderCall.objects.get().transaction_id) + "/"
    assert story(entries(shop, path))[-1] == ("state", "payment_begun")
    end_leases()
    worked()

    assert story(entries(shop, path))[-4:] == [
        ("recovery", "POST /paypal/v2/checkout/orders to find out"),
        ("answer", "HTTP 200"),
        ("recovery", "pay came to pending"),
        ("state", "approval_awaited"),
    ]


def test_a_transaction_that_the_marketplace_keeps_itself_has_only_its_moves(shop: Marketplace) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "own:1"})

    assert story(entries(shop, kept["resource_uri"])) == [("state", "kept_by_client")]


def test_an_address_in_a_reason_is_masked_in_timeline_and_feed(shop: Marketplace) -> None:
    kept = shop.post("/generic/transaction/", {"status": 0, "status_reason": "asked by secret12@mail.example"})

    assert story(entries(shop, kept["resource_uri"])) == [("state", "kept_by_client: asked by [redacted]")]
    (event,) = shop.get("/events/")["events"]
    assert event["reason"] == "asked by [redacted]"
    assert shop.get(kept["resource_uri"])["status_reason"] == "asked by secret12@mail.example"


def test_a_reason_that_grows_when_it_is_masked_is_kept(shop: Marketplace) -> None:
    reason = "a@b " * 60
    kept = shop.post("/generic/transaction/", {"status": 0, "status_reason": reason})

    assert (kept.status, kept["status_reason"]) == (201, reason)
    assert "a@b" not in shop.get("/events/").text


def test_what_an_event_said_before_reasons_were_masked_is_masked_when_it_is_shown(shop: Marketplace) -> None:
    kept = shop.post("/generic/transaction/", {})
    Event.objects.update(reason="secret12@mail.example")

    assert story(entries(shop, kept["resource_uri"])) == [("state", "kept_by_client: [redacted]")]


def test_an_unknown_transaction_has_none(shop: Marketplace) -> None:
    assert shop.get("/generic/transaction/4711/timeline/").status == 404
    assert shop.send_unsigned("GET", "/generic/transaction/4711/timeline/").status == 401


def test_both_spellings_of_its_path_answer(shop: Marketplace, lived: Answer) -> None:
    path = f"{lived['transaction']}timeline"

    assert shop.get(path).json == shop.get(f"{path}/").json


def test_a_very_long_one_shows_its_end(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pay(app_id)
    for _ in range(3):
        shop.check(uuid=payment["uuid"])
    whole = entries(shop, payment["transaction"])
    monkeypatch.setattr(timeline, "ENTRIES_MAX", 5)

    assert len(whole) > 5
    assert entries(shop, payment["transaction"]) == whole[-5:]
