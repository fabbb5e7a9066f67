"""`/acme/seller/`: what ACME has of its own besides payments."""

from typing import Annotated

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.sellers.models import Seller
from solitude.sellers.shown import SELLERS
from solitude.web.answers import created
from solitude.web.fields import Body, GivenText, path_under, reference
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest
from solitude_acme.models import SellerAcme

router = Router()


class AcmeSellerIn(Body):
    """By which account a seller is paid."""

    seller: Annotated[GivenText, path_under(SELLERS), Field(description="The path of the seller.")]
    account: Annotated[GivenText, Field(description="What ACME calls it.")]


class AcmeSeller(TypedDict):
    """By which account a seller is paid."""

    seller: Annotated[str, Field(examples=["/generic/seller/4/"])]
    account: str


@router.post("/seller/", response={201: AcmeSeller})
def keep_acme_seller(request: ApiRequest, body: AcmeSellerIn) -> HttpResponse:
    """Keeps the account of a seller, in the place of the one before."""
    seller = Seller.objects.filter(pk=reference(body.seller, SELLERS) or 0).first()
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    with transaction.atomic():
        SellerAcme.objects.update_or_create(seller=seller, defaults={"account": body.account})
        return created(request, {"seller": seller.resource_uri, "account": body.account})
