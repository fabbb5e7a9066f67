"""Permissions/RequestPermissions, /GetAccessToken, /GetPermissions and /CancelPermissions.

The owner of an account is asked on a page; a verification code from there is turned into a token and its secret.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.permission import SCOPES, Permission

REQUEST_LIFE = timedelta(hours=3)
VERIFIER_LIFE = timedelta(minutes=15)


@dataclass(eq=False)
class PermissionRequest:
    """The question to an account's owner. `verifier` is the code that the owner's consent made; it is good once."""

    token: str
    scopes: tuple[str, ...]
    callback: str
    created: datetime
    account: Account | None = None
    verifier: str | None = None
    granted: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether nobody can consent any more."""
        return now >= self.created + REQUEST_LIFE

    def grant(self, account: Account, verifier: str, now: datetime) -> None:
        """The owner agrees."""
        self.account, self.verifier, self.granted = account, verifier, now

    def verified_by(self, code: str, now: datetime) -> bool:
        """Whether this is the code, unused and in time."""
        if self.verifier is None or self.granted is None or now >= self.granted + VERIFIER_LIFE:
            return False
        return hmac.compare_digest(self.verifier.encode(), code.encode())


def request_permissions(books: Books, call: ClassicCall) -> Tree:
    """Permissions/RequestPermissions."""
    scopes = call.fields.texts("scope")
    if not scopes:
        raise call.fields.missing("scope(0)")
    for index, scope in enumerate(scopes):
        if scope not in SCOPES:
            raise call.fields.wrong(f"scope({index})")
    callback = call.fields.required_url("callback")
    asked = PermissionRequest(books.ids.permission_token(), tuple(dict.fromkeys(scopes)), callback, call.look.now)
    books.permission_requests.put(asked.token, asked)
    return {"token": asked.token}


def get_access_token(books: Books, call: ClassicCall) -> Tree:
    """Permissions/GetAccessToken."""
    asked = books.permission_requests.get(call.fields.required("token"))
    verifier = call.fields.required("verifier")
    if asked is None:
        raise call.fields.wrong("token")
    if asked.account is None or not asked.verified_by(verifier, call.look.now):
        raise call.fields.wrong("verifier")
    asked.verifier = None
    ids = books.ids
    permission = Permission(ids.permission_token(), ids.secret(), asked.account, asked.scopes, call.look.now)
    books.permissions.put(permission.token, permission)
    return {"scope": permission.scopes, "token": permission.token, "tokenSecret": permission.secret}


def get_permissions(books: Books, call: ClassicCall) -> Tree:
    """Permissions/GetPermissions."""
    return {"scope": _permission(books, call).scopes}


def cancel_permissions(books: Books, call: ClassicCall) -> Tree:
    """Permissions/CancelPermissions."""
    _permission(books, call).cancelled = True
    return {}


def _permission(books: Books, call: ClassicCall) -> Permission:
    """The live permission that the request names."""
    permission = books.permissions.get(call.fields.required("token"))
    if permission is None or permission.cancelled:
        raise call.fields.wrong("token")
    return permission
