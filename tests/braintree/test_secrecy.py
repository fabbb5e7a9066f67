"""What only Braintree may have goes through every call, also where the gateway fails; none of it stays here in clear."""

import base64
import io
import itertools

from tests.braintree.world import DELETE, PAYMETHOD, REFUND, SALE, TOKEN, VOID, customer, product, run_worker
from tests.support.braintree import PRIVATE_KEY, PUBLIC_KEY, BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace
from tests.support.written import everything_kept

FAULTS = ("error_500", "garbage_after", "disconnect_before", "issue:authentication", "rate_limit_429")


def test_no_nonce_no_client_token_and_no_key_is_written_down_or_told_in_an_error(
    shop: Marketplace, braintree: BraintreeSimulator, log_lines: io.StringIO
) -> None:
    errors: list[str] = []
    nonces: list[str] = []
    numbers = itertools.count()

    def nonce() -> str:
        nonces.append(braintree.nonce())
        return nonces[-1]

    def failing(operation: str, path: str, body: dict[str, str]) -> None:
        for fault in FAULTS:
            braintree.fault(operation, fault)
            answer = shop.post(path, body | ({"nonce": nonce()} if "nonce" in body else {}))
            assert answer.status >= 400, (operation, fault)
            errors.append(answer.text)

    def done(path: str, body: dict[str, str]) -> Answer:
        answer = shop.post(path, body, **{"Idempotency-Key": f"done-{next(numbers)}"})
        assert answer.status < 300, answer
        return answer

    failing("client_token", TOKEN, {})
    client_token = str(done(TOKEN, {})["token"])
    buyer, public_id = customer(shop), product(shop)
    failing("create_method", PAYMETHOD, {"buyer_uuid": buyer, "nonce": ""})
    run_worker()
    card = done(PAYMETHOD, {"buyer_uuid": buyer, "nonce": nonce()})["mozilla"]
    form = {"amount": "12.00", "product_id": public_id}
    failing("sale", SALE, form | {"nonce": ""})
    failing("sale", SALE, form | {"paymethod": card["resource_uri"]})
    refused = shop.post(SALE, form | {"nonce": nonces[0] + "-of-nobody"})
    errors.append(refused.text)
    sold = done(SALE, form | {"nonce": nonce()})["mozilla"]["generic"]
    voided = done(SALE, form | {"paymethod": card["resource_uri"]})["mozilla"]["generic"]
    failing("void", VOID, {"uuid": voided["uuid"]})
    failing("refund", REFUND, {"uuid": sold["uuid"]})
    run_worker()
    shop.post(DELETE, {"paymethod": card["resource_uri"]})
    logged = log_lines.getvalue()

    authorization = base64.b64encode(f"{PUBLIC_KEY}:{PRIVATE_KEY}".encode()).decode()
    secrets = [*nonces, client_token, PRIVATE_KEY, authorization]
    for where, text in (("the log", logged), ("the database", everything_kept()), ("an error", "".join(errors))):
        assert [secret for secret in secrets if secret in text] == [], where
    assert card["provider_id"] not in logged
    assert len(nonces) > 10
