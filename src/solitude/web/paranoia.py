"""Forms that tell of themselves where something in them is not as a marketplace would send it.

A field that the form does not have, one that it lacks, and control characters in a text are marks of somebody who tries things. The
answer is the same as without: this only tells those who watch, once for a request, and names of fields alone.
"""

import re
from typing import Any, ClassVar

from pydantic import ValidationInfo, model_validator

from solitude.telemetry import cef
from solitude.web.fields import Body
from solitude.web.networks import facts

PRODUCT = "paranoia"
NAMED_MAX, NAME_SHOWN_CHARS = 20, 64
# Tabs and ends of lines stand in any longer text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class WatchedBody(Body):
    """`wanted` are the fields without which the form makes no sense."""

    wanted: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _watch(cls, given: Any, info: ValidationInfo) -> Any:
        # Without a request it is no form: a line of a file is read by the same fields.
        if isinstance(given, dict) and info.context and "request" in info.context:
            extra = [name for name in given if name not in cls.model_fields]
            missing = [name for name in cls.wanted if name not in given]
            control = [name for name, value in given.items() if isinstance(value, str) and _CONTROL.search(value)]
            if extra or missing or control:
                told = {"cs5Label": "extra", "cs5": _named(extra), "cs6Label": "missing", "cs6": _named(missing)}
                told |= {"cs7Label": "control characters", "cs7": _named(control)}
                cef.event(
                    "Form not as expected", 5, request=facts(info.context["request"]), extra=told, product=PRODUCT
                )
        return given


def _named(names: list[str]) -> str:
    return ", ".join(name[:NAME_SHOWN_CHARS] for name in names[:NAMED_MAX]) if names else "none"
