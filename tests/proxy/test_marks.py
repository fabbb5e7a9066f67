"""What the proxy tells of a provider's answer, and what a process that is no proxy says."""

import time
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory

from solitude.outbound import in_time, vouching, ways
from solitude.outbound.http import Answer, Outlet, Request
from solitude.outbound.vouching import Mark, Said
from solitude.proxy import passing, signed
from solitude.proxy.passing import Reply, _of_answer
from solitude.proxy.signed import Proven
from tests.proxy.spoken import SECRET, proxy

DOCUMENT_TYPE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'


def test_an_answer_with_a_document_type_is_none() -> None:
    reply = _of_answer(Answer(200, {"Content-Type": "text/xml; charset=utf-8"}, DOCUMENT_TYPE, 1))
    assert (reply.mark, reply.reason, reply.body) == (Mark.NO_ANSWER, "undecodable", b"")


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain"])
def test_what_is_no_xml_comes_back_as_it_is(kind: str) -> None:
    reply = _of_answer(Answer(502, {"Content-Type": kind}, b"<!DOCTYPE html><p>later", 1))
    assert (reply.mark, reply.status, reply.body) == (Mark.ANSWERED, 502, b"<!DOCTYPE html><p>later")


def test_an_answer_of_no_type_gets_that_of_bytes() -> None:
    assert _of_answer(Answer(200, {}, b"x", 1)).headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["/proxy/bango", "/proxy/provider/reference/status", "/proxy/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_no_proxy_passes_nothing_on(path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer.content) == (404, b"")


def proven(settings: Any, *, life_s: int, ago_s: int = 0) -> Proven:
    """What the proxy makes of a request that was signed so long ago by its own clock."""
    settings.SOLITUDE_PROXY_SECRETS = (SECRET,)
    path = "/proxy/provider/acme/pay"
    with time_machine.travel(time.time() - ago_s, tick=False):
        token = vouching.authorization(SECRET, "a-name", "POST", path, b"{}", {}, (), life_s)
    return signed.verified(
        RequestFactory().post(path, b"{}", content_type="application/json", headers={"authorization": token})
    )


def passed_on(monkeypatch: pytest.MonkeyPatch, asked: Proven, url: str) -> Reply:
    monkeypatch.setattr(passing, "_request", lambda *_: Request("POST", f"{url}/pay", body=b"{}"))
    monkeypatch.setattr(ways, "local", lambda _: Outlet("acme", base_urls=[url]))
    way = replace(ways.way("reference"), below=url)
    return passing._passed(RequestFactory().post("/proxy/provider/acme/pay"), asked, way)


@pytest.mark.parametrize(("ago_s", "mark", "arrived"), [(0, Mark.ANSWERED, 1), (31, Mark.NOT_SENT, 0)])
def test_a_proxy_passes_on_nothing_for_which_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, settings: Any, ago_s: int, mark: Mark, arrived: int
) -> None:
    """The database process may have been given up for dead, and somebody else be at the same. That a token is taken for half a minute
    longer, because clocks differ, changes nothing about that."""
    with proxy(lambda _: Said(200, {"Content-Type": "application/json"}, b"{}")) as provider:
        reply = passed_on(monkeypatch, proven(settings, life_s=30, ago_s=ago_s), provider.url)
    assert (reply.mark, len(provider.heard)) == (mark, arrived)
    assert reply.reason == ("" if arrived else "no_longer_ours")


@pytest.mark.parametrize(("ago_s", "left_s"), [(0, 30), (20, 10), (45, -15), (-20, 30)])
def test_it_may_be_passed_on_for_as_long_as_it_says_also_by_a_proxy_whose_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch, settings: Any, ago_s: int, left_s: int
) -> None:
    left: list[float] = []

    def sent(*_: object) -> Reply:
        left.append(in_time.left_s())
        return Reply(Mark.ANSWERED, 200)

    monkeypatch.setattr(passing, "_sent", sent)
    passed_on(monkeypatch, proven(settings, life_s=30, ago_s=ago_s), "http://127.0.0.1:9")
    # A token tells whole seconds.
    assert left_s - 2 < left[0] <= left_s
