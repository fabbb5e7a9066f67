"""A view of a provider's package may give plain data, as no view of the house does: it is answered all the same, with all headers."""

from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from typing_extensions import TypedDict

from solitude.web.bodies import JsonParser, JsonRenderer
from solitude.web.headers import HEADERS
from solitude.web.openapi import Api


class Thing(TypedDict):
    amount: Decimal


api = Api(openapi_url=None, docs_url=None, parser=JsonParser(), renderer=JsonRenderer(), urls_namespace="plain")


@api.get("/thing/", response=Thing)
def get_thing(request: HttpRequest) -> Any:
    return {"amount": Decimal("1.50"), "more": "than is said"}


@api.get("/nothing/", response={204: None})
def get_nothing(request: HttpRequest) -> Any:
    return None


@api.get("/own/", response=Thing)
def get_own(request: HttpRequest, response: HttpResponse) -> Any:
    response["X-Own"] = "header"
    return {"amount": 3}


urlpatterns = [path("", api.urls)]


@pytest.fixture
def client(settings: Any, db: None) -> Client:
    settings.ROOT_URLCONF, settings.SOLITUDE_REQUIRE_SIGNATURE = __name__, False
    return Client()


def test_plain_data_are_answered_with(client: Client) -> None:
    answer = client.get("/thing/")

    assert (answer.status_code, answer.content) == (200, b'{"amount":1.50}')
    assert answer["Content-Type"].startswith("application/json")
    assert HEADERS.items() <= dict(answer.headers).items()
    assert client.get("/thing/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_nothing_is_answered_with(client: Client) -> None:
    answer = client.get("/nothing/")

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_view_that_asks_for_its_answer_may_change_it(client: Client) -> None:
    answer = client.get("/own/")

    assert (answer["X-Own"], answer.content) == ("header", b'{"amount":3}')
    assert "X-Own" not in client.get("/thing/").headers
