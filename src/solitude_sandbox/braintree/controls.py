"""All controls of the simulator, for the console, which does whatever they do."""

from dataclasses import dataclass

from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.control import Control
from solitude_sandbox.braintree.dispute_control import DisputeControl
from solitude_sandbox.braintree.event_control import EventControl
from solitude_sandbox.braintree.recurring_control import RecurringControl
from solitude_sandbox.fate import Fate


@dataclass(frozen=True)
class Controls:
    """`common` has the state page and what is about cards and sales."""

    common: Control
    events: EventControl
    recurring: RecurringControl
    disputes: DisputeControl
    fate: Fate

    @classmethod
    def of(cls, books: Books, fate: Fate) -> "Controls":
        """Those of one gateway."""
        return cls(Control(books, fate), EventControl(books), RecurringControl(books), DisputeControl(books), fate)
