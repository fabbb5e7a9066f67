"""What tests and people do to the reference provider: faults, the clock, a fresh start, the console."""

import json
import threading

import pytest
import urllib3
from oauthlib import oauth1
from tests.sandbox.console import Page
from tests.sandbox.receiver import receiving
from tests.sandbox.reference.client import Zippy, seller_form, transaction_form
from tests.support.waiting import until
from tests.support.zippy import KEY, SECRET, ZippySimulator
from werkzeug.test import Client

from solitude_sandbox import create_app

CONSOLE = "/reference/sandbox/console"


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("error_500", 500, "InternalError"),
        ("stored_500", 500, "InternalError"),
        ("error_503", 503, "ServiceUnavailableError"),
        ("rate_limit_429", 429, "RequestThrottledError"),
        ("issue:InvalidCredentialsError", 401, "InvalidCredentialsError"),
    ],
)
def test_an_error_that_was_asked_for_comes_once_and_nothing_is_done(
    zippy: Zippy, fate: ZippySimulator, fault: str, status: int, name: str
) -> None:
    fate.fault("create_seller", fault)
    answer = zippy.send("POST", "/sellers", seller_form())
    assert (answer.status, answer.json["error"]["name"]) == (status, name)
    assert (answer.headers.get("Retry-After") == "1") == (status == 429)
    assert fate.state()["sellers"] == []
    assert zippy.send("POST", "/sellers", seller_form()).status == 201
    assert [(call["status"], call["fault"]) for call in fate.calls("create_seller")] == [(status, fault), (201, None)]


@pytest.mark.parametrize(("fault", "made"), [("disconnect_before", 0), ("disconnect_after", 1), ("timeout_after", 1)])
def test_an_answer_that_is_lost_leaves_what_was_done(zippy: Zippy, fate: ZippySimulator, fault: str, made: int) -> None:
    product = zippy.product()["uuid"]
    fate.fault("create_transaction", fault, delay_ms=10)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        zippy.send("POST", "/transactions", transaction_form(product_id=product))
    assert len(fate.state()["transactions"]) == made
    assert fate.calls("create_transaction")[0]["status"] is None


def test_an_answer_can_be_garbage_or_late(zippy: Zippy, fate: ZippySimulator) -> None:
    fate.fault("create_seller", "garbage_after")
    answer = zippy.send("POST", "/sellers", seller_form())
    assert (answer.status, answer.text.startswith("<!DOCTYPE html>")) == (200, True)
    fate.fault("any", "latency", delay_ms=1)
    assert len(zippy.send("GET", "/sellers").json) == 1


def test_a_fault_can_strike_one_seller_only(zippy: Zippy, fate: ZippySimulator) -> None:
    mine, other = zippy.product(), zippy.product()
    for account in (mine["seller_id"], "ada@shop.example"):
        fate.fault("create_transaction", "error_500", account=account)
    assert zippy.send("POST", "/transactions", transaction_form(product_id=other["uuid"])).status == 500  # by e-mail
    assert zippy.send("POST", "/transactions", transaction_form(product_id=other["uuid"])).status == 201
    assert zippy.send("POST", "/transactions", transaction_form(product_id=mine["uuid"])).status == 500


def test_a_request_can_bring_its_own_fault(zippy: Zippy) -> None:
    assert zippy.send("GET", "/sellers", Sandbox_Fault="error_503").status == 503
    assert zippy.send("GET", "/sellers", Sandbox_Fault="nonsense").status == 400
    assert zippy.send("GET", "/sellers").status == 200


def test_a_fresh_start_forgets_all_but_the_keys(zippy: Zippy, fate: ZippySimulator) -> None:
    fate.pay(zippy.page(zippy.transaction()))
    (told,) = fate.told()
    fate.fault("any", "error_500")
    fate.advance(60)
    fate.reset()
    state = fate.state()
    assert [state[name] for name in ("sellers", "products", "transactions", "requests", "faults")] == [[]] * 5
    assert (state["clock"]["advanced_s"], state["counts"]["notices"]) == (0, 0)
    assert zippy.verify(told["signed_notice"]).json["result"] == "OK"


def test_the_click_can_be_made_without_the_page_and_only_once(zippy: Zippy, fate: ZippySimulator) -> None:
    token = zippy.transaction()["token"]
    url = f"{zippy.url}/sandbox/pay"
    assert zippy.sandbox.send("POST", url, json.dumps({"tx": token, "simulate_fail": "LUCK"})).status == 409
    paid = zippy.sandbox.send("POST", url, json.dumps({"tx": token}))
    assert paid.json["location"].startswith("https://shop.example/ok?ext_transaction_id=")
    assert zippy.sandbox.send("POST", url, json.dumps({"tx": token})).status == 400
    assert zippy.sandbox.send("POST", url, json.dumps({"tx": "none"})).status == 404
    assert len(fate.told()) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("keys", {"forget": 77}),
        ("keys", {"forget": "x"}),
        ("notices", {"number": 1}),
        ("delivery", {"speed": 2}),
        ("clock", {"advance_s": -1}),
        ("faults", {"operation": "create_order", "fault": "error_500"}),
        ("faults", {"operation": "any", "fault": "issue:NOTHING"}),
    ],
)
def test_controls_that_make_no_sense_are_refused_with_a_sentence(zippy: Zippy, path: str, body: object) -> None:
    answer = zippy.sandbox.send("POST", f"{zippy.url}/sandbox/{path}", json.dumps(body))
    assert answer.status == 400
    assert answer.json["error"].endswith(".")


