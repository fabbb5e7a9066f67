"""Buyers and their PINs."""

from collections.abc import Callable, Iterator

from . import answers
from .calls import Calls, Path, T, filters_of, path_of
from .wire import Fields

BUYERS = "/generic/buyer/"


class Buyers(Calls):
    """Who buys."""

    def create_buyer(
        self,
        uuid: str,
        *,
        email: str | None = None,
        locale: str | None = None,
        authenticated: bool = True,
        pin: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Buyer:
        """`pin`: four digits; the buyer then repeats them (`confirm_pin`)."""
        body = {"uuid": uuid, "email": email, "locale": locale, "authenticated": authenticated, "pin": pin}
        return self._post(BUYERS, body, answers.Buyer.from_json, idempotency_key)

    def get_buyer(self, buyer: int | Path) -> answers.Buyer:
        return self._get(path_of(BUYERS, buyer), answers.Buyer.from_json)

    def find_buyer(self, uuid: str) -> answers.Buyer | None:
        return self._find(BUYERS, "uuid", uuid, answers.Buyer.from_json)

    def buyers_with_email(self, email: str) -> Iterator[answers.Buyer]:
        """All who have this very address, the newest first. Raises ValueError for an empty one."""
        return self._iter(BUYERS, filters_of(email=email), answers.Buyer.from_json)

    def change_buyer(
        self,
        buyer: int | Path,
        *,
        uuid: str | None = None,
        email: str | None = None,
        locale: str | None = None,
        active: bool | None = None,
        authenticated: bool | None = None,
        pin: str | None = None,
        new_pin: str | None = None,
        pin_confirmed: bool | None = None,
        needs_pin_reset: bool | None = None,
        pin_was_locked_out: bool | None = None,
        if_match: str | None = None,
    ) -> answers.Buyer:
        """Changes what is given and keeps the rest; "" takes a text or a PIN away.

        `if_match`: the `etag` of the buyer as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = {
            "uuid": uuid,
            "email": email,
            "locale": locale,
            "active": active,
            "authenticated": authenticated,
            "pin": pin,
            "new_pin": new_pin,
            "pin_confirmed": pin_confirmed,
            "needs_pin_reset": needs_pin_reset,
            "pin_was_locked_out": pin_was_locked_out,
        }
        return self._change(path_of(BUYERS, buyer), body, answers.Buyer.from_json, if_match)

    def close_buyer(self, buyer: int | Path, *, idempotency_key: str | None = None) -> None:
        """Closes the account and forgets the person, here and at the providers; the payments stay. NotFound if it is not active."""
        self._post(f"{path_of(BUYERS, buyer)}close/", {}, lambda _: None, idempotency_key)

    def confirm_pin(self, buyer_uuid: str, pin: str) -> bool:
        """Whether the buyer has repeated the PIN that was set. A wrong one counts like one of `verify_pin`."""
        return self._pin_call("/generic/confirm_pin/", buyer_uuid, pin, _confirmed)

    def verify_pin(self, buyer_uuid: str, pin: str) -> answers.PinCheck:
        """Whether that is the buyer's PIN; when it is, with the token for a payment."""
        return self._pin_call("/generic/verify_pin/", buyer_uuid, pin, answers.PinCheck.from_json)

    def reset_confirm_pin(self, buyer_uuid: str, pin: str) -> bool:
        """Whether the buyer has repeated the `new_pin`, which then is the PIN. A wrong one counts like one of `verify_pin`."""
        return self._pin_call("/generic/reset_confirm_pin/", buyer_uuid, pin, _confirmed)

    def _pin_call(self, path: str, buyer_uuid: str, pin: str, make: Callable[[object], T]) -> T:
        return self._send("POST", path, {"uuid": buyer_uuid, "pin": pin}, make)


def _confirmed(body: object) -> bool:
    return Fields(body).flag("confirmed")
