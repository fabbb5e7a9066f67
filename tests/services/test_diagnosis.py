"""`/services/request/`, `/error/` and `/logs/`: the rows of the contract's tables."""

import logging
from typing import Any

import pytest
from django.test import override_settings
from tests.support.environment import CLIENTS
from tests.support.marketplace import Api, Marketplace

ALL = [
    "/services/status/",
    "/services/request/",
    "/services/error/",
    "/services/logs/",
    "/services/settings/",
    "/services/settings/SOLITUDE_DEBUG/",
    "/services/failures/transactions/",
    "/services/failures/statuses/",
    "/services/uncertain/",
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ALL)
def test_all_are_get_only(shop: Marketplace, path: str, method: str) -> None:
    answer = shop.send(method, path)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert set(answer.json) == {"detail"}


@pytest.mark.parametrize("path", [path for path in ALL if path != "/services/status/"])
def test_all_but_the_status_need_a_signature(shop: Marketplace, path: str) -> None:
    assert shop.send_unsigned("GET", path).status == 401


@pytest.mark.parametrize("path", [path for path in ALL if path != "/services/status/" and "settings" not in path])
def test_none_but_the_status_takes_a_query(shop: Marketplace, path: str) -> None:
    """The status does not care: a monitoring may add something against caches on the way."""
    assert shop.get(f"{path}?since=yesterday").status == 400
    assert shop.send_unsigned("GET", "/services/status/?now=1").status == 200


def test_the_group_itself_is_unknown(shop: Marketplace) -> None:
    answer = shop.get("/services/")

    assert (answer.status, answer.json) == (404, {})


# --- request -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["marketplace", "nagios"])
def test_request_tells_whose_key_signed(shop: Marketplace, key: str) -> None:
    given: Any = CLIENTS[key]
    secret = given if isinstance(given, str) else given["secrets"][0]

    answer = Api(key, secret).get("/services/request/")

    assert (answer.status, answer.json) == (200, {"authenticated": key})


@override_settings(SOLITUDE_REQUIRE_SIGNATURE=False)
def test_request_tells_null_when_nobody_must_sign(shop: Marketplace) -> None:
    answer = shop.send_unsigned("GET", "/services/request/")

    assert (answer.status, answer.json) == (200, {"authenticated": None})


@override_settings(SOLITUDE_REQUIRE_SIGNATURE=False)
def test_request_refuses_a_bad_signature_even_then(shop: Marketplace) -> None:
    assert Api(secret="another-secret-0123456789-0123456789").get("/services/request/").status == 401


# --- error ---------------------------------------------------------------------------------------------------------


def test_error_is_500_with_a_security_event_of_severity_3_and_a_line_in_the_log(
    shop: Marketplace, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = shop.get("/services/error/")

    assert (answer.status, answer.json) == (500, {"error": "TestError"})
    lines = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    event = "CEF:0|Mozilla|Solitude|0|/services/error/|TestError|3|"
    assert ("solitude.cef.alarm", "ERROR") in [line[:2] for line in lines if line[2].startswith(event)]
    assert [level for name, level, text in lines if name == "solitude.web" and "uncaught_exception" in text] == [
        "ERROR"
    ]


# --- logs ----------------------------------------------------------------------------------------------------------


def test_logs_writes_to_every_logger_at_every_level(shop: Marketplace) -> None:
    answer = shop.get("/services/logs/")

    assert answer.status == 200
    assert set(answer.json) == {"passed", "failed", "skipped"}
    passed = {tuple(pair) for pair in answer["passed"]}
    for logger in ("solitude.web", "solitude.payments", "solitude.paypal", "django.request"):
        assert {(logger, level) for level in ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")} <= passed
    assert answer["failed"] == []
