"""The pages that a buyer clicks."""

import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, Sandbox, order, setup_request, unit, wallet


class _Form(HTMLParser):
    """What a browser would make of the page: named controls, labels, buttons; and whether tags are balanced."""

    VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.controls: list[dict[str, str | None]] = []
        self.labelled: set[str | None] = set()
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("input", "button", "select") and "name" in found:
            self.controls.append(found)
            if "label" in self.open:
                self.labelled.add(found["name"])
        if tag == "label" and "for" in found:
            self.labelled.add(found["for"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str | None]:
        return [control.get("value") for control in self.controls if control["name"] == name]


def _checkout(sandbox: Sandbox, **more: object) -> tuple[str, str]:
    """An order that waits for its buyer, and the path of its page."""
    order_id = sandbox.create(order(unit("12.30", description="A <b>bold</b> song"), **wallet(**more))).json["id"]
    return order_id, f"/paypal/checkoutnow?token={order_id}"


def test_the_page_shows_who_is_paid_how_much_and_for_what(sandbox: Sandbox) -> None:
    _, path = _checkout(sandbox)
    reply = sandbox.send("GET", path)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    for text in (SELLER, "12.30 USD", "A &lt;b&gt;bold&lt;/b&gt; song"):
        assert text in reply.text
    assert "<b>" not in reply.text
    assert "<script" not in reply.text


def test_the_form_has_the_documented_fields_each_with_a_label(sandbox: Sandbox) -> None:
    _, path = _checkout(sandbox)
    form = _Form(sandbox.send("GET", path).text)
    assert form.values("funding") == ["ok", "declined", "capture_declined", "review"]
    assert form.values("action") == ["approve", "cancel"]
    assert form.values("buyer") == ["buyer@sandbox.example"]
    assert {"funding", "buyer"} <= form.labelled


def test_approving_leads_back_to_the_shop_with_token_and_payer(sandbox: Sandbox) -> None:
    order_id, path = _checkout(sandbox)
    reply = sandbox.form(path, action="approve", funding="ok", buyer="Anna@Home.Example")
    assert reply.status == 302
    parts = urlsplit(reply.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://market.example/return"
    query = parse_qs(parts.query)
    assert query["cart"] == ["7"]
    assert query["token"] == [order_id]
    shown = sandbox.order(order_id).json
    assert shown["status"] == "APPROVED"
    assert query["PayerID"] == [shown["payer"]["payer_id"]]
    assert shown["payer"]["email_address"] == "anna@home.example"


def test_cancelling_leads_back_and_leaves_the_order_open(sandbox: Sandbox) -> None:
    order_id, path = _checkout(sandbox)
    reply = sandbox.form(path, action="cancel", buyer="", funding="")
    assert (reply.status, reply.headers["Location"]) == (302, f"{CANCEL_URL}?token={order_id}")
    assert sandbox.order(order_id).json["status"] == "PAYER_ACTION_REQUIRED"
    assert sandbox.send("GET", path).status == 200


def test_a_buyer_who_enters_nothing_is_the_default_buyer(sandbox: Sandbox) -> None:
    order_id, path = _checkout(sandbox)
    assert sandbox.form(path, action="approve").status == 302
    assert sandbox.order(order_id).json["payer"]["email_address"] == "buyer@sandbox.example"


def test_a_shop_that_names_no_page_gets_no_visit(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    reply = sandbox.form(f"/paypal/checkoutnow?token={order_id}", action="approve")
    assert reply.status == 200
    assert "Location" not in reply.headers
    assert sandbox.order(order_id).json["status"] == "APPROVED"


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "approve", "funding": "gold"},
        {"action": "approve", "buyer": "<script>alert(1)</script>"},
        {"action": "dance"},
        {},
    ],
)
def test_a_wrong_form_is_shown_again_with_a_sentence(sandbox: Sandbox, fields: dict[str, str]) -> None:
    order_id, path = _checkout(sandbox)
    reply = sandbox.form(path, **fields)
    assert reply.status == 400
    assert 'role="alert"' in reply.text
    assert "<script" not in reply.text
    assert sandbox.order(order_id).json["status"] == "PAYER_ACTION_REQUIRED"


@pytest.mark.parametrize(
    "path", ["/paypal/checkoutnow", "/paypal/checkoutnow?token=%3Cscript%3E", "/paypal/agreements/approve?x=y"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_token_is_a_page_that_says_so(sandbox: Sandbox, path: str, method: str) -> None:
    reply = sandbox.send(method, path, "action=approve", Content_Type="application/x-www-form-urlencoded")
    assert reply.status == 404
    assert "does not know" in reply.text
    assert "<script>" not in reply.text
    assert reply.headers["PayPal-Debug-Id"]


def test_a_finished_order_has_no_form_any_more(sandbox: Sandbox) -> None:
    path = f"/paypal/checkoutnow?token={sandbox.paid().json['id']}"
    for reply in (sandbox.send("GET", path), sandbox.form(path, action="approve")):
        assert reply.status == 410
        assert "finished" in reply.text
        assert "<form" not in reply.text


def test_an_expired_order_has_no_form_any_more(sandbox: Sandbox) -> None:
    order_id, path = _checkout(sandbox)
    sandbox.advance(hours=6)
    reply = sandbox.form(path, action="approve")
    assert (reply.status, "expired" in reply.text) == (410, True)
    assert sandbox.approve(order_id).status == 410


def test_a_setup_token_is_approved_on_a_page_too(sandbox: Sandbox) -> None:
    context = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL, "brand_name": "Market & Co"}
    setup = sandbox.setup_token(setup_request(description="Monthly 'plan'", experience_context=context)).json
    path = urlsplit(next(link["href"] for link in setup["links"] if link["rel"] == "approve"))
    page = sandbox.send("GET", f"{path.path}?{path.query}")
    assert "Monthly &#39;plan&#39;" in page.text
    assert "Market &amp; Co" in page.text
    assert _Form(page.text).values("action") == ["approve", "cancel"]
    reply = sandbox.form(f"{path.path}?{path.query}", action="approve", funding="ok", buyer="anna@home.example")
    wanted = f"{RETURN_URL}&approval_token_id={setup['id']}&approval_session_id={setup['id']}"
    assert (reply.status, reply.headers["Location"]) == (302, wanted)
    assert sandbox.payment_token(setup["id"]).status == 201
    gone = sandbox.send("GET", f"{path.path}?{path.query}")
    assert gone.status == 410


def test_an_expired_setup_token_has_no_form_any_more(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token().json["id"]
    sandbox.advance(days=3)
    assert sandbox.send("GET", f"/paypal/agreements/approve?approval_session_id={setup}").status == 410


def test_a_fragment_and_an_odd_query_of_the_return_url_survive(sandbox: Sandbox) -> None:
    context = {"return_url": "https://market.example/r?a=b%20c&&d#part", "cancel_url": CANCEL_URL}
    order_id, _ = _checkout(sandbox, experience_context=context)
    location = sandbox.approve(order_id).json["location"]
    assert re.fullmatch(
        rf"https://market\.example/r\?a=b%20c&&d&token={order_id}&PayerID=[2-9A-HJ-NP-Z]{{13}}#part", location
    )


def test_approving_twice_is_no_harm_and_the_last_choice_counts(sandbox: Sandbox) -> None:
    order_id, path = _checkout(sandbox)
    sandbox.form(path, action="approve", funding="declined")
    assert sandbox.form(path, action="approve", funding="ok").status == 302
    assert sandbox.capture(order_id).status == 201
