"""What the proxy tells of a provider's answer, and what a process that is no proxy says."""

import time
from dataclasses import replace

import pytest
from django.test import Client, RequestFactory

from solitude.outbound import vouching, ways
from solitude.outbound.http import Answer, Outlet, Request
from solitude.outbound.vouching import Mark, Said
from solitude.proxy import passing
from solitude.proxy.passing import _of_answer
from solitude.proxy.signed import Proven
from solitude.web.clients import Client as Asker
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


@pytest.mark.parametrize(("left_s", "mark", "arrived"), [(30, Mark.ANSWERED, 1), (-1, Mark.NOT_SENT, 0)])
def test_a_proxy_that_stood_still_passes_on_nothing_for_which_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, left_s: int, mark: Mark, arrived: int
) -> None:
    """The database process may have been given up for dead, and somebody else be at the same."""
    until = int(time.time()) + left_s
    proven = Proven(Asker(vouching.DATABASE, (SECRET.encode(),)), SECRET, "a-name", until - 90, until, "/")
    with proxy(lambda _: Said(200, {"Content-Type": "application/json"}, b"{}")) as provider:
        monkeypatch.setattr(passing, "_request", lambda *_: Request("POST", f"{provider.url}/pay", body=b"{}"))
        monkeypatch.setattr(ways, "local", lambda _: Outlet("acme", base_urls=[provider.url]))
        way = replace(ways.way("reference"), below=provider.url)
        reply = passing._passed(RequestFactory().post("/proxy/provider/acme/pay"), proven, way)
    assert (reply.mark, len(provider.heard)) == (mark, arrived)
    assert reply.reason == ("" if arrived else "no_longer_ours")
