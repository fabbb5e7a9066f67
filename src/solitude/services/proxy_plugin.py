"""`solitude check` of a proxy: on its own machine, or on that of a database process, which its settings lead to it."""

import json
import time
import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings

from solitude.outbound import hop, probes, vouching
from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Request
from solitude.services import health
from solitude.services.finding import CRITICAL, OK, UNKNOWN, WARNING, Finding, took

_STATUS, _REQUEST = "/services/status/", "/services/request/"


def is_proxy(url: str) -> bool:
    """Whether the settings name this URL as that of the proxy."""
    roots = {known.partition("/proxy/")[0] for known in settings.PROXIES.values() if known}
    return url.rstrip("/") in roots


def found(url: str, timeout_s: int) -> list[Finding]:
    """What the proxy at `url` says, or, without one, what a proxy on this machine with the same settings would."""
    if not url:
        return _here()
    timeout_ms = timeout_s * 1000
    try:
        outlet = Outlet(
            "proxy",
            base_urls=[url],
            connect_timeout_ms=timeout_ms,
            read_timeout_ms=timeout_ms,
            total_timeout_ms=timeout_ms,
            ca_file=settings.SOLITUDE_PROXY_CA_FILE,
            identity=hop.identity(),
            breaks=False,
        )
    except ValueError:
        return [Finding(UNKNOWN, "--url: must be https")]
    return [_status(outlet, url.rstrip("/")), _signing(outlet, url.rstrip("/"))]


def _here() -> list[Finding]:
    found = [Finding(OK, "the proxy has no database")]
    if not probes.all_answer(settings.SOLITUDE_STATUS_PROBE_LIFE_S):
        found.append(Finding(WARNING, "a provider does not answer"))
    return found


def _status(outlet: Outlet, url: str) -> Finding:
    begun = time.monotonic()
    try:
        answer = outlet.send(Request("GET", url + _STATUS, operation="check"))
    except (NotSent, NoAnswer) as error:
        return Finding(CRITICAL, f"the proxy does not answer ({error.reason})")
    data, said = took("status", begun), _json(answer)
    if set(said) != set(health.Health.__annotations__):
        return Finding(CRITICAL, f"the proxy says {answer.status} and nothing of its status", data)
    if answer.status != HTTPStatus.OK:
        return Finding(CRITICAL, "the proxy has a database", data)
    return Finding(OK if said["proxies"] else WARNING, _words(proxies=bool(said["proxies"])), data)


def _words(*, proxies: bool) -> str:
    return "the proxy is well" if proxies else "a provider of the proxy's does not answer"


def _signing(outlet: Outlet, url: str) -> Finding:
    begun, nothing = time.monotonic(), dict[str, str]()
    wrong = [
        secret
        for secret in settings.SOLITUDE_PROXY_SECRETS
        if not _is_taken(
            outlet, url, vouching.authorization(secret, uuid.uuid4().hex, "GET", _REQUEST, b"", nothing, ())
        )
    ]
    if wrong:
        return Finding(CRITICAL, f"{len(wrong)} of {len(settings.SOLITUDE_PROXY_SECRETS)} secrets are not taken")
    return Finding(OK, "signing works", took("request", begun))


def _is_taken(outlet: Outlet, url: str, authorization: str) -> bool:
    try:
        answer = outlet.send(Request("GET", url + _REQUEST, {"Authorization": authorization}, operation="check"))
    except (NotSent, NoAnswer):
        return False
    return _json(answer).get("authenticated") == vouching.DATABASE


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
