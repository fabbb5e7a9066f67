"""Partner referrals: the partner says what it wants a seller to grant, and gets the address of a page to send it to.

Fields, lengths and choices: schema `referral_data` of PayPal's file customer_partner_referrals_v2.
"""

from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.paypal.accounts import PARTNER_ID
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.consents import FEATURES
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.reading import Reader

PATH = "/v2/customer/partner-referrals"
PAGE_PATH = "/bizsignup/partner/entry"

URL_LENGTH = 127
OPERATIONS_LIMIT = 5
FEATURES_LIMIT = 20
OPERATIONS = (
    "API_INTEGRATION",
    "BANK_ADDITION",
    "BILLING_AGREEMENT",
    "CONTEXTUAL_MARKETING_CONSENT",
    "SALESFORCE_REFERRAL",
)
PRODUCTS = (
    "EXPRESS_CHECKOUT", "PAYPAL_COMMERCE_PLATFORM_BUSINESS", "PPPLUS", "WEBSITE_PAYMENT_PRO", "PAYMENT_METHODS", "PPCP",
    "ADVANCED_VAULTING", "IZETTLE",
)  # fmt: skip

# This API has fewer words for what is wrong than the others.
_ISSUES = {
    "MISSING_REQUIRED_PARAMETER": "INVALID_PARAMETER_VALUE",
    "INVALID_ARRAY_MIN_ITEMS": "INVALID_ARRAY_LENGTH",
    "INVALID_ARRAY_MAX_ITEMS": "INVALID_ARRAY_LENGTH",
}


@dataclass
class Referral:
    """A page that waits for its seller. `merchant_id` is who has granted something on it."""

    id: str
    client_id: str
    body: Json
    email: str | None
    tracking_id: str | None
    features: tuple[str, ...]
    return_url: str | None
    created: datetime
    merchant_id: str | None = None

    def show(self, call: Call) -> Json:
        """PayPal's `referral_data_response`."""
        return {
            "partner_referral_id": self.id,
            "submitter_payer_id": PARTNER_ID,
            "referral_data": self.body,
            "links": self.links(call),
        }

    def links(self, call: Call) -> list[dict[str, str]]:
        """To itself, and to the page on which the seller grants."""
        page = call.link(f"{PAGE_PATH}?referralToken={self.id}", "action_url")
        return [call.link(f"{PATH}/{self.id}", "self"), page]


class _Reader(Reader):
    def malformed(self, issue: str, field: str, value: object = "") -> None:
        super().malformed(_ISSUES.get(issue, issue), field, value)


def create_referral(books: Books, call: Call) -> Answer:
    """POST /v2/customer/partner-referrals."""
    body, reader = call.object(), _Reader()
    override = reader.object(body, "partner_config_override", "") or {}
    for name in ("partner_logo_url", "action_renewal_url"):
        _url(reader, override, name)
    _consents(reader, body)
    _choices(reader, body, "products", PRODUCTS)
    referral = Referral(
        id=books.ids.referral_id(),
        client_id=call.client_id,
        body=body,
        email=reader.email(body, "email", ""),
        tracking_id=reader.text(body, "tracking_id", "", most=127),
        features=_features(reader, body),
        return_url=_url(reader, override, "return_url"),
        created=call.now,
    )
    reader.check()
    books.referrals.put(referral.id, referral)
    return Answer(201, lambda later: {"links": referral.links(later)})


def get_referral(books: Books, call: Call) -> Answer:
    """GET /v2/customer/partner-referrals/{id}."""
    referral = books.referrals.get(call.path_id)
    if referral is None:
        raise refuse("INVALID_RESOURCE_ID", "/partner_referral_id", call.path_id, "path")
    return Answer(200, referral.show)


def _url(reader: Reader, override: Json, name: str) -> str | None:
    reader.text(override, name, "/partner_config_override", most=URL_LENGTH)
    value = override.get(name)
    return reader.url(override, name, "/partner_config_override") if isinstance(value, str) and value else None


def _consents(reader: Reader, body: Json) -> None:
    for index, consent in enumerate(reader.items(body, "legal_consents", "", least=1, most=5, required=True)):
        at = f"/legal_consents/{index}"
        reader.choice(consent, "type", at, ("SHARE_DATA_CONSENT",), required=True)
        if not isinstance(consent.get("granted"), bool):
            reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/granted")


def _features(reader: Reader, body: Json) -> tuple[str, ...]:
    """What all operations together ask for."""
    asked: list[str] = []
    for index, operation in enumerate(
        reader.items(body, "operations", "", least=1, most=OPERATIONS_LIMIT, required=True)
    ):
        at = f"/operations/{index}"
        reader.choice(operation, "operation", at, OPERATIONS)
        at = f"{at}/api_integration_preference"
        preference = reader.object(operation, "api_integration_preference", f"/operations/{index}") or {}
        rest = reader.object(preference, "rest_api_integration", at)
        if rest is None:
            continue
        at = f"{at}/rest_api_integration"
        reader.choice(rest, "integration_method", at, ("BRAINTREE", "PAYPAL"))
        reader.choice(rest, "integration_type", at, ("FIRST_PARTY", "THIRD_PARTY"))
        details = reader.object(rest, "third_party_details", at)
        if details is not None:
            asked += _choices(reader, details, "features", tuple(FEATURES), f"{at}/third_party_details", required=True)
    return tuple(dict.fromkeys(asked))


def _choices(
    reader: Reader, source: Json, key: str, choices: tuple[str, ...], at: str = "", *, required: bool = False
) -> list[str]:
    """A list of words, each one of `choices`."""
    value = source.get(key)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}")
        return []
    least, most = (0, FEATURES_LIMIT) if key == "features" else (1, OPERATIONS_LIMIT)
    if not least <= len(value) <= most:
        reader.malformed("INVALID_ARRAY_LENGTH", f"{at}/{key}")
    words = {str(index): word for index, word in enumerate(value[:most])}
    return [reader.choice(words, index, f"{at}/{key}", choices, required=True) or "" for index in words]
