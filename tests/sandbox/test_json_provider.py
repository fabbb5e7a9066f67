"""The simulator that is made of a provider's operations: each is answered once under its key, and everything can go wrong."""

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from solitude_sandbox.control import Json
from solitude_sandbox.json_provider import TOKEN, Call, JsonProvider, Operation, Refusal

FORM = {
    "amount": "3.00",
    "currency": "EUR",
    "return_url": "https://shop.example/paid",
    "cancel_url": "https://shop.example/",
}


def pay(call: Call) -> Json:
    asked = {name: call.text(name) for name in FORM}
    if asked["amount"] == "0.00":
        raise Refusal(422, "too_little")
    return call.books.begin(call.base, **asked)


def take(call: Call) -> Json:
    payment = call.payment("approved")
    payment["status"] = "paid"
    return payment


class Provider:
    """As a client sees it, as its buyers do, and as fate does."""

    def __init__(self, seed: int | None = None) -> None:
        operations = (
            Operation("pay", "POST", "/payments", pay),
            Operation("take", "POST", "/payments/<id>/take", take),
            Operation("look_up", "GET", "/payments/<id>", Call.payment),
        )
        self.app = JsonProvider("test", operations=operations, issues={"too_little": 422}, seed=seed)
        self.client = Client(self.app)

    def ask(self, method: str, path: str, body: Any = None, key: str = "", token: str = TOKEN) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return self.client.open(path, method=method, json=body, headers=headers)

    def pay(self, key: str = "", **more: str) -> TestResponse:
        return self.ask("POST", "/payments", FORM | more, key)

    def press(self, payment: Json, button: str) -> TestResponse:
        return self.client.post(f"/pay/{payment['id']}", data={"action": button})

    def payments(self) -> list[Json]:
        return list(self.client.get("/sandbox/state").get_json()["payments"])


@pytest.fixture
def there() -> Provider:
    return Provider()


def test_a_payment_is_begun_approved_and_taken(there: Provider) -> None:
    begun = there.pay()
    payment = begun.get_json()
    assert (begun.status_code, payment["status"]) == (201, "waiting")
    assert payment["url"] == f"http://localhost/pay/{payment['id']}"
    assert "3.00 EUR" in there.client.get(f"/pay/{payment['id']}").text

    back = there.press(payment, "approve")
    assert (back.status_code, back.headers["Location"]) == (303, FORM["return_url"])
    assert there.ask("POST", f"/payments/{payment['id']}/take").get_json()["status"] == "paid"
    assert there.ask("GET", f"/payments/{payment['id']}").get_json()["status"] == "paid"


@pytest.mark.parametrize(
    ("button", "status", "url"), [("decline", "declined", "return_url"), ("cancel", "cancelled", "cancel_url")]
)
def test_a_buyer_may_have_no_money_or_turn_back(there: Provider, button: str, status: str, url: str) -> None:
    payment = there.pay().get_json()
    assert there.press(payment, button).headers["Location"] == FORM[url]
    assert there.payments()[0]["status"] == status
    assert there.press(payment, "approve").status_code == 409
    assert there.ask("POST", f"/payments/{payment['id']}/take").get_json() == {"error": "not_possible"}


def test_a_button_that_there_is_not_changes_nothing(there: Provider) -> None:
    payment = there.pay().get_json()
    there.press(payment, "nonsense")
    assert there.payments()[0]["status"] == "waiting"


def test_under_one_key_there_is_one_payment_whose_answer_is_as_it_is_now(there: Provider) -> None:
    first = there.pay("key-1").get_json()
    there.press(first, "approve")
    again = there.pay("key-1").get_json()
    assert (again["id"], again["status"], len(there.payments())) == (first["id"], "approved", 1)
    assert there.ask("GET", "/calls/key-1").get_json() == again
    assert there.ask("GET", "/calls/key-2").status_code == 404


def test_a_refusal_is_remembered_under_its_key_too(there: Provider) -> None:
    assert there.pay("key-1", amount="0.00").get_json() == {"error": "too_little"}
    assert there.pay("key-1").status_code == 422
    assert there.ask("GET", "/calls/key-1").status_code == 422
    assert there.payments() == []


def test_whoever_does_not_say_who_it_is_learns_nothing(there: Provider) -> None:
    payment = there.pay().get_json()
    assert there.ask("GET", f"/payments/{payment['id']}", token="another").status_code == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"[" * 5000, b"{}", b'{"amount": 3}'])
def test_a_body_that_cannot_be_used_is_refused(there: Provider, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert there.client.post("/payments", data=body, headers=headers).status_code == 400


def test_a_path_that_there_is_not_is_refused_in_json(there: Provider) -> None:
    assert there.ask("GET", "/nowhere").get_json() == {"error": "not_found"}
    assert there.ask("DELETE", "/payments").get_json() == {"error": "method_not_allowed"}


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [("error_500", 500, 0), ("rate_limit_429", 429, 0), ("issue:too_little", 422, 0), ("garbage_after", 200, 1)],
)
def test_what_is_broken_is_broken_once(there: Provider, fault: str, status: int, done: int) -> None:
    order = {"operation": "pay", "fault": fault, "retry_after_s": 7}
    assert there.client.post("/sandbox/faults", json=order).status_code == 201
    broken = there.pay("key-1")
    assert (broken.status_code, len(there.payments())) == (status, done)
    assert there.pay("key-1").status_code == 201
    assert len(there.payments()) == 1
    requests = there.client.get("/sandbox/state").get_json()["requests"]
    assert [request["fault"] for request in requests] == [fault, None]


def test_a_fault_of_another_operation_is_not_known(there: Provider) -> None:
    assert there.client.post("/sandbox/faults", json={"operation": "dance", "fault": "error_500"}).status_code == 400


def test_a_reset_forgets_everything(there: Provider) -> None:
    there.pay("key-1")
    there.client.post("/sandbox/clock", json={"advance_s": 60})
    there.client.post("/sandbox/reset")
    state = there.client.get("/sandbox/state").get_json()
    assert (state["payments"], state["requests"], state["clock"]["advanced_s"]) == ([], [], 0)
    assert there.ask("GET", "/calls/key-1").status_code == 404


def test_with_a_seed_every_run_has_the_same_names() -> None:
    first, second, other = (Provider(seed).pay().get_json()["id"] for seed in (1, 1, 2))
    assert first == second != other


def test_people_break_it_and_see_its_payments(there: Provider) -> None:
    payment = there.pay().get_json()
    assert payment["id"] in there.app.console("http://localhost/test")
    controls = there.client.get("/sandbox/controls")
    assert "Break the next call" in controls.text
    form = {
        "action": "fault",
        "operation": "pay",
        "fault": "error_503",
        "count": "1",
        "delay_ms": "0",
        "retry_after_s": "1",
    }
    assert there.client.post("/sandbox/controls", data=form).status_code == 303
    assert there.pay().status_code == 503
    wrong = there.client.post("/sandbox/controls", data=form | {"fault": "nonsense"})
    assert (wrong.status_code, "fault must be" in wrong.text) == (400, True)
