"""The control API: what tests and the console do to the simulator, beside what the provider offers."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import Json, NotNowError, body_of, json_response, newest_of, tried, whole
from solitude_sandbox.fate import Fate
from solitude_sandbox.post import Post
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.errors import ZippyError
from solitude_sandbox.reference.transactions import decide, open_by_token

PULL_LIMIT = 1_000
NUMBER_LIMIT = 10**9


class Control:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 or 404 with `{"error": sentence}`."""

    def __init__(self, books: Books, fate: Fate) -> None:
        self._books = books
        self.post = Post(books.delivery)
        self._fate = fate

    def pay(self, request: Request) -> Response:
        """The buyer's click, without the page."""

        def click() -> tuple[Json, int]:
            body = body_of(request)
            return {"location": self.click(str(body.get("tx", "")), str(body.get("simulate_fail", "")))}, 200

        return tried(click)

    def click(self, token: str, failure: str = "") -> str:
        """What `pay` does; where the buyer goes back to."""
        try:
            with self._books.lock:
                return decide(self._books, open_by_token(self._books, token), failure)
        except ZippyError as error:
            raise NotNowError(error.status, error.message) from None

    def keys(self, request: Request) -> Response:
        """GET lists the numbers of the keys, POST makes a new one, or with `forget` lets one go."""

        def change() -> tuple[Json, int]:
            body = body_of(request)
            if "forget" in body:
                self.forget_key(body["forget"])
            else:
                self.rotate_keys()
            return self._ring(), 200

        return tried(change) if request.method == "POST" else json_response(self._ring(), 200)

    def rotate_keys(self) -> None:
        """Sign with a new key from now on."""
        with self._books.lock:
            self._books.keys.rotate()

    def forget_key(self, number: object) -> None:
        """What a key has signed is not genuine any more."""
        with self._books.lock:
            self._books.keys.forget(whole(number, "forget", most=NUMBER_LIMIT))

    def notices(self, request: Request) -> Response:
        """GET notices?after=N&limit=M: what was told in the background, whether it arrived or not. POST {"number"} tells it again."""

        def pull() -> tuple[Json, int]:
            after = whole(request.args.get("after", 0), "after", most=NUMBER_LIMIT)
            limit = whole(request.args.get("limit", PULL_LIMIT), "limit", most=PULL_LIMIT)
            with self._books.lock:
                found, newest = self._books.notices.after(after, limit), self._books.notices.last
            last = found[-1].number if found else min(after, newest)
            return {"notices": [notice.as_json() for notice in found], "last": last, "newest": newest}, 200

        def again() -> tuple[Json, int]:
            self.tell_again(body_of(request).get("number"))
            return {"told": True}, 200

        return tried(again if request.method == "POST" else pull)

    def tell_again(self, number: object) -> None:
        """Have a notice brought once more; ValueError if it is unknown."""
        with self._books.lock:
            notice = self._books.notices.by_number(whole(number, "number", most=NUMBER_LIMIT))
            if notice is None:
                raise ValueError("number must be that of a notice.")
            self._books.tell(notice)

    def state(self, request: Request) -> Response:
        """The books; `?newest=N` limits every list to its last N."""
        return json_response(self.books_as_json(request.args.get("newest", type=int)), 200)

    def books_as_json(self, newest: int | None = None) -> Json:
        """Resources as the API shows them, and the request log; oldest first."""
        books = self._books

        with books.lock:
            return {
                "clock": self._fate.time(),
                "counts": {
                    "sellers": len(books.sellers),
                    "products": len(books.products),
                    "transactions": len(books.transactions),
                    "notices": books.notices.last,
                    "requests": len(books.journal),
                },
                "faults": self._fate.faults_as_json(),
                "keys": books.keys.numbers(),
                "sellers": [seller.show() for seller in newest_of(books.sellers, newest)],
                "products": [product.show() for product in newest_of(books.products, newest)],
                "transactions": [transaction.as_json() for transaction in newest_of(books.transactions, newest)],
                "delivery": books.delivery.as_json(),
                "notifications": list(reversed(books.delivery.newest(None if newest is None else max(newest, 0)))),
                "requests": [entry.as_json() for entry in newest_of(books.journal.entries(), newest)],
            }

    def _ring(self) -> Json:
        with self._books.lock:
            numbers = self._books.keys.numbers()
        return {"keys": numbers, "signs": numbers[-1]}
