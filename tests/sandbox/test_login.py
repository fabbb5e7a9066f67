"""Log in with PayPal: page, code, tokens, and what is told by scope."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from tests.sandbox.client import SELLER, Reply, Sandbox

ATTRIBUTES = "https://uri.paypal.com/services/paypalattributes"
BACK = "https://market.example/login?x=1"
USERINFO = "/paypal/v1/identity/oauth2/userinfo?schema=paypalv1.1"
OPENID_USERINFO = "/paypal/v1/identity/openidconnect/userinfo?schema=openid"


def _page(scope: str = f"openid profile email address phone {ATTRIBUTES}", **more: str) -> str:
    query = {
        "flowEntry": "static",
        "client_id": "sandbox-client",
        "response_type": "code",
        "scope": scope,
        "redirect_uri": BACK,
        "state": "a-state",
        "nonce": "a-nonce",
    } | more
    return f"/paypal/signin/authorize?{urlencode(query)}"


def _code(sandbox: Sandbox, **more: str) -> str:
    reply = sandbox.form(_page(**more), action="allow", email=SELLER)
    assert reply.status == 302, reply.text
    return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]


def _ask(sandbox: Sandbox, grant: str, **fields: str) -> Reply:
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    body = urlencode({"grant_type": grant, **fields})
    kind = "application/x-www-form-urlencoded"
    return sandbox.send("POST", "/paypal/v1/oauth2/token", body, Authorization=f"Basic {basic}", Content_Type=kind)


def _tokens(sandbox: Sandbox, **more: str) -> Any:
    reply = _ask(sandbox, "authorization_code", code=_code(sandbox, **more), redirect_uri=BACK)
    assert reply.status == 200, reply.text
    return reply.json


def _told(sandbox: Sandbox, token: str, path: str = USERINFO) -> Reply:
    return sandbox.send("GET", path, Authorization=f"Bearer {token}")


def test_a_person_who_allows_it_is_known(sandbox: Sandbox) -> None:
    tokens = _tokens(sandbox)
    told = _told(sandbox, tokens["access_token"]).json
    assert told["emails"] == [{"value": SELLER, "primary": True, "confirmed": True}]
    assert (told["given_name"], told["family_name"], told["account_type"]) == ("Sandbox", "Seller", "BUSINESS")
    assert told["address"]["street_address"] == "1 Main St\nSuite 7"
    assert len(told["payer_id"]) == 13
    other = _told(sandbox, tokens["access_token"], OPENID_USERINFO).json
    assert (other["email"], other["email_verified"], other["sub"]) == (SELLER, True, told["user_id"])


def test_only_the_scopes_that_were_asked_for_are_told(sandbox: Sandbox) -> None:
    told = _told(sandbox, _tokens(sandbox, scope="openid email")["access_token"]).json
    assert told.keys() == {"user_id", "emails"}


def test_the_id_token_is_signed_and_names_the_nonce(sandbox: Sandbox) -> None:
    signed, _, signature = _tokens(sandbox)["id_token"].rpartition(".")
    digest = hmac.digest(b"sandbox-secret", signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature
    claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    assert (claims["nonce"], claims["aud"]) == ("a-nonce", "sandbox-client")


def test_a_person_who_refuses_comes_back_without_a_code(sandbox: Sandbox) -> None:
    back = urlsplit(sandbox.form(_page(), action="refuse", email="").headers["Location"])
    query = dict(parse_qsl(back.query))
    assert (query["error"], query["state"], query["x"]) == ("access_denied", "a-state", "1")
    assert "code" not in query


def test_a_code_is_good_once_for_ten_minutes_and_for_its_address(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    assert _ask(sandbox, "authorization_code", code=code, redirect_uri=BACK).status == 200
    again = _ask(sandbox, "authorization_code", code=code, redirect_uri=BACK)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    elsewhere = _ask(sandbox, "authorization_code", code=_code(sandbox), redirect_uri="https://evil.example/")
    assert elsewhere.json["error"] == "invalid_grant"
    late = _code(sandbox)
    sandbox.advance(minutes=10)
    assert _ask(sandbox, "authorization_code", code=late, redirect_uri=BACK).json["error"] == "invalid_grant"


def test_a_refresh_token_makes_new_access_tokens(sandbox: Sandbox) -> None:
    tokens = _tokens(sandbox)
    sandbox.advance(seconds=tokens["expires_in"])
    assert _told(sandbox, tokens["access_token"]).status == 401
    renewed = _ask(sandbox, "refresh_token", refresh_token=tokens["refresh_token"]).json
    assert _told(sandbox, renewed["access_token"]).json["emails"][0]["value"] == SELLER
    assert _ask(sandbox, "refresh_token", refresh_token="nonsense").json["error"] == "invalid_grant"


def test_a_persons_token_is_for_persons_data_alone(sandbox: Sandbox) -> None:
    token = _tokens(sandbox)["access_token"]
    assert sandbox.create(Authorization=f"Bearer {token}").issue == "PERMISSION_DENIED"
    assert _told(sandbox, sandbox.token()).issue == "PERMISSION_DENIED"
    assert _told(sandbox, token, "/paypal/v1/identity/oauth2/userinfo").issue == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"response_type": "token"},
        {"scope": "email"},
        {"scope": "openid gifts"},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": "x" * 1001},
    ],
)
def test_a_link_that_is_wrong_leads_nowhere(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    for reply in (sandbox.send("GET", _page(**wrong)), sandbox.form(_page(**wrong), action="allow", email=SELLER)):
        assert reply.status == 400
        assert "Location" not in reply.headers


def test_a_login_meets_faults_of_its_own(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    sandbox.fault("person_token", "error_503")
    assert sandbox.ask_token().status == 200
    assert _ask(sandbox, "authorization_code", code=code).status == 503
    assert _ask(sandbox, "authorization_code", code=code).status == 200
