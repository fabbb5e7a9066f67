"""Faults of the simulated Bango: each is seen by the client, and the books say whether the work was done."""

import pytest
import urllib3
from tests.sandbox.bango.client import PACKAGE, Bango, request


def made(bango: Bango) -> int:
    return len(bango.state()["packages"])


@pytest.mark.parametrize(
    ("fault", "status"), [("error_500", 500), ("stored_500", 500), ("error_503", 503), ("rate_limit_429", 429)]
)
def test_an_error_comes_instead_of_the_work(bango: Bango, fault: str, status: int) -> None:
    bango.fault("CreatePackage", fault)
    assert bango.ask("CreatePackage", **PACKAGE).reply.status == status
    assert made(bango) == 0
    assert bango.ask("CreatePackage", **PACKAGE).code == "OK"


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("timeout_before", 0),
        ("disconnect_before", 0),
        ("timeout_after", 1),
        ("disconnect_after", 1),
        ("truncated_after", 1),
    ],
)
def test_an_answer_is_lost_before_or_after_the_work(bango: Bango, fault: str, done: int) -> None:
    bango.fault("CreatePackage", fault, delay_ms=10)
    with pytest.raises(urllib3.exceptions.HTTPError):
        bango.ask("CreatePackage", **PACKAGE)
    assert made(bango) == done
    (entry,) = bango.state()["requests"]
    assert (entry["fault"], entry["status"]) == (fault, None)


def test_garbage_is_no_answer_but_the_work_is_done(bango: Bango) -> None:
    bango.fault("CreatePackage", "garbage_after")
    answer = bango.ask("CreatePackage", **PACKAGE)
    assert answer.faultstring == "no SOAP"
    assert made(bango) == 1


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "ACCESS_DENIED", "INVALID_ANYTHING"])
def test_a_code_is_answered_instead_of_the_work(bango: Bango, code: str) -> None:
    bango.fault("CreatePackage", f"issue:{code}")
    refused = bango.ask("CreatePackage", **PACKAGE)
    assert (refused.code, refused["packageId"], bool(refused["responseMessage"])) == (code, "0", True)
    assert made(bango) == 0


def test_a_code_is_answered_by_the_token_checker_too(bango: Bango) -> None:
    bango.fault("CheckToken", "issue:INTERNAL_ERROR")
    assert bango.ask("CheckToken", token="any")["ResponseCode"] == "INTERNAL_ERROR"


def test_a_fault_must_make_sense(bango: Bango) -> None:
    for order in ({"operation": "Pay", "fault": "error_500"}, {"operation": "any", "fault": "issue:no such"}):
        assert bango.control("POST", "faults", order).status == 400


def test_a_fault_strikes_one_seller_only(bango: Bango) -> None:
    other, meant = bango.package(adminEmailAddress="eve@dev.example"), bango.package()
    product = bango.number(meant)
    bango.fault("any", "issue:INTERNAL_ERROR", count=0, account="ada@dev.example")
    assert bango.ask("GetPackage", packageId=other).code == "OK"
    assert bango.ask("GetPackage", packageId=meant).code == "INTERNAL_ERROR"
    assert bango.offer(product).code == "INTERNAL_ERROR"
    bango.control("DELETE", "faults")
    bango.fault("any", "issue:INTERNAL_ERROR", account=str(other))
    assert bango.ask("GetPackage", packageId=other).code == "INTERNAL_ERROR"


def test_a_request_brings_a_fault_of_its_own(bango: Bango) -> None:
    fields = {"username": "sandbox-bango-user", "password": "sandbox-bango-password", **PACKAGE}
    body = request("CreatePackage", fields)
    assert bango.send("CreatePackage", body, Sandbox_Fault="error_503").reply.status == 503
    assert "known issue" in bango.send("CreatePackage", body, Sandbox_Fault="nonsense").faultstring
    assert made(bango) == 0
