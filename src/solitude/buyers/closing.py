"""The end of a buyer's account: nothing is left by which the person could be known; what was paid stays in the books.

Providers keep data of their own about a buyer, here and with them. They say at start what is to be done about it.
"""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass

from solitude.buyers import pin_calls, pin_tokens
from solitude.buyers.models import Buyer
from solitude.buyers.pins import State
from solitude.events.models import Event, append
from solitude.telemetry.logs import get_logger
from solitude.web.refusals import not_found

log = get_logger("solitude.buyers")
ANONYMISED = "anonymised-uuid:"


@dataclass(frozen=True, slots=True)
class Hook:
    """`forget` drops what is kept here, in the transaction that closes the account, with the buyer locked and still named: if it
    raises, the account stays open. `tell` has the rest dropped at the provider, after the commit, by the buyer's primary key."""

    forget: Callable[[Buyer], None]
    tell: Callable[[int], None]


_hooks: dict[str, Hook] = {}


def register(provider: str, hook: Hook) -> None:
    _hooks[provider] = hook


def close(pk: int) -> None:
    """In the caller's transaction. Raises Refused (404) for a buyer who is unknown or not active, or was closed before."""
    buyer = pin_calls.locked().filter(pk=pk).first()
    if buyer is None or not buyer.active or buyer.uuid.startswith(ANONYMISED):
        raise not_found()
    forget(buyer)


def forget(buyer: Buyer) -> None:
    """Closes the account of a buyer, whose row is locked, active or not, in the caller's transaction."""
    for hook in _hooks.values():
        hook.forget(buyer)
    pin_tokens.forget(buyer)
    forgotten = {"email": "", "locale": None, **asdict(State())}
    buyer.change(active=False, uuid=f"{ANONYMISED}{uuid.uuid4()}", **forgotten)
    append(
        Event(
            type="buyer.closed",
            edge="buyer_closed",
            resource_uri=buyer.resource_uri,
            uuid=buyer.uuid,
        )
    )


def tell_providers(pk: int) -> None:
    """After the commit. The account is closed whatever becomes of this: what a provider could not do, its own records repeat."""
    for provider, hook in _hooks.items():
        try:
            hook.tell(pk)
        except Exception:
            log.exception("closing_not_told", provider=provider)
