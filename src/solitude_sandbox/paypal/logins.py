"""Log in with PayPal: a person lets a client know who it is. Page -> code -> access and refresh token.

OpenID Connect's authorization code flow, as far as PayPal documents it. The claims are in `identity`.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from solitude_sandbox.paypal import accounts
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.oauth import AccessTokens, Login
from solitude_sandbox.paypal.times import AUTHORIZATION_CODE_LIFE, PERSON_TOKEN_LIFE_S, REFRESH_TOKEN_LIFE
from solitude_sandbox.store import BoundedStore

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN)

CODES_LIMIT = 10_000
REFRESH_TOKENS_LIMIT = 10_000


class GrantError(Exception):
    """OAuth's refusal: `error` and `error_description` of RFC 6749."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description

    def as_json(self) -> Json:
        """The form of its own that errors of this call have."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True)
class _Code:
    login: Login
    redirect_uri: str
    nonce: str
    until: datetime


@dataclass(frozen=True)
class _Refresh:
    login: Login
    until: datetime


class Logins:
    """Codes and refresh tokens that were handed out. Not thread-safe: the books' lock is held."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._codes: BoundedStore[str, _Code] = BoundedStore(CODES_LIMIT)
        self._refreshes: BoundedStore[str, _Refresh] = BoundedStore(REFRESH_TOKENS_LIMIT)

    def allow(self, login: Login, redirect_uri: str, nonce: str, now: datetime) -> str:
        """The person agrees; returns the code that it brings back."""
        code = self._ids.authorization_code()
        self._codes.put(code, _Code(login, redirect_uri, nonce, now + AUTHORIZATION_CODE_LIFE))
        return code

    def grant(self, tokens: AccessTokens, client_id: str, form: dict[str, str], now: datetime) -> Json:
        """The answer to a client that brings a code or a refresh token; `GrantError` if it is not good."""
        if form.get("grant_type") == REFRESH_TOKEN:
            kept = self._refreshes.get(form.get(REFRESH_TOKEN, ""))
            if kept is None or kept.login.client_id != client_id or now >= kept.until:
                raise GrantError("invalid_grant", "The refresh token is unknown, has expired, or is another client's")
            return tokens.issue_for(kept.login, PERSON_TOKEN_LIFE_S, now)
        code = self._taken(form, client_id, now)
        refresh = self._ids.refresh_token()
        self._refreshes.put(refresh, _Refresh(code.login, now + REFRESH_TOKEN_LIFE))
        answer = tokens.issue_for(code.login, PERSON_TOKEN_LIFE_S, now) | {REFRESH_TOKEN: refresh}
        return answer | {"id_token": _id_token(code, now)}

    def _taken(self, form: dict[str, str], client_id: str, now: datetime) -> _Code:
        """The code, which is gone then, whatever becomes of it."""
        given = form.get("code", "")
        code = self._codes.get(given)
        self._codes.remove(given)
        if code is None or code.login.client_id != client_id or now >= code.until:
            raise GrantError("invalid_grant", "The code is unknown, was used, has expired, or is another client's")
        if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise GrantError("invalid_grant", "The redirect URI is not the one that the code was made for")
        return code


def _id_token(code: _Code, now: datetime) -> str:
    """A JWT, signed with the client's secret (HS256)."""
    claims = {
        "iss": "https://www.paypal.com",
        "aud": code.login.client_id,
        "sub": code.login.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=PERSON_TOKEN_LIFE_S)).timestamp()),
        **({"nonce": code.nonce} if code.nonce else {}),
    }
    signed = f"{_part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_part(json.dumps(claims).encode())}"
    digest = hmac.digest(accounts.CLIENT_SECRET.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_part(digest)}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
