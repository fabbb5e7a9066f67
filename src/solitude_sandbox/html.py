"""The look of all pages: one layout, one style sheet, no JavaScript, everything escaped by `Markup.format`.

Content first (`definitions`, `table`, `amount`, `badge`, …), then what is asked (`form` with `field`, `choices`, `button`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from werkzeug.wrappers import Response

STYLE = Path(__file__).with_name("style.css").read_text()
CONTENT_TYPE = "text/html; charset=utf-8"

_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<link rel="icon" href="data:,"><style>{style}</style></head><body class="{kind}">'
    '<header class="top">{brand}{links}</header><main><h1>{title}</h1>{content}</main>'
    "<footer><p>This is a simulator. No money moves.</p></footer></body></html>\n"
)
# A buyer has no business on the console.
_NOWHERE = Markup('<span class="brand">{}</span>')
_HOME = Markup('<a class="brand" href="/">{}</a>')

# Words with a note of what they mean, of an option; or just words.
Words = str | tuple[str, str]
# name -> value of an HTML attribute; True is one without a value, False and None are none at all.
Attribute = str | int | bool | None

_GOOD = frozenset(
    {"ACTIVE", "APPROVED", "COMPLETED", "GRANTED", "RECEIVED", "REFUNDED", "RESOLVED", "SUCCESS", "TOKENIZED"}
)
_BAD = frozenset({"DECLINED", "DELETED", "DENIED", "ERROR", "EXPIRED", "FAILED", "GIVEN UP", "REVERSED", "REVOKED"})


def join(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("").join(parts)


def page(
    title: str,
    content: Markup,
    *,
    narrow: bool = False,
    brand: str = "Provider simulators",
    links: Iterable[tuple[str, str]] = (),
    here: str = "",
) -> str:
    """A whole HTML document. `links` are (address, words) beside the brand, `here` the address of the one that is shown."""
    home = _NOWHERE if narrow else _HOME
    shown = join(
        Markup('<a href="{}"{}>{}</a>').format(
            href, _attributes({"aria-current": "page" if href == here else None}), words
        )
        for href, words in links
    )
    return _PAGE.format(
        title=title,
        style=Markup(STYLE),  # noqa: S704 - our own file
        kind="narrow" if narrow else "wide",
        brand=home.format(brand),
        links=Markup("<nav>{}</nav>").format(shown) if shown else "",
        content=content,
    )


def sheet(brand: str, title: str, content: Markup, status: int = 200) -> Response:
    """A narrow page, as an answer: what a buyer or a seller sees at a provider named `brand`."""
    return Response(page(title, content, narrow=True, brand=brand), status, content_type=CONTENT_TYPE)


def message(brand: str, title: str, sentence: str, status: int = 200, note: str = "") -> Response:
    """A narrow page that says one thing."""
    shown = Markup('<p class="note">{}</p>').format(note) if note else ""
    return sheet(brand, title, Markup("<p>{}</p>{}").format(sentence, shown), status)


def alert(sentence: str) -> Markup:
    """What was wrong; nothing for an empty sentence."""
    return Markup('<p role="alert"><strong>{}</strong></p>').format(sentence) if sentence else Markup("")


def amount(text: str) -> Markup:
    """An amount of money that nobody overlooks, such as "12.30 USD"."""
    return Markup('<p class="amount">{}</p>').format(text)


def badge(status: str, tone: str = "") -> Markup:
    """A status, coloured by what it means; or by a `tone`: good, bad, wait."""
    kind = status.upper().replace("_", " ")
    tone = tone or ("good" if kind in _GOOD else "bad" if kind in _BAD else "wait")
    return Markup('<span class="badge {}">{}</span>').format(tone, status)


def definitions(pairs: Iterable[tuple[str, object]]) -> Markup:
    """A list of names and values."""
    return Markup("<dl>{}</dl>").format(
        join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in pairs)
    )


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table with a caption as heading, in a section of its own; cells are escaped unless they are `Markup`."""
    head = join(Markup('<th scope="col">{}</th>').format(heading) for heading in headings)
    lines = [Markup("<tr>{}</tr>").format(join(Markup("<td>{}</td>").format(cell) for cell in row)) for row in rows]
    if not lines:
        return section(caption, Markup('<p class="note">None.</p>'))
    return section(
        caption, Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, join(lines))
    )


def section(heading: str, content: Markup) -> Markup:
    """A part of a page under a heading."""
    return Markup("<section><h2>{}</h2>{}</section>").format(heading, content)


def form(*content: Markup, action: str = "", row: bool = False, method: str = "post") -> Markup:
    """A form that is sent to `action`, or to where it stands; `row` puts its fields beside one another."""
    target = _attributes({"method": method, "action": action or None, "class": "row" if row else None})
    return Markup("<form{}>{}</form>").format(target, join(content))


def field(
    name: str, label: str, value: object = "", *, kind: str = "text", hint: str = "", **attributes: Attribute
) -> Markup:
    """An input under its label, with a hint below it; without a `name` its value never leaves the browser."""
    more = _attributes({"name": name or None, "type": kind, "value": str(value), **attributes})
    shown = Markup("<small>{}</small>").format(hint) if hint else ""
    return Markup('<label class="field"><span>{}</span><input{}>{}</label>').format(label, more, shown)


def hidden(name: str, value: str) -> Markup:
    """What a form sends without asking."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def choices(
    name: str, legend: str, options: Mapping[str, Words], chosen: Collection[str], *, many: bool = False
) -> Markup:
    """Radio buttons, or with `many` check boxes; `options` is value -> words, `chosen` the values that are ticked."""
    lines = [
        Markup('<label class="choice"><input{}><span>{}</span></label>').format(
            _attributes(
                {"type": "checkbox" if many else "radio", "name": name, "value": value, "checked": value in chosen}
            ),
            words if isinstance(words, str) else Markup("{}<small>{}</small>").format(*words),
        )
        for value, words in options.items()
    ]
    return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(legend, join(lines))


def selection(name: str, label: str, options: Mapping[str, str], chosen: str = "") -> Markup:
    """A list to choose one from; `options` is value -> words."""
    lines = join(
        Markup("<option{}>{}</option>").format(_attributes({"value": value, "selected": value == chosen}), words)
        for value, words in options.items()
    )
    return Markup('<label class="field"><span>{}</span><select{}>{}</select></label>').format(
        label, _attributes({"name": name}), lines
    )


def button(value: str, words: str, *, name: str = "action", look: str = "", **attributes: Attribute) -> Markup:
    """A button that sends the form with `name` = `value`. `look` is first (the one to press), danger, or nothing."""
    given = _attributes({"class": look or None, "name": name, "value": value, **attributes})
    return Markup("<button{}>{}</button>").format(given, words)


def _attributes(values: Mapping[str, Attribute]) -> Markup:
    given = {name: value for name, value in values.items() if value is not None and value is not False}
    return join(
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in given.items()
    )
