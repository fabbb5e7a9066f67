"""`GET /services/retention/`: of each class of data when it last was gone through, and what is left to go."""

from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.retention import plan
from solitude.retention.classes import DataClass, declared
from solitude.web import paging
from solitude.web.answers import answer, time_text
from solitude.web.openapi import Time
from solitude.web.requests import ApiRequest

router = Router()


class LastRun(TypedDict):
    """The last run over a class that has ended. `held` rows are old enough and stay for now."""

    began: Time
    ended: Time
    rows: Annotated[int, Field(ge=0, description="Rows that were deleted or changed.")]
    held: Annotated[int, Field(ge=0)]
    error: Annotated[str | None, Field(description="The kind of what went wrong; null: nothing.")]


class RetainedClass(TypedDict):
    """A class of data. `due` and the numbers in `held` are counted up to 10,000."""

    name: Annotated[str, Field(examples=["call_bodies"])]
    action: Literal["delete", "truncate", "anonymise"]
    days: Annotated[int | None, Field(ge=1, description="The period; null: for ever.")]
    due: Annotated[int, Field(ge=0, description="Rows that may go now.")]
    oldest: Annotated[Time | None, Field(description="From when the oldest of them is.")]
    held: Annotated[dict[str, int], Field(description="Rows that are old enough and stay, by the reason.")]
    last_run: LastRun | None


class Retention(TypedDict):
    """Every class of data with a period, by name, and those of which something should have gone a day ago."""

    classes: list[RetainedClass]
    overdue: list[str]


@router.get("/retention/", response=Retention)
def retention(request: ApiRequest) -> HttpResponse:
    """Whether what has been kept for long enough goes: the last run over each class of data, and what is left."""
    paging.only(request)
    found: Retention = {"classes": [_shown(data) for data in declared().values()], "overdue": plan.overdue()}
    return answer(found)


def _shown(data: DataClass) -> RetainedClass:
    now = plan.backlog(data, plan.COUNT_MAX)
    return {
        "name": data.name,
        "action": data.action.value,
        "days": data.days,
        "due": now.due,
        "oldest": time_text(now.oldest) if now.oldest else None,
        "held": now.held,
        "last_run": _last_run(data.name),
    }


def _last_run(name: str) -> LastRun | None:
    run = plan.last_run(name)
    if run is None or run.ended_at is None:
        return None
    return {
        "began": time_text(run.began_at),
        "ended": time_text(run.ended_at),
        "rows": run.rows,
        "held": run.held,
        "error": run.error or None,
    }
