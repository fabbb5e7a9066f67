"""What every console has: the clock, faults, how messages are brought, a fresh start; as forms, and what their buttons do.

`books` is the state page of a simulator, `post_to` where its forms are sent. Every refusal is a ValueError with a sentence.
"""

from collections.abc import Callable, Collection, Mapping

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.control import Json
from solitude_sandbox.fate import Fate
from solitude_sandbox.faults import ANY, NAMED_FAULTS
from solitude_sandbox.parcels import WAITING
from solitude_sandbox.wording import time

ADVANCE, FAULT, CLEAR, RESET, MANNER = "advance", "fault", "clear", "reset", "manner"
STEPS = {"3600": "1 hour", "10800": "3 hours", "86400": "1 day", "259200": "3 days"}

Form = Mapping[str, str]


def act(fate: Fate, set_manner: Callable[[Json], None], form: Form) -> bool:
    """Do what the button `action` says, if it is one of these; whether it was."""
    match form.get("action"):
        case "advance":
            fate.advance(whole_of(form, "advance_s"))
        case "fault":
            numbers = {key: whole_of(form, key, "0") for key in ("count", "delay_ms", "retry_after_s")}
            named = {"operation": form.get("operation"), "fault": form.get("fault"), **given(form, "account")}
            fate.set_fault({**named, **numbers})
        case "clear":
            fate.clear_faults()
        case "reset":
            fate.start_anew()
        case "manner":
            numbers = {key: whole_of(form, key, "0") for key in ("duplicates", "delay_ms")}
            set_manner({**numbers, **{key: form.get(key) == "yes" for key in ("shuffle", "paused")}})
        case _:
            return False
    return True


def clock(books: Json, post_to: str) -> Markup:
    """What time it is, and forward."""
    now, ahead = books["clock"]["now"], books["clock"]["advanced_s"]
    words = f"{ahead:,} seconds ahead of real time." if ahead else "Real time."
    steps = html.form(
        html.hidden("action", ADVANCE),
        *(html.button(seconds, f"+ {words}", name="advance_s") for seconds, words in STEPS.items()),
        action=post_to,
        row=True,
    )
    any_step = html.form(
        html.field("advance_s", "Seconds", 60, kind="number", min=0, required=True),
        html.button(ADVANCE, "Move the clock"),
        action=post_to,
        row=True,
    )
    content = Markup('<p>{} UTC <span class="note">{}</span></p>{}<br>{}').format(time(now), words, steps, any_step)
    return html.section("Clock", content)


def faults(books: Json, post_to: str, operations: Collection[str], issue: str = "issue:NAME") -> Markup:
    """Break the next call, and what is still to come; `issue` says how an error of the provider's own is asked for."""
    names = html.join(Markup('<option value="{}"></option>').format(name) for name in sorted(NAMED_FAULTS))
    order = html.form(
        html.selection("operation", "Operation", {name: name for name in (ANY, *sorted(operations))}),
        html.field("fault", "Fault", list="faults", required=True, placeholder=f"timeout_after or {issue}"),
        Markup('<datalist id="faults">{}</datalist>').format(names),
        html.field("account", "Only for this seller", placeholder="seller@shop.example"),
        html.field("count", "Times (0: always)", 1, kind="number", min=0),
        html.field("delay_ms", "Delay (ms)", 1000, kind="number", min=0),
        html.field("retry_after_s", "Retry-After (s)", 1, kind="number", min=0),
        html.button(FAULT, "Break it", look="first"),
        action=post_to,
        row=True,
    )
    return html.section("Break the next call", Markup("{}{}").format(order, _faults_to_come(books, post_to)))


def _faults_to_come(books: Json, post_to: str) -> Markup:
    if not books["faults"]:
        return Markup("")
    lines = html.join(
        Markup("<li><code>{}</code>{}: {}, {}</li>").format(
            fault["operation"], _for(fault["account"]), fault["fault"], _times(fault["count"])
        )
        for fault in books["faults"]
    )
    clear = html.form(html.button(CLEAR, "Clear all faults"), action=post_to)
    return Markup("<h3>To come</h3><ul>{}</ul>{}").format(lines, clear)


def _for(account: str | None) -> str:
    return f" for {account}" if account is not None else ""


def _times(count: int) -> str:
    return {0: "until cleared", 1: "once"}.get(count, f"{count} times")


def manner(books: Json, post_to: str) -> Markup:
    """How messages are brought, and what has come of it so far."""
    now = books["delivery"]
    counts = html.definitions(
        [
            ("Received", now["received"]),
            ("Failed tries", now["failed"]),
            ("Given up", now["given_up"]),
            ("Waiting", now["waiting"]),
        ]
    )
    form = html.form(
        html.selection("paused", "Delivery", {"": "on", "yes": "paused"}, "yes" if now["paused"] else ""),
        html.selection("shuffle", "Order", {"": "as it came", "yes": "shuffled"}, "yes" if now["shuffle"] else ""),
        html.field("duplicates", "Duplicates", now["duplicates"], kind="number", min=0),
        html.field("delay_ms", "Delay (ms)", now["delay_ms"], kind="number", min=0),
        html.button(MANNER, "Change"),
        action=post_to,
        row=True,
    )
    return html.section("How they are brought", Markup("{}{}").format(counts, form))


def fresh_start(what: str, post_to: str) -> Markup:
    """Away with it all; `what` is a sentence that says with what."""
    form = html.form(html.button(RESET, "Forget everything", look="danger"), action=post_to)
    return html.section("Start anew", Markup("<p>{}</p>{}").format(what, form))


def figures(shown: Collection[tuple[str, int, str]]) -> Markup:
    """How many of everything there are: (address of the page about them, number, words)."""
    items = html.join(
        Markup('<li><a href="{}"><strong>{:,}</strong> {}</a></li>').format(page, count, words)
        for page, count, words in shown
    )
    return Markup('<ul class="figures">{}</ul>').format(items)


def delivery_status(message: Json) -> Markup:
    """Of a message; waiting after a failed try is not the same as waiting."""
    return html.badge("failed, waiting" if is_failing(message) else message["status"])


def is_failing(message: Json) -> bool:
    """Whether it was tried in vain and will be tried again."""
    return bool(message["status"] == WAITING and message["last_answer"])


def given(form: Form, *names: str) -> Json:
    """The fields that were filled in."""
    return {name: form[name].strip() for name in names if form.get(name, "").strip()}


def whole_of(form: Form, name: str, default: str = "") -> int:
    """A whole number that was entered; ValueError with a sentence otherwise."""
    value = form.get(name, default).strip()
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} must be a whole number.")
    return int(value)
