"""Which payment a browser is about: a sealed cookie that holds the transaction's uuid for a day of the simulator's clock."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from werkzeug.wrappers import Request, Response

from solitude_sandbox.reference.books import Books

COOKIE = "zippy_session"
LIFE = timedelta(hours=24)
STEP = timedelta(minutes=5)
_NOBODY = ("", datetime.min.replace(tzinfo=UTC))


class Sessions:
    """Seals with a key of its own, which ends with the process."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._key = books.ids.signing_secret()

    def begin(self, request: Request, response: Response, uuid: str) -> None:
        """From now on this browser is about that transaction, whatever it was about before."""
        until = int((self._books.clock.now() + LIFE).timestamp())
        content = f"{uuid}.{until}"
        response.set_cookie(
            COOKIE,
            f"{content}.{self._seal(content)}",
            max_age=LIFE,
            path=f"{request.root_path}/payment",
            httponly=True,
            samesite="Lax",
        )

    def prolong(self, request: Request, response: Response) -> None:
        """A day from now again; not at every click, but when so much of it has gone."""
        uuid, until = self._read(request)
        if uuid and until - self._books.clock.now() < LIFE - STEP:
            self.begin(request, response, uuid)

    def uuid(self, request: Request) -> str:
        """The transaction that the browser is about, or "" ."""
        uuid, until = self._read(request)
        return uuid if until > self._books.clock.now() else ""

    def _read(self, request: Request) -> tuple[str, datetime]:
        content, _, seal = request.cookies.get(COOKIE, "").rpartition(".")
        uuid, _, until = content.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(content).encode()):
            return _NOBODY
        return uuid, datetime.fromtimestamp(int(until), UTC)

    def _seal(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()
