"""The state graph and the walk of a payment, drawn from the code: `python docs/diagrams.py` writes the page and its pictures."""

import inspect
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from solitude import failpoints

if TYPE_CHECKING:
    from solitude.transactions.models import Status
    from solitude.transactions.states import Edge

DOCS = Path(__file__).parent
PAGE, GRAPH, WALK = DOCS / "states.md", DOCS / "_static" / "states.svg", DOCS / "_static" / "walk.svg"

_HEAD = """# The state graph

Every move that a transaction can make, by name. The code has it as one list (`transactions/states.py`), which nothing bypasses; this
page and its pictures are made of it. Each move leaves one event in the feed in the same commit. A move into the state that holds already
is one, too: it says why it still holds.

```{raw} html
:file: _static/states.svg
```

Dashed are corrections: the provider shows that something ended otherwise than recorded, and the feed has `transaction.corrected` besides.

"""
_WALK = """## The moments of a call

Between them anything may die; what is left then is what the picture shows above the moment. These are the points at which
[the proving ground](reliability.md) kills.

```{raw} html
:file: _static/walk.svg
```

"""
_KINDS = {"Payments": "transaction", "Refunds": "refund", "Reversals": "reversal"}


# --- the page -------------------------------------------------------------------------------------------------------


def page() -> str:
    from solitude.transactions.states import PAYMENT_EDGES, REFUND_EDGES, REVERSAL_EDGES

    tables = [
        f"## {title}\n\n{_table(edges, thing)}"
        for (title, thing), edges in zip(_KINDS.items(), (PAYMENT_EDGES, REFUND_EDGES, REVERSAL_EDGES), strict=True)
    ]
    moments = [f"| `{name}` | {meaning} |" for name, meaning in moments_of_a_call().items()]
    walk = _WALK + "\n".join(["| moment | what is true then |", "|---|---|", *moments]) + "\n"
    return _HEAD + "\n".join([*tables, walk])


def _table(edges: Iterable["Edge"], thing: str) -> str:
    rows = ["| move | from | to | event |", "|---|---|---|---|"]
    for edge in edges:
        sources = ", ".join(sorted(_word(source) for source in edge.sources)) or "(new)"
        event = (
            f"`{thing}.corrected`, `{thing}.{_word(edge.target)}`"
            if edge.correction
            else f"`{thing}.{_word(edge.target)}`"
        )
        rows.append(f"| `{edge.name}` | {sources} | {_word(edge.target)} | {event} |")
    return "\n".join(rows) + "\n"


def moments_of_a_call() -> dict[str, str]:
    """Each with what its comment says, in the order in which a call reaches them."""
    said = dict(re.findall(r'^[A-Z_]+ = "(\w+)"  # (.+)$', inspect.getsource(failpoints), re.MULTILINE))
    return {name: said[name] for name in failpoints.NAMES}


def _word(status: "Status") -> str:
    return status.name.lower()


# --- the state graph ------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, NODE_W, NODE_H = 760, 430, 108, 38
_PLACES = {
    "received": (66, 130), "started": (240, 130), "pending": (440, 165), "checked": (680, 56), "completed": (680, 210),
    "errored": (240, 340), "failed": (440, 340), "cancelled": (640, 340),
}  # fmt: skip
_NEW = (240, 30)


@dataclass(frozen=True)
class _Arrow:
    """All moves from one state to another; None where they make the row."""

    source: str | None
    target: str
    correction: bool
    names: tuple[str, ...]


def graph() -> str:
    from solitude.transactions.states import PAYMENT_EDGES

    arrows = list(_arrows(PAYMENT_EDGES))
    said = f"{len(PAYMENT_EDGES)} moves of a payment between {len(_PLACES)} states; the tables below list them."
    return _svg("states", WIDTH, HEIGHT, said, [*map(_drawn, arrows), *map(_node, _PLACES)])


def _arrows(edges: Iterable["Edge"]) -> Iterator[_Arrow]:
    names: dict[tuple[str | None, str, bool], list[str]] = {}
    for edge in edges:
        words: list[str | None] = [_word(source) for source in sorted(edge.sources)]
        for word in words or [None]:
            names.setdefault((word, _word(edge.target), edge.correction), []).append(edge.name)
    for (source, target, correction), found in names.items():
        yield _Arrow(source, target, correction, tuple(found))


def _node(name: str) -> str:
    x, y = _PLACES[name]
    box = f'<rect x="{x - NODE_W / 2:g}" y="{y - NODE_H / 2:g}" width="{NODE_W}" height="{NODE_H}" rx="8"/>'
    paid = " own" if name in ("checked", "completed") else ""
    return f'<g class="box{paid}">{box}<text x="{x}" y="{y + 5}" class="small">{name}</text></g>'


