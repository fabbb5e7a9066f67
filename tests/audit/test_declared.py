"""Every route says whether it touches personal data: by its declaration, or by standing in the list below."""

from collections.abc import Iterator
from typing import Any

import pytest

from solitude.audit import watching
from solitude.audit.accesses import Personal, declared
from solitude.audit.models import Does
from solitude.urls import api, description

# The names of fields that say who somebody is, or how to reach them or their money.
PERSONAL = {
    "email", "email_address", "first_name", "last_name", "full_name", "address_one", "address_two", "post_code", "city", "phone", "locale",
    "paypal_id", "pin", "new_pin", "truncated_id", "address1", "bankAccountNumber", "bankAccountIban", "financeEmailAddress",
    "adminEmailAddress", "supportEmailAddress", "vatNumber",
}  # fmt: skip
# Payments and what belongs to them: they name a buyer by the marketplace's own name or by a path. Each stands in the transaction's
# timeline with its client and request id. What providers tell, and what says nothing of a person.
IMPERSONAL = {
    "create_transaction", "list_transactions", "get_transaction", "patch_transaction", "get_timeline", "list_events",
    "make_any_payment", "get_payment_options", "check_any_payment", "cancel_any_payment", "refund_any_payment", "void_any_payment",
    "make_payment", "check_payment", "cancel_payment", "make_refund",
    "begin_bango_payment", "receive_bango_redirect", "make_bango_refund", "get_bango_refund", "get_bango_refund_by_its_documented_path",
    "make_braintree_sale", "make_braintree_refund", "void_braintree_payment", "create_braintree_subscription",
    "change_braintree_subscription", "cancel_braintree_subscription", "make_reference_payment",
    "list_braintree_subscriptions", "get_braintree_subscription", "put_braintree_subscription", "patch_braintree_subscription",
    "list_braintree_transactions", "get_braintree_transaction",
    # What providers tell.
    "receive_notification", "receive_ipn", "receive_bango_event", "answer_braintree_challenge",
    "receive_reference_notice",
    # What is sold, by whichever seller.
    "create_bango_product", "list_bango_products", "get_bango_product", "put_bango_product", "patch_bango_product",
    "create_ready_bango_product", "make_bango_premium", "update_bango_rating", "get_bango_sbi", "accept_bango_sbi",
    "get_bango_sbi_by_its_old_path", "accept_bango_sbi_by_its_old_path", "check_bango_product", "list_bango_statuses",
    "get_bango_status", "debug_bango_product", "create_braintree_product", "list_braintree_products", "get_braintree_product",
    "put_braintree_product", "patch_braintree_product", "create_reference_product", "list_reference_products", "get_reference_product",
    "put_reference_product", "patch_reference_product", "delete_reference_product", "get_reference_terms", "put_reference_terms",
    "patch_reference_terms", "delete_reference_terms",
    # A token for a page, before it is known who pays.
    "generate_braintree_token",
    # The server itself.
    "retention",
    "home", "get_description", "status", "authenticated", "error", "try_logs", "list_settings", "get_setting", "list_failed_products",
    "list_bad_statuses", "uncertain",
}  # fmt: skip


def views() -> dict[str, Any]:
    return {
        operation.view_func.__name__: operation.view_func
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    }


DECLARED = {name: found for name, view in views().items() if (found := declared(view))}


def properties(schema: Any, seen: set[str]) -> Iterator[str]:
    """The names of all fields that a schema has, at any depth."""
    if isinstance(schema, list):
        for one in schema:
            yield from properties(one, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref", "")
    if reference and reference not in seen:
        seen.add(reference)
        kind, name = reference.split("/")[-2:]
        yield from properties(description()["components"][kind][name], seen)
    yield from schema["properties"] if isinstance(schema.get("properties"), dict) else ()
    for value in schema.values():
        yield from properties(value, seen)


def test_every_route_has_said_whether_it_touches_personal_data() -> None:
    unsaid = views().keys() - DECLARED.keys() - IMPERSONAL
    assert not unsaid, f"say @touches(...) of these, or that they touch no personal data: {sorted(unsaid)}"
    assert not IMPERSONAL & DECLARED.keys()
    assert views().keys() >= IMPERSONAL


@pytest.mark.parametrize("part", ["requestBody", "responses", "parameters"])
def test_no_route_without_a_declaration_takes_or_shows_fields_that_say_who_somebody_is(part: str) -> None:
    found = {}
    for methods in description()["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and operation.get("operationId") in IMPERSONAL:
                named = set(properties(operation.get(part, {}), set()))
                if part == "parameters":
                    named |= {one.get("name") for one in operation.get("parameters", [])}
                if named & PERSONAL:
                    found[operation["operationId"]] = named & PERSONAL
    assert found == {}


def test_the_measure_finds_the_fields_of_those_that_are_declared() -> None:
    shown = {
        operation["operationId"]: set(properties([operation.get("requestBody", {}), operation["responses"]], set()))
        for methods in description()["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    for name in ("get_buyer", "list_sellers", "fetch_basic_data", "create_bango_package", "get_braintree_paymethod"):
        assert shown[name] & PERSONAL, name


def test_reads_are_reads_and_changes_are_changes() -> None:
    for methods in description()["paths"].values():
        for method, operation in methods.items():
            found = DECLARED.get(operation.get("operationId", "")) if isinstance(operation, dict) else None
            if found and method == "get":
                assert found.does == Does.READ, operation["operationId"]
            if found and method in ("put", "patch", "delete"):
                assert found.does in (Does.CHANGED, Does.REMOVED), operation["operationId"]


def test_the_gate_knows_every_declared_route() -> None:
    assert set(watching._routes.values()) == {Personal(found.does, found.kind) for found in DECLARED.values()}
    assert watching._routes["/generic/buyer/<int:pk>/", "GET"] == DECLARED["get_buyer"]
    assert watching._routes["/paypal/preapproval/<uuid:pk>/", "DELETE"] == DECLARED["drop_preapproval"]
    assert len(watching._routes) >= len(DECLARED)
