"""The gateway's calls about plans: they are read; who changes them is the control API, in the place of the control panel."""

from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import missing
from solitude_sandbox.braintree.xml import Items


def list_plans(books: Books, call: Call) -> Answer:  # noqa: ARG001 - every operation takes the call
    """GET /plans/, all of them."""
    return Answer("plans", Items("plan", [plan.show() for plan in books.plans]))


def find_plan(books: Books, call: Call) -> Answer:
    """GET /plans/ID."""
    plan = books.plans.get(call.name)
    if plan is None:
        raise missing()
    return Answer("plan", plan.show())
