"""Vault v3: setup tokens, the buyer's approval of them, and payment tokens for later charges."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.events import TOKEN_CREATED, TOKEN_DELETED, TOKEN_DELETION
from solitude_sandbox.paypal.funding import Approval
from solitude_sandbox.paypal.querying import page_number
from solitude_sandbox.paypal.reading import Reader
from solitude_sandbox.paypal.times import SETUP_TOKEN_LIFE

CUSTOMER_ID = re.compile(r"[0-9a-zA-Z_-]{1,22}", re.ASCII)
# Pattern of `paypal_wallet_request.description` in PayPal's vault_payment_tokens_v3 file.
DESCRIPTION = re.compile(r"[a-zA-Z0-9_'\-., :;!?\"]*", re.ASCII)
PAGE_LIMIT = 5
PAGE_SIZE_DEFAULT = 5
PAGES_LIMIT = 10
KEPT_WALLET_KEYS = ("description", "usage_type", "customer_type", "permit_multiple_payment_tokens")

PAYER_ACTION_REQUIRED = "PAYER_ACTION_REQUIRED"
APPROVED = "APPROVED"
TOKENIZED = "TOKENIZED"


@dataclass
class SetupToken:
    """The question to the buyer whether later charges are welcome."""

    id: str
    customer_id: str
    wallet: Json
    return_url: str | None
    cancel_url: str | None
    brand_name: str | None
    created: datetime
    status: str = PAYER_ACTION_REQUIRED
    approval: Approval | None = None

    def expired(self, now: datetime) -> bool:
        """Setup tokens live three days."""
        return now >= self.created + SETUP_TOKEN_LIFE

    def approve(self, approval: Approval) -> None:
        """The buyer agrees."""
        self.status, self.approval = APPROVED, approval

    def show(self, call: Call) -> Json:
        """PayPal's setup token object."""
        wallet = self.wallet | (_payer(self.approval) if self.approval is not None else {})
        links = [call.link(f"/v3/vault/setup-tokens/{self.id}", "self")]
        if self.status == PAYER_ACTION_REQUIRED:
            links.append(call.link(f"/agreements/approve?approval_session_id={self.id}", "approve"))
        return {
            "id": self.id,
            "customer": {"id": self.customer_id},
            "status": self.status,
            "payment_source": {"paypal": wallet},
            "links": links,
        }


@dataclass
class PaymentToken:
    """The buyer's standing consent. A deleted one is kept, so that a charge can be told why it fails."""

    id: str
    customer_id: str
    approval: Approval
    wallet: Json
    deleted: bool = False

    def show(self, call: Call) -> Json:
        """PayPal's payment token object."""
        path = f"/v3/vault/payment-tokens/{self.id}"
        return {
            "id": self.id,
            "customer": {"id": self.customer_id},
            "payment_source": {"paypal": self.wallet | _payer(self.approval)},
            "links": [call.link(path, "self"), call.link(path, "delete", "DELETE")],
        }


def create_setup_token(books: Books, call: Call) -> Answer:
    """POST /v3/vault/setup-tokens."""
    body = call.object()
    reader = Reader()
    customer = reader.object(body, "customer", "") or {}
    customer_id = reader.text(customer, "id", "/customer", most=22)
    if customer_id is not None and not CUSTOMER_ID.fullmatch(customer_id):
        reader.malformed("INVALID_PARAMETER_SYNTAX", "/customer/id", customer_id)
    source = reader.object(body, "payment_source", "", required=True) or {}
    for kind in source:
        if kind != "paypal":
            reader.malformed("NOT_SUPPORTED", f"/payment_source/{kind}")
    wallet = reader.object(source, "paypal", "/payment_source", required=True) or {}
    context = _read_wallet(reader, wallet)
    at = "/payment_source/paypal/experience_context"
    token = SetupToken(
        id=books.ids.resource_id(),
        customer_id=customer_id or books.ids.customer_id(),
        wallet={key: wallet[key] for key in KEPT_WALLET_KEYS if key in wallet},
        return_url=reader.url(context, "return_url", at),
        cancel_url=reader.url(context, "cancel_url", at),
        brand_name=reader.text(context, "brand_name", at, most=300),
        created=call.now,
    )
    reader.check()
    books.setup_tokens.put(token.id, token)
    return Answer(201, token.show)


