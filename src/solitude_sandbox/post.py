"""The control of the post: how a simulator's messages are brought."""

from dataclasses import fields

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import Json, body_of, json_response, tried, whole
from solitude_sandbox.delivery import DELAY_LIMIT_MS, DUPLICATES_LIMIT, Delivery
from solitude_sandbox.parcels import Manner


class Post:
    """A route under /sandbox/, and what the console does by it."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def answer(self, request: Request) -> Response:
        """GET shows, POST sets how messages are brought; what is not named stays as it is."""

        def change() -> tuple[Json, int]:
            self.set_manner(body_of(request))
            return self._delivery.as_json(), 200

        return tried(change) if request.method == "POST" else json_response(self._delivery.as_json(), 200)

    def set_manner(self, body: Json) -> None:
        """What a POST does; ValueError with a sentence if it makes no sense."""
        self._delivery.set_manner(_manner_of(body, self._delivery.as_json()))


def _manner_of(body: Json, now: Json) -> Manner:
    """How the post is to be brought: what `body` says, and for the rest as it is `now`. ValueError with a sentence otherwise."""
    known = {field.name for field in fields(Manner)}
    if not body.keys() <= known:
        raise ValueError(f"Only these can be set: {', '.join(sorted(known))}.")
    asked = {**now, **body}
    if not all(isinstance(asked[key], bool) for key in ("shuffle", "paused")):
        raise ValueError("shuffle and paused must be true or false.")
    return Manner(
        duplicates=whole(asked["duplicates"], "duplicates", most=DUPLICATES_LIMIT),
        shuffle=asked["shuffle"],
        delay_ms=whole(asked["delay_ms"], "delay_ms", most=DELAY_LIMIT_MS),
        paused=asked["paused"],
    )
