"""Who a seller is, as PayPal tells it with the seller's permission; kept encrypted in the seller's row."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from solitude.providers.paypal.classic import people
from solitude.providers.paypal.classic.signature import Permission
from solitude.providers.paypal.models import PERSON_LIMITS, SellerPaypal
from solitude.providers.paypal.names import CLASSIC, Interface
from solitude.providers.paypal.provider import paypal
from solitude.providers.paypal.rest import login
from solitude.providers.paypal.unanswered import NotDone
from solitude.telemetry.redaction import Secret

BASIC: Final = tuple(people.BASIC)
ADVANCED: Final = tuple(people.ADVANCED)
# Names of PayPal's that are called otherwise here.
_COLUMNS = {"company": "business_name"}

Person = dict[str, str]


class NoPermission(Exception):
    """The seller has not permitted it, or does no longer."""


class AnotherPerson(Exception):
    """The person whom PayPal tells of is not the seller whom we know."""

    def __init__(self, told: Person) -> None:
        super().__init__("the e-mail address is another one")
        self.told = told


def fetch(row: SellerPaypal, interface: Interface, wanted: tuple[str, ...]) -> Person:
    """What PayPal tells of the seller, of what is wanted; asked with no transaction open.

    Raises NotDone, NoPermission and AnotherPerson.
    """
    told = _classic(row, wanted) if interface == CLASSIC else _rest(row)
    _check(row, told)
    return {name: told[name] for name in wanted if name in told}


def keep(row: SellerPaypal, told: Mapping[str, str]) -> None:
    """Writes what has a column into the seller's row; what PayPal did not tell stays as it was."""
    named = {_COLUMNS.get(name, name): value for name, value in told.items()}
    columns: dict[str, Any] = {name: named[name][:limit] for name, limit in PERSON_LIMITS.items() if name in named}
    if columns:
        SellerPaypal.objects.select_for_update().get(pk=row.pk).change(**columns)


def _rest(row: SellerPaypal) -> Person:
    if not row.refresh_token:
        raise NoPermission
    try:
        return _clean(login.person(paypal().rest.wire, Secret(row.refresh_token)))
    except NotDone as error:
        if error.code != login.INVALID_GRANT:
            raise
    # PayPal no longer takes it: the seller took it back, or it has expired.
    with transaction.atomic():
        kept = SellerPaypal.objects.select_for_update().get(pk=row.pk)
        if kept.refresh_token == row.refresh_token:
            kept.change(refresh_token=None, login_scopes="")
    raise NoPermission


def _classic(row: SellerPaypal, wanted: tuple[str, ...]) -> Person:
    if not row.token or not row.secret:
        raise NoPermission
    permission = Permission(Secret(row.token), Secret(row.secret))
    wire = paypal().classic.wire
    if wanted == BASIC:
        return _clean(people.person(wire, permission, people.BASIC, "GetBasicPersonalData"))
    return _clean(people.person(wire, permission, people.ADVANCED, "GetAdvancedPersonalData"))


def _check(row: SellerPaypal, told: Person) -> None:
    """The match rule: an e-mail address that comes back is the seller's PayPal id, exactly. One who is known by merchant id has that."""
    name = "email" if "@" in (row.paypal_id or "@") else "payerID"
    if name in told and told[name] != row.paypal_id:
        raise AnotherPerson(told)


def _clean(told: Person) -> Person:
    """PostgreSQL keeps no NUL."""
    return {name: value.replace("\x00", "") for name, value in told.items()}
