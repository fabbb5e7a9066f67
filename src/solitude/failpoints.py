"""The moments of a provider call, of an export of revenue and of an erasure, at which everything may go wrong, by name.

In production they are empty calls. The proving ground hooks in here: to die, to wait, or to let somebody else go first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

BEFORE_INTENT = "before_intent"  # nothing is written yet
AFTER_INTENT = "after_intent"  # the intent is committed, nothing is sent
BEFORE_SEND = "before_send"  # the provider is about to be asked
AFTER_SEND = "after_send"  # the request is on the wire, the answer is not read
AFTER_ANSWER = "after_answer"  # the answer is read, nothing of it is written
WHILE_RECORDING = "while_recording"  # inside the transaction that records the answer; only to die here, never to wait
AFTER_COMMIT = "after_commit"  # the outcome is committed, the client has no answer
NAMES = (BEFORE_INTENT, AFTER_INTENT, BEFORE_SEND, AFTER_SEND, AFTER_ANSWER, WHILE_RECORDING, AFTER_COMMIT)

REVENUE_TAKEN = "revenue_taken"  # the transactions belong to the delivery, nothing is written
REVENUE_WRITTEN = "revenue_written"  # the file is about to get its name
REVENUE_DELIVERED = "revenue_delivered"  # the file has its name, nothing is marked as delivered

ERASING = "erasing"  # of a buyer: what is of the account was let go as far as it can be, the account is open
ACCOUNT_CLOSED = "account_closed"  # of a buyer who is erased: the account is closed, no provider is told

Hook = Callable[[str], None]


def _nothing(_name: str) -> None:
    """What happens in production."""


_hook: Hook = _nothing


def reach(name: str) -> None:
    """Says that a moment is reached. What the hook raises passes through; it should be a BaseException, as a death is."""
    _hook(name)


@contextmanager
def hooked(hook: Hook) -> Iterator[None]:
    """Within the block, `hook` is called with the name of each moment that is reached, in the thread that reaches it."""
    global _hook  # noqa: PLW0603  # one for the process, as the process dies as a whole
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before
