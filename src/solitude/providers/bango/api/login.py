"""`/bango/login/`: lets a seller into Bango's own pages."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.providers.bango import asking
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import Whole
from solitude.web.fields import Body
from solitude.web.requests import ApiRequest

router = Router()


class LoginIn(Body):
    """Whose account."""

    packageId: Annotated[Whole, Field(description="Bango's number of the package.")]


class LoginShown(TypedDict):
    """What the address of Bango's log-in page is made of."""

    authentication_token: str
    person_id: int
    email_address: str


@router.post("/login/", response={200: LoginShown, **asking.BANGO_ERRORS})
@touches(Does.READ, "bango_login")
def begin_bango_login(request: ApiRequest, body: LoginIn) -> HttpResponse:
    """Gets what lets the administrator of a package log in at Bango without a password."""
    package = {"packageId": body.packageId}
    known = asking.ask("GetEmailAddresses", package).values
    asked = {**package, "personId": known["adminPersonId"], "emailAddress": known["adminEmailAddress"]}
    token = asking.ask("GetAutoAuthenticationLoginToken", asked).values
    shown: LoginShown = {
        "authentication_token": token["authenticationToken"],
        "person_id": known["adminPersonId"],
        "email_address": known["adminEmailAddress"],
    }
    response = kept.done(request, shown)
    response["Cache-Control"] = "no-store"
    return response
