"""The shop's own database. Solitude knows about money; who bought what, and what the customer is told, is the shop's business."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

OPEN, WAITING, PAID, DECLINED, CANCELLED = "open", "waiting", "paid", "declined", "cancelled"
REFUNDING, REFUNDED, PARTLY_REFUNDED = "refund pending", "refunded", "partly refunded"
# What goes on without the customer.
UNSETTLED = (WAITING, REFUNDING)
PREFIX = "firefly:"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS customer (
    number INTEGER PRIMARY KEY, session TEXT NOT NULL UNIQUE, agreement TEXT NOT NULL DEFAULT '', remembered INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS purchase (
    id TEXT PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, app TEXT NOT NULL, price TEXT NOT NULL, way TEXT NOT NULL,
    state TEXT NOT NULL, uuid TEXT NOT NULL DEFAULT '', "transaction" TEXT NOT NULL DEFAULT '', pay_url TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS purchase_transaction ON purchase ("transaction");
CREATE TABLE IF NOT EXISTS bookmark (cursor TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Customer:
    """`uuid` is this customer's name at Solitude; `agreement` a pre-approval on its way, `remembered` one that is in use."""

    number: int
    agreement: str
    remembered: bool

    @property
    def uuid(self) -> str:
        return f"{PREFIX}{self.number}"


@dataclass(frozen=True)
class Purchase:
    """`way` is how it is paid. `uuid` and `transaction` are Solitude's names of the payment, empty until it has answered."""

    id: str
    customer: int
    app: str
    price: Decimal
    way: str
    state: str
    uuid: str = ""
    transaction: str = ""
    pay_url: str = ""


class Books:
    """One connection, used by one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def customer_of(self, session: str) -> Customer | None:
        """Whose browser this is. A session is a secret; a customer's number is not."""
        found = self._one("SELECT number, agreement, remembered FROM customer WHERE session = ?", session)
        return Customer(found[0], found[1], bool(found[2])) if found else None

    def new_customer(self) -> tuple[str, Customer]:
        """Somebody who was never here, and the session for the browser."""
        session = secrets.token_urlsafe(32)
        with self._lock:
            made = self._db.execute("INSERT INTO customer (session) VALUES (?) RETURNING number", (session,)).fetchone()
        return session, Customer(made[0], agreement="", remembered=False)

    def keep_agreement(self, uuid: str, agreement: str, *, remembered: bool) -> None:
        """A pre-approval of this customer was started, finished or ended."""
        change = "UPDATE customer SET agreement = ?, remembered = ? WHERE ? || number = ?"
        self._do(change, agreement, remembered, PREFIX, uuid)

    def begin(self, customer: Customer, app: str, price: Decimal, way: str) -> Purchase:
        """A new purchase, of which nobody else knows yet."""
        made = Purchase(secrets.token_hex(8), customer.number, app, price, way, OPEN)
        row = (made.id, made.customer, made.app, str(made.price), made.way, made.state)
        self._do("INSERT INTO purchase (id, customer, app, price, way, state) VALUES (?, ?, ?, ?, ?, ?)", *row)
        return made

    def keep_payment(
        self, purchase: str, state: str, uuid: str | None, transaction: str | None, pay_url: str | None = None
    ) -> None:
        """Solitude's names of the payment, as far as there are any, and where the customer can pay."""
        self._do(
            'UPDATE purchase SET state = ?, uuid = ?, "transaction" = ?, pay_url = ? WHERE id = ?',
            *(state, uuid or "", transaction or "", pay_url or "", purchase),
        )

    def keep_state(self, purchase: str, state: str, pay_url: str) -> None:
        """What an event has led to. Events come in their order."""
        self._do("UPDATE purchase SET state = ?, pay_url = ? WHERE id = ?", state, pay_url, purchase)

    def keep_look(self, seen: Purchase, state: str, pay_url: str) -> None:
        """What a look has found. Whatever was written meanwhile is younger, and stays."""
        change = "UPDATE purchase SET state = ?, pay_url = ? WHERE id = ? AND state = ?"
        self._do(change, state, pay_url, seen.id, seen.state)

    def purchase(self, purchase: str) -> Purchase | None:
        """By its id."""
        return next(self._purchases("WHERE id = ?", purchase), None)

    def purchase_of(self, transaction: str) -> Purchase | None:
        """By Solitude's path of the payment."""
        return next(self._purchases('WHERE "transaction" = ?', transaction), None)

    def purchases_by(self, customer: Customer) -> list[Purchase]:
        """The newest first."""
        return list(self._purchases("WHERE customer = ? ORDER BY rowid DESC LIMIT 50", customer.number))

    def cursor(self) -> str | None:
        """How far the feed was read."""
        found = self._one("SELECT cursor FROM bookmark")
        return str(found[0]) if found else None

    @contextmanager
    def reading(self, cursor: str) -> Iterator[None]:
        """What is written in this block and how far the feed was read are kept together, or not at all."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("DELETE FROM bookmark")
            self._db.execute("INSERT INTO bookmark (cursor) VALUES (?)", (cursor,))

    def _purchases(self, where: str, *values: object) -> Iterator[Purchase]:
        columns = 'id, customer, app, price, way, state, uuid, "transaction", pay_url'
        with self._lock:
            rows = self._db.execute(f"SELECT {columns} FROM purchase {where}", values).fetchall()  # noqa: S608 - ours
        for row in rows:
            yield Purchase(row[0], row[1], row[2], Decimal(row[3]), *row[4:])

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
            return found

    def _do(self, query: str, *values: object) -> None:
        with self._lock:
            self._db.execute(query, values)
