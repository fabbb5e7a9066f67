"""Log in with PayPal: a seller lets us read its personal data. OpenID Connect's authorization code flow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jwt
from django.conf import settings

from solitude.providers.paypal.rest.answered import answered, asked, unlike
from solitude.providers.paypal.rest.wire import Ask, Reply, TokenRefused, Wire
from solitude.providers.paypal.sellers.permission_names import ADVANCED_DATA
from solitude.providers.paypal.unanswered import not_ours
from solitude.telemetry.redaction import Secret

USERINFO = "/v1/identity/oauth2/userinfo?schema=paypalv1.1"
ATTRIBUTES = "https://uri.paypal.com/services/paypalattributes"
# The country is part of the address.
_BASIC = ("openid", "profile", "email", "address", ATTRIBUTES)
_ADVANCED = (*_BASIC, "phone")
# What PayPal calls a code or a refresh token that is good for nothing.
INVALID_GRANT = "invalid_grant"


@dataclass(frozen=True, slots=True)
class Login:
    """What a code was worth. `nonce` is what PayPal's answer names; None where it names nothing."""

    refresh_token: Secret
    scopes: str
    nonce: str | None


def address(state: str, nonce: str, return_url: str, permissions: Iterable[str]) -> str:
    """Where the seller logs in and lets us know these data. Raises NotDone where nobody has said who asks for them."""
    if not settings.SOLITUDE_PAYPAL_CLIENT_ID:
        raise not_ours((), "log_in")
    query = {
        "flowEntry": "static",
        "client_id": settings.SOLITUDE_PAYPAL_CLIENT_ID,
        "response_type": "code",
        "scope": " ".join(_ADVANCED if ADVANCED_DATA in permissions else _BASIC),
        "redirect_uri": return_url,
        "state": state,
        "nonce": nonce,
    }
    return f"{settings.SOLITUDE_PAYPAL_WEB_URL}/signin/authorize?{urlencode(query, quote_via=quote)}"


def exchange(wire: Wire, code: str, return_url: str) -> Login:
    """What the code is worth, once. Raises NotDone."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": return_url}
    reply = _granted(wire, fields, "log_in")
    refresh, scopes = reply.body.get("refresh_token"), reply.body.get("scope")
    if not isinstance(refresh, str) or not refresh or not isinstance(scopes, str):
        raise unlike(reply)
    return Login(Secret(refresh), scopes, _nonce(reply))


def person(wire: Wire, refresh_token: Secret) -> dict[str, str]:
    """Who the seller is, by our names; only what PayPal tells. Raises NotDone."""
    reply = _granted(wire, {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}, "renew_log_in")
    token = reply.body.get("access_token")
    if not isinstance(token, str) or not token:
        raise unlike(reply)
    told = asked(wire, Ask("GET", USERINFO, "userinfo", vault=True, bearer=Secret(token)))
    if told.status == 404:
        raise unlike(told)
    return _read(told.body)


def _granted(wire: Wire, fields: Mapping[str, str], operation: str) -> Reply:
    try:
        reply = answered(wire.grant(fields, operation))
    except TokenRefused as error:
        raise not_ours(error.exchanges, operation) from None
    if reply.status == 404:
        raise unlike(reply)
    return reply


def _nonce(reply: Reply) -> str | None:
    """The nonce in the ID token. That it came from PayPal itself, over TLS, is proof enough (OpenID Connect Core, 3.1.3.7)."""
    token = reply.body.get("id_token")
    if token is None:
        return None
    try:
        claims = jwt.decode(
            str(token),
            audience=settings.SOLITUDE_PAYPAL_CLIENT_ID,
            options={"verify_signature": False, "verify_aud": True},
        )
    except jwt.InvalidTokenError:
        raise unlike(reply) from None
    return str(claims.get("nonce", ""))


def _read(told: Mapping[str, Any]) -> dict[str, str]:
    found = told.get("address")
    place: Mapping[str, Any] = found if isinstance(found, dict) else {}
    street, _, more = str(place.get("street_address") or "").partition("\n")
    values = {
        "first_name": told.get("given_name"),
        "last_name": told.get("family_name"),
        "full_name": told.get("name"),
        "email": _email(told),
        "country": place.get("country"),
        "payerID": told.get("payer_id"),
        "post_code": place.get("postal_code"),
        "address_one": street,
        "address_two": more.replace("\n", ", "),
        "city": place.get("locality"),
        "state": place.get("region"),
        "phone": told.get("phone_number"),
    }
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def _email(told: Mapping[str, Any]) -> Any:
    """The primary one of several."""
    emails = told.get("emails")
    listed = [email for email in emails if isinstance(email, dict)] if isinstance(emails, list) else []
    primary = [email for email in listed if email.get("primary")] or listed
    return primary[0].get("value") if primary else told.get("email")
