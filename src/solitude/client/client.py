"""The calls of the API, one method each. How to use them: docs/client.md."""

import re
import uuid as uuids
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from . import answers, reports
from .errors import NoAnswer
from .retries import Clock, Retries, persist
from .transport import Answer, Call, Transport
from .wire import Amount, Fields, Unreadable, amount_text, decimal, encode, target

IDEMPOTENCY_KEY_MAX_CHARS = 255
EVENTS_MAX = 1000
EVENTS_WAIT_MAX_S = 30
# Between two looks at a feed whose server holds as many readers as it may, and so answers at once.
FOLLOW_PAUSE_S = 1.0
# Of a list at a time: as many as the server gives.
LIST_ROWS = 100

BUYERS = "/generic/buyer/"
SELLERS = "/generic/seller/"
PRODUCTS = "/generic/product/"
TRANSACTIONS = "/generic/transaction/"
PAYPAL_BUYERS = "/paypal/buyer/"
PAYPAL_SELLERS = "/paypal/seller/"
PREAPPROVALS = "/paypal/preapproval/"

_IDEMPOTENCY_KEY = re.compile(rf"[!-~]{{1,{IDEMPOTENCY_KEY_MAX_CHARS}}}")
_ETAG = re.compile(r'(W/)?"[!#-~]{1,200}"')
_PK = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SETTING = re.compile(r"[A-Z0-9_]{1,100}")

T = TypeVar("T")
Seen = TypeVar("Seen", answers.Buyer, answers.Seller, answers.Product, answers.Transaction)


class Stored(Protocol):
    """Anything that the server keeps under a path of its own: a Buyer, a Seller, a Product ..."""

    @property
    def resource_uri(self) -> str: ...


Path = str | Stored
"""A resource: its path, e.g. "/generic/seller/4/", or the answer that was given for it."""


