"""A buyer's way through the pages: pays or fails, once; goes back with a signed query; and the shop is told in the background."""

from urllib.parse import parse_qsl, urlencode

import pytest
from tests.sandbox.client import Reply, Sandbox
from tests.sandbox.console import Page
from tests.sandbox.receiver import receiving
from tests.sandbox.reference.client import Zippy
from tests.support.waiting import until
from tests.support.zippy import FORM, ZippySimulator


class Buyer:
    """A browser: keeps the cookie, presses buttons."""

    def __init__(self, zippy: Zippy) -> None:
        self.sandbox: Sandbox = zippy.sandbox
        self.root = zippy.url
        self.cookie = ""

    def open(self, url: str) -> Reply:
        return self._keep(self.sandbox.send("GET", url, Cookie=self.cookie, Accept="text/html"))

    def press(self, page: Reply, button: str) -> Reply:
        """A button of the first form that has it; the fields with a name are sent."""
        form = Page("", page).form(button)
        name, value = form.buttons[button]
        fields = {**form.fields, name: value}
        if form.action.endswith("process"):
            return self.post(fields)
        (field,) = fields.items()
        return self.open(f"{self.root}/payment/{form.action.rpartition('/')[2]}?{'='.join(field)}")

    def post(self, fields: dict[str, str]) -> Reply:
        url = f"{self.root}/payment/process"
        return self._keep(
            self.sandbox.send(
                "POST",
                url,
                urlencode(fields),
                Cookie=self.cookie,
                Content_Type=FORM["Content-Type"],
                Accept="text/html",
            )
        )

    def _keep(self, reply: Reply) -> Reply:
        self.cookie = reply.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return reply


@pytest.fixture
def buyer(zippy: Zippy) -> Buyer:
    return Buyer(zippy)


def statuses(fate: ZippySimulator) -> list[str]:
    return [transaction["status"] for transaction in fate.state()["transactions"]]


def test_a_buyer_pays_by_card(zippy: Zippy, fate: ZippySimulator, buyer: Buyer) -> None:
    screen = buyer.open(zippy.page(zippy.transaction()))
    assert screen.status == 200
    assert "1.25 EUR" in screen.text
    assert "Star Map" in screen.text
    assert statuses(fate) == ["STARTED"]
    back = buyer.press(screen, "Pay 1.25 EUR")
    assert back.status == 301
    location, _, query = back.headers["Location"].partition("?")
    assert location == "https://shop.example/ok"
    assert query == fate.told()[0]["signed_notice"]
    assert statuses(fate) == ["COMPLETED"]


def test_what_a_buyer_enters_never_leaves_the_browser(zippy: Zippy, buyer: Buyer) -> None:
    page = Page("", buyer.open(zippy.page(zippy.transaction())))
    assert page.forms[0].fields.keys() == {"tx"}


def test_a_buyer_pays_with_the_phone_bill_in_two_steps(zippy: Zippy, fate: ZippySimulator, buyer: Buyer) -> None:
    screen = buyer.open(zippy.page(zippy.transaction(pay_method="OPERATOR")))
    assert "Your mobile number" in screen.text
    screen = buyer.press(screen, "Send me a PIN")
    assert "The PIN that you were sent" in screen.text
    back = buyer.press(screen, "The operator refuses")
    location, _, query = back.headers["Location"].partition("?")
    assert location == "https://shop.example/no"
    said = dict(parse_qsl(query))
    assert (said["ext_transaction_id"], said["error"]) == ("web:91", "DIR_BILL_ERROR")
    assert zippy.verify(query).json["result"] == "OK"
    assert statuses(fate) == ["FAILED"]
    assert fate.told()[0]["url"] == "https://shop.example/cb/no"


@pytest.mark.parametrize("screen", ["card", "confirm", "confirm-mobile-number", "confirm-pin"])
def test_every_screen_knows_the_payment_of_the_browser(zippy: Zippy, buyer: Buyer, screen: str) -> None:
    assert buyer.open(f"{zippy.url}/payment/{screen}").status == 409
    buyer.open(zippy.page(zippy.transaction()))
    shown = buyer.open(f"{zippy.url}/payment/{screen}")
    assert shown.status == 200
    assert "1.25 EUR" in shown.text


def test_a_payment_is_decided_once(zippy: Zippy, fate: ZippySimulator, buyer: Buyer) -> None:
    transaction = zippy.transaction()
    screen = buyer.open(zippy.page(transaction))
    buyer.press(screen, "The card is refused")
    again = buyer.press(screen, "Pay 1.25 EUR")
    assert (again.status, "This payment is finished." in again.text) == (400, True)
    assert buyer.open(zippy.page(transaction)).status == 400
    assert statuses(fate) == ["FAILED"]
    assert len(fate.told()) == 1


