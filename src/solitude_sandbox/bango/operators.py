"""What the operators decide about refunds; they can be told to."""

from dataclasses import dataclass

from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.codes import CANT_REFUND, NOT_SUPPORTED, OK, PENDING
from solitude_sandbox.control import whole

DECISIONS = (OK, PENDING, CANT_REFUND, NOT_SUPPORTED)
COUNT_LIMIT = 1_000_000


@dataclass
class Operators:
    """The next `remaining` refunds end with `decision`, None: all to come. Then they are done at once again.

    Not thread-safe: the books' lock is held.
    """

    decision: str = OK
    remaining: int | None = None

    def decide(self) -> str:
        """About the next refund."""
        decision = self.decision
        if self.remaining is not None:
            self.remaining -= 1
            if self.remaining == 0:
                self.decision, self.remaining = OK, None
        return decision

    def order(self, body: Json) -> None:
        """`{"outcome": one of DECISIONS, "count": how many, 0 for all}`; ValueError with a sentence if it makes no sense."""
        if body.get("outcome") not in DECISIONS:
            raise ValueError(f"outcome must be one of: {', '.join(DECISIONS)}.")
        count = whole(body.get("count", 0), "count", most=COUNT_LIMIT)
        self.decision, self.remaining = body["outcome"], count or None

    def as_json(self) -> Json:
        """As the control API shows it."""
        return {"outcome": self.decision, "count": self.remaining or 0}
