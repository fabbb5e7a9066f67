"""The root application: the console, and each simulated provider under its name."""

from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.bango import Bango
from solitude_sandbox.braintree import Braintree
from solitude_sandbox.paypal import PayPal
from solitude_sandbox.reference import Reference

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SIMULATORS = "solitude.simulators"
_PROVIDER = Markup(
    '<p class="lead">Base of the API and of the pages: <code>{0}</code>. <a href="{0}{1}">Move its clock or break it</a></p>{2}'
)


class Simulated(Protocol):
    """One simulated provider: a WSGI application that is mounted under its name."""

    title: str
    # Where its controls are, below where it is mounted.
    controls: str

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]: ...

    def close(self) -> None:
        """End what runs in the background."""

    def console(self, base: str) -> Markup:
        """Its section of the console; `base` is where it is mounted."""


Maker = Callable[[int | None], Simulated]
# By the path under which each is mounted. With a seed all identifiers are the same in every run.
PROVIDERS: dict[str, Maker] = {
    "paypal": PayPal,
    "bango": Bango,
    "reference": Reference,
    "braintree": Braintree,
}


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
    providers = {name: make(seed) for name, make in (PROVIDERS | _of_packages()).items()}

    def console(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if request.path != "/":
            response = Response("Not found. The console is at /.\n", 404)
        elif request.method not in ("GET", "HEAD"):
            response = Response("The console is read with GET.\n", 405, headers={"Allow": "GET, HEAD"})
        else:
            response = Response(_overview(request.root_url, providers), content_type=html.CONTENT_TYPE)
        return response(environ, start_response)

    def close() -> None:
        for provider in providers.values():
            provider.close()

    mounts: dict[str, WSGIApplication] = {f"/{name}": provider for name, provider in providers.items()}
    return Sandbox(DispatcherMiddleware(console, mounts), close)


def _of_packages() -> dict[str, Maker]:
    """The simulators that other packages bring along, by entry points of the group `solitude.simulators`."""
    found = entry_points(group=SIMULATORS)
    taken = sorted(PROVIDERS.keys() & found.names)
    if taken:
        raise ValueError(f"A package has a simulator with the name of one that is here: {', '.join(taken)}.")
    return {point.name: point.load() for point in found}


def _overview(root: str, providers: dict[str, Simulated]) -> str:
    sections = [_section(f"{root}{name}", provider) for name, provider in providers.items()]
    if len(sections) == 1:
        (title,) = (provider.title for provider in providers.values())
        return html.page(title, sections[0])
    titled = [html.section(each.title, content) for each, content in zip(providers.values(), sections, strict=True)]
    return html.page("Provider simulators", html.join(titled))


def _section(base: str, provider: Simulated) -> Markup:
    return _PROVIDER.format(base, provider.controls, provider.console(base))
