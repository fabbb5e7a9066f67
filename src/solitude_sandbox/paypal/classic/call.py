"""One classic request as the operations see it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic.fields import Fields

if TYPE_CHECKING:
    from solitude_sandbox.paypal.classic.permission import Permission


@dataclass(frozen=True)
class ClassicCall:
    """`permission` is what a third party granted, if the caller acts by it. `look` is for what is told of a change."""

    operation: str
    fields: Fields
    look: Call
    permission: "Permission | None" = None
