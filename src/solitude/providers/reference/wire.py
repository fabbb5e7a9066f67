"""The way to a provider that speaks the reference interface.

Signed as RFC 5849 says (OAuth 1.0a, HMAC-SHA1) with the provider's key and secret and no user's token: the method, the URL and its
query are covered, a JSON body is not.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.conf import settings
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, Client

from solitude.outbound.json_api import JsonApi, Reply
from solitude.outbound.record import Kept
from solitude.providers.reference.configured import ReferenceProvider

# There are no users' tokens; some servers want the parameter all the same.
NO_TOKEN: Final = "not-implemented"  # noqa: S105  # it says so itself
# The status by which such a provider does not take our signature; 403 it says of what we ask for.
CREDENTIALS_REFUSED = 401
# What the call log keeps in clear. A transaction's token lets anybody pay, and a notice's query is proof of a payment; names and
# e-mail addresses are of persons: nothing outside this list is kept.
KEPT = Kept(
    keys=frozenset(
        """uuid status resource_pk resource_name ext_transaction_id carrier region currency price pay_method product_id seller_id
        external_id agreement code result""".split()
    ),
    headers=frozenset({"content-type", "retry-after"}),
)


@cache
def wire(provider: ReferenceProvider) -> JsonApi:
    """The one of this process; the settings name so many providers as there are."""

    def sign(method: str, url: str) -> Mapping[str, str]:
        oauth = Client(
            provider.key,
            client_secret=provider.secret,
            resource_owner_key=NO_TOKEN,
            signature_method=SIGNATURE_HMAC_SHA1,
            realm=provider.realm or None,
        )
        _, headers, _ = oauth.sign(url, http_method=method)
        return dict(headers)

    return JsonApi(
        provider.name,
        provider.url,
        sign=sign,
        kept=KEPT,
        timeout_ms=settings.SOLITUDE_REFERENCE_TIMEOUT_MS,
        connect_timeout_ms=settings.SOLITUDE_REFERENCE_CONNECT_TIMEOUT_MS,
        limit=settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX,
    )


def error_of(reply: Reply) -> dict[str, Any]:
    """What the provider says of an error: `code`, `name`, `message`. Empty where it says nothing in that form."""
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    return error if isinstance(error, dict) else {}
