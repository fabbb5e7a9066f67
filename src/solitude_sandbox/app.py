"""The root application: the console, and each simulated provider under its name."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.paypal import PayPal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PAYPAL = Markup(
    '<p class="lead">Base of the API and of the pages: <code>{0}</code>. <a href="{0}/sandbox/console/controls">Move its clock or '
    "break it</a></p>{1}"
)


class Sandbox:
    """The WSGI application, and how to end what it does in the background."""

    def __init__(self, application: "WSGIApplication", close: Callable[[], None]) -> None:
        self._application = application
        self.close = close

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self._application(environ, start_response)


def create_app(seed: int | None = None) -> Sandbox:
    """A new sandbox with empty books. It speaks WSGI; `server` knows how to lose its answers on the wire.

    With a `seed` all identifiers are the same in every run that makes the same requests in the same order.
    """
    paypal = PayPal(seed)

    def console(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if request.path != "/":
            response = Response("Not found. The console is at /.\n", 404)
        elif request.method not in ("GET", "HEAD"):
            response = Response("The console is read with GET.\n", 405, headers={"Allow": "GET, HEAD"})
        else:
            base = f"{request.root_url}paypal"
            content = _PAYPAL.format(base, paypal.console(base))
            response = Response(html.page("PayPal", content), content_type=html.CONTENT_TYPE)
        return response(environ, start_response)

    return Sandbox(DispatcherMiddleware(console, {"/paypal": paypal}), paypal.close)
