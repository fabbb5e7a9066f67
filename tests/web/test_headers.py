"""What every answer tells caches and browsers: nothing of it may be kept, shown or guessed at."""

import pytest
from django.test import Client
from tests.support.marketplace import Marketplace
from tests.web.routes import routes

from solitude.web.headers import HEADERS, HTTPS_ONLY

UNSIGNED = ("/", "/openapi.json", "/services/status/", "/nothing/of/the/kind")


@pytest.mark.parametrize("path", [*UNSIGNED, "/generic/buyer/"])
def test_an_answer_that_anybody_gets_says_so_whatever_its_status(path: str, db: None) -> None:
    headers = Client().get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_a_refused_network_is_told_so_too(settings: object, db: None) -> None:
    headers = Client(REMOTE_ADDR="203.0.113.9").get("/services/status/").headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_every_route_says_so_and_no_answer_is_for_a_shared_cache(shop: Marketplace) -> None:
    for route in routes():
        headers = shop.send(route.method, route.target).headers
        assert headers["X-Content-Type-Options"] == "nosniff", route
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), route
        assert "no-store" in headers["Cache-Control"], route


def test_over_tls_no_browser_comes_back_without(db: None) -> None:
    assert Client().get("/", secure=True).headers["Strict-Transport-Security"] == HTTPS_ONLY
    assert "Strict-Transport-Security" not in Client().get("/").headers