def test_the_page_of_another_tab_does_not_pay_what_was_opened_last(
    zippy: Zippy, fate: ZippySimulator, buyer: Buyer
) -> None:
    first = buyer.open(zippy.page(zippy.transaction(price="1.00")))
    buyer.open(zippy.page(zippy.transaction(price="99.00")))
    stale = buyer.press(first, "Pay 1.00 EUR")
    assert (stale.status, "Another payment was opened" in stale.text) == (409, True)
    assert statuses(fate) == ["STARTED", "STARTED"]


def test_without_a_session_or_with_a_forged_one_nothing_is_decided(
    zippy: Zippy, fate: ZippySimulator, buyer: Buyer
) -> None:
    assert buyer.post({}).status == 409
    buyer.open(zippy.page(zippy.transaction()))
    genuine = buyer.cookie
    for forged in (
        genuine[:-1],
        genuine.replace("zippy_session=", "zippy_session=0"),
        "zippy_session=",
        "zippy_session=a.b",
        "zippy_session=\xff",
    ):
        buyer.cookie = forged
        assert buyer.post({}).status == 409
    buyer.cookie = genuine
    assert buyer.post({"simulate_fail": "BAD_LUCK"}).status == 409
    assert buyer.post({"colour": "red"}).status == 409
    assert statuses(fate) == ["STARTED"]
    assert buyer.post({}).status == 301  # neither field is needed


def test_a_session_lasts_a_day_from_the_last_click(zippy: Zippy, fate: ZippySimulator, buyer: Buyer) -> None:
    buyer.open(zippy.page(zippy.transaction()))
    at_first = buyer.cookie
    buyer.open(f"{zippy.url}/payment/card")
    assert buyer.cookie == at_first  # not at every click
    fate.advance(20 * 3600)
    buyer.open(f"{zippy.url}/payment/card")
    assert buyer.cookie != at_first
    fate.advance(20 * 3600)
    assert buyer.open(f"{zippy.url}/payment/card").status == 200
    fate.advance(24 * 3600)
    assert buyer.open(f"{zippy.url}/payment/card").status == 409
    assert statuses(fate) == ["STARTED"]  # which no time ends


@pytest.mark.parametrize(("query", "status"), [("", 409), ("?tx=", 409), ("?tx=abc", 404)])
def test_a_page_for_no_payment_says_so(zippy: Zippy, buyer: Buyer, query: str, status: int) -> None:
    shown = buyer.open(f"{zippy.url}/payment/start{query}")
    assert shown.status == status
    assert shown.headers["Content-Type"].startswith("text/html")
    plain = zippy.sandbox.send("GET", f"{zippy.url}/payment/start{query}", Accept="application/json")
    assert (plain.status, plain.json["error"]["status"]) == (status, status)


@pytest.mark.parametrize(
    ("url", "before", "after"),
    [
        ("https://shop.example/ok?cart=7", "https://shop.example/ok?cart=7&", ""),
        ("https://shop.example/ok?", "https://shop.example/ok?", ""),
        ("https://shop.example/ok#top", "https://shop.example/ok?", "#top"),
    ],
)
def test_the_signed_query_is_appended_to_what_the_url_has(
    zippy: Zippy, fate: ZippySimulator, url: str, before: str, after: str
) -> None:
    back = fate.pay(zippy.page(zippy.transaction(success_url=url)))
    assert back == f"{before}{fate.told()[0]['signed_notice']}{after}"


def test_the_shop_is_told_in_the_background_until_it_says_200(zippy: Zippy, fate: ZippySimulator) -> None:
    with receiving() as shop:
        shop.status = 204  # which is not what the interface wants
        fate.pay(
            zippy.page(zippy.transaction(callback_success_url=f"{shop.url}/ok", callback_error_url=f"{shop.url}/no"))
        )
        until(lambda: fate.state()["delivery"]["failed"] == 1)
        shop.status = 200
        fate.advance(10)
        until(lambda: fate.state()["delivery"]["received"] == 1)
    assert [message.path for message in shop.received] == ["/hook/ok"] * 2
    assert shop.received[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert [parse_qsl(body) for body in shop.bodies] == [[("signed_notice", fate.told()[0]["signed_notice"])]] * 2


def test_nothing_is_sent_to_another_machine(zippy: Zippy, fate: ZippySimulator) -> None:
    fate.pay(zippy.page(zippy.transaction()))
    assert fate.told()[0]["url"] == "https://shop.example/cb/ok"
    assert fate.state()["notifications"] == []
