"""The console as a person uses it: reads a page, presses one of its buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tests.sandbox.client import Reply, Sandbox

CONSOLE = "/paypal/sandbox/console"


@dataclass
class Form:
    """A form: where it is sent, what its fields hold, and its buttons by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """A page that was read. Every tag must be closed, or be one that never is."""

    VOID = frozenset({"meta", "input", "br", "link", "wbr"})

    def __init__(self, path: str, reply: Reply) -> None:
        super().__init__()
        self.path, self.status, self.text = path, reply.status, reply.text
        self.forms: list[Form] = []
        self.shown = ""
        self._open: list[str] = []
        self._button: tuple[str, str] | None = None
        self._select = ""
        self.feed(reply.text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and "name" in given and (given.get("type") != "radio" or "checked" in given):
            self.forms[-1].fields[given["name"]] = given["value"]
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self.forms[-1].fields:
                self.forms[-1].fields[self._select] = given["value"]
        elif tag == "button":
            self._button = (given["name"], given["value"])

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.shown += data
        if self._button is not None:
            self.forms[-1].buttons[data] = self._button

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "button":
            self._button = None
        elif tag == "select":
            self._select = ""
        elif tag in ("p", "td", "dd", "li", "h1", "h2"):
            self.shown += "\n"

    def form(self, button: str, about: str = "") -> Form:
        """The first form with this button and, if named, a field about that thing."""
        return next(
            form for form in self.forms if button in form.buttons and (not about or about in form.fields.values())
        )

    def has(self, button: str, about: str = "") -> bool:
        return any(button in form.buttons and about in form.fields.values() for form in self.forms)


def see(sandbox: Sandbox, name: str = "", console: str = CONSOLE) -> Page:
    """A page of a simulator's console, PayPal's unless another is named."""
    path = f"{console}/{name}".rstrip("/")
    return Page(path, sandbox.send("GET", path))


def press(sandbox: Sandbox, page: Page, button: str, about: str = "", **entered: str) -> Page:
    """Presses a button after filling in its form; the page that one is then on."""
    form = page.form(button, about)
    name, value = form.buttons[button]
    assert entered.keys() <= form.fields.keys(), "the form has no such field"
    target = urlsplit(form.action).path or page.path
    reply = sandbox.form(target, **{**form.fields, **entered, name: value})
    if reply.status != 303:
        return Page(target, reply)
    back = urlsplit(reply.headers["Location"]).path
    return Page(back, sandbox.send("GET", back))
