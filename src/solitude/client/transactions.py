"""Transactions, those of payments and those that the marketplace keeps itself."""

from collections.abc import Iterator

from . import answers, reports
from .calls import Calls, Path, decimal_text, filters_of, path_of, uri_of
from .wire import Amount

TRANSACTIONS = "/generic/transaction/"


class Transactions(Calls):
    """What was paid."""

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
            "amount": decimal_text(amount),
            "currency": currency,
            "provider": provider,
            "status": status,
            "type": type,
            "buyer": uri_of(buyer),
            "seller": uri_of(seller),
            "seller_product": uri_of(seller_product),
            "related": uri_of(related),
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
        return self._get(path_of(TRANSACTIONS, transaction), answers.Transaction.from_json)

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
        return self._change(path_of(TRANSACTIONS, transaction), body, answers.Transaction.from_json, if_match)

    def iter_transactions(
        self, *, seller: int | answers.Seller | None = None, provider: int | None = None
    ) -> Iterator[answers.Transaction]:
        """Every transaction, the newest first; only those in which this seller is paid, or of this provider (its number)."""
        return self._iter(TRANSACTIONS, filters_of(seller=seller, provider=provider), answers.Transaction.from_json)

    def timeline(self, transaction: int | Path) -> list[reports.TimelineEntry]:
        """All that happened to a transaction, the oldest first: requests, calls to the provider, notifications, moves."""
        return self._send("GET", f"{path_of(TRANSACTIONS, transaction)}timeline/", None, reports.timeline)

    def find_transaction(self, uuid: str) -> answers.Transaction | None:
        return self._find(TRANSACTIONS, "uuid", uuid, answers.Transaction.from_json)
