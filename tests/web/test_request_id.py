"""A request has an id, the caller's or ours: it comes back, and stands on every line that any logger writes about the request."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.marketplace import Answer, Api, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.telemetry import cef, context


@dataclass(frozen=True)
class Line:
    logger: str
    level: str
    says: str
    of: dict[str, str]


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(Line(record.name, record.levelname, record.getMessage()[:100], context.current()))


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """What all loggers write at all levels, and what was known of the request then."""
    handler = Lines()
    names = (None, "solitude", cef.LOGGER, cef.ALARM_LOGGER, "django", "django.request", "urllib3")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        if logger.parent is None or not logger.propagate:
            logger.addHandler(handler)
    yield handler.seen
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


class Broken(Exception):
    pass


def break_(*_: object, **__: object) -> None:
    raise Broken


@pytest.mark.parametrize("target", ["/", "/x/", "/generic/buyer/", "/services/status/"])
@pytest.mark.parametrize("given", ["web-head.7:4711_x", "-", "x" * 64, "7"])
def test_the_callers_transaction_id_comes_back(shop: Marketplace, target: str, given: str) -> None:
    assert shop.send_unsigned("GET", target, **{"Transaction-Id": given}).headers["Transaction-Id"] == given


@pytest.mark.parametrize(
    "given",
    [None, "", " ", "x" * 65, "x" * 60_000, "with space", "a\tb", "a\nb", "a\x00b", "<script>", "\xe9", "a=b", "a,b"],
)
def test_a_transaction_id_that_cannot_be_used_is_replaced(shop: Marketplace, given: str | None) -> None:
    headers = {} if given is None else {"Transaction-Id": given}
    ids = {shop.send_unsigned("GET", "/", **headers).headers["Transaction-Id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{16}", new) for new in ids)


def test_every_line_of_every_logger_carries_it(
    shop: Marketplace,
    paypal: Simulator,
    app_id: str,
    lines: list[Line],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    nagios = Api("nagios", "the-secret-of-nagios-in-tests-0123456789")

    def pay(**headers: str) -> Answer:
        return shop.pay(app_id, headers)

    def broken(place: str) -> Any:
        def call(**headers: str) -> Answer:
            with monkeypatch.context() as patched:
                patched.setattr(place, break_)
                return shop.post("/generic/buyer/", {"uuid": "shop:1"}, **headers)

        return call

    def from_nowhere(**headers: str) -> Answer:
        settings.SOLITUDE_ALLOWED_NETWORKS = ()
        return shop.get("/generic/buyer/", **headers)

    cases: list[tuple[int, Any]] = [
        (201, pay),
        (404, lambda **headers: shop.post("/paypal/pay-check/", {"uuid": "nobody's"}, **headers)),
        (401, lambda **headers: shop.send_unsigned("GET", "/generic/buyer/", **headers)),
        (403, lambda **headers: nagios.get("/generic/buyer/", **headers)),
        (404, lambda **headers: shop.get("/x/", **headers)),
        (405, lambda **headers: shop.delete("/generic/buyer/", **headers)),
        (400, lambda **headers: shop.get("/generic/buyer/?" + "&".join(["a"] * 1001), **headers)),
        (400, lambda **headers: shop.post("/generic/buyer/", b"{", **headers)),
        (500, broken("solitude.buyers.api.insert_once")),
        (500, broken("solitude.web.admission.insert_once_soon")),
        (500, broken("solitude.web.networks._within")),
        (403, from_nowhere),
    ]
    written: set[str] = set()
    for number, (status, call) in enumerate(cases):
        lines.clear()
        answer = call(**{"Transaction-Id": f"web-head-{number}"})
        assert answer.status == status
        assert answer.headers["Transaction-Id"] == f"web-head-{number}"
        assert [line for line in lines if line.of.get("request_id") != f"web-head-{number}"] == []
        written |= {line.logger for line in lines}
        assert context.current() == {}
    assert {"solitude.web", "solitude.cef", "solitude.cef.alarm", "django.request"} <= written


def test_a_line_names_the_client_that_signed(
    shop: Marketplace, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solitude.buyers.api.insert_once", break_)
    shop.post("/generic/buyer/", {"uuid": "shop:1"}, **{"Transaction-Id": "web-head-7"})
    assert lines
    assert all(line.of == {"request_id": "web-head-7", "client": "marketplace"} for line in lines)


def test_no_request_takes_anothers_id(shop: Marketplace, lines: list[Line]) -> None:
    def refused(number: int) -> str:
        shop.send_unsigned("GET", f"/generic/buyer/?n{number}=", **{"Transaction-Id": f"web-head-{number}"})
        return f"n{number}="

    marks = at_once(20, refused)
    assert len(marks) == 20
    own = [line for line in lines if line.logger == cef.LOGGER]
    assert sorted(line.of["request_id"] for line in own) == sorted(f"web-head-{number}" for number in range(20))
    assert all(f"?{line.of['request_id'].replace('web-head-', 'n')}=" in line.says for line in own)


def signed_lines(lines: list[Line]) -> list[Line]:
    return [line for line in lines if "request_signed" in line.says]


def test_a_signed_request_is_a_line_with_its_client_and_without_its_query(shop: Marketplace, lines: list[Line]) -> None:
    shop.get("/generic/buyer/?email=ada%40buyer.example", **{"Transaction-Id": "tr-1"})
    shop.send_unsigned("GET", "/generic/buyer/")
    shop.get("/services/request/")
    (told, monitoring) = signed_lines(lines)
    assert (told.of["request_id"], told.of["client"]) == ("tr-1", shop.key)
    assert not any("ada" in line.says for line in lines)
    assert (told.level, monitoring.level) == ("INFO", "DEBUG")
