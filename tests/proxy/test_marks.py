"""What the proxy tells of a provider's answer, and what a process that is no proxy says."""

import pytest
from django.test import Client

from solitude.outbound.http import Answer
from solitude.outbound.vouching import Mark
from solitude.proxy.passing import _of_answer

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