def test_two_buyers_who_press_at_once_decide_once(zippy: Zippy, fate: ZippySimulator) -> None:
    token = zippy.transaction()["token"]
    gate, answers = threading.Barrier(8), []

    def press() -> None:
        gate.wait()
        answers.append(zippy.sandbox.send("POST", f"{zippy.url}/sandbox/pay", json.dumps({"tx": token})).status)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(answers) == [200] + [400] * 7
    assert len(fate.told()) == 1


def see(zippy: Zippy, name: str = "") -> Page:
    path = f"{CONSOLE}/{name}".rstrip("/")
    return Page(path, zippy.sandbox.send("GET", path))


def press(zippy: Zippy, page: Page, button: str, **entered: str) -> Page:
    form = page.form(button)
    name, value = form.buttons[button]
    reply = zippy.sandbox.form(page.path, **{**form.fields, **entered, name: value})
    return Page(page.path, reply) if reply.status != 303 else see(zippy, page.path.removeprefix(CONSOLE).strip("/"))


def test_a_person_pays_and_fails_at_the_console(zippy: Zippy, fate: ZippySimulator) -> None:
    product = zippy.product()["uuid"]
    first, _ = (zippy.transaction(product_id=product) for _ in range(2))
    page = see(zippy)
    assert "Waiting for the buyer" in page.shown
    page = press(zippy, press(zippy, page, "Pay"), "The card is refused")
    assert "Waiting for the buyer" not in page.shown
    assert {each["status"] for each in fate.state()["transactions"]} == {"COMPLETED", "FAILED"}
    late = zippy.sandbox.form(CONSOLE, tx=first["token"], action="pay")
    assert (late.status, "This payment is finished." in late.text) == (400, True)


def test_the_console_shows_sellers_requests_and_the_clock(zippy: Zippy, fate: ZippySimulator) -> None:
    zippy.product(name="<b>Map</b>")
    assert {"Ada", "<b>Map</b>"} <= set(see(zippy, "sellers").shown.split("\n"))
    assert "POST /products" in see(zippy, "requests").shown
    page = press(zippy, see(zippy, "controls"), "Break it", operation="create_seller", fault="error_500")
    assert "create_seller: error_500, once" in page.shown
    page = press(zippy, page, "+ 1 hour")
    assert fate.state()["clock"]["advanced_s"] == 3600
    page = press(zippy, press(zippy, page, "Clear all faults"), "Forget everything")
    assert fate.state()["counts"]["sellers"] == 0
    assert see(zippy, "nowhere").status == 404
    assert press(zippy, see(zippy, "controls"), "Break it", fault="nonsense").status == 400


def test_a_person_tells_once_more_and_changes_keys_at_the_console(zippy: Zippy, fate: ZippySimulator) -> None:
    with receiving() as shop:
        fate.pay(zippy.page(zippy.transaction(callback_success_url=shop.url)))
        until(lambda: len(shop.received) == 1)
        press(zippy, see(zippy, "notices"), "Send again")
        until(lambda: len(shop.received) == 2)
        assert shop.bodies[0] == shop.bodies[1]
    before = fate.keys()
    page = press(zippy, see(zippy, "notices"), "Sign with a new key")
    assert f"Key {before[-1] + 1} signs and checks" in page.shown
    press(zippy, page, "Forget it", key=str(before[0]))
    assert fate.keys() == [*before[1:], before[-1] + 1]
    press(zippy, see(zippy, "notices"), "Change", paused="yes", duplicates="1")
    assert fate.state()["delivery"]["paused"] is True


def test_a_seed_makes_the_same_identifiers_in_every_run() -> None:
    def live() -> list[str]:
        app = create_app(7)
        signed = {"HTTP_AUTHORIZATION": "", "HTTP_HOST": "zippy.example"}
        made = [app_client_transaction(Client(app), signed) for _ in range(2)]
        app.close()
        return [text for each in made for text in each]

    first, second = live(), live()
    assert first == second
    assert len(set(first)) == len(first)


def app_client_transaction(client: Client, environ: dict[str, str]) -> list[str]:
    """Identifiers of a payment, without a socket: there is no raw request line to be signed then."""

    def post(path: str, body: dict[str, str]) -> dict[str, str]:
        url = f"http://zippy.example/reference{path}"
        header = oauth1.Client(KEY, SECRET, "t", "").sign(url, "POST")[1]["Authorization"]
        answer = client.post(
            f"/reference{path}", json=body, environ_overrides={**environ, "HTTP_AUTHORIZATION": header}
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json or {})

    seller = post("/sellers", seller_form())["uuid"]
    form = {"uuid": f"of-{seller}", "name": "Map", "external_id": "map", "seller_id": seller}
    product = post("/products", form)["uuid"]
    made = post("/transactions", transaction_form(product_id=product))
    return [made["uuid"], made["token"]]
