"""`/docs/` shows the description of the API in a browser that reaches nothing but this server."""

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Page
from tests.support import browser as browsers
from tests.support.marketplace import Api

ASSETS = ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]
# As a browser asks for a page.
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The test says what it wants to know."""


@pytest.fixture
def server() -> Iterator[str]:
    """The application on a port of loopback, without a database: no page needs one."""
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join(5)


@pytest.fixture
def browser() -> Iterator[Page]:
    with browsers.chromium() as started:
        yield started.new_page(viewport={"width": 1200, "height": 1600})


@pytest.mark.long
def test_a_browser_shows_every_operation_and_asks_nobody_else(server: str, browser: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    browser.on("request", lambda request: asked.append(request.url))
    browser.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    browser.on("pageerror", lambda error: said.append(str(error)))
    browser.goto(f"{server}/docs/")
    browser.locator("#operations-buyers-create_buyer").click()
    shown = browser.locator(".opblock-summary-path").all_inner_texts()
    assert "/generic/buyer/" in [path.replace("\u200b", "") for path in shown]
    browser.locator("#operations-buyers-create_buyer").get_by_text("The signature was refused").wait_for()
    assert {urlsplit(url).hostname for url in asked if not url.startswith("data:")} == {"127.0.0.1"}
    assert said == []


@pytest.mark.parametrize("path", ["/docs/", "/docs", *(f"/docs/{name}" for name in ASSETS)])
def test_the_page_is_unsigned_and_keeps_strangers_out(path: str) -> None:
    answer = Api().client.get(path, headers=BROWSER)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = Api().client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_asset_is_kept_for_ever_under_the_address_that_the_page_has() -> None:
    page = Api().client.get("/docs/").content.decode()
    for name in ASSETS:
        assert f'"/docs/{name}?' in page
        assert "immutable" in Api().client.get(f"/docs/{name}").headers["Cache-Control"]
    assert Api().client.get("/docs/").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/docs/", "/docs/start.js", "/docs/redoc.standalone.js", "/docs/..%2Fschema.py"])
def test_where_it_is_off_it_is_no_path(settings: Any, path: str) -> None:
    settings.SOLITUDE_DOCS_PAGE = False
    answer = Api().send_unsigned("GET", path, **BROWSER)
    assert (answer.status, answer.json) == (404, {})


@pytest.mark.parametrize("path", ["/docs/redoc.standalone.js", "/docs/index.html", "/docs/..%2Fschema.py", "/docs/x/y"])
def test_no_other_file_is_served(path: str) -> None:
    answer = Api().send_unsigned("GET", path)
    assert (answer.status, answer.json) == (404, {})
