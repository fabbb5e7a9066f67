"""The shop's pages. Plain HTML without scripts; everything that is filled in is escaped by `Markup.format`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from markupsafe import Markup

from .books import (
    CANCELLED,
    DECLINED,
    OPEN,
    PAID,
    PARTLY_REFUNDED,
    REFUNDED,
    REFUNDING,
    UNSETTLED,
    WAITING,
    Customer,
    Purchase,
)
from .catalogue import APPS, CURRENCY, REMEMBERED_MOST, App
from .ways import Way

_STYLE = Markup(Path(__file__).with_name("shop.css").read_text())  # noqa: S704 - our own file
_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '{head}<title>{title} – Firefly Market</title><link rel="icon" href="data:,"><style>{style}</style></head><body>'
    '<header><a class="brand" href="/">Firefly Market</a><nav><a href="/">Apps</a><a href="/purchases">My purchases</a></nav></header>'
    "<main><h1>{title}</h1>{content}</main></body></html>\n"
)
# While it may go on by itself, the page looks again: also at one that is open, for whoever is back from the provider may be here before
# the payment has moved.
LOOKED_AT_AGAIN = (OPEN, *UNSETTLED)
_AGAIN = Markup('<meta http-equiv="refresh" content="2">')
_APP = Markup(
    '<li><span class="cover" style="--hue: {app.hue}" aria-hidden="true">{initial}</span><h2>{app.name}</h2><p>{app.blurb}</p>'
    '<form class="buy" method="{method}" action="{place}"><span class="price">{app.price} {currency}</span>'
    "<button>{words}</button></form></li>"
)
_WAY = Markup(
    '<li><form method="post" action="/buy/{app}/{way.key}"><button>{way.name}</button> <span>{way.note}</span></form></li>'
)
_REMEMBERED = Markup(
    '<div class="remember"><p>We remember your PayPal account: apps are yours with one click.</p>'
    '<form method="post" action="/forget"><button class="quiet">Forget me</button></form></div>'
)
_NOT_REMEMBERED = Markup(
    '<div class="remember"><p>Agree once at PayPal, up to {most} {currency} in all, and buy with one click from then on.</p>'
    '<form method="post" action="/remember"><button class="quiet">Remember me</button></form></div>'
)
_STATE = Markup('<span class="state {kind}">{state}</span>')
_SENTENCES = {
    OPEN: "It is not paid yet.",
    WAITING: "{} has not told us yet whether this was paid. Please do not pay again; you will see it here.",
    PAID: "Thank you! It is yours.",
    DECLINED: "The payment did not go through. Nothing was charged.",
    CANCELLED: "It was cancelled. Nothing was charged.",
    REFUNDING: "We have asked {} to give your money back. That can take some days; you will see it here.",
    REFUNDED: "Your money is on its way back.",
    PARTLY_REFUNDED: "A part of your money is on its way back.",
}


def page(title: str, content: Markup, *, again: bool = False) -> str:
    """A whole document."""
    return _PAGE.format(title=title, content=content, style=_STYLE, head=_AGAIN if again else "")


def front(apps: Iterable[App], customer: Customer | None) -> str:
    """All that is for sale."""
    remembered = customer is not None and customer.remembered
    method, place, words = (
        ("post", "/buy/{}/paypal", "Buy with one click") if remembered else ("get", "/till/{}", "Buy")
    )
    items = Markup("").join(
        _APP.format(
            app=app,
            initial=app.name[0],
            currency=CURRENCY,
            method=method,
            place=place.format(app.public_id),
            words=words,
        )
        for app in apps
    )
    content = Markup('<p class="lead">Small apps by small studios.</p><ul class="apps">{}</ul>{}')
    offer = _REMEMBERED if remembered else _NOT_REMEMBERED.format(most=REMEMBERED_MOST, currency=CURRENCY)
    return page("Apps", content.format(items, offer))


def till(app: App, ways: Iterable[Way]) -> str:
    """How to pay?"""
    content = Markup('<div class="card"><p><span class="price">{} {}</span></p><ul class="ways">{}</ul></div>')
    choices = Markup("").join(_WAY.format(app=app.public_id, way=way) for way in ways)
    return page(f"Pay for {app.name}", content.format(app.price, CURRENCY, choices))


def purchase(one: Purchase, way: Way) -> str:
    """What became of one purchase, and the way on."""
    content = Markup('<div class="card"><p><span class="price">{} {}</span> {}</p><p>{}</p>{}</div>').format(
        one.price, CURRENCY, _state(one), _SENTENCES[one.state].format(way.name), _way_on(one, way)
    )
    return page(APPS[one.app].name, content, again=one.state in LOOKED_AT_AGAIN)


def purchases(found: Iterable[Purchase], ways: Mapping[str, Way]) -> str:
    """All of a customer's."""
    rows = Markup("").join(
        Markup(
            '<tr><td><a href="/purchases/{}">{}</a></td><td>{} {}</td><td>{}</td><td>{}</td><td>{}</td></tr>'
        ).format(
            *(one.id, APPS[one.app].name, one.price, CURRENCY),
            *(ways[one.way].name, _state(one), _refund(one, ways[one.way])),
        )
        for one in found
    )
    if not rows:
        return message("My purchases", "You have not bought anything yet.")
    head = Markup("<tr><th>App</th><th>Price</th><th>By</th><th>State</th><th></th></tr>")
    return page("My purchases", Markup("<table>{}{}</table>").format(head, rows))


def message(title: str, sentence: str) -> str:
    """One thing to say."""
    return page(
        title, Markup('<div class="card"><p>{}</p><p><a href="/">Back to the apps</a></p></div>').format(sentence)
    )


def _state(one: Purchase) -> Markup:
    return _STATE.format(kind=one.state.split()[-1], state=one.state)


def _way_on(one: Purchase, way: Way) -> Markup:
    if one.pay_url:
        return Markup('<p><a href="{}">Pay at {}</a></p>').format(one.pay_url, way.name)
    return _refund(one, way) or Markup('<p><a href="/">Back to the apps</a></p>')


def _refund(one: Purchase, way: Way) -> Markup:
    if one.state not in (PAID, PARTLY_REFUNDED) or not way.gives_back:
        return Markup("")
    return Markup(
        '<form method="post" action="/purchases/{}/refund"><button class="quiet">Refund</button></form>'
    ).format(one.id)