def _read_wallet(reader: Reader, wallet: Json) -> Json:
    """Check the wallet's fields; returns its `experience_context`."""
    at = "/payment_source/paypal"
    description = reader.text(wallet, "description", at, most=128)
    if description is not None and not DESCRIPTION.fullmatch(description):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/description", description)
    reader.choice(wallet, "usage_type", at, ("MERCHANT", "PLATFORM"), required=True)
    reader.text(wallet, "customer_type", at, most=255)
    multiple = wallet.get("permit_multiple_payment_tokens")
    if multiple is not None and not isinstance(multiple, bool):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/permit_multiple_payment_tokens")
    return reader.object(wallet, "experience_context", at) or {}


def get_setup_token(books: Books, call: Call) -> Answer:
    """GET /v3/vault/setup-tokens/{id}."""
    return Answer(200, books.setup_token(call.path_id, call.now).show)


def create_payment_token(books: Books, call: Call) -> Answer:
    """POST /v3/vault/payment-tokens, from an approved setup token; each setup token makes one."""
    reader = Reader()
    source = reader.object(call.object(), "payment_source", "", required=True) or {}
    named = reader.object(source, "token", "/payment_source", required=True) or {}
    setup_id = reader.text(named, "id", "/payment_source/token", most=255, required=True)
    reader.choice(named, "type", "/payment_source/token", ("SETUP_TOKEN",), required=True)
    reader.check()
    setup = books.setup_token(setup_id or "", call.now)
    if setup.status == TOKENIZED:
        raise refuse("SETUP_TOKEN_ALREADY_TOKENIZED", "/payment_source/token/id", setup.id)
    if setup.approval is None:
        raise refuse("PAYER_ACTION_REQUIRED", "/payment_source/token/id", setup.id)
    token = PaymentToken(books.ids.payment_token_id(), setup.customer_id, setup.approval, setup.wallet)
    setup.status = TOKENIZED
    books.payment_tokens.put(token.id, token)
    books.tell(call, TOKEN_CREATED, token.show(call))
    return Answer(201, token.show)


def get_payment_token(books: Books, call: Call) -> Answer:
    """GET /v3/vault/payment-tokens/{id}; 404 once it is deleted."""
    token = books.payment_token(call.path_id)
    if token.deleted:
        raise refuse("INVALID_RESOURCE_ID", "/id", token.id, "path")
    return Answer(200, token.show)


def list_payment_tokens(books: Books, call: Call) -> Answer:
    """GET /v3/vault/payment-tokens?customer_id=…&page_size=…&page=…&total_required=…"""
    customer_id = call.query.get("customer_id", "")
    if not customer_id:
        raise refuse("MISSING_REQUIRED_PARAMETER", "customer_id", location="query")
    size = page_number(call, "page_size", PAGE_SIZE_DEFAULT, PAGE_LIMIT)
    page = page_number(call, "page", 1, PAGES_LIMIT)

    def show(later: Call) -> Json:
        tokens = [token for token in books.payment_tokens if token.customer_id == customer_id and not token.deleted]
        shown: Json = {
            "customer": {"id": customer_id},
            "payment_tokens": [token.show(later) for token in tokens[(page - 1) * size : page * size]],
            "links": [later.link(f"/v3/vault/payment-tokens?customer_id={quote(customer_id)}", "self")],
        }
        # The schema has no zero for these totals.
        if call.query.get("total_required") == "true" and tokens:
            shown |= {"total_items": len(tokens), "total_pages": -(-len(tokens) // size)}
        return shown

    return Answer(200, show)


def delete_payment_token(books: Books, call: Call) -> Answer:
    """DELETE /v3/vault/payment-tokens/{id}; once more is no error."""
    token = books.payment_token(call.path_id)
    if not token.deleted:
        books.tell(call, TOKEN_DELETION, token.show(call))
    revoke(books, token, call)
    return Answer(204, lambda _: None)


def revoke(books: Books, token: PaymentToken, call: Call) -> None:
    """End the consent, and tell of it if that is news."""
    if not token.deleted:
        token.deleted = True
        books.tell(call, TOKEN_DELETED, token.show(call))


def _payer(approval: Approval) -> Json:
    return {
        "email_address": approval.buyer.email,
        "payer_id": approval.buyer.merchant_id,
        "account_id": approval.buyer.merchant_id,
        "name": {"given_name": "Sandbox", "surname": "Buyer"},
    }
