"""Only the web heads' networks may call ("only accessible from the webheads"); checked before anything else."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from solitude.configuration import Network
from solitude.telemetry import cef
from solitude.web.requests import Handler

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Those of the web heads, which are few.
ADDRESSES_KEPT = 128


class AllowedNetworks:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = caller_address(request)
        if address is not None and _within(address, settings.SOLITUDE_ALLOWED_NETWORKS):
            return self.get_response(request)
        cef.event("Network refused", 3, request=facts(request))
        return JsonResponse({"detail": "This address may not call."}, status=403)


def caller_address(request: HttpRequest) -> Address | None:
    """The caller's address: the peer, or what trusted proxies say of it.

    X-Forwarded-For is read from its end: each trusted proxy appended the peer that it saw, and what stands before the last
    untrusted address can be anybody's invention. None where an address cannot be read.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while address is not None and hops and _within(address, settings.SOLITUDE_TRUSTED_PROXIES):
        address = _parsed(hops.pop())
    return address


def facts(request: HttpRequest) -> dict[str, str]:
    """What a security event tells of a request."""
    client = getattr(request, "client", None)
    return {
        "method": request.method or "",
        "path_with_query": request.get_full_path(),
        "client": client.key if client else "",
        "src": str(caller_address(request) or ""),
        "dhost": request.META.get("HTTP_HOST", ""),
        "user_agent": request.headers.get("User-Agent", ""),
    }


@lru_cache(ADDRESSES_KEPT)
def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
