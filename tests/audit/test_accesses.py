"""Who read or changed personal data: a row for each request, with whom it is about and nothing that tells who that is."""

import json
from typing import Any

import pytest
from django.db import DatabaseError
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude import cli
from solitude.audit import accesses
from solitude.audit.models import Access, Does
from solitude.client.signing import authorization

EMAIL = "reader@example.org"


def row(**columns: Any) -> dict[str, Any]:
    """The columns of the newest access that are told apart here."""
    newest = Access.objects.latest("pk")
    return {name: getattr(newest, name) for name in columns}


def kept(**columns: Any) -> bool:
    return row(**columns) == columns


@pytest.fixture
def buyer(shop: Marketplace) -> dict[str, Any]:
    return dict(shop.buyer(email=EMAIL, pin="0420", pin_confirmed=True))


def test_making_a_buyer_is_kept_with_who_when_and_from_where(shop: Marketplace) -> None:
    buyer = shop.post("/generic/buyer/", {"uuid": "secret-name", "email": EMAIL}, **{"Transaction-Id": "mine-1"})

    newest = Access.objects.get()
    assert (newest.client, newest.request_id, newest.method, newest.status) == ("marketplace", "mine-1", "POST", 201)
    assert (newest.route, newest.kind, newest.does) == ("/generic/buyer/", "buyer", Does.CREATED)
    assert (newest.person, newest.objects_seen) == (buyer["resource_uri"], [buyer["resource_uri"]])
    assert newest.peer == "127.0.0.1"
    assert newest.at is not None
    everything = " ".join(str(value) for value in vars(newest).values())
    assert "secret-name" not in everything
    assert EMAIL not in everything


def test_reading_changing_and_closing_a_buyer_are_kept(shop: Marketplace, buyer: dict[str, Any]) -> None:
    uri = buyer["resource_uri"]
    tag = shop.get(uri).headers["ETag"]
    assert kept(does=Does.READ, person=uri, route="/generic/buyer/<int:pk>/", status=200)
    assert shop.get(uri, **{"If-None-Match": tag}).status == 304
    assert kept(does=Does.READ, person=uri, status=304)
    shop.patch(uri, {"locale": "nl"})
    assert kept(does=Does.CHANGED, person=uri, method="PATCH")
    shop.post(f"{uri}close/", {})
    assert kept(does=Does.REMOVED, status=204)
    assert kept(objects_seen=[uri], person=uri)


def test_a_list_is_one_row_with_all_that_it_showed(shop: Marketplace) -> None:
    made = [shop.buyer()["resource_uri"] for _ in range(3)]
    before = Access.objects.count()

    shop.get("/generic/buyer/?limit=2")

    assert Access.objects.count() == before + 1
    assert kept(does=Does.READ, person="", objects_seen=[made[2], made[1]], by_email=False)


def test_that_somebody_was_looked_for_by_email_is_kept_and_the_address_is_not(
    shop: Marketplace, buyer: dict[str, Any]
) -> None:
    shop.get(f"/generic/buyer/?email={EMAIL}")
    assert kept(by_email=True, objects_seen=[buyer["resource_uri"]])
    shop.get("/generic/buyer/?email=nobody@example.org")
    assert kept(by_email=True, objects_seen=[])
    assert not any("example.org" in json.dumps(vars(one), default=str) for one in Access.objects.all())


@pytest.mark.parametrize("pin", ["0420", "1111"], ids=["right", "wrong"])
def test_a_pin_that_is_tried_is_kept_with_its_buyer(shop: Marketplace, buyer: dict[str, Any], pin: str) -> None:
    shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": pin})

    assert kept(kind="pin", route="/generic/verify_pin/", person=buyer["resource_uri"])


def test_what_was_not_there_or_refused_showed_nobody(shop: Marketplace, buyer: dict[str, Any]) -> None:
    before = Access.objects.count()
    assert shop.get("/generic/buyer/987654/").status == 404
    assert shop.patch(buyer["resource_uri"], {"active": "perhaps"}).status == 400
    assert shop.get("/generic/buyer/?colour=red").status == 400

    assert Access.objects.count() == before


def test_an_answer_that_is_given_again_is_an_access_again(shop: Marketplace) -> None:
    first = shop.post("/generic/buyer/", {"uuid": "one"}, **{"Idempotency-Key": "same"})
    again = shop.post("/generic/buyer/", {"uuid": "one"}, **{"Idempotency-Key": "same"})

    assert again.json == first.json
    assert list(Access.objects.values_list("person", flat=True)) == [first["resource_uri"]] * 2


def test_a_payment_is_no_access(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    before = Access.objects.count()
    shop.pay(app_id)

    assert Access.objects.count() == before


def test_a_preapproval_is_an_access_to_its_buyer(shop: Marketplace, paypal: Simulator) -> None:
    buyer = shop.buyer()
    begun = shop.preapproval(buyer["uuid"])
    assert kept(kind="preapproval", does=Does.CREATED, person=buyer["resource_uri"])
    shop.get(begun["resource_uri"])
    assert kept(kind="preapproval", does=Does.READ, person=buyer["resource_uri"])
    shop.delete(begun["resource_uri"])
    assert kept(kind="preapproval", does=Does.REMOVED, person=buyer["resource_uri"])


def fails(access: Access, objects: Any) -> None:
    raise DatabaseError("disk full")


def test_a_read_that_cannot_be_written_down_is_refused(
    shop: Marketplace, buyer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses, "record", fails)

    path = buyer["resource_uri"]
    signed = authorization(key=shop.key, secret=shop.secret, method="GET", target=path, body=b"")
    response = shop.client.get(path, headers={"Authorization": signed})

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert EMAIL not in response.content.decode()


def test_a_change_that_cannot_be_written_down_stands_and_is_an_alarm(
    shop: Marketplace, buyer: dict[str, Any], monkeypatch: pytest.MonkeyPatch, security_events: list[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(accesses, "record", fails)
        assert shop.patch(buyer["resource_uri"], {"locale": "nl"}).status == 200

    assert shop.get(buyer["resource_uri"])["locale"] == "nl"
    alarms = [line for line in security_events if "Access to personal data not recorded|9" in line]
    assert len(alarms) == 1


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert cli.main(["audit", "accesses", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_auditor_sees_all_accesses_to_one_buyer_and_the_own_question(
    shop: Marketplace, buyer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    other = shop.buyer()
    shop.get(other["resource_uri"])
    shop.get("/generic/buyer/")

    lines = run(capsys, "--buyer", buyer["uuid"])

    assert [(line["method"], line["route"]) for line in lines] == [
        ("POST", "/generic/buyer/"),
        ("GET", "/generic/buyer/"),
        ("command", "solitude audit accesses"),
    ]
    assert lines[-1]["client"].startswith("system:")
    assert all(buyer["resource_uri"] in line["objects"] for line in lines)


def test_after_a_buyer_is_closed_the_accesses_are_found_by_the_primary_key(
    shop: Marketplace, buyer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    shop.post(f"{buyer['resource_uri']}close/", {})

    assert cli.main(["audit", "accesses", "--buyer", buyer["uuid"]]) == 1
    assert len(run(capsys, "--object", buyer["resource_uri"])) == 3


def test_accesses_by_one_client_since_a_moment(
    shop: Marketplace, buyer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(run(capsys, "--client", "marketplace", "--since", "2020-01-01")) == 1
    assert run(capsys, "--client", "marketplace", "--since", "2999-01-01") == []
    assert run(capsys, "--client", "nagios") == []
