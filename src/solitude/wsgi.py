"""The WSGI application, for `solitude serve` and for any other WSGI server."""

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

from solitude.events import ending
from solitude.services import starting
from solitude.telemetry import metrics, tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
_application = get_wsgi_application()
starting.begin("proxy" if settings.SOLITUDE_PROXY else "server")
ending.watch()
metrics.configure(settings.SOLITUDE_STATSD, settings.SOLITUDE_STATSD_PREFIX)
tracing.configure(settings.SOLITUDE_TRACING_ENDPOINT, "proxy" if settings.SOLITUDE_PROXY else "serve")

# What Django does at both ends of each request, and what comes to nothing here: a request lets go of its connection with its turn, there
# is one URLconf, there are no caches, and nobody counts statements.
for _signal, _receiver in (
    (request_started, reset_queries),
    (request_started, close_old_connections),
    (request_finished, close_old_connections),
    (request_finished, close_caches),
    (request_finished, reset_urlconf),
):
    _signal.disconnect(_receiver)

# The keys of PEP 3333, and those of the server about the peer.
_PASSED = {
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME",
    "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR", "REMOTE_PORT",
}  # fmt: skip


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Passes on what the request is, and nothing else: the server puts the whole process environment beside it."""
    passed = {name: value for name, value in environ.items() if name in _PASSED or name.startswith(("HTTP_", "wsgi."))}
    response: Any = _application(passed, start_response)
    if getattr(response, "streaming", True):
        return response  # type: ignore[no-any-return]
    # The server sends a list at once, and asks all else for one piece after the other.
    response.close()
    return [response.content]
