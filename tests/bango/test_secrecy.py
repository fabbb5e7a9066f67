"""Values that only Bango may have go through every resource, also where Bango fails; none of them stays here in clear."""

import io
from collections.abc import Callable
from typing import Any

from tests.bango.world import BANK, CHANGE, PACKAGE, PACKAGES, STATUSES, new_product, seller
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Answer, Marketplace, encoded
from tests.support.written import everything_kept

SECRETS = {
    "adminEmailAddress": "canary-admin@studio.example",
    "supportEmailAddress": "canary-support@studio.example",
    "financeEmailAddress": "canary-finance@studio.example",
    "paypalEmailAddress": "canary-paypal@studio.example",
    "vatNumber": "NL-CANARY-VAT-01",
    "address1": "Canary street 7",
    "addressPhone": "+31 999 CANARY",
}
ACCOUNT = {
    "bankAccountNumber": "555CANARY4417",
    "bankAccountIban": "NL91CANA0417164300",
    "bankAccountCode": "CANARYCODE",
    "bankAccountPayeeName": "Canary the payee",
    "bankAddress1": "Canary bank street",
}
OWN = ("sandbox-bango-password", "sandbox-event-password")
FAULTS = ("issue:INVALID_PARAMETER", "issue:ACCESS_DENIED", "disconnect_after", "garbage_after", "error_500")


def test_nothing_that_is_bangos_alone_is_written_down_or_told_in_an_error(
    shop: Marketplace, bango: BangoSimulator, log_lines: io.StringIO
) -> None:
    errors: list[str] = []

    def failed(operation: str, fault: str, ask: Callable[[], Answer]) -> None:
        bango.fault(operation, fault)
        answer = ask()
        assert answer.status >= 400, (operation, fault)
        errors.append(answer.text)

    def send(operation: str, ask: Callable[[], Answer]) -> Answer:
        """As it is when Bango fails in each way, and then as it is."""
        for fault in FAULTS:
            failed(operation, fault, ask)
        done = ask()
        assert done.status < 300, (operation, done)
        return done

    def post(operation: str, path: str, body: dict[str, Any]) -> Answer:
        return send(operation, lambda: shop.post(path, body, **{"Idempotency-Key": f"{path}{len(errors)}"}))

    made = post("CreatePackage", PACKAGES, {**PACKAGE, **SECRETS, "seller": seller(shop)})
    path = made["resource_uri"]
    full = send("GetPackage", lambda: shop.send("GET", path, b'{"full": true}'))
    changed = {name: value for name, value in (CHANGE | SECRETS).items() if name in CHANGE or name == "vatNumber"}
    for operation in ("UpdateFinanceEmailAddress", "UpdateSupportEmailAddress", "UpdateAddressDetails", "SetVATNumber"):
        send(operation, lambda: shop.patch(path, changed))
    account = {**BANK, **ACCOUNT, "seller_bango": path}
    bank = shop.post("/bango/bank/", account, **{"Idempotency-Key": "bank"})  # Bango takes it once
    for fault in FAULTS:
        failed("CreateBankDetails", fault, lambda: shop.post("/bango/bank/", account))
    login = post("GetAutoAuthenticationLoginToken", "/bango/login/", {"packageId": made["package_id"]})
    product = {
        "seller_product_bango": post("CreateBangoNumber", "/bango/product/", new_product(shop, seller_bango=path))[
            "resource_uri"
        ]
    }
    post("AcceptSBIAgreement", "/bango/sbi/", {"seller_bango": path})
    shop.post(STATUSES, product)
    shop.send("GET", "/bango/debug/", encoded(product))
    wrong = shop.post("/bango/bank/", {**account, "bankAddressIso": "NL", "bankName": "x" * 51})
    errors.append(wrong.text)

    assert {name: full["full"][name] for name in SECRETS} == SECRETS, "they were all there"
    assert login["email_address"] == SECRETS["adminEmailAddress"]
    canaries = [*SECRETS.values(), *ACCOUNT.values(), *OWN, login["authentication_token"]]
    assert bank.status == 200
    for name in ("bankAccountNumber", "bankAccountIban"):
        assert ACCOUNT[name] not in bank.text
    for text, where in ((log_lines.getvalue(), "log"), (everything_kept(), "database"), ("\n".join(errors), "errors")):
        assert len(text) > 1000, f"there is little to read in the {where}"
        assert [canary for canary in canaries if canary in text] == [], f"in the {where}"
    assert "bango_credentials_refused" in log_lines.getvalue()
    assert "Provider refuses our credentials" in log_lines.getvalue()
