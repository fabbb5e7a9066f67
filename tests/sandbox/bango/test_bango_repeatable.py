"""The simulated Bango inside a simulation: with a seed the same in every run; and nothing of a long run grows for ever."""

import json
import threading

import pytest
from tests.sandbox.bango.client import CREDENTIALS, EXPORTER, PACKAGE, Bango, request
from tests.sandbox.client import Sandbox
from werkzeug.test import Client

from solitude_sandbox import create_app
from solitude_sandbox.bango import books
from solitude_sandbox.bango.ids import Ids


def identifiers(seed: int | None) -> list[str]:
    """What two new packages are told."""
    http = Client(create_app(seed))
    path, namespace, _ = EXPORTER
    body = request("CreatePackage", {**CREDENTIALS, **PACKAGE})
    headers = {"SOAPAction": f"{namespace}/CreatePackage", "Content-Type": "text/xml"}
    answers = [http.post(f"/bango{path}", data=body, headers=headers).text for _ in range(2)]
    assert answers[0] != answers[1]
    return answers


def test_the_same_seed_gives_the_same_identifiers() -> None:
    assert identifiers(7) == identifiers(7)


def test_another_seed_or_none_gives_others() -> None:
    assert len({identifiers(seed)[0] for seed in (7, 8, None, None)}) == 4


def test_no_kind_of_number_is_taken_for_another_nor_for_one_of_yesterday() -> None:
    def drawn() -> list[int]:
        ids = Ids()
        kinds = (ids.package, ids.person, ids.configuration, ids.transaction, ids.refund, ids.user)
        return [int(ids.bango()), *(draw() for draw in kinds)]

    assert len({*drawn(), *drawn()}) == 14
    assert all(number < 2**31 for number in drawn())


def test_a_reset_forgets_everything_and_uses_no_number_again(bango: Bango) -> None:
    first = bango.package()
    bango.paid(bango.number(first))
    assert bango.control("POST", "reset", {}).status == 200
    state = bango.state()
    assert state["counts"] == dict.fromkeys(state["counts"], 0)
    assert bango.ask("GetPackage", packageId=first).code == "INVALID_PACKAGEID"
    assert bango.package() != first


def test_the_oldest_is_dropped_when_there_are_too_many(bango: Bango, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "RESOURCES_LIMIT", 2)
    bango.control("POST", "reset", {})
    packages = [bango.package() for _ in range(3)]
    assert [each["packageId"] for each in bango.state()["packages"]] == packages[1:]


def test_the_state_can_be_cut_to_the_newest(bango: Bango) -> None:
    packages = [bango.package() for _ in range(3)]
    state = json.loads(bango.control("GET", "state?newest=1").text)
    assert [each["packageId"] for each in state["packages"]] == packages[2:]
    assert state["counts"]["packages"] == 3


def test_of_many_buyers_at_once_one_pays(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer()["billingConfigurationId"]
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(bango.click(number).status)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302] + [410] * 11
    assert len(bango.events()) == 1


def test_of_many_refunds_at_once_one_is_done(bango: Bango) -> None:
    product = bango.number()
    transaction = bango.paid(product)["BangoTransactionId"]
    codes: list[str] = []
    threads = [
        threading.Thread(target=lambda: codes.append(bango.refund(product, transaction).code)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["ALREADY_REFUNDED"] * 11 + ["OK"]
