"""Merchant integrations: what the partner may know of its sellers, and what each has granted.

Fields: schema `merchant-integration` of PayPal's file customer_partner_referrals_v1. Only who has come through the onboarding
page is there.
"""

from solitude_sandbox.paypal.accounts import PARTNER_ID, Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.consents import MERCHANT_INFORMATION, Consent
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.persons import COMPANY

# There is one partner.
PATH = f"/v1/customer/partners/{PARTNER_ID}/merchant-integrations"


def find_integration(books: Books, call: Call) -> Answer:
    """GET …/merchant-integrations?tracking_id=…"""
    tracking_id = call.query.get("tracking_id", "")
    if not tracking_id:
        raise refuse("MISSING_REQUIRED_PARAMETER", "tracking_id", location="query")
    merchant_id = books.onboarded.get(tracking_id)
    if merchant_id is None:
        raise refuse("INVALID_RESOURCE_ID", "tracking_id", tracking_id[:100], "query")

    def show(later: Call) -> Json:
        links = [later.link(f"{PATH}/{merchant_id}", "self")]
        return {"merchant_id": merchant_id, "tracking_id": tracking_id, "links": links}

    # So says PayPal's file of this look-up.
    return Answer(201, show)


def get_integration(books: Books, call: Call) -> Answer:
    """GET …/merchant-integrations/{merchant_id}."""
    account = books.accounts.known(call.path_id)
    if account is None or account.consent is None:
        raise refuse("INVALID_RESOURCE_ID", "/merchant_id", call.path_id[:100], "path")
    consent = account.consent
    return Answer(200, lambda _: _show(account, consent))


def _show(account: Account, consent: Consent) -> Json:
    granted: Json = {"partner_client_id": consent.client_id, "scopes": consent.scopes}
    integration = {"integration_type": "OAUTH_THIRD_PARTY", "integration_method": "PAYPAL", "status": "A"}
    private = {"primary_email": account.email, "legal_name": COMPANY}
    return {
        "merchant_id": account.merchant_id,
        **({"tracking_id": consent.tracking_id} if consent.tracking_id is not None else {}),
        **(private if MERCHANT_INFORMATION in consent.features else {}),
        "products": [{"name": "EXPRESS_CHECKOUT", "status": "ACTIVE"}],
        "payments_receivable": consent.receivable and account.trait.payment_issue is None,
        "primary_email_confirmed": consent.email_confirmed,
        "oauth_integrations": [] if consent.revoked else [{**integration, "oauth_third_party": [granted]}],
    }
