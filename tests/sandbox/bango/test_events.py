"""What Bango tells of payments by itself: as XML, with Basic auth, again until it is taken; or pulled by a test."""

import base64
from xml.etree import ElementTree

from tests.sandbox.bango.client import PACKAGE, Bango
from tests.sandbox.receiver import receiving
from tests.support.waiting import until

# Half a surrogate pair, which no header can carry.
HALF = {"url": "http://127.0.0.1:9/", "password": "\ud800"}


def listening(bango: Bango, url: str) -> str:
    """The Bango number of a product whose package wants events there."""
    wanted = {"eventNotificationURL": url, "eventNotificationUsername": "bango", "eventNotificationPassword": "s3cret:"}
    return bango.number(int(bango.ask("CreatePackage", **PACKAGE, **wanted)["packageId"]))


def items(xml: str) -> dict[str, str]:
    root = ElementTree.fromstring(xml.removeprefix("\ufeff"))  # noqa: S314 - our own simulator's
    assert root.tag == "bangoEvents"
    (event,) = root.findall("eventList/event")
    assert event.findtext("action") == "PAYMENT"
    return {item.attrib["name"]: item.attrib["value"] for item in event.findall("data/item")}


def test_a_payment_is_told_to_the_package(bango: Bango) -> None:
    with receiving() as receiver:
        product = listening(bango, receiver.url)
        said = bango.paid(product)
        until(lambda: bool(receiver.received))
    (message,) = receiver.received
    assert message.headers["Authorization"] == f"Basic {base64.b64encode(b'bango:s3cret:').decode()}"
    assert message.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert message.body.startswith("\ufeff<?xml")
    told = items(message.body)
    assert told["userId"].isdigit()
    assert told == {
        "userId": told["userId"],
        "status": "OK",
        "bango": product,
        "paymentAmount": "2.10",
        "paymentCurrency": "EUR",
        "paymentEarnings": "1.47",
        "paymentSourceType": "OPERATOR",
        "transId": said["BangoTransactionId"],
        "externalCPTransID": said["MerchantTransactionId"],
    }


def test_who_does_not_take_it_is_told_again(bango: Bango) -> None:
    with receiving() as receiver:
        receiver.status = 400
        bango.paid(listening(bango, receiver.url))
        until(lambda: bango.state()["delivery"]["failed"] == 1)
        receiver.status = 204
        bango.advance(10)
        until(lambda: bango.state()["delivery"]["received"] == 1)
    first, second = receiver.bodies
    assert first == second
    assert bango.state()["notifications"][0]["status"] == "received"


def test_without_an_address_of_this_machine_it_is_kept_and_sent_nowhere(bango: Bango) -> None:
    bango.paid(listening(bango, "https://market.example/event"))
    bango.paid(bango.number())
    first, second = bango.events()
    assert (first["url"], first["username"], first["password"]) == (
        "https://market.example/event",
        "bango",
        "s3cret:",
    )
    assert (second["url"], second["username"]) == ("", "")
    assert items(second["notification"])["status"] == "OK"
    assert bango.state()["notifications"] == []
    assert bango.control("GET", "events?after=1&limit=5").json["events"] == [second]


def test_all_events_can_be_brought_elsewhere(bango: Bango) -> None:
    product = listening(bango, "https://market.example/event")
    with receiving() as receiver:
        where = {"url": receiver.url, "username": "other", "password": "pass"}
        assert bango.control("POST", "event-url", where).json == {"url": receiver.url}
        bango.paid(product)
        until(lambda: bool(receiver.received))
    assert receiver.received[0].headers["Authorization"] == f"Basic {base64.b64encode(b'other:pass').decode()}"
    assert bango.control("POST", "event-url", {"url": None}).json == {"url": None}
    bango.paid(product)
    assert [event["username"] for event in bango.events()] == ["other", "bango"]


def test_an_address_must_be_one(bango: Bango) -> None:
    for wrong in ({"url": "nowhere"}, {"url": 7}, {"url": "http://a.example", "username": 7}, HALF):
        assert bango.control("POST", "event-url", wrong).status == 400


def test_events_are_brought_twice_and_late_when_asked(bango: Bango) -> None:
    with receiving() as receiver:
        assert bango.control("POST", "delivery", {"duplicates": 1, "paused": True}).status == 200
        bango.paid(listening(bango, receiver.url))
        assert bango.state()["delivery"]["waiting"] == 2
        assert receiver.received == []
        bango.control("POST", "delivery", {"paused": False})
        until(lambda: len(receiver.received) == 2)
    assert len(set(receiver.bodies)) == 1
