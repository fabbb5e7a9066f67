"""PATCH of a transaction: what may be changed, when, and in which order it can be wrong.

First the names of the fields, then the transaction's age, then the rules of its status together with the form of the values, then what
the database refuses, and at last the state that the client has seen. All but the last are 400.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from solitude.telemetry import cef
from solitude.transactions import states
from solitude.transactions.bodies import TransactionChange
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.models import Status, Transaction
from solitude.web.changes import judged
from solitude.web.networks import facts
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

# Of a transaction of the engine, a client may change the rest.
ENGINES_OWN = ("status", "provider", "uid_pay", "pay_url")
NAMED_MAX = 20
CLASH = "uid_pay and uid_support must be unique for the provider"


def change(request: ApiRequest, row: Transaction, body: TransactionChange) -> None:
    """Changes the row, which is locked in the caller's transaction. Raises BadFields and PreconditionFailed."""
    if body.unknown:
        named = ", ".join(body.unknown[:NAMED_MAX])
        raise BadFields(__all__=f"only {', '.join(type(body).model_fields)} can be changed, not {named}")
    if row.anonymised_at is not None:
        raise BadFields(__all__="this transaction was anonymised, and nothing comes to it any more")
    of_engine = is_of_engine(row)
    rules = _rules_of_engine(request, row, body) if of_engine else _rules_of_client(request, row, body)
    if rules or body.wrong:
        raise BadFields(**({"__all__": rules} if rules else {}), **body.wrong)
    columns = {name: value for name, value in body.columns.items() if not of_engine or name not in ENGINES_OWN}
    with judged(request, row, lambda _row: BadFields(__all__=CLASH)):
        states.change_by_client(row, **columns)


def tell_moved(request: ApiRequest, old: Status, new: Status) -> None:
    """The security event of a change that is committed."""
    if old != new:
        _tell("Transaction change success", cef.DEFAULT_SEVERITY, request, old, new)


def _rules_of_engine(request: ApiRequest, row: Transaction, body: TransactionChange) -> list[str]:
    """What is so already is no change: clients that used to keep such transactions themselves still say it."""
    given = [name for name in ENGINES_OWN if name in body.model_fields_set and not _is_so(row, body, name)]
    if "status" in given:
        _tell_refused(request, row, _wanted(body))
    return [f"a provider is asked about this transaction: {', '.join(given)} cannot be changed"] if given else []


def _is_so(row: Transaction, body: TransactionChange, name: str) -> bool:
    return name in body.columns and body.columns[name] == getattr(row, name)


def _rules_of_client(request: ApiRequest, row: Transaction, body: TransactionChange) -> list[str]:
    lockdown_s = settings.SOLITUDE_TRANSACTION_LOCKDOWN_S
    if timezone.now() - row.created > timedelta(seconds=lockdown_s):
        raise BadFields(__all__=f"a transaction can be changed for {lockdown_s} s")
    broken = []
    if "provider" in body.model_fields_set and row.provider is not None:
        broken.append("provider can be set once, and it is set")
    new = _wanted(body)
    refusal = states.refused_to_client(row, new, body.columns.get("provider", row.provider))
    if refusal:
        _tell_refused(request, row, new)
        broken.append(refusal)
    return broken


def _wanted(body: TransactionChange) -> Status | None:
    given = body.columns.get("status")
    return None if given is None else Status(given)


def _tell_refused(request: ApiRequest, row: Transaction, new: Status | None) -> None:
    _tell("Transaction change failure", 7, request, Status(row.status), new)


def _tell(name: str, severity: int, request: ApiRequest, old: Status, new: Status | None) -> None:
    new_name = new.name.lower() if new is not None else "none"
    extra = {"cs6Label": "old", "cs6": old.name.lower(), "cs7Label": "new", "cs7": new_name}
    cef.event(name, severity, request=facts(request), extra=extra)