def _drawn(arrow: _Arrow) -> str:
    tip = "states-tip"
    title = f"<title>{escape(', '.join(arrow.names))}</title>"
    kind = " told" if arrow.correction else ""
    return f'<g class="way{kind}"><path d="{_path(arrow)}" marker-end="url(#{tip})">{title}</path></g>'


def _path(arrow: _Arrow) -> str:
    x2, y2 = _PLACES[arrow.target]
    if arrow.source == arrow.target:
        top = y2 - NODE_H / 2
        return f"M{x2 + 14} {top:g}C{x2 + 60} {top - 46:g} {x2 - 20} {top - 52:g} {x2 - 6} {top - 2:g}"
    x1, y1 = _NEW if arrow.source is None else _PLACES[arrow.source]
    length = math.hypot(x2 - x1, y2 - y1)
    # Arrows of the two directions, and corrections, each on their own side of the straight line.
    side = 34 if arrow.correction else 14
    bend_x, bend_y = (x1 + x2) / 2 - (y2 - y1) / length * side, (y1 + y2) / 2 + (x2 - x1) / length * side
    from_x, from_y = (x1, y1) if arrow.source is None else _border((x1, y1), (bend_x, bend_y))
    to_x, to_y = _border((x2, y2), (bend_x, bend_y), gap=3)
    return f"M{from_x:.0f} {from_y:.0f}Q{bend_x:.0f} {bend_y:.0f} {to_x:.0f} {to_y:.0f}"


def _border(centre: tuple[float, float], towards: tuple[float, float], gap: float = 0) -> tuple[float, float]:
    """Where the line from the centre of a box leaves it."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    scale = min((NODE_W / 2 + gap) / abs(dx) if dx else math.inf, (NODE_H / 2 + gap) / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale


# --- the walk -------------------------------------------------------------------------------------------------------

_LANES = {"marketplace": 90, "Solitude": 300, "database": 500, "provider": 680}
_ROW, _TOP = 34, 60
# What happens before a moment is reached: from whom to whom, and what it is.
_BEFORE: dict[str, tuple[tuple[str, str, str], ...]] = {
    failpoints.BEFORE_INTENT: (("marketplace", "Solitude", "signed request"),),
    failpoints.AFTER_INTENT: (("Solitude", "database", "intent, key: COMMIT"),),
    failpoints.AFTER_SEND: (("Solitude", "provider", "our reference"),),
    failpoints.AFTER_ANSWER: (("provider", "Solitude", "answer"),),
    failpoints.WHILE_RECORDING: (("Solitude", "database", "outcome, move, event, answer"),),
    failpoints.AFTER_COMMIT: (("Solitude", "database", "COMMIT"),),
}
_AT_LAST = ("Solitude", "marketplace", "answer")


def walk() -> str:
    parts, y = [], _TOP
    for moment in failpoints.NAMES:
        for message in _BEFORE.get(moment, ()):
            parts.append(_message(message, y))
            y += _ROW
        x = _LANES["Solitude"]
        dot, name = (
            f'<circle cx="{x}" cy="{y - 10}" r="5"/>',
            f'<text x="{x - 12}" y="{y - 5}" class="small end">{moment}</text>',
        )
        parts.append(f'<g class="moment">{dot}{name}</g>')
        y += _ROW - 6
    parts.append(_message(_AT_LAST, y))
    height = y + 20
    lanes = [
        f'<g class="way lane"><path d="M{x} 34V{height - 8}"/></g><text x="{x}" y="22">{name}</text>'
        for name, x in _LANES.items()
    ]
    said = "A payment call from the marketplace's request to its answer, with the moments at which a process may die."
    return _svg("walk", WIDTH, height, said, [*lanes, *parts])


def _message(message: tuple[str, str, str], y: float) -> str:
    source, target, text = message
    x1, x2 = _LANES[source], _LANES[target]
    gap = 4 if x2 > x1 else -4
    return (
        f'<g class="way"><path d="M{x1 + gap} {y}H{x2 - gap}" marker-end="url(#walk-tip)"/>'
        f'<text x="{(x1 + x2) / 2:g}" y="{y - 6:g}" class="small">{escape(text)}</text></g>'
    )


def _svg(name: str, width: float, height: float, says: str, parts: Iterable[str]) -> str:
    marker = f'<marker id="{name}-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
    body = "\n  ".join(parts)
    return (
        f'<svg class="parts {name}" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title" xmlns="http://www.w3.org/2000/svg">\n'
        f'  <title id="{name}-title">{escape(says)}</title>\n'
        f'  <defs>{marker}<path d="M0 0 10 5 0 10z"/></marker></defs>\n  {body}\n</svg>\n'
    )


def files() -> dict[Path, str]:
    return {PAGE: page(), GRAPH: graph(), WALK: walk()}


if __name__ == "__main__":
    import django

    os.environ |= {"DJANGO_SETTINGS_MODULE": "solitude.settings", "SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": ""}
    django.setup()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
