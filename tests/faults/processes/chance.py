"""Chance that can be repeated: everything random in a run follows from its seed."""

import random


def chance(*what: object) -> random.Random:
    """A source of chance of its own for what is named, whatever order threads run in."""
    return random.Random(":".join(map(str, what)))  # noqa: S311  # not for secrets
