"""The self-billing agreement: read, accepted, and kept until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.bango.world import package
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Answer, Marketplace, encoded

from solitude.providers.bango import asking, terms
from solitude.providers.bango.soap.wire import Reply

PATHS = ("/bango/sbi/", "/bango/sbi/agreement/")


def read(shop: Marketplace, path: str, body: Any, **headers: str) -> Answer:
    return shop.send("GET", path, encoded(body), **headers)


@pytest.mark.parametrize("path", PATHS)
def test_the_agreement_is_read_with_our_terms_before_it(shop: Marketplace, bango: BangoSimulator, path: str) -> None:
    answer = read(shop, path, {"seller_bango": package(shop)["resource_uri"]})
    ours, rule, theirs = answer["text"].partition("<hr>")
    assert (answer.status, answer["accepted"], answer["expires"]) == (200, None, None)
    assert answer["valid"] == "2013-01-01T00:00:00.000Z"
    assert ours == terms.text("en-US")
    assert (rule + theirs).startswith("<hr>\n<h2>Self-billing agreement</h2>\nSELF-BILLING AGREEMENT<br>\n")
    assert "<br>\n<br>\n1. The developer agrees" in theirs


def test_what_looks_like_html_in_bangos_text_is_shown_as_it_is(
    shop: Marketplace, bango: BangoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = package(shop)["resource_uri"]
    said = {"sbiAgreement": "a <script>\r\nb & c", "sbiAgreementValidFrom": datetime(2014, 1, 1, tzinfo=UTC)}
    monkeypatch.setattr(asking, "ask", lambda *_: Reply("OK", "", said, ()))
    assert read(shop, PATHS[0], {"seller_bango": path})["text"].endswith("a &lt;script&gt;<br>\nb &amp; c")


def test_the_terms_are_in_the_language_that_we_have(monkeypatch: pytest.MonkeyPatch) -> None:
    english = terms.text("")
    assert english.startswith("<h2>")
    for accepted in ("en-US", "nl, fr;q=0.3", "x" * 10_000, "*"):
        assert terms.text(accepted) == english
    monkeypatch.setattr(terms, "_known", lambda: {"en-US": english, "nl": "Voorwaarden"})
    assert terms.text("fr, nl;q=0.7, en-US;q=0.5") == "Voorwaarden"
    assert terms.text("fr, en-us, nl;q=0.7") == english


@pytest.mark.parametrize("path", PATHS)
def test_an_acceptance_is_kept_until_it_expires(shop: Marketplace, bango: BangoSimulator, path: str) -> None:
    made = package(shop)
    body = {"seller_bango": made["resource_uri"]}
    answer = shop.post(path, body)
    accepted, expires = (datetime.fromisoformat(answer[name]) for name in ("accepted", "expires"))
    assert (answer.status, answer["text"], answer["valid"]) == (200, "", None)
    assert expires - accepted == timedelta(days=365)
    kept = shop.get(made["resource_uri"])
    assert (kept["sbi_expires"], kept["counter"]) == (answer["expires"], 1)
    again = shop.post(path, body)
    assert (again.status, again.json) == (200, answer.json), "accepted already is accepted"
    assert shop.get(made["resource_uri"])["counter"] == 1, "nothing has changed"
    assert [len(bango.calls(name)) for name in ("AcceptSBIAgreement", "GetAcceptedSBIAgreement")] == [2, 2]


def test_an_agreement_that_bango_calls_not_accepted_is_not_kept(
    shop: Marketplace, bango: BangoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty time of Bango's machines is the first of January of the year 1."""
    made = package(shop)
    shop.post(PATHS[0], {"seller_bango": made["resource_uri"]})
    nothing = datetime(1, 1, 1, tzinfo=UTC)
    said = {"sbiAgreementAccepted": False, "acceptedSBIAgreement": nothing, "sbiAgreementExpires": nothing}
    monkeypatch.setattr(asking, "ask", lambda *_, **__: Reply("OK", "", said, ()))
    answer = shop.post(PATHS[0], {"seller_bango": made["resource_uri"]})
    assert (answer["accepted"], answer["expires"], shop.get(made["resource_uri"])["sbi_expires"]) == (None, None, None)


def test_whose_agreement_must_be_said(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    for body in ({}, {"seller_bango": "/bango/package/999/"}, {"seller_bango": made["package_id"]}):
        for answer in (read(shop, PATHS[0], body), shop.post(PATHS[0], body)):
            assert (answer.status, list(answer.json)) == (400, ["seller_bango"])
    assert shop.get(PATHS[0]).json == {"seller_bango": ["FIELD_REQUIRED"]}
    unknown = shop.get(f"{PATHS[0]}?seller_bango=1")
    assert unknown.status == 400


def test_what_bango_refuses_is_told_and_nothing_is_kept(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    body = {"seller_bango": made["resource_uri"]}
    for operation in ("AcceptSBIAgreement", "GetAcceptedSBIAgreement"):
        bango.fault(operation, "issue:INVALID_PACKAGEID")
        answer = shop.post(PATHS[0], body)
        assert (answer.status, answer["__bango__"]) == (400, "INVALID_PACKAGEID")
    bango.fault("GetSBIAgreement", "issue:INTERNAL_ERROR")
    assert read(shop, PATHS[0], body).json == {"error": "BangoError"}
    assert shop.get(made["resource_uri"])["sbi_expires"] is None
