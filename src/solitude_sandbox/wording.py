"""How the consoles write small things: times, identifiers, addresses."""

import re

from markupsafe import Markup, escape


def time(stamp: str) -> Markup:
    """A time (UTC), without the letters that only programs need; a line may end before the hour."""
    return Markup('<time datetime="{}">{} {}</time>').format(stamp, whole(stamp[:10]), stamp[11:19])


def code(text: str) -> Markup:
    """An identifier."""
    return Markup("<code>{}</code>").format(text)


def words(name: str) -> Markup:
    """A long name, that may end its line after a dot or an underscore."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(name))))  # noqa: S704 - escaped


def address(url: str) -> Markup:
    """A URL, that may end its line where its path begins or goes on."""
    return Markup(re.sub(r"(?<![:/])/(?!/)", "<wbr>/", str(escape(url))))  # noqa: S704 - escaped


def whole(text: str) -> Markup:
    """What must stand on one line."""
    return Markup('<span class="whole">{}</span>').format(text)
