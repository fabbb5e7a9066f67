"""All that the kit makes PayPal's client and PayPal's simulator say is what PayPal's own files describe."""

import faulthandler
import re
from pathlib import Path

import pytest
from tests.conformance import elsewhere, tally, validator
from tests.conformance.router import Findings, Router, file_of, serving
from tests.support.free_port import free_port

from solitude_sandbox.paypal.operations import OPERATIONS, Operation

pytestmark = pytest.mark.long

KIT_WITHIN_S = 900
# What PayPal alone of all providers is asked: sellers' consent, and who they are.
BESIDES = [f"tests/paypal/test_{name}.py" for name in ("permissions", "personal", "account_check")]
# The bracket begins a test's parameters: some tests have the other words in their names.
OF_PAYPAL_REST = "not live and not classic and not bango_schemas and not [bango and not [reference"

# What PayPal's files describe otherwise than PayPal does it, and our client never asks: their pattern for an event's id forbids those that
# PayPal gives (`WH-…`), and what a seller answers in a dispute is a document there.
NOT_AS_DESCRIBED = {"get_event", "resend_event", "accept_claim", "send_message"}


def described() -> list[Operation]:
    """What the simulator offers of that which PayPal's files describe."""
    return [each for each in OPERATIONS if file_of(each.path) and each.name not in NOT_AS_DESCRIBED]


def was_answered(operation: Operation, found: Findings) -> bool:
    path = re.compile(operation.path.replace("<path_id>", "[^/]+"))
    return any(method == operation.method and path.fullmatch(asked) for method, asked in found.answered)


def test_the_kit_says_nothing_that_paypals_files_do_not_describe(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # It waits for many tests, each of which has pytest's limit for itself; the whole has those of the validator and of the kit.
    faulthandler.cancel_dump_traceback_later()
    program = validator.require()
    simulator, checked = free_port(), free_port()
    router = Router(f"http://127.0.0.1:{simulator}", f"http://127.0.0.1:{checked}")

    with serving(router) as (front, back), validator.running(program, f"{back}/paypal", checked, tmp_path / "log"):
        kit = elsewhere.run(
            *("-m", "not long", "-k", OF_PAYPAL_REST, elsewhere.KIT, *BESIDES),
            settings={
                "SOLITUDE_PAYPAL_URL": f"{front}/paypal",
                "SOLITUDE_PAYPAL_CERT_URLS_ALLOWED": f"http://127.0.0.1:{simulator}/paypal/v1/notifications/certs",
                # The validator takes its time.
                "SOLITUDE_PAYPAL_TIMEOUT_MS": "6000",
                "SOLITUDE_CALL_LEASE_S": "25",
            },
            timeout_s=KIT_WITHIN_S,
            TESTS_SIMULATOR_PORT=str(simulator),
        )

    found = router.findings
    passed = re.search(r"paypal-rest: (\d+) passed", kit.stdout)
    print(f"{found}\n{kit.stdout[-3000:]}")
    tally.tell(request.node, f"paypal-rest past PayPal's files: {passed[1] if passed else 0} tests of the kit; {found}")
    assert found.violations == []
    assert kit.returncode == 0, kit.stdout[-5000:] + kit.stderr[-2000:]
    assert passed
    assert [operation.name for operation in described() if not was_answered(operation, found)] == []
