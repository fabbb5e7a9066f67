"""`/paypal/permission-…/`: sellers permit us to act for them, or to read who they are."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.providers.paypal.api import asking
from solitude.providers.paypal.classic import people
from solitude.providers.paypal.forms import allowed_urls
from solitude.providers.paypal.forms.form import Url
from solitude.providers.paypal.models import TOKEN_MAX_CHARS, PermissionRequest, SellerPaypal
from solitude.providers.paypal.names import CLASSIC, REST, Interface
from solitude.providers.paypal.provider import paypal
from solitude.providers.paypal.rest import onboarding
from solitude.providers.paypal.sellers import permissions
from solitude.providers.paypal.sellers.payees import interface_of
from solitude.providers.paypal.sellers.permission_names import ADVANCED_DATA, PERMISSIONS, PERSONAL
from solitude.providers.paypal.unanswered import NotDone
from solitude.sellers.models import Seller
from solitude.telemetry.redaction import Secret
from solitude.web.answers import created
from solitude.web.fields import Body, GivenText, Taken, Text, text_of
from solitude.web.refusals import REQUIRED, BadFields, Refused
from solitude.web.requests import ApiRequest

router = Router()


def _names(value: Any) -> Any:
    """A list of permissions, each once."""
    if not isinstance(value, list) or not value:
        raise ValueError(REQUIRED if not value else "must be a list")
    unknown = [name for name in value if name not in PERMISSIONS]
    if unknown or len(value) > len(PERMISSIONS):
        raise ValueError(f"must have permissions only: {', '.join(PERMISSIONS)}")
    return list(dict.fromkeys(value))


def _names_or_text(value: Any) -> Any:
    return _names([name.strip() for name in value.split(",")] if isinstance(value, str) and value else value)


_LIST = {"type": "array", "minItems": 1, "maxItems": len(PERMISSIONS), "items": {"enum": list(PERMISSIONS)}}
Permissions = Annotated[list[str], Taken(_names, _LIST)]
PermissionsOrText = Annotated[list[str], Taken(_names_or_text, {"anyOf": [_LIST, {"type": "string"}]})]
Token = Annotated[str, text_of(TOKEN_MAX_CHARS)]
SellerUuid = Annotated[GivenText, Field(description="The seller's uuid.", examples=["dev:12"])]


class PermissionUrlIn(Body):
    """What a seller is to permit."""

    url: Annotated[Url, Field(description="Where the seller comes back to, below `SOLITUDE_PAYPAL_URLS_ALLOWED`.")]
    scope: Annotated[Permissions, Field(description="The permissions.", examples=[["REFUND"]])]
    seller: Annotated[
        Text | None, Field(description="The seller's uuid: then the answer counts for this one only.")
    ] = None


class PermissionTokenIn(Body):
    """What a seller has brought back from PayPal."""

    token: Annotated[
        Token,
        Field(description="`merchantId` (onboarding), `state` (log in) or `request_token` (classic) of the return."),
    ]
    verifier: Annotated[
        Token, Field(description="`merchantIdInPayPal`, `code` or `verification_code` of the return; never trusted.")
    ]
    seller: SellerUuid


class PermissionCheckIn(Body):
    """What a seller should have permitted."""

    permissions: Annotated[
        PermissionsOrText, Field(description="A list, or a text with commas.", examples=[["REFUND"]])
    ]
    token: Annotated[
        Token | None, Field(description="A token of the classic interface; in REST a merchant id or `merchantId`.")
    ] = None
    seller: Annotated[Text | None, Field(description="Instead of the token: whose permissions.")] = None

    @model_validator(mode="after")
    def names_one(self) -> "PermissionCheckIn":
        if bool(self.token) == bool(self.seller):
            raise ValueError(
                "A token or a seller is required." if not self.token else "Cannot specify token and seller."
            )
        return self


class PermissionUrl(TypedDict):
    """Where a seller permits what was asked for."""

    token: Annotated[str, Field(description="Despite its name the whole URL: send the seller there.")]


class PermissionGiven(TypedDict):
    """The permission is kept, encrypted; it never comes out."""

    token: Literal[True]
    secret: Literal[True]


class PermissionCheck(TypedDict):
    """Whether a seller has permitted all of it."""

    status: bool


class NotGranted(TypedDict):
    """PayPal knows of no permission; nothing was changed."""

    detail: str
    code: Literal["not_granted"]


@router.post("/permission-url/", response={201: PermissionUrl, **asking.ERRORS})
@touches(Does.CREATED, "permission")
def ask_permission(request: ApiRequest, body: PermissionUrlIn) -> HttpResponse:
    """Where to send a seller who shall permit something: a page of PayPal's.

    In REST personal data is asked for by a log in, everything else by onboarding.
    """
    seller = seller_of(body.seller) if body.seller else None
    interface = _interface(seller)
    _check(body, interface)
    url = asking.asked(lambda: permissions.ask(interface, seller, body.scope, body.url))
    with transaction.atomic():
        return created(request, {"token": url})


@router.post("/permission-token/", response={201: PermissionGiven, 409: NotGranted, **asking.ERRORS})
@touches(Does.CHANGED, "permission")
def keep_permission(request: ApiRequest, body: PermissionTokenIn) -> HttpResponse:
    """Takes in what a seller brought back from PayPal, has PayPal confirm it, and keeps the permission."""
    seller = data_of(body.seller).seller
    asked = permissions.waiting(body.token)
    if asked is None:
        raise _used()
    if asked.seller_id not in (None, seller.pk):
        raise BadFields(seller="is not the one of whom this was asked")
    given = asking.asked(lambda: _proved(asked, body))
    with transaction.atomic():
        row = SellerPaypal.objects.select_for_update(of=("self",)).select_related("seller").get(seller=seller)
        if not row.seller.active:
            raise BadFields(seller="is not active")
        if not permissions.use(asked):
            raise _used()
        permissions.keep(row, given)
        return created(request, {"token": True, "secret": True})


@router.post("/permission-check/", response={201: PermissionCheck, **asking.ERRORS})
@touches(Does.READ, "permission")
def check_permission(request: ApiRequest, body: PermissionCheckIn) -> HttpResponse:
    """Whether a seller has permitted all of this; PayPal is asked."""
    row = data_of(body.seller) if body.seller else None
    interface = _interface(row.seller if row else None)
    status = asking.asked(lambda: _is_granted(body, row, interface))
    with transaction.atomic():
        return created(request, {"status": status})


def seller_of(uuid: str) -> Seller:
    """Raises BadFields for one who is not there."""
    seller = Seller.objects.select_related("paypal").filter(uuid=uuid).first()
    if seller is None:
        raise BadFields(seller="must be the uuid of a seller")
    accesses.touched(seller.resource_uri)
    return seller


def data_of(uuid: str) -> SellerPaypal:
    """What is kept of the seller for PayPal. Raises BadFields where there is nothing."""
    row: SellerPaypal | None = getattr(seller_of(uuid), "paypal", None)
    if row is None:
        raise BadFields(seller="has no PayPal data")
    return row


def _interface(seller: Seller | None) -> Interface:
    if seller is not None:
        return interface_of(seller)
    return CLASSIC if settings.SOLITUDE_PAYPAL_API == CLASSIC else REST


def _check(body: PermissionUrlIn, interface: Interface) -> None:
    problems: dict[str, str | list[str]] = {}
    if problem := allowed_urls.problem(body.url):
        problems["url"] = problem
    personal = PERSONAL.intersection(body.scope)
    if interface == REST:
        unknown = [name for name in body.scope if name not in (*PERSONAL, *onboarding.FEATURES)]
        if personal and not PERSONAL.issuperset(body.scope):
            problems["scope"] = "personal data is asked for apart from everything else, in a request of its own"
        elif unknown:
            problems["scope"] = f"has no counterpart in PayPal's REST interface: {', '.join(unknown)}"
        elif not personal and len(body.url) > onboarding.RETURN_URL_MAX_CHARS:
            problems.setdefault("url", f"must have at most {onboarding.RETURN_URL_MAX_CHARS} characters, says PayPal")
    if problems:
        raise BadFields(**problems)


def _proved(asked: PermissionRequest, body: PermissionTokenIn) -> permissions.Columns:
    """What PayPal confirms. What it does not confirm can be brought back no second time, except where the seller is not done yet."""
    try:
        return permissions.proved(asked, body.token, body.verifier)
    except permissions.NotGranted:
        refusal: NotGranted = {"detail": "The seller has not granted anything yet.", "code": "not_granted"}
        raise Refused(409, refusal) from None
    except permissions.NotOurs as error:
        permissions.use(asked)
        raise BadFields(**{error.field: "is not what PayPal says of this permission"}) from None
    except NotDone as error:
        if error.is_refusal:
            permissions.use(asked)
            raise BadFields(verifier="is refused by PayPal: it was used, has expired, or was never given") from None
        raise


def _used() -> BadFields:
    return BadFields(token="is unknown, was used, or has expired")  # noqa: S106 - a sentence


def _is_granted(body: PermissionCheckIn, row: SellerPaypal | None, interface: Interface) -> bool:
    if interface == CLASSIC:
        return _has_granted_by(body.token or (row.token if row else None) or "", body.permissions)
    return _has_granted(row, body.permissions) if row else _has_granted_to(body.token or "", body.permissions)


def _has_granted(row: SellerPaypal, names: list[str]) -> bool:
    """In REST, by what is kept of a seller."""
    scopes = row.login_scopes.split()
    personal = [name for name in names if name in PERSONAL]
    if any(not row.refresh_token or (name == ADVANCED_DATA and "phone" not in scopes) for name in personal):
        return False
    others = [name for name in names if name not in PERSONAL]
    return not others or bool(row.merchant_id and _connected(row.merchant_id, others))


def _has_granted_to(token: str, names: list[str]) -> bool:
    """In REST, by a merchant id or by the tracking id under which a seller was sent to PayPal, which has dashes."""
    merchant = onboarding.merchant_of(paypal().rest.wire, token) if "-" in token else token
    return merchant is not None and _connected(merchant, names)


def _connected(merchant_id: str, names: list[str]) -> bool:
    found = onboarding.integration(paypal().rest.wire, merchant_id)
    return found is not None and found.grants(names)


def _has_granted_by(token: str, names: list[str]) -> bool:
    """In the classic interface. PayPal refuses a token that is none of its own, or was taken back."""
    if not token:
        return False
    try:
        return people.granted(paypal().classic.wire, Secret(token)).issuperset(names)
    except NotDone as error:
        if error.is_refusal:
            return False
        raise
