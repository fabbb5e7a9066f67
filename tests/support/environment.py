"""The settings under which the house is tested: one client, and PayPal's simulator as PayPal."""

import json
import os

from tests.support import simulator

# The keys of `marketplace.Marketplace`; it cannot be imported before Django is set up.
CLIENTS = {
    "marketplace": "a-common-secret-of-the-tests-0123456789",
    "rotating": ["the-new-secret-of-the-tests-0123456789", "the-old-secret-of-the-tests-0123456789"],
    "nagios": {"secrets": ["the-secret-of-nagios-in-tests-0123456789"], "allow": ["GET /services/*"]},
}
# Of whatever process asks the providers.
QUICK = {
    # Tests that wait for a time-out wait this long; all others must not come to it, also on a machine that stands still for a moment.
    "SOLITUDE_PAYPAL_TIMEOUT_MS": "2000",
    "SOLITUDE_BANGO_TIMEOUT_MS": "2000",
    "SOLITUDE_REFERENCE_TIMEOUT_MS": "2000",
    "SOLITUDE_BRAINTREE_TIMEOUT_MS": "2000",
    "SOLITUDE_CALL_LEASE_S": "7",
    # Tests break providers all the time. Those of the breaker say how soon it opens.
    "SOLITUDE_BREAKER_FAILURES": "1000",
}


def of_the_house() -> dict[str, str]:
    """`TESTS_SETTINGS` has further ones, as JSON, for a run at another place (`tests/conformance/elsewhere.py`)."""
    paypal = simulator.running()
    further: dict[str, str] = json.loads(os.environ.get("TESTS_SETTINGS", "{}"))
    return {
        "SOLITUDE_CLIENTS": json.dumps(CLIENTS),
        # Whatever packages the developer has installed.
        "SOLITUDE_PROVIDERS": "",
        "SOLITUDE_PAYPAL_URL": paypal.url,
        "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
        "SOLITUDE_PAYPAL_URLS_ALLOWED": "https://shop.example/",
        **QUICK,
    } | further
