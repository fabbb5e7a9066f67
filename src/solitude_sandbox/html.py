"""The look of all pages: one layout, one style sheet, no JavaScript, everything escaped by `Markup.format`."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #0057b8; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1.5rem; }
body.narrow { max-width: 32rem; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
dl { display: grid; gap: .3rem 1rem; grid-template-columns: max-content 1fr; }
dt { font-weight: 600; } dd { margin: 0; }
fieldset { border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; }
label { display: block; margin: .4rem 0; } .row label { display: inline-block; margin-right: 1rem; }
input, select, button { font: inherit; padding: .3rem .6rem; }
button { border: 1px solid var(--accent); border-radius: .4rem; cursor: pointer; margin-right: .5rem; }
button.first { background: var(--accent); color: #fff; }
.note { font-size: .9rem; opacity: .8; }
"""

CONTENT_TYPE = "text/html; charset=utf-8"

_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<style>{style}</style></head><body class="{kind}"><header><h1>{title}</h1></header><main>{content}</main>'
    "</body></html>\n"
)


def page(title: str, content: Markup, *, narrow: bool = False) -> str:
    """A whole HTML document."""
    return _PAGE.format(title=title, style=Markup(STYLE), kind="narrow" if narrow else "wide", content=content)  # noqa: S704


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table with a caption as heading; cells are escaped unless they are `Markup`."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(heading) for heading in headings)
    lines = [
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    ]
    if not lines:
        return Markup('<h2>{}</h2><p class="note">None.</p>').format(caption)
    return Markup("<h2>{}</h2><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        caption, head, Markup("").join(lines)
    )


def definitions(pairs: Iterable[tuple[str, object]]) -> Markup:
    """A list of names and values."""
    return Markup("<dl>{}</dl>").format(
        Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in pairs)
    )
