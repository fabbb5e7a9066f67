"""What tells us about payments at Bango: the buyer's return and Bango's events; the engine's contract for them."""

import json
from collections.abc import Mapping

from solitude.payments.contract import Notice, NotUnderstood, Verdict
from solitude.providers.bango import events, redirect

# What is kept as the headers of each.
KIND = "Kind"
REDIRECT, EVENT = {KIND: "redirect"}, {KIND: "event"}


class BangoInbound:
    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        """Events come under a password, which the route compares before any is kept."""
        return redirect.verify(_form(body)) if headers == REDIRECT else (Verdict.GENUINE, "")

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        return redirect.read(_form(body)) if headers == REDIRECT else events.read(body.decode())


def _form(body: bytes) -> dict[str, str]:
    form = json.loads(body)
    if not isinstance(form, dict):
        raise NotUnderstood("no form")
    return form
