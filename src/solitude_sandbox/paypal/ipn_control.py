"""Control of instant payment notifications: where they go, pull them, make one of whatever content."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.addresses import is_web_url
from solitude_sandbox.control import Json, base_of, body_of, json_response, tried, whole
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.control_answers import look
from solitude_sandbox.paypal.event_control import NUMBER_LIMIT, PULL_LIMIT
from solitude_sandbox.paypal.ipn import Ipn
from solitude_sandbox.paypal.reading import URL_LENGTH

FIELDS_LIMIT = 200
FIELD_LENGTH = 1_000


class IpnControl:
    """Routes under /sandbox/."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def ipns(self, request: Request) -> Response:
        """GET ipns?after=N&limit=M: what was sent, for a test that forwards it as it likes."""

        def pull() -> tuple[Json, int]:
            after = whole(request.args.get("after", 0), "after", most=NUMBER_LIMIT)
            limit = whole(request.args.get("limit", PULL_LIMIT), "limit", most=PULL_LIMIT)
            with self._books.lock:
                look(self._books, base_of(request))
                found, newest = self._books.ipns.after(after, limit), self._books.ipns.last
            last = found[-1].number if found else min(after, newest)
            return {"ipns": [_show(message) for message in found], "last": last, "newest": newest}, 200

        return tried(pull)

    def url(self, request: Request) -> Response:
        """GET shows, POST ipn-url {"url": … or null} sets where notifications of all accounts go."""

        def change() -> tuple[Json, int]:
            self.set_url(body_of(request).get("url"))
            return {"url": self._books.ipn_url}, 200

        return tried(change) if request.method == "POST" else json_response({"url": self._books.ipn_url}, 200)

    def set_url(self, url: object) -> None:
        """What a POST does; ValueError with a sentence if it makes no sense."""
        if url is not None and not (isinstance(url, str) and len(url) <= URL_LENGTH and is_web_url(url)):
            raise ValueError("url must be an http address, or null.")
        with self._books.lock:
            self._books.ipn_url = url

    def compose(self, request: Request) -> Response:
        """POST ipn {"fields": {…}, "url"?, "genuine"?}: a message of that content is sent; forged if not `genuine`."""

        def send() -> tuple[Json, int]:
            body = body_of(request)
            fields, url, genuine = body.get("fields"), body.get("url"), body.get("genuine", True)
            if not isinstance(fields, dict) or len(fields) > FIELDS_LIMIT or not all(map(_is_field, fields.items())):
                raise ValueError(f"fields must be an object of at most {FIELDS_LIMIT} texts.")
            if url is not None and not (isinstance(url, str) and len(url) <= URL_LENGTH and is_web_url(url)):
                raise ValueError("url must be an http address.")
            if not isinstance(genuine, bool):
                raise ValueError("genuine must be true or false.")
            with self._books.lock:
                call = look(self._books, base_of(request))
                return _show(self._books.send_ipn(call, fields, "", url, genuine=genuine)), 201

        return tried(send)


def _is_field(item: tuple[object, object]) -> bool:
    return all(isinstance(each, str) and len(each) <= FIELD_LENGTH for each in item)


def _show(message: Ipn) -> Json:
    return {"number": message.number, "type": message.type, "url": message.url, "body": message.body}
