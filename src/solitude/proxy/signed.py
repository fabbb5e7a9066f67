"""Who asks the proxy: nobody but the database process, which signs what it asks."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest

from solitude.outbound import vouching
from solitude.web import signature
from solitude.web.clients import Client
from solitude.web.signed import BadSignature


@dataclass(frozen=True, slots=True)
class Proven:
    """A verified request: the secret that it was signed with, its name, its times (Unix seconds) and path and query as they were sent."""

    client: Client
    secret: str = field(repr=False)
    name: str
    issued: int
    expires: int
    until: int
    target: str

    def left_s(self) -> float:
        """How long it may be passed on from now. That its token is believed `until` a little later, because clocks differ, makes that no
        longer; nor does a clock of ours that is behind."""
        return min(self.expires - time.time(), self.expires - self.issued)


def verified(request: HttpRequest, names: Collection[str] | None = None) -> Proven:
    """The signature of a request to the proxy, which covers its headers of these names too. Raises BadSignature."""
    failure = BadSignature("SOLITUDE_PROXY_SECRETS is empty.")
    for secret in settings.SOLITUDE_PROXY_SECRETS:
        client = Client(vouching.DATABASE, (secret.encode(),))
        try:
            signed, claims = signature.verified(request, {client.key: client}, vouching.PROXY)
        except BadSignature as error:
            failure = error
            continue
        if names is not None and claims.get(vouching.HEADERS_CLAIM) != vouching.digest(request.headers, names):
            raise BadSignature("The claim hsh is not these headers.")
        return Proven(client, secret, signed.name, claims["iat"], claims["exp"], signed.until, claims["htu"])
    raise failure
