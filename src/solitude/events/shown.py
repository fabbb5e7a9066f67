"""Events as the feed shows them."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from solitude.events.models import STATUSES, TYPES, Event
from solitude.web.answers import time_text
from solitude.web.openapi import Amount, Day, Time

_MEANINGS = "\n".join(f"* `{name}`: {says}" for name, says in TYPES.items())
Cursor = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{18}$",
        description="A place in the feed; later events have greater ones.",
        examples=["00000000000000002a"],
    ),
]
StatusWord = Annotated[
    str, Field(json_schema_extra={"enum": [*STATUSES]}, description="The name of a transaction's status.")
]


class EventData(TypedDict, total=False):
    """The facts of an event, as they were then. Which there are depends on the type's first word; any may be null.

    Of a transaction, refund or reversal: `amount`, `currency`, `provider`, `buyer`, `seller`, `product`, `related`. Of a dispute:
    `dispute`, `provider`, `amount`, `currency`, `resolved`, `related`. Of a pre-approval: `provider`, `currency`, `expiry`. Of a seller:
    `provider`. Of a notification: `provider`, `event_type`. Of a buyer: none.
    """

    amount: Amount | None
    currency: str | None
    provider: Annotated[str | None, Field(examples=["paypal"])]
    buyer: Annotated[str | None, Field(description="The buyer's uuid.")]
    seller: Annotated[str | None, Field(description="The uuid of the seller that is paid.")]
    product: Annotated[str | None, Field(description="The product's `public_id`.")]
    related: Annotated[
        str | None, Field(description="The path of the payment that money goes back of; of a dispute, of the reversal.")
    ]
    dispute: Annotated[str, Field(description="The provider's id of the dispute.")]
    resolved: Annotated[str, Field(description="For whom the dispute ended; `no`: not yet.")]
    expiry: Annotated[Day | None, Field(description="The last day of the pre-approval.")]
    event_type: Annotated[str, Field(description="The provider's word for what it told.")]


_Move = TypedDict(
    "_Move",
    {
        "from": Annotated[StatusWord | None, Field(description="The status before; null where there was none.")],
        "to": Annotated[StatusWord | None, Field(description="The status after; null where the type says it all.")],
    },
)


class EventShown(_Move):
    """One change of one thing."""

    cursor: Cursor
    type: Annotated[str, Field(json_schema_extra={"enum": [*TYPES]}, description=f"What happened.\n\n{_MEANINGS}")]
    created: Time
    resource_uri: Annotated[str, Field(description="The path of what changed; empty where it has none.")]
    uuid: Annotated[str, Field(description="Its uuid; of a notification the provider's id of it.")]
    reason: Annotated[
        str | None, Field(description="Why, in one word: the transaction's `status_reason`, masked, or the like.")
    ]
    data: EventData


def shown_event(event: Event) -> EventShown:
    return {
        "cursor": cursor_text(event.place),
        "type": event.type,
        "created": time_text(event.created),
        "resource_uri": event.resource_uri,
        "uuid": event.uuid,
        "from": event.old,
        "to": event.new,
        "reason": event.reason,
        "data": event.data,
    }


def cursor_text(place: int | None) -> str:
    return f"{place or 0:018x}"