class Solitude:
    """A Solitude server. Make one per process and share it between threads.

    `timeout_s` bounds one try, `retries` how often and how long in all. `ca_file`: a PEM file with the only
    certificates to trust, instead of the system's. `connections`: open at the same time; more calls wait for one.
    Plain http is refused except to loopback, unless `allow_plain_http`. Raises ValueError for a bad url, key or
    secret.

    Every method raises SolitudeError (see `errors`), ValueError or TypeError for an argument that could never be sent.
    Every method that creates something or moves money takes an `idempotency_key` (1 to 255 printable ASCII
    characters) and makes one when none is given.
    """

    def __init__(
        self,
        url: str,
        key: str,
        secret: str | bytes,
        *,
        timeout_s: float = 30.0,
        retries: Retries | None = None,
        ca_file: str | None = None,
        connections: int = 10,
        allow_plain_http: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if not key or not secret or timeout_s <= 0 or connections < 1:
            raise ValueError("key and secret are needed, timeout_s above 0 and at least one connection.")
        self._transport = Transport(
            url,
            key,
            secret,
            timeout_s=timeout_s,
            connections=connections,
            ca_file=ca_file,
            plain=allow_plain_http,
        )
        self._retries = retries or Retries()
        self._clock = clock or Clock()

    def __repr__(self) -> str:
        return f"Solitude({self._transport!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the idle connections."""
        self._transport.close()

    # Payments

    def pay(
        self,
        *,
        user_id: int | str,
        app_id: int | str,
        amount: Amount,
        currency: str,
        use_preapproval: bool = False,
        return_url: str | None = None,
        cancel_url: str | None = None,
        memo: str | None = None,
        platform_fee: Amount | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Payment:
        """Starts a payment, or takes it at once where a pre-approval allows that.

        `user_id` and `app_id`: the marketplace's own names of the buyer, who is made when unknown, and of the product
        (its `public_id`). `amount` and `platform_fee` (what the marketplace keeps of it) are in `currency`. `pin_token`: of
        `verify_pin`; Forbidden with the code `pin_required` or `pin_token_invalid` where it is missing or not good.
        """
        body = {
            "user_id": user_id,
            "app_id": app_id,
            # The wiki's form has a JSON number here; `encode` writes it with the digits of the decimal.
            "amount": decimal(amount),
            "currency": currency,
            "use_preapproval": use_preapproval,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "memo": memo,
            "platform_fee": None if platform_fee is None else decimal(platform_fee),
            "pin_token": pin_token,
        }
        return self._post("/paypal/pay", body, answers.Payment.from_json, idempotency_key)

    def check(
        self, *, pay_key: str | None = None, uuid: str | None = None, idempotency_key: str | None = None
    ) -> answers.Check:
        """The state of a payment, named by one of `pay_key` and `uuid`; takes the money when the buyer has approved."""
        return self._post("/paypal/pay-check/", _selector(pay_key, uuid), answers.Check.from_json, idempotency_key)

    def refund(
        self,
        *,
        pay_key: str | None = None,
        uuid: str | None = None,
        amount: Amount | None = None,
        reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Refund:
        """Gives back `amount` of a payment, all that is left of it by default.

        `if_match`: the `etag` of the payment as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = _selector(pay_key, uuid) | {"amount": _text(amount), "reason": reason}
        return self._post("/paypal/refund/", body, answers.Refund.from_json, idempotency_key, if_match)

    # Pre-approvals

    def start_preapproval(
        self,
        *,
        buyer_uuid: str,
        return_url: str,
        cancel_url: str,
        start: date | None = None,
        end: date | None = None,
        currency: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Preapproval:
        """Step one: send the buyer to `paypal_url`. Without `currency` it is good for any."""
        body = {
            "uuid": buyer_uuid,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "start": start,
            "end": end,
            "currency": currency,
        }
        return self._post(PREAPPROVALS, body, answers.Preapproval.from_json, idempotency_key)

    def finish_preapproval(self, pk: str) -> answers.FinishedPreapproval:
        """Step two, when the buyer is back: keeps the key. Conflict `not_approved` when the buyer did not agree."""
        return self._send("PUT", _at(PREAPPROVALS, pk), {}, answers.FinishedPreapproval.from_json)

    def drop_preapproval(self, pk: str) -> None:
        """Forgets a pre-approval that was started; one that was finished stays (see `forget_paypal_key`)."""
        self.call("DELETE", _at(PREAPPROVALS, pk))

    # Buyers, sellers, products, transactions

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
        return self._get(_at(BUYERS, buyer), answers.Buyer.from_json)

    def find_buyer(self, uuid: str) -> answers.Buyer | None:
        return self._find(BUYERS, "uuid", uuid, answers.Buyer.from_json)

    def buyers_with_email(self, email: str) -> Iterator[answers.Buyer]:
        """All who have this very address, the newest first. Raises ValueError for an empty one."""
        return self._iter(BUYERS, _filters(email=email), answers.Buyer.from_json)

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
        return self._change(_at(BUYERS, buyer), body, answers.Buyer.from_json, if_match)

    def close_buyer(self, buyer: int | Path, *, idempotency_key: str | None = None) -> None:
        """Closes the account and forgets the person, here and at the providers; the payments stay. NotFound if it is not active."""
        self._post(f"{_at(BUYERS, buyer)}close/", {}, lambda _: None, idempotency_key)

    # PINs. None of these is repeated by itself once it has left: each try counts.

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

    def create_seller(self, uuid: str, *, active: bool = True, idempotency_key: str | None = None) -> answers.Seller:
        return self._post(SELLERS, {"uuid": uuid, "active": active}, answers.Seller.from_json, idempotency_key)

    def get_seller(self, seller: int | Path) -> answers.Seller:
        return self._get(_at(SELLERS, seller), answers.Seller.from_json)

    def find_seller(self, uuid: str) -> answers.Seller | None:
        return self._find(SELLERS, "uuid", uuid, answers.Seller.from_json)

    def sellers(self, *, active: bool | None = None, page: int = 1, limit: int = 20) -> answers.Page[answers.Seller]:
        """One page of the sellers, all or only those that are `active` or not. Of a long list, read `iter_sellers`."""
        return self._list(SELLERS, _filters(active=active), answers.Seller.from_json, page, limit)

    def iter_sellers(self, *, active: bool | None = None) -> Iterator[answers.Seller]:
        """Every seller, or every one that is `active` or not, the newest first."""
        return self._iter(SELLERS, _filters(active=active), answers.Seller.from_json)

    def change_seller(
        self,
        seller: int | Path,
        *,
        uuid: str | None = None,
        active: bool | None = None,
        if_match: str | None = None,
    ) -> answers.Seller:
        """Changes what is given and keeps the rest. Nothing of a seller that is not `active` can be bought.

        `if_match`: the `etag` of the seller as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = {"uuid": uuid, "active": active}
        return self._change(_at(SELLERS, seller), body, answers.Seller.from_json, if_match)

    def create_product(
        self,
        *,
        seller: Path,
        external_id: str,
        public_id: str,
        access: int | None = None,
        secret: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Product:
        """`external_id`: the seller's name for it; `public_id`: the one of the whole marketplace."""
        body = {
            "seller": _uri(seller),
            "external_id": external_id,
            "public_id": public_id,
            "access": access,
            "secret": secret,
        }
        return self._post(PRODUCTS, body, answers.Product.from_json, idempotency_key)

    def get_product(self, product: int | Path) -> answers.Product:
        return self._get(_at(PRODUCTS, product), answers.Product.from_json)

    def find_product(self, public_id: str) -> answers.Product | None:
        return self._find(PRODUCTS, "public_id", public_id, answers.Product.from_json)

    def products(
        self,
        *,
        seller: int | answers.Seller | None = None,
        seller_uuid: str | None = None,
        seller_active: bool | None = None,
        external_id: str | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> answers.Page[answers.Product]:
        """One page of the products for which all that is given holds. Of a long list, read `iter_products`."""
        filters = _filters(
            seller=seller, seller__uuid=seller_uuid, seller__active=seller_active, external_id=external_id
        )
        return self._list(PRODUCTS, filters, answers.Product.from_json, page, limit)

    def iter_products(
        self,
        *,
        seller: int | answers.Seller | None = None,
        seller_uuid: str | None = None,
        seller_active: bool | None = None,
        external_id: str | None = None,
    ) -> Iterator[answers.Product]:
        """Every product for which all that is given holds, the newest first."""
        filters = _filters(
            seller=seller, seller__uuid=seller_uuid, seller__active=seller_active, external_id=external_id
        )
        return self._iter(PRODUCTS, filters, answers.Product.from_json)

    def change_product(
        self,
        product: int | Path,
        *,
        seller: Path | None = None,
        external_id: str | None = None,
        public_id: str | None = None,
        access: int | None = None,
        secret: str | None = None,
        if_match: str | None = None,
    ) -> answers.Product:
        """Changes what is given and keeps the rest; an empty `secret` is none.

        `if_match`: the `etag` of the product as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = {
            "seller": _uri(seller),
            "external_id": external_id,
            "public_id": public_id,
            "access": access,
            "secret": secret,
        }
        return self._change(_at(PRODUCTS, product), body, answers.Product.from_json, if_match)

    def create_transaction(
        self,
        *,
        uuid: str | None = None,
        amount: Amount | None = None,
        currency: str | None = None,
        provider: int | None = None,
        status: int | None = None,
        type: int | None = None,  # noqa: A002 - the API's word
        buyer: Path | None = None,
        seller: Path | None = None,
        seller_product: Path | None = None,
        related: Path | None = None,
        status_reason: str | None = None,
        uid_pay: str | None = None,
        uid_support: str | None = None,
        pay_url: str | None = None,
        carrier: str | None = None,
        region: str | None = None,
        source: str | None = None,
        notes: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Transaction:
        """Keeps a transaction that the caller takes care of itself; `pay` writes its own."""
        body = {
            "uuid": uuid,
            "amount": _text(amount),
            "currency": currency,
            "provider": provider,
            "status": status,
            "type": type,
            "buyer": _uri(buyer),
            "seller": _uri(seller),
            "seller_product": _uri(seller_product),
            "related": _uri(related),
            "status_reason": status_reason,
            "uid_pay": uid_pay,
            "uid_support": uid_support,
            "pay_url": pay_url,
            "carrier": carrier,
            "region": region,
            "source": source,
            "notes": notes,
        }
        return self._post(TRANSACTIONS, body, answers.Transaction.from_json, idempotency_key)

    def get_transaction(self, transaction: int | Path) -> answers.Transaction:
        return self._get(_at(TRANSACTIONS, transaction), answers.Transaction.from_json)

    def change_transaction(
        self,
        transaction: int | Path,
        *,
        status: int | None = None,
        status_reason: str | None = None,
        provider: int | None = None,
        uid_pay: str | None = None,
        pay_url: str | None = None,
        notes: str | None = None,
        if_match: str | None = None,
    ) -> answers.Transaction:
        """Moves a transaction that the caller takes care of itself, by the rules of its status, or notes something of any.

        What is not given stays; an empty text takes a text away. `if_match`: the `etag` of the transaction as you have
        seen it; raises PreconditionFailed if it has changed since. InvalidRequest says which rule is broken.
        """
        body = {
            "status": status,
            "status_reason": status_reason,
            "provider": provider,
            "uid_pay": uid_pay,
            "pay_url": pay_url,
            "notes": notes,
        }
        return self._change(_at(TRANSACTIONS, transaction), body, answers.Transaction.from_json, if_match)

    def iter_transactions(
        self, *, seller: int | answers.Seller | None = None, provider: int | None = None
    ) -> Iterator[answers.Transaction]:
        """Every transaction, the newest first; only those in which this seller is paid, or of this provider (its number)."""
        return self._iter(TRANSACTIONS, _filters(seller=seller, provider=provider), answers.Transaction.from_json)

    def timeline(self, transaction: int | Path) -> list[reports.TimelineEntry]:
        """All that happened to a transaction, the oldest first: requests, calls to the provider, notifications, moves."""
        return self._send("GET", f"{_at(TRANSACTIONS, transaction)}timeline/", None, reports.timeline)

    def find_transaction(self, uuid: str) -> answers.Transaction | None:
        return self._find(TRANSACTIONS, "uuid", uuid, answers.Transaction.from_json)

    # What PayPal knows of sellers and buyers

    def create_paypal_seller(
        self, seller: Path, *, paypal_id: str, idempotency_key: str | None = None, **personal: str
    ) -> answers.PayPalSeller:
        """`personal`: any of `answers.PERSONAL`, e.g. country="NL"."""
        body = {"seller": _uri(seller), "paypal_id": paypal_id, **_personal(personal)}
        return self._post(PAYPAL_SELLERS, body, answers.PayPalSeller.from_json, idempotency_key)

    def get_paypal_seller(self, paypal_seller: int | Path) -> answers.PayPalSeller:
        return self._send("GET", _at(PAYPAL_SELLERS, paypal_seller), None, answers.PayPalSeller.from_json)

    def change_paypal_seller(
        self, paypal_seller: int | Path, *, paypal_id: str | None = None, **personal: str
    ) -> answers.PayPalSeller:
        """Changes what is given and keeps the rest."""
        path = _at(PAYPAL_SELLERS, paypal_seller)
        self.call("PATCH", path, _given({"paypal_id": paypal_id}) | _personal(personal))
        # A PATCH of these resources may be answered with no body.
        return self._send("GET", path, None, answers.PayPalSeller.from_json)

    def create_paypal_buyer(self, buyer: Path, *, idempotency_key: str | None = None) -> answers.PayPalBuyer:
        return self._post(PAYPAL_BUYERS, {"buyer": _uri(buyer)}, answers.PayPalBuyer.from_json, idempotency_key)

    def get_paypal_buyer(self, paypal_buyer: int | Path) -> answers.PayPalBuyer:
        return self._send("GET", _at(PAYPAL_BUYERS, paypal_buyer), None, answers.PayPalBuyer.from_json)

    def forget_paypal_key(self, paypal_buyer: int | Path) -> None:
        """Ends the buyer's pre-approval, at PayPal as well."""
        self.call("PATCH", _at(PAYPAL_BUYERS, paypal_buyer), {"key": None})

    def delete_paypal_buyer(self, paypal_buyer: int | Path) -> None:
        """Ends the buyer's pre-approval, at PayPal as well, and forgets all else that was kept for PayPal."""
        self.call("DELETE", _at(PAYPAL_BUYERS, paypal_buyer))

    # What PayPal tells the marketplace

    def forward_paypal_webhook(
        self, headers: Mapping[str, str], body: bytes | str, *, idempotency_key: str | None = None
    ) -> reports.Notice:
        """Hands on a notification as it came from PayPal. Answer PayPal with 200 unless the notice says `retry`.

        Of `headers` only PayPal's own are sent. A body that is not UTF-8 is a ValueError: it is not from PayPal.
        """
        given = reports.notification(headers, body)
        return self._post("/paypal/webhook/", given, reports.Notice.from_json, idempotency_key)

    # Events and health

    def events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        wait_s: int = 0,
        types: Iterable[str] | None = None,
    ) -> answers.EventPage:
        """Up to `limit` (1000) events after the cursor `after`, from the oldest kept by default. Raises CursorExpired.

        `wait_s` (30): how long the server may hold the request until there is one; it may answer earlier without one.
        `types`: only these, e.g. ["transaction.*", "refund.completed"]; go on from the page's `cursor`, which passes the
        others.
        """
        if not 1 <= limit <= EVENTS_MAX or not 0 <= wait_s <= EVENTS_WAIT_MAX_S:
            raise ValueError(f"limit is 1 to {EVENTS_MAX} and wait_s 0 to {EVENTS_WAIT_MAX_S}.")
        query = {"after": after, "limit": limit, "wait": wait_s or None, "type": _types(types)}
        call = Call("GET", target("/events/", _given(query)), held_s=wait_s)
        return _read(call, self._persist(call).body, answers.EventPage.from_json)

    def iter_events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        types: Iterable[str] | None = None,
    ) -> Iterator[answers.Event]:
        """Every event after the cursor `after`, page by page, until there are no more now.

        Keep the `cursor` of each event once it has been dealt with: it is where to go on.
        """
        asked = None if types is None else list(types)
        more = True
        while more:
            page = self.events(after, limit=limit, types=asked)
            yield from page.events
            after, more = _next(page, after), page.more

    def follow_events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        wait_s: int = EVENTS_WAIT_MAX_S,
        types: Iterable[str] | None = None,
    ) -> Iterator[answers.Event]:
        """Every event after the cursor `after`, and then each as it comes. It never ends; leave the loop when you like.

        Raises what `events` raises when the server stays away for too long: go on from the last cursor that you kept.
        """
        asked = None if types is None else list(types)
        while True:
            begun = self._clock.monotonic()
            page = self.events(after, limit=limit, wait_s=wait_s, types=asked)
            took_s = self._clock.monotonic() - begun
            yield from page.events
            after = _next(page, after)
            if not page.events and not page.more and took_s < FOLLOW_PAUSE_S:
                self._clock.sleep(FOLLOW_PAUSE_S)

    def uncertain(self) -> reports.Uncertain:
        """The transactions of which the server does not know what the provider did."""
        return self._send("GET", "/services/uncertain/", None, reports.Uncertain.from_json)

    def status(self) -> reports.ServerStatus:
        """The health of the server; the one call that needs no signature."""
        call = Call("GET", target("/services/status/"), signed=False, accepted=(500,))
        answer = self._persist(call)
        return _read(call, answer.body, lambda body: reports.ServerStatus.from_json(answer.status, body))

    def whoami(self) -> str | None:
        """The key for whose signature the server takes ours; None where nobody must sign."""
        return self._send("GET", "/services/request/", None, reports.authenticated)

    def failed_products(self) -> tuple[reports.FailedProduct, ...]:
        """Each product whose last transaction failed, the newest first."""
        return self._send("GET", "/services/failures/transactions/", None, reports.failed_products)

    def bad_statuses(self) -> tuple[reports.BadStatus, ...]:
        """Each product that a provider found wrong when it was checked last."""
        return self._send("GET", "/services/failures/statuses/", None, reports.bad_statuses)

    def setting_names(self) -> tuple[str, ...]:
        """The names of the server's settings. Forbidden unless the server shows them, which no production server does."""
        call = Call("GET", target("/services/settings/"), listed=True)
        return _read(call, self._persist(call).body, reports.setting_names)

    def setting(self, name: str) -> Any:
        """The value of one of the server's settings as JSON, its secrets masked. NotFound where there is none of that name."""
        if not _SETTING.fullmatch(name):
            raise ValueError("A setting is named in capitals, e.g. SOLITUDE_DEBUG.")
        return self._send("GET", f"/services/settings/{name}/", None, reports.setting)

    # Everything else

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Any call of the API that has no method here; the answer's JSON object, empty where there is none.

        `path` is plain text: it is percent-encoded here. Without a key a POST is repeated only if it surely never left.
        """
        return self._persist(_call(method, path, body, query, idempotency_key)).body

    def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        make: Callable[[object], T],
        idempotency_key: str | None,
        if_match: str | None = None,
    ) -> T:
        key = str(uuids.uuid4()) if idempotency_key is None else idempotency_key
        call = _call("POST", path, _given(body), None, key)
        if if_match is not None:
            call = replace(call, if_match=_etag(if_match))
        return _read(call, self._persist(call).body, make)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        make: Callable[[object], T],
    ) -> T:
        call = _call(method, path, body, None, None)
        return _read(call, self._persist(call).body, make)

    def _find(self, path: str, name: str, value: str, make: Callable[[object], T]) -> T | None:
        if not value:
            # The API takes an empty filter for no filter, and would give anything.
            raise ValueError(f"{name} must not be empty.")
        call = _call("GET", path, None, {name: value}, None)
        return _read(call, self._persist(call).body, lambda body: _only(body, name, value, make))

    def _get(self, path: str, make: Callable[[object], Seen]) -> Seen:
        return self._seen(_call("GET", path, None, None, None), make)

    def _change(self, path: str, body: Mapping[str, Any], make: Callable[[object], Seen], if_match: str | None) -> Seen:
        call = _call("PATCH", path, _given(body), None, None)
        return self._seen(call if if_match is None else replace(call, if_match=_etag(if_match)), make)

    def _seen(self, call: Call, make: Callable[[object], Seen]) -> Seen:
        answer = self._persist(call)
        return replace(_read(call, answer.body, make), etag=answer.etag)

    def _iter(self, path: str, filters: Mapping[str, str | int], make: Callable[[object], T]) -> Iterator[T]:
        """All that a list has, page by page. None goes missing and none comes twice while others are added."""
        cursor: str | None = ""
        while cursor is not None:
            call = _call("GET", path, None, {**filters, "limit": LIST_ROWS, "cursor": cursor}, None)
            found, following = _read(call, self._persist(call).body, lambda body: _page(body, make))
            yield from found
            if following == cursor:
                raise NoAnswer(f"{call.what}: there is more, but the cursor stands still", transient=False)
            cursor = following

    def _list(
        self, path: str, filters: Mapping[str, str | int], make: Callable[[object], T], page: int, limit: int
    ) -> answers.Page[T]:
        if page < 1 or not 1 <= limit <= LIST_ROWS:
            raise ValueError(f"page is 1 or more, and limit 1 to {LIST_ROWS}.")
        call = _call("GET", path, None, {**filters, "page": page, "limit": limit}, None)
        return _read(call, self._persist(call).body, lambda body: answers.Page.from_json(body, make))

    def _persist(self, call: Call) -> Answer:
        return persist(
            lambda left_s: self._transport.send(call, left_s),
            # A time-out that is not longer than the server was asked to hold the request would end it each time.
            replace(self._retries, total_s=self._retries.total_s + call.held_s),
            self._clock,
            repeatable=call.repeatable,
        )


def _call(
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    query: Mapping[str, str | int] | None,
    idempotency_key: str | None,
) -> Call:
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise ValueError(f"An idempotency key has 1 to {IDEMPOTENCY_KEY_MAX_CHARS} printable ASCII characters.")
    raw = b"" if body is None else encode(body)
    return Call(method.upper(), target(path, query), raw, idempotency_key)


def _read(call: Call, body: Mapping[str, Any], make: Callable[[object], T]) -> T:
    """The answer as `make` reads it. Raises NoAnswer: a success that cannot be read is not known to be one."""
    try:
        return make(body)
    except Unreadable as error:
        raise NoAnswer(f"{call.what}: {error}", transient=False, idempotency_key=call.idempotency_key) from None


def _only(body: object, name: str, value: str, make: Callable[[object], T]) -> T | None:
    """The one object of a list whose field is what was asked for, lest another one is taken for it."""
    return next((make(item) for item in Fields(body).items("objects") if Fields(item).text(name) == value), None)


def _page(body: object, make: Callable[[object], T]) -> tuple[list[T], str | None]:
    """What a page of a list has, and the cursor of the following one."""
    f = Fields(body)
    link = Fields(f.mapping("meta")).text_or_none("next")
    cursors = parse_qs(urlsplit(link).query).get("cursor") if link else [None]
    if not cursors:
        raise Unreadable("The field next has no cursor.")
    return [make(item) for item in f.items("objects")], cursors[0]


def _types(types: Iterable[str] | None) -> str | None:
    """The types as the API takes them; without one there would be no filter, and not nothing. Raises ValueError."""
    if types is None:
        return None
    joined = types if isinstance(types, str) else ",".join(types)
    if not joined:
        raise ValueError("types must not be empty.")
    return joined


def _next(page: answers.EventPage, after: str | None) -> str | None:
    """Where to go on after a page. Raises NoAnswer: a feed that does not move must not be read for ever."""
    if page.more and page.cursor in (None, after):
        raise NoAnswer("GET /events/: there are more events, but the cursor stands still", transient=False)
    return page.cursor or after


def _etag(text: str) -> str:
    if not _ETAG.fullmatch(text):
        raise ValueError("if_match is the etag of an answer, with its quotes.")
    return text


def _confirmed(body: object) -> bool:
    return Fields(body).flag("confirmed")


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was given: a default belongs to the server, so it is not sent."""
    return {name: value for name, value in body.items() if value is not None}


def _filters(**given: str | bool | int | answers.Seller | None) -> dict[str, str | int]:
    """Filters of a list, as a query has them. Raises ValueError for an empty one: the API would take it for none."""
    filters: dict[str, str | int] = {}
    for name, value in _given(given).items():
        if value == "":
            raise ValueError(f"{name} must not be empty.")
        if isinstance(value, answers.Seller):
            filters[name] = value.pk
        else:
            filters[name] = str(value).lower() if isinstance(value, bool) else value
    return filters


def _personal(fields: Mapping[str, str]) -> dict[str, str]:
    unknown = set(fields) - set(answers.PERSONAL)
    if unknown:
        raise TypeError(f"There is no field {', '.join(sorted(unknown))}.")
    return dict(fields)


def _text(value: Amount | None) -> str | None:
    return None if value is None else amount_text(value)


def _selector(pay_key: str | None, uuid: str | None) -> dict[str, Any]:
    if (pay_key is None) == (uuid is None):
        raise ValueError("A payment is named by either pay_key or uuid.")
    return _given({"pay_key": pay_key, "uuid": uuid})


def _uri(resource: Path | None) -> str | None:
    return resource if resource is None or isinstance(resource, str) else resource.resource_uri


def _at(base: str, resource: int | Path) -> str:
    """The path of one resource under `base`, from its pk, its path, or the answer given for it. Raises ValueError."""
    name = str(resource) if isinstance(resource, int) else str(_uri(resource)).removeprefix(base).strip("/")
    if not _PK.fullmatch(name):
        raise ValueError(f"That names nothing under {base}.")
    return f"{base}{name}/"
