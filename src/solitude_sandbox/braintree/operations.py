"""The API's operations, by the names under which faults know them."""

from collections.abc import Callable
from dataclasses import dataclass

from solitude_sandbox.braintree import (
    client_tokens,
    customers,
    disputes,
    methods,
    nonces,
    plans,
    refunds,
    sales,
    searching,
    settlement,
    subscription_searching,
    subscriptions,
)
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call


@dataclass(frozen=True)
class Operation:
    """`path` follows /merchants/ID; `root` is the root of the body, "" where none is read. `act` runs with the books' lock held."""

    name: str
    method: str
    path: str
    act: Callable[[Books, Call], Answer]
    root: str = ""
    # A bank is asked: a fault may say with which code it refuses.
    banked: bool = False


OPERATIONS = (
    Operation("client_token", "POST", "/client_token", client_tokens.create_client_token, "client_token"),
    Operation("create_customer", "POST", "/customers", customers.create_customer, "customer", banked=True),
    Operation("find_customer", "GET", "/customers/<name>", customers.find_customer),
    Operation("update_customer", "PUT", "/customers/<name>", customers.update_customer, "customer"),
    Operation("delete_customer", "DELETE", "/customers/<name>", customers.delete_customer),
    Operation("find_nonce", "GET", "/payment_method_nonces/<name>", nonces.find_nonce),
    Operation("create_method", "POST", "/payment_methods", methods.create_method, "payment_method", banked=True),
    Operation("find_method", "GET", "/payment_methods/any/<name>", methods.find_method),
    Operation("update_method", "PUT", "/payment_methods/any/<name>", methods.update_method, "payment_method"),
    Operation("delete_method", "DELETE", "/payment_methods/any/<name>", methods.delete_method),
    Operation("sale", "POST", "/transactions", sales.create_transaction, "transaction", banked=True),
    Operation("find_transaction", "GET", "/transactions/<name>", sales.find_transaction),
    Operation("search_ids", "POST", "/transactions/advanced_search_ids", searching.search_ids, "search"),
    Operation("search", "POST", "/transactions/advanced_search", searching.search, "search"),
    Operation("void", "PUT", "/transactions/<name>/void", settlement.void, "transaction"),
    Operation("submit", "PUT", "/transactions/<name>/submit_for_settlement", settlement.submit, "transaction"),
    Operation("refund", "POST", "/transactions/<name>/refund", refunds.refund, "transaction"),
    Operation("settle", "PUT", "/transactions/<name>/settle", settlement.settle),
    Operation("settlement_confirm", "PUT", "/transactions/<name>/settlement_confirm", settlement.settlement_confirm),
    Operation("settlement_pending", "PUT", "/transactions/<name>/settlement_pending", settlement.settlement_pending),
    Operation("settlement_decline", "PUT", "/transactions/<name>/settlement_decline", settlement.settlement_decline),
    Operation("list_plans", "GET", "/plans", plans.list_plans),
    Operation("find_plan", "GET", "/plans/<name>", plans.find_plan),
    Operation(
        "create_subscription",
        "POST",
        "/subscriptions",
        subscriptions.create_subscription,
        "subscription",
        banked=True,
    ),
    Operation(
        "search_subscription_ids",
        "POST",
        "/subscriptions/advanced_search_ids",
        subscription_searching.search_ids,
        "search",
    ),
    Operation(
        "search_subscriptions", "POST", "/subscriptions/advanced_search", subscription_searching.search, "search"
    ),
    Operation("find_subscription", "GET", "/subscriptions/<name>", subscriptions.find_subscription),
    Operation("update_subscription", "PUT", "/subscriptions/<name>", subscriptions.update_subscription, "subscription"),
    Operation("cancel_subscription", "PUT", "/subscriptions/<name>/cancel", subscriptions.cancel_subscription),
    Operation("find_dispute", "GET", "/disputes/<name>", disputes.find_dispute),
    Operation("accept_dispute", "PUT", "/disputes/<name>/accept", disputes.accept_dispute),
    Operation("finalize_dispute", "PUT", "/disputes/<name>/finalize", disputes.finalize_dispute),
)
NAMES = frozenset(operation.name for operation in OPERATIONS)
